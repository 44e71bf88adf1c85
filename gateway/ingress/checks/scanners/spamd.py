"""SpamAssassin's daemon: SYMBOLS of SPAMC/1.5."""

import re
from collections.abc import AsyncIterator
from typing import Final

from gateway.ingress.checks.scanners.results import Clean, GarbledError, Result, Spam, Unknown, finite, word
from gateway.ingress.checks.scanners.wire import Asked

_STATUS: Final = re.compile(rb"SPAMD/\d{1,3}\.\d{1,3} (\d{1,5}) ([^\r\n]{0,200})\r?\n")
_NUMBER: Final = rb"([+-]?[\d.]{1,20})"
_VERDICT: Final = re.compile(rb"^Spam:\s*(True|False|Yes|No)\s*;\s*%b\s*/\s*%b\s*$" % (_NUMBER, _NUMBER), re.MULTILINE | re.IGNORECASE)
_LENGTH: Final = re.compile(rb"^Content-length:\s*(\d{1,9})\s*$", re.MULTILINE | re.IGNORECASE)


async def ask(asked: Asked) -> AsyncIterator[bytes]:
    """With our own Received field on top: SpamAssassin reads off it which peer to judge by."""
    yield f"SYMBOLS SPAMC/1.5\r\nContent-length: {len(asked.head) + asked.size}\r\n\r\n".encode()
    yield asked.head
    async for chunk in asked.chunks():
        yield chunk


def whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    length = _LENGTH.search(head.replace(b"\r", b"")) if end else None
    return length is not None and len(body) >= int(length[1])


def read_answer(answer: bytes) -> Result:
    status = _STATUS.match(answer)
    if status is None:
        raise GarbledError("an answer that is none of spamd's")
    if int(status[1]):
        return Unknown(word(status[2]) or f"status {int(status[1])}")
    head, _, body = answer.replace(b"\r\n", b"\n").partition(b"\n\n")
    verdict = _VERDICT.search(head)
    if verdict is None:
        raise GarbledError("an answer without a verdict")
    score, threshold = finite(verdict[2].decode()), finite(verdict[3].decode())
    if verdict[1].lower() in (b"false", b"no"):
        return Clean(score, threshold)
    return Spam(score, threshold, tuple(word(each) for each in body.split(b",") if each.strip()))
