"""The signatures of a message as they are written: DKIM's, and the sets of ARC (RFC 8617 §4.1). Nothing is verified here.

One reading serves both sides: the worker asks DNS for the keys that `Written.key_names` lists, the parse child verifies with the very tags
that those names were made of. It is a matter of splitting bounded bytes at line ends and semicolons, so the worker may do it itself.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from gateway.auth.signature import MOST_SIGNATURES, key_name
from gateway.auth.tags import Tags, read_tags
from gateway.domain.verdict import Result
from gateway.mail.address import normalise_domain
from gateway.mail.headers import MAX_BLOCK, MAX_LINES

LONGEST_SIGNATURE = 8 << 10
LONGEST_RESULTS = 16 << 10
MOST_INSTANCES = 50
"""RFC 8617 §4.2.1."""
MOST_SEALERS = 10
"""Different keys that one chain may want: each is a DNS query. Real chains want two or three."""

_HEADER_END = re.compile(rb"(?:\A|\n)\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_SELECTOR = re.compile(r"[\w-]+(?:\.[\w-]+)*")
_INSTANCE = re.compile(r"[1-9][0-9]?")
_RESULTS = re.compile(r"[ \t\r\n]*i[ \t\r\n]*=[ \t\r\n]*([^ \t\r\n;]+)[ \t\r\n]*;(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the header: `raw_name` as it stands, `value` from the colon on, its line ends CRLF, the last one included."""

    raw_name: bytes
    value: bytes

    @property
    def name(self) -> bytes:
        return self.raw_name.rstrip(b" \t").lower()


@dataclass(frozen=True, slots=True)
class Faulty:
    """What cannot be read, or is not taken, and how RFC 8601 §2.7.1 calls that."""

    result: Result
    why: str


@dataclass(frozen=True, slots=True)
class Signed:
    """A field that signs: its tags, and where its key is. `domain` is normalised."""

    field: Field
    tags: Tags
    domain: str
    selector: str

    @property
    def key(self) -> str:
        return key_name(self.selector, self.domain)


@dataclass(frozen=True, slots=True)
class ArcSet:
    """The three fields of one instance (RFC 8617 §4.2): what was found, what it was found of, and the seal on both."""

    results: Field
    stated: str
    message: Signed
    seal: Signed


@dataclass(frozen=True, slots=True)
class Written:
    """`dkim`: topmost first, `MOST_SIGNATURES` at most. `arc`: oldest first. `body` is where the body begins."""

    fields: tuple[Field, ...] = ()
    body: int = 0
    dkim: tuple[Signed | Faulty, ...] = ()
    arc: tuple[ArcSet, ...] | Faulty = ()

    @property
    def key_names(self) -> tuple[str, ...]:
        """Of the keys without which nothing can be verified: each signature's, each seal's, and the newest message signature's."""
        keys = [each.key for each in self.dkim if isinstance(each, Signed)]
        if not isinstance(self.arc, Faulty):
            keys += chain_keys(self.arc)
        return tuple(dict.fromkeys(keys))


def chain_keys(sets: Sequence[ArcSet]) -> list[str]:
    return [each.seal.key for each in sets] + [each.message.key for each in sets[-1:]]


def read_written(content: bytes) -> Written:
    """Of a whole message; total. A header past the bounds of `gateway.mail` is not read here either: its author is never certain."""
    end = _HEADER_END.search(content, 0, MAX_BLOCK + 4)
    header_end, body = (min(len(content), MAX_BLOCK + 1), len(content)) if end is None else (end.start() + 1, end.end())
    if header_end > MAX_BLOCK or content.count(b"\n", 0, header_end) > MAX_LINES:
        return Written(dkim=(Faulty("permerror", "the header block is too long to be verified"),))
    fields = _fields(content[:header_end])
    if isinstance(fields, Faulty):
        return Written(dkim=(fields,))
    signing = [each for each in fields if each.name == b"dkim-signature"][:MOST_SIGNATURES]
    return Written(fields, body, tuple([_signed(each) for each in signing]), _arc(fields))


def _fields(header: bytes) -> tuple[Field, ...] | Faulty:
    fields: list[tuple[bytes, list[bytes]]] = []
    for line in _LINE_END.split(header):
        if not line:
            continue
        if line[0] in b" \t":
            if not fields:
                return Faulty("permerror", "the header block is malformed")
            fields[-1][1].append(line)
            continue
        name = _FIELD.match(line)
        if name is None and not fields and line.startswith(b"From "):  # as mailbox files put before a message
            continue
        if name is None:
            return Faulty("permerror", "the header block is malformed")
        fields.append((line[: name.end() - 1], [line[name.end() :]]))
    return tuple([Field(name, b"\r\n".join([*lines, b""])) for name, lines in fields])


def _signed(field: Field) -> Signed | Faulty:
    if len(field.value) > LONGEST_SIGNATURE:
        return Faulty("permerror", "the signature field is too long")
    tags = read_tags(field.value)
    if tags is None:
        return Faulty("permerror", "the signature is malformed")
    domain, selector = normalise_domain(tags.get("d", "")), tags.get("s", "")
    if not domain or domain.startswith("["):
        return Faulty("permerror", "the signature has no proper d=")
    if _SELECTOR.fullmatch(selector) is None:
        return Faulty("permerror", "the signature has no proper s=")
    return Signed(field, tags, domain, selector)


def _arc(fields: Sequence[Field]) -> tuple[ArcSet, ...] | Faulty:
    """RFC 8617 §5.2, steps 1 and 3A: sets from 1 to the number of them, each of the three fields once."""
    results: dict[int, tuple[Field, str]] = {}
    messages: dict[int, Signed] = {}
    seals: dict[int, Signed] = {}
    for field in fields:
        match field.name:
            case b"arc-authentication-results":
                fault = _put(results, _stated(field))
            case b"arc-message-signature":
                fault = _put(messages, _numbered(_signed(field)))
            case b"arc-seal":
                fault = _put(seals, _numbered(_signed(field)))
            case _:
                continue
        if fault is not None:
            return Faulty("fail", f"{field.raw_name.decode()}: {fault}")
    instances = range(1, len(seals) + 1)
    if not set(results) == set(messages) == set(seals) == set(instances):
        return Faulty("fail", "a part of the chain is missing")
    sets = tuple([ArcSet(*results[each], messages[each], seals[each]) for each in instances])
    return sets if len(set(chain_keys(sets))) <= MOST_SEALERS else Faulty("permerror", f"more than {MOST_SEALERS} keys are wanted")


T = TypeVar("T")


def _put(into: dict[int, T], part: tuple[str, T] | Faulty) -> str | None:
    """What is amiss with it, or None."""
    if isinstance(part, Faulty):
        return part.why
    written, content = part
    if _INSTANCE.fullmatch(written) is None or int(written) > MOST_INSTANCES:
        return "it has no proper i="
    if int(written) in into:
        return f"it stands twice with i={written}"
    into[int(written)] = content
    return None


def _stated(field: Field) -> tuple[str, tuple[Field, str]]:
    found = _RESULTS.fullmatch(field.value[:LONGEST_RESULTS].decode("utf-8", "replace"))
    return (found[1], (field, found[2])) if found else ("", (field, ""))


def _numbered(signed: Signed | Faulty) -> tuple[str, Signed] | Faulty:
    return signed if isinstance(signed, Faulty) else (signed.tags.get("i", ""), signed)
