"""Documents as JSON, and the tags by which programs know whether one has changed (RFC 9110 §8.8.3)."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any


def written(document: object) -> bytes:
    """UTF-8, in the names' own order, so that the same document is always the same octets."""
    return json.dumps(document, ensure_ascii=False, default=plain, separators=(",", ":")).encode("utf-8", "replace")


def plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def tag_of(content: bytes) -> str:
    """Strong: of the very octets."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def names(header: str, tag: str, *, weakly: bool) -> bool:
    """Whether `If-None-Match` (weakly) or `If-Match` (not so) names this tag: a list of tags, or `*` for whatever there is."""
    if header.strip() == "*":
        return True
    for each in header.split(","):
        given = each.strip()
        if given == tag or (weakly and given.removeprefix("W/") == tag):
            return True
    return False
