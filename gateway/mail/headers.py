"""The header block, read from raw bytes within bounds before any parser sees it (RFC 5322 §2.2, and the ways programs break it)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from gateway.mail.charsets import clean, decode_bytes
from gateway.mail.encoded_words import decode_words, one_line

MAX_BLOCK = 256 * 1024
MAX_LINES = 1000
_SHOWN_FIELDS = 500
_SHOWN_VALUE = 4096
_SHOWN_TOTAL = 512 * 1024

_FIELD = re.compile(rb"([!-9;-~]{1,256})[ \t]*:")
_FOLD = re.compile(rb"\r?\n")
_BLANK_LINE = re.compile(rb"\n\r?\n")
_ESSENTIAL = re.compile(
    rb"\n(from|sender|reply-to|subject|date|message-id|in-reply-to|content-type|content-transfer-encoding)[ \t]*:"
    rb"([^\n]*+(?:\n[ \t][^\n]*+)*+)",
    re.IGNORECASE,
)
_RESCUED_FROM = 8 * 1024 * 1024
_MAX_RESCUED = 4096
_MAX_FOUND = 50
_PREFACE = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*\r?\n){0,20}(?:>?From [^\n]*\r?\n)?")


@dataclass(frozen=True)
class Field:
    """One field: `name` lower-case, `raw` its value as it stands in the message, folds included."""

    name: str
    raw: bytes

    @cached_property
    def value(self) -> str:
        """Unfolded and made text, encoded words as they are: what readers of structured fields need."""
        return decode_bytes(_FOLD.sub(b"", self.raw).strip(b" \t\r\n"))

    @cached_property
    def text(self) -> str:
        """Unfolded and decoded: what people read."""
        return one_line(decode_words(self.value))


@dataclass(frozen=True, slots=True)
class Block:
    """A header block. `body` is where the body begins; `exceeded` names the bound that cut the block short; `faults` is what was odd."""

    fields: tuple[Field, ...]
    body: int
    exceeded: str | None = None
    faults: tuple[str, ...] = ()

    def all(self, name: str) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.name == name)

    def first(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)

    def value(self, name: str) -> str:
        """Of the first field of that name, or `""`."""
        field = self.first(name)
        return field.value if field is not None else ""


def read_block(content: bytes, start: int = 0, end: int | None = None, *, max_bytes: int = MAX_BLOCK, max_lines: int = MAX_LINES) -> Block:
    """Read the header block at `start`. A line that is no field is skipped while fields follow it; otherwise the body begins there."""
    stop = len(content) if end is None else end
    limit = min(stop, start + max_bytes)
    fields: list[Field] = []
    faults: list[str] = []
    value_from = 0
    name = ""
    position = start
    for _ in range(max_lines):
        line_end = content.find(b"\n", position, limit) + 1 or limit
        first = content[position : position + 1]
        if position >= limit:
            break
        if first in b" \t" and name and content[position:line_end].strip():
            position = line_end
            continue
        if name:
            fields.append(Field(name, content[value_from:position]))
            name = ""
        if not content[position:line_end].strip():
            return Block(tuple(fields), line_end, faults=tuple(faults))
        match = _FIELD.match(content, position, line_end)
        if match is None:
            if not _fields_follow(content, line_end, limit):
                return Block(tuple(fields), position, faults=(*faults, "the header ends without a blank line"))
            faults.append("a header line that is no field was skipped")
        else:
            name, value_from = match[1].decode("ascii").lower(), match.end()
        position = line_end
    if name:
        fields.append(Field(name, content[value_from:position]))
    if position >= stop:
        return Block(tuple(fields), stop, faults=tuple(faults))
    bound = f"{max_bytes // 1024} KiB" if position >= limit else f"{max_lines:,} lines"
    return Block(tuple(fields), position, f"the header block exceeds {bound}", tuple(faults))


def rescue(content: bytes, block: Block) -> Block:
    """A block that was cut short, with what every message must tell from beyond the bound: fields searched for by name, within 8 MiB."""
    blank = _BLANK_LINE.search(content, block.body, block.body + _RESCUED_FROM)
    end = blank.start() if blank is not None else min(len(content), block.body + _RESCUED_FROM)
    found = [
        Field(match[1].decode("ascii").lower(), match[2][:_MAX_RESCUED])
        for match in islice(_ESSENTIAL.finditer(content, max(0, block.body - 1), end), _MAX_FOUND)
    ]
    return replace(block, fields=(*block.fields, *found), body=blank.end() if blank is not None else len(content))


def _fields_follow(content: bytes, position: int, limit: int) -> bool:
    line_end = content.find(b"\n", position, limit) + 1 or limit
    return _FIELD.match(content, position, line_end) is not None


def preface(content: bytes) -> int:
    """How many bytes stand before the header: a byte order mark, blank lines, an mbox `From ` line."""
    match = _PREFACE.match(content)
    end = match.end() if match is not None else 0
    return end if end and _FIELD.match(content, end) else 0


def shown(fields: Iterable[Field]) -> tuple[tuple[str, str], ...]:
    """Names and decoded values, bounded: what a message shows of its header."""
    pairs: list[tuple[str, str]] = []
    total = 0
    for field in fields:
        text = Field(field.name, field.raw[: 4 * _SHOWN_VALUE]).text if len(field.raw) > 4 * _SHOWN_VALUE else field.text
        pairs.append((clean(field.name), text[:_SHOWN_VALUE]))
        total += len(text)
        if len(pairs) >= _SHOWN_FIELDS or total >= _SHOWN_TOTAL:
            break
    return tuple(pairs)
