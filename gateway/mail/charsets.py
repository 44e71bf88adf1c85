"""Bytes of a declared, missing or lying charset → text. Total: `decode_bytes` always gives text, and `clean` makes it storable."""

import codecs
import re
from functools import lru_cache

from gateway.mail.guessing import guess_charset

_MAX_LABEL = 64

_ALIASES = {
    # Squeezed label (letters and digits only) → Python's codec. A superset stands for a charset that mail programs stretch.
    "ansi": "cp1252", "ascii": "ascii", "usascii": "ascii", "ansix341968": "ascii", "iso646us": "ascii", "us": "ascii",
    "latin1": "cp1252", "iso88591": "cp1252", "l1": "cp1252", "iso885911": "cp874", "tis620": "cp874", "iso88599": "cp1254",
    "latin2": "iso8859-2", "isolatin2": "iso8859-2", "iso88598i": "iso8859-8", "iso88598e": "iso8859-8",
    "iso88596i": "iso8859-6", "iso88596e": "iso8859-6",
    "utf8": "utf-8", "utf8mb4": "utf-8", "unicode11utf8": "utf-8", "xutf8": "utf-8", "utf8bom": "utf-8-sig", "cesu8": "utf-8",
    "utf7": "utf-7", "unicode11utf7": "utf-7", "xunicode20utf7": "utf-7", "csunicode11utf7": "utf-7", "xunicode11utf7": "utf-7",
    "unicode": "utf-16", "ucs2": "utf-16-be", "iso10646ucs2": "utf-16-be", "ucs4": "utf-32-be",
    "gb2312": "gb18030", "gb231280": "gb18030", "gbk": "gb18030", "xgbk": "gb18030", "cngb": "gb18030", "csgb2312": "gb18030",
    "euccn": "gb18030", "xeuccn": "gb18030", "cp936": "gb18030", "ms936": "gb18030", "gb18030": "gb18030", "gb": "gb18030",
    "hzgb2312": "hz", "chinesebig5": "cp950", "big5": "cp950", "xxbig5": "cp950", "cnbig5": "cp950", "big5hkscs": "big5hkscs",
    "ksc56011987": "cp949", "ksc56011989": "cp949", "ksc5601": "cp949", "ks": "cp949", "euckr": "cp949", "xeuckr": "cp949",
    "korean": "cp949", "uhc": "cp949", "iso2022kr": "iso2022_kr", "xjohab": "johab",
    "shiftjis": "cp932", "sjis": "cp932", "xsjis": "cp932", "mskanji": "cp932", "csshiftjis": "cp932", "windows31j": "cp932",
    "eucjp": "euc_jis_2004", "xeucjp": "euc_jis_2004", "ujis": "euc_jis_2004",
    "koi8": "koi8-r", "koi8r": "koi8-r", "cskoi8r": "koi8-r", "koi8u": "koi8-u", "koi8ru": "koi8-u", "koi": "koi8-r",
    "maccyrillic": "mac_cyrillic", "xmaccyrillic": "mac_cyrillic", "xmacukrainian": "mac_cyrillic", "macintosh": "mac_roman",
    "xmacroman": "mac_roman", "mac": "mac_roman", "xmacce": "mac_latin2", "xmaccentraleurroman": "mac_latin2",
    "dosru": "cp866", "alt": "cp866", "visual": "cp1255", "logical": "cp1255",
}  # fmt: skip

_CODE_PAGE = re.compile(r"(?:x|ms|microsoft)?(?:windows|win|cp|ibm|codepage|oem)0*(\d{3,5})")
_ISO_8859 = re.compile(r"x?iso8859(\d{1,2})")
_NOT_TEXT = {
    "base64", "bz2", "hex", "idna", "mbcs", "oem", "palmos", "punycode", "quopri", "raw_unicode_escape", "rot13", "rot_13", "undefined",
    "unicode_escape", "uu", "zlib",
}  # fmt: skip
_SAYS_LITTLE = {"ascii", "cp1252"}
"""Labels that programs write without looking at the text."""
_JAPANESE_7BIT = re.compile(r"(?:cs)?iso2022jp|iso2022jp\d*|cp5022[012]|jis7|iso2022jpms")
_SURROGATES = re.compile("[\ud800-\udfff]")


@lru_cache(maxsize=512)
def codec_of(label: str) -> str | None:
    """The Python codec for a charset label as mail programs write it, or None when nobody knows it."""
    label = label.strip().strip("\"'").strip().lower()[:_MAX_LABEL].partition("*")[0]
    squeezed = re.sub(r"[^a-z0-9]", "", label.removeprefix("charset="))
    if known := _ALIASES.get(squeezed):
        return known
    if _JAPANESE_7BIT.fullmatch(squeezed):
        return "iso-2022-jp"
    candidates = [label]
    if page := _CODE_PAGE.fullmatch(squeezed):
        candidates.append("utf-8" if page[1] == "65001" else f"cp{page[1]}")
    if part := _ISO_8859.fullmatch(squeezed):
        candidates.append(f"iso8859-{part[1]}")
    return next((name for name in map(_text_codec, candidates) if name), None)


def _text_codec(name: str) -> str | None:
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError, UnicodeError):
        return None
    return None if found.replace("-", "_") in _NOT_TEXT else found


def decode_bytes(raw: bytes, charset: str | None = None) -> str:
    """The text, by the declared charset where that can be true, else by what the bytes look like. Not yet cleaned."""
    if raw.isascii() and b"\x1b" not in raw and (charset is None or _is_ascii_superset(charset)):
        return raw.decode("ascii")
    codec = codec_of(charset) if charset else None
    if codec is None or codec in _SAYS_LITTLE:
        return _decode_undeclared(raw, codec)
    if codec == "iso-2022-jp":
        return decode_iso_2022_jp(raw)
    try:
        return raw.decode(codec)
    except (UnicodeError, ValueError):
        return _decode_lying(raw, codec)


@lru_cache(maxsize=512)
def _is_ascii_superset(charset: str) -> bool:
    codec = codec_of(charset)
    return codec is None or not codec.startswith(
        ("utf-7", "utf-16", "utf-32", "utf_7", "utf_16", "utf_32", "hz", "cp037", "cp500", "cp1140")
    )


def _decode_undeclared(raw: bytes, codec: str | None) -> str:
    if b"\x1b$" in raw or b"\x1b(J" in raw:
        return decode_iso_2022_jp(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if _broken_tail(raw, error):
            return raw.decode("utf-8", "replace")
    if codec == "cp1252":
        return _decode_western(raw)
    return _decode_guessed(raw)


def _decode_western(raw: bytes) -> str:
    """Latin-1 as written by programs, unless every letter beyond ASCII reads as another alphabet's text."""
    guess = guess_charset(raw) if len(raw) >= 60 else None
    if guess is not None and guess not in ("cp1252", "cp1250", "iso8859-2"):
        return _decode_guessed(raw)
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _decode_guessed(raw: bytes) -> str:
    guess = guess_charset(raw)
    return raw.decode(guess or "cp1252", "replace")


def _decode_lying(raw: bytes, codec: str) -> str:
    """The declared codec refused: a damaged character or two, or another charset altogether?"""
    declared = raw.decode(codec, "replace")
    if codec not in ("utf-8", "utf-8-sig"):
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return declared
    damaged = declared.count("\ufffd")
    sound = sum(not each.isascii() for each in declared[:200_000]) - damaged
    return declared if damaged <= max(1, sound) else _decode_guessed(raw)


def _broken_tail(raw: bytes, error: UnicodeDecodeError) -> bool:
    """Whether it is UTF-8 that was merely cut inside its last character."""
    return error.start >= len(raw) - 3 and error.start > 0 and not raw[: error.start].isascii()


_ESCAPES = {
    b"\x1b(B": "ascii", b"\x1b(J": "ascii", b"\x1b(H": "ascii", b"\x1b(I": "kana",
    b"\x1b$B": "jis", b"\x1b$@": "jis", b"\x1b$(B": "jis", b"\x1b$(@": "jis", b"\x1b&@\x1b$B": "jis",
}  # fmt: skip
_ESCAPE = re.compile(rb"(\x1b(?:\([BJHI]|\$\(?[B@]|&@\x1b\$B))")


def decode_iso_2022_jp(raw: bytes) -> str:
    """ISO-2022-JP as Japanese programs really write it: with half-width kana and the vendors' characters (①, ㈱) that Python refuses."""
    try:
        return raw.decode("iso2022_jp")
    except UnicodeDecodeError:
        pass
    pieces, mode = [], "ascii"
    for piece in _ESCAPE.split(raw):
        if piece in _ESCAPES:
            mode = _ESCAPES[piece]
        elif mode == "jis":
            pieces.append(_decode_jis(piece))
        elif mode == "kana":
            pieces.append(bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in piece).decode("cp932", "replace"))
        else:
            pieces.append(piece.decode("ascii") if piece.isascii() else piece.decode("cp932", "replace"))
    return "".join(pieces)


def _decode_jis(piece: bytes) -> str:
    """Pairs of the 94×94 table, through the Shift_JIS that holds the vendors' rows too."""
    shifted = bytearray()
    index = 0
    while index < len(piece):
        row = piece[index]
        if not 0x21 <= row <= 0x7E or index + 1 >= len(piece):
            shifted.append(row)
            index += 1
            continue
        cell = piece[index + 1]
        lead = (row - 0x21) // 2 + (0x81 if row < 0x5F else 0xC1)
        trail = cell + (0x1F if cell < 0x60 else 0x20) if row % 2 else cell + 0x7E
        shifted += bytes((lead, trail & 0xFF))
        index += 2
    return bytes(shifted).decode("cp932", "replace")


def clean(text: str) -> str:
    """Without NUL (PostgreSQL refuses it) and with U+FFFD for lone surrogates (UTF-8 cannot carry them)."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)
