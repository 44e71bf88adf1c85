"""Content-Transfer-Encoding (RFC 2045 §6), undone tolerantly: damaged input gives what can be read of it."""

import binascii
import re

from gateway.mail.encoded_words import base64_bytes

_BASE64_JUNK = re.compile(rb"[^A-Za-z0-9+/=]+")
_NOT_BASE64_TEXT = re.compile(rb"[^A-Za-z0-9+/=\s]")
_PADDING = re.compile(rb"=+")
_SOFT_BREAK = re.compile(rb"=[ \t]++(?=\r?\n)")
_UU_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} [^\r\n]{1,255}\r?$", re.MULTILINE)


def decode_transfer(body: bytes, encoding: str) -> bytes:
    """`encoding` is the field's value as it came, e.g. `base64`, `Quoted-Printable;`, `""`."""
    name = encoding.strip().strip("\"'").partition(";")[0].partition(" ")[0].lower()
    match name:
        case "base64" | "b":
            return decode_base64(body)
        case "quoted-printable" | "q" | "quoted_printable" | "quotedprintable":
            return decode_quoted_printable(body)
        case "x-uuencode" | "uuencode" | "x-uue" | "uue":
            return decode_uu(body)
        case _:
            return body


def decode_base64(body: bytes) -> bytes:
    """Where the label lies, and the body is text in the clear, that text."""
    sample = body[:4096]
    if len(_NOT_BASE64_TEXT.findall(sample)) * 20 > len(sample):
        return body
    digits = _BASE64_JUNK.sub(b"", body)
    padding = digits.find(b"=")
    if padding < 0 or padding >= len(digits) - 2:
        return base64_bytes(digits.rstrip(b"="))
    # Padding in the middle: several encodings one behind the other, as list software and some phones write them.
    return b"".join(base64_bytes(piece) for piece in _PADDING.split(digits))


def decode_quoted_printable(body: bytes) -> bytes:
    if b"= " in body or b"=\t" in body:
        body = _SOFT_BREAK.sub(b"=", body)
    return binascii.a2b_qp(body)


def decode_uu(body: bytes) -> bytes:
    """The first uuencoded file within; the body itself where there is none."""
    begin = _UU_BEGIN.search(body)
    if begin is None:
        return body
    decoded = []
    for line in body[begin.end() + 1 :].split(b"\n"):
        stripped = line.rstrip(b"\r")
        if stripped == b"end":
            break
        decoded.append(uu_line(stripped))
    return b"".join(decoded)


def uu_line(line: bytes) -> bytes:
    """One line; its first character says how much counts, for some encoders pad with rubbish."""
    if not line:
        return b""
    size = (line[0] - 32) & 63
    needed = 1 + (size * 4 + 2) // 3
    for candidate in (line, line[:needed]):
        try:
            return binascii.a2b_uu(candidate)
        except binascii.Error:
            continue
    return b""
