"""What a form of the console sent, files among it: read within bounds. Files beyond a mebibyte wait on disk."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from gateway.web.forms import clean

LARGEST: Final = 2 * 1024 * 1024
"""Octets of a form without files."""
LARGEST_WITH_FILES: Final = 50 * 1024 * 1024
SECONDS: Final = 120.0
FIELDS: Final = 2000
FILES: Final = 50
URLENCODED: Final = "application/x-www-form-urlencoded"
IN_PARTS: Final = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Uploaded:
    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """Fields as sent, in their order; `get` gives one's text cleaned, the last of several."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, Sequence[Uploaded]] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        values = self.fields.get(name)
        return clean(values[-1]) if values else default

    def all(self, name: str) -> list[str]:
        return [clean(each) for each in self.fields.get(name, ())]

    def numbers(self, name: str) -> list[int]:
        """Those of the values that are ids."""
        return [int(each) for each in self.all(name) if each.isascii() and each.isdecimal() and int(each) < 2**63]

    def uploaded(self, name: str) -> Sequence[Uploaded]:
        """Without the empty part that browsers send where nothing was chosen."""
        return [each for each in self.files.get(name, ()) if each.filename or each.content]


class UnreadableForm(Exception):  # noqa: N818  it becomes an answer
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def read_form(request: Request) -> Form:
    """As browsers send it, URL-encoded or in parts. Raises UnreadableForm."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("", URLENCODED, IN_PARTS):
        raise UnreadableForm(415)
    try:
        async with asyncio.timeout(SECONDS):
            return await (parts_of(request) if kind == IN_PARTS else encoded(request))
    except TimeoutError as error:
        raise UnreadableForm(408) from error


async def encoded(request: Request) -> Form:
    body = b"".join([chunk async for chunk in bounded(request, LARGEST)])
    fields: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace", max_num_fields=FIELDS):
            fields.setdefault(name, []).append(value)
    except ValueError as error:
        raise UnreadableForm(400) from error
    return Form(fields)


async def parts_of(request: Request) -> Form:
    """RFC 7578."""
    parser = MultiPartParser(
        request.headers, bounded(request, LARGEST_WITH_FILES), max_files=FILES, max_fields=FIELDS, max_part_size=LARGEST
    )
    try:
        found = await parser.parse()
    except MultiPartException as error:
        raise UnreadableForm(400) from error
    fields: dict[str, list[str]] = {}
    files: dict[str, list[Uploaded]] = {}
    for name, value in found.multi_items():
        if isinstance(value, UploadFile):
            files.setdefault(name, []).append(Uploaded(value.filename or "", value.content_type or "", await value.read()))
        else:
            fields.setdefault(name, []).append(value)
    await found.close()
    return Form(fields, files)


async def bounded(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise UnreadableForm(413)
        yield chunk
