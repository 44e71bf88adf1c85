"""What a request says, checked against what its operation declares."""

import asyncio
import hashlib
import re
from typing import Any, Final, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import ClientDisconnect, Request

from gateway.api.operation import SMALL, Input, Operation
from gateway.api.problems import Fault, Problem

SECONDS: Final = 120.0
DRAINED: Final = 4 * 1024 * 1024
"""What is too large is still read so far, and thrown away: who is cut off while sending does not see the answer."""
MOST_FAULTS: Final = 20
JSON_TYPES: Final = ("application/json", "application/merge-patch+json")
KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


def parameters(request: Request, operation: Operation) -> Input:
    """Raises Problem."""
    wanted = operation.query
    lists = {name for name, field in wanted.model_fields.items() if get_origin(field.annotation) is tuple}
    given: dict[str, Any] = {}
    for name in request.query_params:
        values = request.query_params.getlist(name)
        if len(values) > 1 and name not in lists:
            raise Problem("invalid-parameter", f"{name} is given {len(values)} times", faults=[Fault("once is enough", parameter=name)])
        given[name] = values if name in lists else values[0]
    try:
        return wanted.model_validate(given)
    except ValidationError as error:
        faults = [Fault(said(each), parameter=str(each["loc"][0])) for each in errors(error)]
        raise Problem("invalid-parameter", in_short(faults), faults=faults) from error


async def body(request: Request, operation: Operation) -> tuple[Input, bytes]:
    """What was sent, and its octets. Raises Problem."""
    content = await octets(request, operation.largest)
    wanted = operation.body
    if wanted is None:
        if content.strip() not in (b"", b"{}"):
            raise Problem("invalid", f"{operation.method} {operation.path} takes no body")
        return Input(), content
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in JSON_TYPES:
        raise Problem("unsupported-media-type", f"send JSON, with `Content-Type: application/json`; this came as {kind or 'nothing'}")
    if len(content) > SMALL:
        # It takes a while, and others wait for the loop.
        return await asyncio.to_thread(parsed, content, wanted), content
    return parsed(content, wanted), content


def parsed(content: bytes, wanted: type[Input]) -> Input:
    try:
        return wanted.model_validate_json(content, strict=True)
    except ValidationError as error:
        found = errors(error)
        if found and found[0]["type"] == "json_invalid":
            raise Problem("malformed", f"the body is no JSON: {found[0]['msg']}") from error
        faults = [Fault(said(each), pointer=pointer(each)) for each in found]
        raise Problem("invalid", in_short(faults), faults=faults) from error


def is_small(request: Request) -> bool:
    """Whether the body says beforehand that it holds no files to speak of."""
    length = request.headers.get("content-length", "")
    return length.isascii() and length.isdecimal() and len(length) < 10 and int(length) <= SMALL


async def octets(request: Request, most: int) -> bytes:
    content, size = bytearray(), 0
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= most:
                    content += chunk
                elif size > most + DRAINED:
                    break
    except TimeoutError as error:
        raise Problem("too-slow", f"it took more than {SECONDS:.0f} seconds to send the body") from error
    except ClientDisconnect as error:
        raise Problem("malformed", "the body ended before its end") from error
    if size > most:
        raise Problem("too-large", f"the body has more than {most} octets")
    return bytes(content)


def idempotency_key(request: Request) -> str | None:
    """As the header has it; the quotes that the draft of its standard puts around are no part of it. Raises Problem."""
    header = request.headers.get("idempotency-key")
    if header is None:
        return None
    key = header.strip().removeprefix('"').removesuffix('"')
    if KEY.fullmatch(key) is None:
        fault = Fault("1 to 255 visible characters of ASCII", parameter="Idempotency-Key")
        raise Problem("invalid-parameter", "the Idempotency-Key cannot be one", faults=[fault])
    return key


def fingerprint(request: Request, content: bytes) -> bytes:
    """Of a wish, to tell it from another one under the same key."""
    return hashlib.sha256(b"\0".join((request.method.encode(), request.url.path.encode(), content))).digest()


def errors(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False, include_context=False, include_input=False)[:MOST_FAULTS]


def said(error: ErrorDetails) -> str:
    """Without the word that pydantic puts before what our own checks say."""
    return error["msg"].removeprefix("Value error, ")


def pointer(error: ErrorDetails) -> str:
    """RFC 6901."""
    return "".join(f"/{str(each).replace('~', '~0').replace('/', '~1')}" for each in error["loc"])


def in_short(faults: list[Fault]) -> str:
    first = faults[0]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"{first.parameter or first.pointer or 'the body'}: {first.detail}{more}"
