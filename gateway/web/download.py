"""What a download says of itself in headers (RFC 6266, RFC 9110 §14), pure."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

HEADERS: Final = {
    # Whatever it is, it is saved, never shown: nothing in it runs as a page of ours.
    "Content-Type": "application/octet-stream",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Accept-Ranges": "bytes",
}
LONGEST_NAME: Final = 180
"""Octets: file systems take 255, and browsers put numbers behind a name that is there already."""


@dataclass(frozen=True, slots=True)
class Span:
    """From octet `start` up to, not including, `end`."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


def disposition(filename: str) -> str:
    """`Content-Disposition` with the name in any script, and another one for programs that read ASCII alone."""
    name = safe_name(filename)
    return f"attachment; filename=\"{ascii_name(name)}\"; filename*=UTF-8''{quote(name, safe='')}"


def safe_name(filename: str) -> str:
    """A name without a path, controls or marks that turn the direction of writing, and short enough for any file system."""
    plain = "".join(each for each in filename if unicodedata.category(each) not in ("Cc", "Cs", "Zl", "Zp") and each not in TURNING)
    name = " ".join(re.sub(r'[\\/:*?"<>|]', "_", plain).split()).strip(". ")
    return shortened(name) or "file"


def shortened(name: str) -> str:
    """With its suffix, which says what opens it."""
    if len(name.encode()) <= LONGEST_NAME:
        return name
    suffix = PurePosixPath(name).suffix
    suffix = suffix if len(suffix.encode()) <= 20 else ""
    return name.encode()[: LONGEST_NAME - len(suffix.encode())].decode(errors="ignore").strip(". ") + suffix


def ascii_name(name: str) -> str:
    """RFC 6266 appendix D: no percent sign, no backslash, nothing beyond ASCII."""
    bare = unicodedata.normalize("NFKD", name)
    bare = "".join(each for each in bare if not unicodedata.combining(each))
    stem, suffix = PurePosixPath(bare).stem, PurePosixPath(bare).suffix
    stem = re.sub(r"[^A-Za-z0-9 ._()+=,@-]", "_", stem)
    suffix = re.sub(r"[^A-Za-z0-9.]", "_", suffix)
    return (stem if re.search("[A-Za-z0-9]", stem) else "file") + suffix


def span_of(wanted: str | None, condition: str | None, tag: str, size: int) -> Span | None:
    """What of the file is asked for: all of it unless `Range` names one part that `If-Range` allows; None where there is no such part."""
    whole = Span(0, size)
    found = RANGE.fullmatch(wanted.strip()) if wanted is not None else None
    # RFC 9110 §13.1.5: another version's rest is of no use; §14.2: a range that is not understood is passed over.
    if found is None or (condition is not None and condition.strip() != tag):
        return whole
    first, last = found["first"], found["last"]
    if not first and not last:
        return whole
    if not first:
        length = min(int(last), size)
        return Span(size - length, size) if length else None
    if last and int(last) < int(first):
        return whole
    start, end = int(first), min(int(last) + 1, size) if last else size
    return Span(start, end) if start < size else None


RANGE: Final = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})", re.IGNORECASE)
# LRM, RLM, ALM; embeddings, overrides and isolates.
TURNING: Final = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
