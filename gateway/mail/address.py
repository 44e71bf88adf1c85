"""Whole address fields (RFC 5322 §3.4) → mailboxes: total and linear, however broken, so that nothing in To hides from people.

Only `Mailbox.key`, which the strict reader makes, may be trusted; names are for show. Encoded words are decoded in display names alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from gateway.mail.addr_spec import address_key, is_addr_spec, normalise_domain, shown_address
from gateway.mail.encoded_words import decode_words, one_line
from gateway.mail.message import Mailbox

__all__ = ["address_key", "hides_another", "is_addr_spec", "normalise_domain", "parse_mailboxes", "shown_address"]

_MAX_PHRASE = 4096
_MAX_NAME = 512
_MAX_ADDRESS = 1024

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<word>=\?[^?\s=]{1,64}\?[bBqQ]\?[^?<>@"]*\?=)   # may hold commas that break the rules
      | (?P<atom>[^\s"(),:;<>@\[\]\\]+)
      | (?P<special>.)""",
    re.VERBOSE | re.DOTALL,
)
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(slots=True)
class _Item:
    """What stands between two commas."""

    pieces: list[str] = field(default_factory=list)
    """Of the phrase or the bare address, as written; quoted strings with their quotes."""
    comments: list[str] = field(default_factory=list)
    angle: str | None = None
    trailing: bool = False
    """Follows an address without a comma."""

    @property
    def meaningless(self) -> bool:
        if self.addressed:
            return False
        return self.trailing or not any(each.isalnum() for each in "".join([*self.pieces, *self.comments]))

    @property
    def addressed(self) -> bool:
        return self.angle is not None or "@" in self.pieces


def parse_mailboxes(header_value: str) -> tuple[Mailbox, ...]:
    """Every mailbox of the field, groups flattened, in order. The value is unfolded, its encoded words not decoded. Never raises."""
    if not header_value:
        return ()
    return tuple(_mailbox(item) for item in _joined_names(_items(header_value)))


def hides_another(header_value: str) -> bool:
    """Whether a display name outside quotes holds an `@`, so that another reader may see another author (`boss@a.test <eve@b.test>`)."""
    for item in _items(header_value):
        name = "".join(item.pieces)
        if item.angle is not None and "@" in item.pieces and name.strip().casefold() != item.angle.strip().casefold():
            return True
    return False


def _joined_names(items: Iterator[_Item]) -> Iterator[_Item]:
    """`Doe, John <j@example.com>` is one mailbox whose name lacks its quotes: items without any address join the next one's name."""
    waiting: list[_Item] = []
    for item in items:
        if not item.addressed:
            waiting.append(item)
            continue
        if item.angle is not None and waiting:
            names = ["".join(each.pieces).strip() for each in waiting]
            item.pieces = [", ".join([*names, "".join(item.pieces).strip()])]
        else:
            yield from waiting
        waiting = []
        yield item
    yield from waiting


def _items(value: str) -> Iterator[_Item]:
    scanner = _Scanner(value)
    item = _Item()
    for kind, text in scanner.tokens():
        match kind:
            case "comma":
                if not item.meaningless:
                    yield item
                item = _Item()
            case "group":
                item = _Item()
            case "comment":
                item.comments.append(text)
                item.pieces.append(" ")  # so that one within an address is refused with it
            case "angle":
                if item.angle is not None:
                    yield item
                    item = _Item()
                item.angle = text
            case _ if item.angle is not None and text.strip():
                yield item
                item = _Item(pieces=[text], trailing=True)
            case _:
                item.pieces.append(text)
    if not item.meaningless:
        yield item


@dataclass(slots=True)
class _Scanner:
    """Cuts a field into tokens. A bracket that never closes is a plain character, and is not looked for again: that keeps it linear."""

    value: str
    unclosed: set[str] = field(default_factory=set)
    found: dict[str, int] = field(default_factory=dict)
    """Where a closing character was last found, which holds until the scan has passed it."""

    def tokens(self) -> Iterator[tuple[str, str]]:
        position = 0
        while match := _TOKEN.match(self.value, position):
            position = match.end()
            if match.lastgroup != "special":
                yield match.lastgroup or "atom", match[0]
                continue
            kind, end = self._special(match[0], position)
            yield kind, self.value[position : end - 1] if kind in ("comment", "angle") else self.value[position - 1 : end]
            position = end

    def _special(self, character: str, after: int) -> tuple[str, int]:
        """The kind of token that begins with it and where that ends."""
        end = -1
        match character:
            case "," | ";":
                return "comma", after
            case ":":
                return "group", after
            case '"':
                kind, end = "quoted", self._quoted_end(after)
            case "(":
                kind, end = "comment", self._comment_end(after)
            case "<":
                kind, end = "angle", self._angle_end(after)
            case "[":
                kind, end = "quoted", self._find("]", after)
            case _:
                kind = "atom"
        return (kind, end) if end >= 0 else ("atom", after)

    def _find(self, closing: str, after: int) -> int:
        """Just behind the next one, or -1."""
        if self.found.get(closing, 0) <= after:
            self.found[closing] = self.value.find(closing, after) + 1 or len(self.value) + 1
        end = self.found[closing]
        return end if end <= len(self.value) else -1

    def _quoted_end(self, after: int) -> int:
        if '"' in self.unclosed:
            return -1
        match = _QUOTED_REST.match(self.value, after)
        if match is None:
            self.unclosed.add('"')
            return -1
        return match.end()

    def _comment_end(self, after: int) -> int:
        if "(" in self.unclosed:
            return -1
        depth = 1
        for match in _COMMENT_MARK.finditer(self.value, after):
            mark = match[0]
            depth += (mark == "(") - (mark == ")")
            if not depth:
                return match.end()
        self.unclosed.add("(")
        return -1

    def _angle_end(self, after: int) -> int:
        match = _ANGLE_REST.match(self.value, after)
        if match is not None:
            return match.end()
        end = self._find(">", after)
        reopened = self._find("<", after)
        return -1 if 0 <= reopened < end else end


_QUOTED_REST = re.compile(r'(?:[^"\\]|\\.)*+"', re.DOTALL)
_COMMENT_MARK = re.compile(r"\\.|[()]", re.DOTALL)
_ANGLE_REST = re.compile(r'[^<>"\\]*+(?:"(?:[^"\\<]|\\.){0,512}+"[^<>"\\]*+)?>', re.DOTALL)


def _mailbox(item: _Item) -> Mailbox:
    if item.angle is not None:
        name = _name("".join(item.pieces)) or _name(" ".join(item.comments))
        address = _without_comments(item.angle)
    elif item.addressed:
        name = _name(" ".join(item.comments))
        address = "".join(item.pieces).strip(" \t\r\n")
    else:
        name, address = _name("".join(item.pieces) or " ".join(item.comments)), ""
    return Mailbox(name, _shown(address), address_key(address))


def _without_comments(angle: str) -> str:
    """Comments at the ends of an angle address mean nothing; anything stranger is left for the strict reader to refuse."""
    address = angle.strip(" \t\r\n")
    if address.endswith(")") and address.count("(") == 1 and '"' not in address:
        address = address[: address.index("(")].rstrip(" \t\r\n")
    return address


def _shown(address: str) -> str:
    return one_line(address.replace("\x00", "\ufffd"))[:_MAX_ADDRESS]


def _name(phrase: str) -> str:
    """A phrase, as people read it: quotes and escapes gone, encoded words decoded, on one line, without tricks of direction."""
    return _read_name(phrase[:_MAX_PHRASE]) if phrase else ""


@lru_cache(maxsize=1024)
def _read_name(phrase: str) -> str:
    unquoted = _QUOTED_STRING.sub(lambda quoted: _PAIR.sub(r"\1", quoted[1]), phrase.strip(" \t\r\n"))
    decoded = one_line(_BIDI.sub("", decode_words(unquoted)))
    if len(decoded) > 1 and decoded[0] == decoded[-1] and decoded[0] in "'\"":
        decoded = decoded[1:-1]
    return " ".join(decoded.split())[:_MAX_NAME]


_QUOTED_STRING = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_PAIR = re.compile(r"\\(.)", re.DOTALL)
