"""What a form sent: read within bounds, and cleaned."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

LARGEST = 64 * 1024
"""Octets: two thousand characters of four octets each, percent-encoded, and room."""
DRAINED = 4 * 1024 * 1024
"""What is too large is still read so far, and thrown away: who is cut off while sending does not see the answer."""
SECONDS = 10.0
FIELDS = 20


@dataclass(frozen=True, slots=True)
class Form:
    """The fields by name; of a field given twice the last counts."""

    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Unreadable:
    status: int


async def read_form(request: Request) -> Form | Unreadable:
    """A form as browsers send it, URL-encoded or in parts. Nothing at all is a form without fields."""
    try:
        async with asyncio.timeout(SECONDS):
            body = await bounded(request)
    except TimeoutError:
        return Unreadable(408)
    if body is None:
        return Unreadable(413)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await parts_of(request, body)
    # RFC 9110 §8.3: who names no type leaves it to us.
    if body and kind not in ("", "application/x-www-form-urlencoded"):
        return Unreadable(415)
    try:
        found = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace", max_num_fields=FIELDS)
    except ValueError:
        return Unreadable(400)
    return Form(dict(found))


async def parts_of(request: Request, body: bytes) -> Form | Unreadable:
    """RFC 7578. Browsers send our pages' forms otherwise, but programs often send theirs so. Files are none of a rating's."""

    async def once() -> AsyncGenerator[bytes, None]:
        yield body

    if not body.rstrip(b"\r\n").endswith(b"--"):
        # Cut off on its way: the parser would pass over what it did not see the end of.
        return Unreadable(400)
    try:
        found = await MultiPartParser(request.headers, once(), max_files=0, max_fields=FIELDS).parse()
    except MultiPartException:
        return Unreadable(400)
    return Form({name: value for name, value in found.multi_items() if isinstance(value, str)})


async def bounded(request: Request) -> bytes | None:
    """The body; None where it is too large."""
    body, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= LARGEST:
            body += chunk
        elif size > DRAINED:
            break
    return bytes(body) if size <= LARGEST else None


def clean(text: str) -> str:
    """LF ends, no control characters (PostgreSQL takes no NUL), no half characters, no white space around."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        each for each in lines if each in "\n\t" or not (ord(each) < 32 or 0x7F <= ord(each) < 0xA0 or 0xD800 <= ord(each) < 0xE000)
    ).strip()
