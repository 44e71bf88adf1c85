"""Encoded words (RFC 2047), and what mail programs make of them: broken base64, raw spaces, words split inside a character."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.mail.charsets import clean, decode_bytes

_START = re.compile(r"=\?([^?\s=]{1,64})\?([bBqQ])\?")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_Q_PAIR = re.compile(rb"=([0-9A-Fa-f]{2})")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class _Word:
    charset: str
    encoding: str
    text: str


def decode_words(text: str) -> str:
    """Decode the encoded words of an unfolded header value. Linear; what cannot be a word stays as it is."""
    if "=?" not in text:
        return text
    return "".join(_decode_run(piece) if isinstance(piece, list) else piece for piece in _runs(text))


def one_line(text: str) -> str:
    """Storable, and on one line: control characters and line ends become spaces."""
    return clean(_CONTROLS.sub(" ", text)).strip()


def _runs(text: str) -> Iterator[str | list[_Word]]:
    """Plain text and runs of words that nothing but white space separates, which does not count (RFC 2047 §6.2)."""
    run: list[_Word] = []
    for piece in _pieces(text):
        if isinstance(piece, _Word):
            run.append(piece)
        elif not run or piece.strip(" \t\r\n"):
            if run:
                yield run
                run = []
            yield piece
    if run:
        yield run


def _pieces(text: str) -> Iterator[str | _Word]:
    position = search_from = end = 0
    while match := _START.search(text, search_from):
        if end < match.end():
            end = text.find("?=", match.end())
        if end < 0:
            break
        if _START.search(text, match.end(), end):
            # The word never ends, another begins within it: keep its source text.
            search_from = match.end()
            continue
        if match.start() > position:
            yield text[position : match.start()]
        yield _Word(match[1].partition("*")[0].lower(), match[2].lower(), text[match.end() : end])
        position = search_from = end + 2
    if position < len(text):
        yield text[position:]


def _decode_run(run: list[_Word]) -> str:
    """Words of one charset are decoded together: programs split them inside a character."""
    decoded = []
    group: list[_Word] = []
    for word in run:
        if group and word.charset != group[0].charset:
            decoded.append(_decode_group(group))
            group = []
        group.append(word)
    decoded.append(_decode_group(group))
    return "".join(decoded)


def _decode_group(group: list[_Word]) -> str:
    return decode_bytes(b"".join(_word_bytes(group)), group[0].charset)


def _word_bytes(group: list[_Word]) -> Iterator[bytes]:
    carried = ""
    for index, word in enumerate(group):
        if word.encoding == "q":
            yield _q_bytes(word.text)
            continue
        digits = carried + _NOT_BASE64.sub("", word.text)
        follower = group[index + 1] if index + 1 < len(group) else None
        if follower is not None and follower.encoding == "b" and "=" not in word.text and len(digits) % 4:
            carried = digits  # split inside a base64 quantum
            continue
        carried = ""
        yield base64_bytes(digits)


def base64_bytes(digits: str | bytes) -> bytes:
    """Of base64 digits alone; a last digit that says nothing by itself is dropped, padding is not needed."""
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    padding = "=" * (-len(digits) % 4)
    return binascii.a2b_base64(digits + padding if isinstance(digits, str) else digits + padding.encode())


def _q_bytes(text: str) -> bytes:
    raw = text.replace("_", " ").encode("utf-8", "replace")
    return _Q_PAIR.sub(lambda pair: bytes((int(pair[1], 16),)), raw)
