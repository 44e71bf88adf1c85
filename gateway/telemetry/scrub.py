"""Secrets do not reach the log, whatever text they hide in. Pure."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

MASK = "…"

# Token and VERP addresses: `r+TOKEN@…`. Twenty characters and more are no sub-address that a person chose.
_ADDRESS = re.compile(r"(?<=\+)[A-Za-z0-9_=-]{20,}(?=@)")
# Ids of our letters carry a token as a label of their own: `<r.TOKEN.…@…>`, `<t.TOKEN.…@…>`; links of pages and files have one in the path.
_ID = re.compile(r"\b([rt])\.[a-z2-7]{36,48}", re.IGNORECASE)
_LINK = re.compile(r"(?<=/)(rate|file|preview|session|confirm)/[A-Za-z0-9_.-]{16,}")
_PASSWORD = re.compile(r"(?<=://)([^\s:/@]*):[^\s@/]+(?=@)")
_SECRET_KEYS = frozenset({"password", "secret", "secrets", "token", "authorization", "cookie"})


def scrub(text: str) -> str:
    """The text with every token and password in it replaced by `…`."""
    # Nearly all log lines end here.
    if "@" not in text and "." not in text and "/" not in text:
        return text
    text = _ADDRESS.sub(MASK, text)
    text = _ID.sub(rf"\1.{MASK}", text)
    text = _LINK.sub(rf"\1/{MASK}", text)
    return _PASSWORD.sub(rf"\1:{MASK}", text)


@lru_cache(1024)
def _names_a_secret(key: object) -> bool:
    return str(key).lower() in _SECRET_KEYS


def scrub_value(value: Any) -> Any:
    match value:
        case str():
            return scrub(value)
        case int() | float() | None:
            return value
        case bytes():
            return scrub(value.decode("utf-8", "backslashreplace"))
        case dict() | Mapping():
            return {key: MASK if _names_a_secret(key) else scrub_value(each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [scrub_value(each) for each in value]
        case _:
            return scrub(str(value))
