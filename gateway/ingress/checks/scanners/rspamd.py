"""Rspamd: `POST /checkv2` at its normal worker or proxy."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any, Final

from gateway.ingress.checks.scanners.results import Clean, GarbledError, Later, Result, Spam, Unknown, finite, word
from gateway.ingress.checks.scanners.wire import Asked

_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})([^\r\n]{0,200})\r\n")
_LENGTH: Final = re.compile(rb"^Content-Length:\s*(\d{1,9})\s*$", re.MULTILINE | re.IGNORECASE)

SPAM: Final = ("add header", "rewrite subject", "reject", "quarantine", "discard")
"""Its actions from the mildest that means spam. `greylist` is none: who has to come back is the listener's affair."""


async def ask(asked: Asked) -> AsyncIterator[bytes]:
    # HTTP/1.0, so that the answer is never chunked, and the connection ends with it.
    fields = [("Content-Length", str(asked.size)), ("From", asked.reverse_path), *(("Rcpt", each) for each in asked.recipients)]
    fields += [("Helo", asked.helo), ("Hostname", asked.host or ""), ("IP", asked.address or ""), ("Queue-Id", asked.trace_id)]
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields if value and value.isprintable())
    yield f"POST /checkv2 HTTP/1.0\r\n{lines}\r\n".encode("utf-8", "replace")
    async for chunk in asked.chunks():
        yield chunk


def whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    length = _LENGTH.search(head.replace(b"\r", b"")) if end else None
    return length is not None and len(body) >= int(length[1])


def read_answer(answer: bytes) -> Result:
    status = _STATUS.match(answer)
    if status is None:
        raise GarbledError("an answer that is no HTTP")
    if status[1] != b"200":
        return Unknown(word(f"HTTP status {status[1].decode()} {word(status[2])}"))
    try:
        told = json.loads(answer.partition(b"\r\n\r\n")[2])
    except (ValueError, RecursionError) as error:
        raise GarbledError("an answer that is no JSON") from error
    if not isinstance(told, dict) or not isinstance(told.get("action"), str):
        raise GarbledError("an answer without an action")
    return _result(told)


def _result(told: dict[str, Any]) -> Result:
    action, score = told["action"], finite(told.get("score"))
    threshold = told.get("required_score")
    required = finite(threshold) if threshold is not None else None
    if action == "soft reject":
        said = told.get("messages")
        return Later(word(str(said.get("smtp_message") or action)) if isinstance(said, dict) else action)
    if action in SPAM:
        symbols = told.get("symbols")
        return Spam(score, required, tuple(word(each) for each in symbols) if isinstance(symbols, dict) else ())
    return Clean(score, required)
