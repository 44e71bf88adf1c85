"""Where a person stands in text, JSON and raw mail, so that all of it can be erased. PURE, total and linear.

An address is found however its case is and in A-labels or Unicode; as programs write it into links, tags and return paths; and whole
alone: `anna@x.test` does not stand in `joanna@x.test`, and `anna+news@x.test` is another address. In raw bytes also within quoted-printable
and base64. What is compressed or encrypted (archives, PDF, office files) is not opened.
"""

import binascii
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

from gateway.mail.addr_spec import shown_address

ERASED: Final = "[erased]"
"""What stands in the place of an address or a name."""

_AT = ("@", "%40", "=40", "&#64;", "&#x40;", "&commat;", "+AEA-", "=")
"""`=`: return addresses of lists name their reader so."""
# After an escape, a word may stand that is not part of it.
_BEFORE = r"(?:(?<![\w.+-])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrt]))"
_AFTER = r"(?![\w-]|\.\w)"
_DEEPEST = 4
"""Base64 within base64: a mail that is attached to a mail."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{12,}(?:\r?\n[A-Za-z0-9+/]+)*={0,2}")
_BASE64_ALONE = re.compile(rb"[A-Za-z0-9+/]{12,}={0,2}(?:[\r\n]|\Z)")
_QUOTED_PRINTABLE: Final = (b"=\r\n", b"=\n", b"=40", b"=?")
_ENCODED_WORD = re.compile(rb"=\?[\w.-]{1,40}\?b\?")
_CHARSETS: Final = ("utf-8", "koi8-r", "cp1251", "cp1250", "iso-8859-2", "cp866", "utf-16-le", "utf-16-be")
"""What names beyond ASCII are looked for in."""
_HEAD: Final = 256 * 1024


_Words = TypeVar("_Words", str, bytes)
_Groups = tuple[tuple[tuple[_Words, ...], ...], ...]


@dataclass(frozen=True)
class Person:
    """`keys` are normalised addresses, at least one; `names` are looked for where one of these stands; `ids` are Message-IDs of theirs."""

    keys: tuple[str, ...]
    names: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()

    @cached_property
    def first_look(self) -> _Groups[str]:
        """For a search that is quick and finds too much: whatever mentions them by address or id has, once its ASCII letters are
        lower case, one word of each part of one of these groups."""
        return (*(_parts(key) for key in self.keys), *(((_lower_ascii(each),),) for each in self.ids))

    @cached_property
    def first_look_by_name(self) -> _Groups[str]:
        """The same, for where a full name says enough."""
        names = (each.split() for each in self.names)
        return (*self.first_look, *((_spellings(words[0]), _spellings(words[-1])) for words in names if words))

    @cached_property
    def _address(self) -> re.Pattern[str]:
        written = [*map(_address_pattern, self.keys), *(re.escape(each) for each in self.ids)]
        return re.compile("|".join(written), re.IGNORECASE)

    @cached_property
    def _all(self) -> re.Pattern[str]:
        names = [pattern for each in self.names if (pattern := _name_pattern(each))]
        return re.compile("|".join([self._address.pattern, *names]), re.IGNORECASE)

    def is_in(self, text: str, *, by_name: bool = False) -> bool:
        if not self._may_be_in(text, by_name=by_name):
            return False
        return (self._all if by_name else self._address).search(text) is not None

    def _may_be_in(self, text: str, *, by_name: bool) -> bool:
        folded = text.casefold()
        return any(all(any(word in folded for word in part) for part in group) for group in self._folded[by_name])

    @cached_property
    def _folded(self) -> tuple[_Groups[str], _Groups[str]]:
        """Without names, and with them."""
        looks = (self.first_look, self.first_look_by_name)
        found = [tuple(tuple(tuple(word.casefold() for word in part) for part in group) for group in look) for look in looks]
        return found[0], found[1]

    def without(self, text: str) -> str:
        """The text with what names them taken out; the same text where nothing does."""
        return self._all.sub(ERASED, text) if self._may_be_in(text, by_name=True) else text

    def is_in_json(self, value: Any, *, by_name: bool = False) -> bool:
        match value:
            case str():
                return self.is_in(value, by_name=by_name)
            case dict():
                return any(self.is_in(key) or self.is_in_json(each, by_name=by_name) for key, each in value.items())
            case list():
                return any(self.is_in_json(each, by_name=by_name) for each in value)
            case _:
                return False

    def without_json(self, value: Any) -> Any:
        """The value with what names them taken out. Of lists of people, as {"name", "address"} or [name, address], they are left out."""
        match value:
            case str():
                return self.without(value)
            case dict():
                return {self.without(key): self.without_json(each) for key, each in value.items()}
            case list():
                return [self.without_json(each) for each in value if not self._is_person(each)]
            case _:
                return value

    def _is_person(self, value: Any) -> bool:
        match value:
            case {"name": str(), "address": str(address)} | [str(), str(address)]:
                return self._address.fullmatch(address) is not None
            case _:
                return False

    def is_in_bytes(self, content: bytes, *, by_name: bool = False, depth: int = 0) -> bool:
        """Of a raw message, or of a file."""
        groups = self._encoded[by_name]
        lowered = content.lower()
        for octets in _unencoded(content, lowered, by_name):
            folded = lowered if octets is content else octets.lower()
            if any(all(any(word in folded for word in part) for part in group) for group in groups) and any(
                self.is_in(octets.decode(charset, "replace"), by_name=by_name) for charset in self._charsets
            ):
                return True
        if depth == _DEEPEST or not _may_hold_base64(content, lowered):
            return False
        runs = (_from_base64(run[0]) for run in _BASE64.finditer(content))
        return any(self.is_in_bytes(run, by_name=by_name, depth=depth + 1) for run in runs if run is not None)

    @cached_property
    def _charsets(self) -> tuple[str, ...]:
        ascii_alone = all(each.isascii() for each in (*self.keys, *map(shown_address, self.keys), *self.names))
        return ("latin-1",) if ascii_alone else ("latin-1", *_CHARSETS)

    @cached_property
    def _encoded(self) -> tuple[_Groups[bytes], _Groups[bytes]]:
        """Without names, and with them."""
        looks = (self.first_look, self.first_look_by_name)
        found = [tuple(tuple(_encodings(part) for part in group) for group in look) for look in looks]
        return found[0], found[1]


def full_name(name: str) -> bool:
    """Whether a name is one person's rather than anybody's: at least two words, and no address."""
    return len([word for word in name.split() if any(map(str.isalpha, word))]) > 1 and "@" not in name


def names_of(named: Iterable[str]) -> tuple[str, ...]:
    """The full names among these, each once."""
    clean = (" ".join(unicodedata.normalize("NFC", each).split()) for each in named)
    return tuple(dict.fromkeys(each for each in clean if full_name(each)))


def written_by(content: bytes, person: Person) -> bool:
    """Whether From, Sender or Reply-To of a raw message names them."""
    head = re.split(rb"\r?\n\r?\n", content[:_HEAD], maxsplit=1)[0]
    fields = re.findall(rb"^(?:from|sender|reply-to)[ \t]*:.*(?:\r?\n[ \t].*)*", head, re.IGNORECASE | re.MULTILINE)
    return any(person.is_in_bytes(each) for each in fields)


def _parts(key: str) -> tuple[tuple[str, ...], ...]:
    local, _, domain = key.rpartition("@")
    # JSON writes quotes and backslashes otherwise than text does.
    plain = max(re.split(r"[\"\\]", local), key=len)
    return _spellings(plain), (domain, *_spellings(shown_address(key).rpartition("@")[2]))


def _spellings(word: str) -> tuple[str, ...]:
    """As they stand in text whose ASCII letters are lower case and whose others are as they were written."""
    if word.isascii():
        return (word.lower(),)
    return tuple(dict.fromkeys(map(_lower_ascii, (word, word.lower(), word.upper(), word.title()))))


def _lower_ascii(text: str) -> str:
    return "".join(each.lower() if each.isascii() else each for each in text)


def _address_pattern(key: str) -> str:
    local, _, domain = key.rpartition("@")
    shown = shown_address(key).rpartition("@")[2]
    who, at = re.escape(local), "|".join(map(re.escape, _AT))
    where = "|".join(map(re.escape, dict.fromkeys((domain, shown))))
    # The second is how a forwarder that rewrites return paths (SRS) writes it.
    return rf"{_BEFORE}{who}(?:{at})(?:{where}){_AFTER}|{_BEFORE}(?:{where})={who}(?=@)"


def _name_pattern(name: str) -> str:
    words = [re.escape(each) for each in name.split()]
    if not words:
        return ""
    joined = r"\s+".join(words)
    turned = rf"|{words[1]},?\s+{words[0]}" if len(words) == 2 else ""
    return rf"(?<!\w)(?:{joined}{turned})(?!\w)"


def _encodings(words: Iterable[str]) -> tuple[bytes, ...]:
    """As they may stand in bytes whose ASCII letters are lower case."""
    found: dict[bytes, None] = {}
    for word in words:
        for charset in ("ascii",) if word.isascii() else _CHARSETS:
            # What a charset lacks nobody writes in it.
            found[word.encode(charset, "ignore").lower()] = None
    return tuple(each for each in found if each)


def _unencoded(content: bytes, lowered: bytes, by_name: bool) -> Iterator[bytes]:
    yield content
    if b"\0" in content:
        # UTF-16: every other octet of what is ASCII in it.
        yield content.translate(None, b"\0")
    if b"quoted-printable" in lowered or any(each in content for each in _QUOTED_PRINTABLE):
        yield binascii.a2b_qp(content)
        if by_name and b"=?" in content:
            # RFC 2047 §4.2: in encoded words a space is an underscore.
            yield binascii.a2b_qp(content, header=True)


def _may_hold_base64(content: bytes, lowered: bytes) -> bool:
    """It is said to, or is nothing else."""
    return b"base64" in lowered or _ENCODED_WORD.search(lowered) is not None or _BASE64_ALONE.match(content) is not None


def _from_base64(run: bytes) -> bytes | None:
    text = run.translate(None, b"\r\n=")
    if len(text) % 4 == 1:
        text = text[:-1]
    try:
        return binascii.a2b_base64(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return None
