"""ClamAV's daemon: INSTREAM, in the null-terminated form of its commands."""

import re
from collections.abc import AsyncIterator
from typing import Final

from gateway.ingress.checks.scanners.results import Clean, GarbledError, Infected, NotAsked, Result, Unknown, word
from gateway.ingress.checks.scanners.wire import Asked

_ANSWER: Final = re.compile(rb"stream: (?:(OK)|(.{1,1000}) FOUND)")


async def ask(asked: Asked) -> AsyncIterator[bytes]:
    yield b"zINSTREAM\0"
    async for chunk in asked.chunks():
        yield len(chunk).to_bytes(4, "big") + chunk
    yield bytes(4)


def whole(answer: bytes) -> bool:
    return b"\0" in answer


def read_answer(answer: bytes) -> Result:
    line = answer.partition(b"\0")[0].strip()
    if (found := _ANSWER.fullmatch(line)) is not None:
        return Clean() if found[1] else Infected(word(found[2]))
    if b"size limit exceeded" in line:
        return NotAsked("it is larger than the scanner takes (StreamMaxLength)")
    if line.endswith(b"ERROR"):
        return Unknown(word(line))
    raise GarbledError("an answer that is none of clamd's")
