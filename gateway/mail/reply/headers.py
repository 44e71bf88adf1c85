"""Header blocks that mail programs write above a quoted or forwarded message ("From: … Sent: … To: …"), and the dashed lines above them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from gateway.mail.phrases import alternatives, fold

Separator = Literal["original", "forwarded"]
Role = Literal["author", "recipient", "copy", "date", "subject", "reply_to"]
_ROLES: tuple[Role, ...] = ("subject", "date", "copy", "author", "recipient", "reply_to")


def _labels() -> dict[str, Role]:
    """Every label's role. Where languages differ ("De:", "A:"), the rarer roles give way to author and recipient."""
    return {word: role for role in reversed(_ROLES) for word in alternatives(role)}


LABELS = _labels()
_LONGEST_LABEL = max(map(len, LABELS)) + 6
_ORIGINAL = frozenset(alternatives("original"))
_FORWARDED = frozenset(alternatives("forwarded"))
# Whatever else a divider says, in the program's wording of the day.
_FORWARD_STEM = re.compile(rf"(?<![^\W\d_])(?:{'|'.join(map(re.escape, alternatives('forward_stem')))})")
_NOUNS = frozenset(
    [
        "message",
        "nachricht",
        "сообщение",
        "письмо",
        "повідомлення",
        "wiadomość",
        "mensaje",
        "messaggio",
        "bericht",
        "mensagem",
        "zpráva",
        "správa",
        "meddelande",
        "melding",
        "meddelelse",
        "viesti",
        "üzenet",
        "levél",
        "mesaj",
        "mesajul",
        "ileti",
        "poruka",
        "sporočilo",
        "邮件",
        "郵件",
        "メッセージ",
        "메시지",
    ]
)
_DASHED = re.compile(r"[\s*_|]*([-‐‑—–=_]{2,})\s*([^\n]{2,80}?)\s*[-‐‑—–=_]{2,}[\s*_|:]*$")
_RULE = re.compile(r"[\s*]*[-‐‑—–=_]{4,}[\s*]*$")
_RUN_IN = re.compile(r"\s*[-‐‑]{3,}\s?([^-‐‑\n]{4,50}?)\s?[-‐‑]{3,}\s+(\S[^\n]*)$")
_COLON = re.compile(r"[:：]\s")
_MOST_COLONS = 12
_BEFORE_LABEL = re.compile(r"[\s>;\w)\].]")
# A form's own fields ("Phone: …"): what stands among them is no mail program's block.
_OTHER_LABEL = re.compile(r"[*_]{0,2}[^\W\d_][\w .-]{1,24}[*_]{0,2}\s?:[*_]{0,2}\s+\S")
_LONG_RULE = 10
"""Dashes before QQ's bare "Original"; a person's heading has fewer."""
_MAX_LINES = 30
_MAX_FOLDS = 3
"""Lines of a block, and lines that one field may be folded over."""


@dataclass(frozen=True, slots=True)
class Block:
    """A header block: lines `start` to `end` (exclusive), its fields in order."""

    start: int
    end: int
    fields: tuple[tuple[Role, str], ...]

    def first(self, role: Role) -> str:
        return next((value for key, value in self.fields if key == role), "")

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(role for role, _ in self.fields)

    @property
    def is_complete(self) -> bool:
        """Every mail program names the author and the date; a person who pastes headers often leaves one out."""
        return bool({"author", "recipient"} & self.roles) and "date" in self.roles and any(map(str.isdigit, self.first("date")))


def read_field(line: str) -> tuple[Role, str] | None:
    """`*From:* Anna` → `("author", "Anna")`."""
    head = line[:_LONGEST_LABEL].replace("：", ":")
    colon = head.find(":")
    if colon < 1:
        return None
    role = LABELS.get(" ".join(fold(head[:colon].strip("*_ \t\"'|")).split()))
    return (role, line[colon + 1 :].strip("*_ \t")) if role else None


def read_block(start: int, limit: int, plain: Callable[[int], str]) -> Block | None:
    """The header block that begins on line `start`: two or more fields, folded or with single blank lines between them."""
    if start >= limit or read_field(plain(start)) is None:
        return None
    fields: list[tuple[Role, str]] = []
    end = index = start
    folds = 0
    while index < min(limit, start + _MAX_LINES):
        line = plain(index)
        field = read_field(line)
        if field:
            fields.extend(split_fields(field))
            folds, end = 0, index + 1
        elif not line:
            if index + 1 >= limit or read_field(plain(index + 1)) is None or _is_over(fields):
                break
        elif folds < _MAX_FOLDS and _continues(line, fields[-1], _next_is_field(index, limit, plain)):
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line}")
            folds, end = folds + 1, index + 1
        else:
            break
        index += 1
    return Block(start, end, tuple(fields)) if len({role for role, _ in fields}) >= 2 else None


def _is_over(fields: list[tuple[Role, str]]) -> bool:
    return {"author", "date", "subject"} <= {role for role, _ in fields}


def _next_is_field(index: int, limit: int, plain: Callable[[int], str]) -> bool:
    return any(read_field(plain(at)) for at in range(index + 1, min(limit, index + 1 + _MAX_FOLDS)))


def _continues(line: str, field: tuple[Role, str], field_follows: bool) -> bool:
    """Is this line the rest of a folded field? An address list goes on after its divider, anything else only between fields."""
    role, value = field
    if _OTHER_LABEL.match(line):
        return False
    if role in {"recipient", "copy", "author"} and (value.endswith((",", ";", "<", ":")) or not value):
        return "@" in line or field_follows
    return field_follows


def split_fields(field: tuple[Role, str]) -> list[tuple[Role, str]]:
    """Fields that lost their line ends: `From: Anna <a@example.net>To: Bob`."""
    role, value = field
    if role == "subject" or len(value) > 2000:
        return [field]
    fields: list[tuple[Role, str]] = []
    at = 0
    for colon in islice(_COLON.finditer(value), _MOST_COLONS):
        found = _label_before(value, at, colon.start())
        if found is None:
            continue
        start, next_role = found
        fields.append((role, value[at:start].strip("*_ \t")))
        role, at = next_role, colon.end()
        if role == "subject":
            break
    return [*fields, (role, value[at:].strip("*_ \t"))] if fields else [field]


def _label_before(value: str, at: int, colon: int) -> tuple[int, Role] | None:
    """The longest label that ends at the colon, or a space or two before it: where it begins, and its role."""
    begin = max(at, colon - _LONGEST_LABEL, 1)
    near = value[begin:colon]
    label = near.rstrip() if len(near) - len(near.rstrip()) <= 2 else near
    for offset in range(len(label)):
        role = LABELS.get(fold(label[offset:]))
        before = value[begin + offset - 1]
        if role is not None and (before == ">" or (len(label) - offset > 1 and _BEFORE_LABEL.match(before))):
            return begin + offset, role
    return None


def separator(line: str) -> Separator | None:
    """`-----Original Message-----`, `Begin forwarded message:` and their like; None for any other line."""
    if len(line) > 120:
        return None
    dashed = _DASHED.match(line)
    if not (dashed or line.rstrip("* _").endswith((":", "：")) or "avid" in line or "AVID" in line):
        return None  # as almost every line is
    words = " ".join(fold((dashed[2] if dashed else line).strip("*_:：- \t>")).split())
    if words.startswith("original message processed by david") or (dashed and words == "original" and len(dashed[1]) >= _LONG_RULE):
        return "original"
    if words in _FORWARDED and (dashed or line.rstrip("* _").endswith((":", "："))):
        return "forwarded"
    if dashed and len(dashed[1]) >= 3 and _FORWARD_STEM.search(words):
        return "forwarded"
    if dashed and (words in _ORIGINAL or (len(dashed[1]) >= 3 and len(words) < 45 and not _NOUNS.isdisjoint(words.split()))):
        return "original"
    return None


def is_rule(line: str) -> bool:
    """A line of dashes or underscores alone."""
    return _RULE.match(line) is not None


def begins_forward(line: str) -> tuple[Separator, str] | None:
    """A separator with the header block run into its line, as Yahoo writes it: what it is, and the rest."""
    found = _RUN_IN.match(line[:4000]) if line.startswith(("---", "‐‐‐")) else None
    kind = separator(f"---{found[1]}---") if found else None
    return (kind, found[2]) if found and kind and read_field(found[2]) else None
