"""A header field on the wire: RFC 2047 words where text is not plain ASCII, folded lines, addresses with A-labels.

Only what the letter's writer gave is encoded here; values with CR, LF or NUL were refused when the letter was built and are refused again.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from gateway.domain.letter import HeaderValue, Party, refuse_breaks
from gateway.mail.address import normalise_domain

# RFC 5322 §2.1.1: lines should have at most 78 characters. RFC 2047 §2: an encoded word at most 75, a line with one at most 76.
LINE: Final = 76
WORD: Final = 75

# Their values are ids, which no encoding may touch (RFC 2047 §5).
_IDS: Final = frozenset({"message-id", "references", "in-reply-to"})


def field(name: str, value: HeaderValue, *, ascii_only: bool = False) -> bytes:
    """The complete field with its CRLF."""
    if not isinstance(value, str):
        return fold(name, addresses(value, ascii_only=ascii_only))
    if len(name) + 2 + len(value) <= LINE and _PLAIN_WORDS.fullmatch(value) and "=?" not in value:
        return f"{name}: {value}\r\n".encode()  # as nearly all are: what follows would say the same
    refuse_breaks(name, value)
    if name.lower() in _IDS:
        return fold(name, (each for each in value.split() if _is_plain(each) and len(each) <= 990))
    return fold(name, text_words(value))


def fold(name: str, words: Iterable[str]) -> bytes:
    """`Name: word word…`, broken before a word that would exceed the line; words hold no space but a quoted string's."""
    words = tuple(words)
    whole = " ".join((f"{name}:", *words))
    if len(whole) <= LINE:
        return f"{whole}\r\n".encode()
    lines = []
    line, empty = f"{name}:", True
    for word in words:
        if len(line) + 1 + len(word) > LINE and not empty:
            lines.append(line)
            line = ""
        line += f" {word}"
        empty = empty and not word
    return "\r\n".join((*lines, line)).encode() + b"\r\n"


def text_words(value: str) -> Iterator[str]:
    """Unstructured text as words: plain ones as they are, and all between the first and the last of the others encoded together."""
    words = value.split(" ")
    if _PLAIN_WORDS.fullmatch(value) and "=?" not in value:
        yield from words
        return
    if not value.strip(" "):
        return
    first = next((index for index, word in enumerate(words) if not _may_stand(word)), len(words))
    yield from words[:first]
    if first < len(words):
        after = next(index for index in range(len(words), 0, -1) if not _may_stand(words[index - 1]))
        yield from encoded_words(" ".join(words[first:after]))
        yield from words[after:]


def addresses(parties: tuple[Party, ...], *, ascii_only: bool = False) -> Iterator[str]:
    for index, party in enumerate(parties):
        comma = "," if index + 1 < len(parties) else ""
        if ascii_only and needs_smtputf8(party.address):
            # RFC 6857 §3.1.8: a group without members, named after what cannot be written.
            yield from encoded_words(f"{party.name} {party.address}".strip())
            yield f":;{comma}"
            continue
        yield from display_name(party.name)
        address = wire_address(party.address)
        yield f"<{address}>{comma}" if party.name.strip() else f"{address}{comma}"


@lru_cache(1024)
def display_name(name: str) -> tuple[str, ...]:
    """A phrase (RFC 5322 §3.2.5): atoms, a quoted string, or encoded words. Remembered, for a From stands in letter after letter."""
    refuse_breaks("display name", name)
    name = name.strip()
    if _ATOMS.fullmatch(name) and "=?" not in name and len(name) < LINE:
        return tuple(name.split(" "))
    if _QUOTABLE.fullmatch(name) and "=?" not in name and len(name) < LINE - 10:
        return ('"' + re.sub(r'(["\\])', r"\\\1", name) + '"',)
    return tuple(encoded_words(name)) if name else ()


def encoded_words(value: str) -> Iterator[str]:
    """UTF-8 in base64, cut between characters, so that each word decodes by itself."""
    octets, start = value.encode(), 0
    while len(octets) - start > _OCTETS_A_WORD:
        end = start + _OCTETS_A_WORD
        while octets[end] & 0xC0 == 0x80:  # in the midst of a character
            end -= 1
        yield _encoded(octets[start:end])
        start = end
    yield _encoded(octets[start:])


def wire_address(address: str) -> str:
    """The address with its domain in A-labels; only a local part that is not ASCII needs SMTPUTF8."""
    if address.isascii():
        return address
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    return f"{local}@{normalise_domain(domain) or domain}"


def needs_smtputf8(address: str) -> bool:
    return not wire_address(address).isascii()


def parameter(name: str, value: str) -> Iterator[str]:
    """A MIME parameter: quoted where it is short ASCII, else RFC 2231 with as many continuations as it takes."""
    refuse_breaks(name, value)
    # RFC 2047 §5 (3) allows no encoded word here, but programs decode them: a file that is named like one keeps that name.
    if _QUOTABLE.fullmatch(value) and "=?" not in value and len(value) <= 60:
        yield f"{name}=" + '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
        return
    pieces = list(_percent_pieces(value))
    if len(pieces) == 1:
        yield f"{name}*=utf-8''{pieces[0]}"
        return
    for index, piece in enumerate(pieces):
        charset = "utf-8''" if index == 0 else ""
        semicolon = ";" if index + 1 < len(pieces) else ""
        yield f"{name}*{index}*={charset}{piece}{semicolon}"


def _percent_pieces(value: str) -> Iterator[str]:
    piece = ""
    for octet in value.encode():
        character = chr(octet)
        coded = character if character in _ATTRIBUTE_CHARACTERS else f"%{octet:02X}"
        if len(piece) + len(coded) > 48:
            yield piece
            piece = ""
        piece += coded
    yield piece


def _encoded(octets: bytes) -> str:
    return f"=?utf-8?b?{b64encode(octets).decode()}?="


def _may_stand(word: str) -> bool:
    return _PLAIN_WORD.fullmatch(word) is not None and "=?" not in word


def _is_plain(word: str) -> bool:
    return _PRINTABLE.fullmatch(word) is not None


# Room for the octets between `=?utf-8?b?` and `?=`, in whole groups of base64.
_OCTETS_A_WORD: Final = (WORD - len("=?utf-8?b??=")) // 4 * 3
_PRINTABLE: Final = re.compile(r"[!-~]+")
_PLAIN_WORD: Final = re.compile(r"[!-~]{1,400}")
_PLAIN_WORDS: Final = re.compile(r"[!-~]{1,400}(?: [!-~]{1,400})*")
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_QUOTABLE: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")
# RFC 2231 §7.
_ATTRIBUTE_CHARACTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`{|}~")
