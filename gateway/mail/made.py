"""Parts that no message had: made of what older wrappings held, so that everything behind sees one kind of part."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from gateway.mail.headers import Block, Field
from gateway.mail.mime import Entity

_CHARACTERS_A_WORD = 11
"""At four octets a character an encoded word keeps to its 75 characters (RFC 2047 §2)."""
_LONGEST_VALUE = 1000
_NOT_ENCODED = ("message/", "multipart/")
"""Types that may have no transfer encoding but the identity (RFC 2046 §5.2.1)."""


def make_text(content_type: str, text: str) -> Entity:
    """A part to be read, of the type `text/plain` or `text/html`."""
    return Entity(_block([("content-type", f"{content_type}; charset=utf-8")]), body=text.encode())


def make_file(content_type: str, name: str, content: bytes, *, content_id: str = "", location: str = "") -> Entity:
    """A part to be attached."""
    fields = [
        ("content-type", content_type),
        ("content-disposition", f"attachment; filename*=utf-8''{quote(name[:_LONGEST_VALUE], safe='')}" if name else "attachment"),
        ("content-id", f"<{content_id}>" if content_id else ""),
        ("content-location", location),
    ]
    return Entity(_block(fields), body=content)


def make_multipart(content_type: str, children: Sequence[Entity]) -> Entity:
    return Entity(_block([("content-type", content_type)]), children=list(children))


def write_message(fields: Iterable[tuple[str, str]], entity: Entity) -> bytes:
    """The bytes of a message with these fields, and of the part for a body; the same for the same."""
    header = b"".join(_field_line(name, _in_words(value)) for name, value in fields if value)
    return header + b"MIME-Version: 1.0\r\n" + _written(entity)


def _block(fields: Iterable[tuple[str, str]]) -> Block:
    return Block(tuple(Field(name, _in_ascii(value)) for name, value in fields if value), 0)


def _in_ascii(value: str) -> bytes:
    """On one line, so that no value can begin another field."""
    return " ".join(value[: 4 * _LONGEST_VALUE].split()).encode("ascii", "ignore")


def _in_words(value: str) -> bytes:
    """As encoded words where it is not plain ASCII."""
    value = " ".join(value[:_LONGEST_VALUE].split())
    if value.isascii() and value.isprintable():
        return value.encode()
    pieces = (value[start : start + _CHARACTERS_A_WORD] for start in range(0, len(value), _CHARACTERS_A_WORD))
    return b"\r\n ".join(b"=?utf-8?b?" + base64.b64encode(piece.encode()) + b"?=" for piece in pieces)


def _field_line(name: str, value: bytes) -> bytes:
    return name.title().encode() + b": " + value + b"\r\n"


def _written(entity: Entity) -> bytes:
    if entity.children:
        return _written_multipart(entity)
    fields = b"".join(_field_line(field.name, field.raw) for field in entity.block.fields)
    if entity.content_type.startswith(_NOT_ENCODED):
        return fields + b"\r\n" + entity.body
    return fields + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(entity.body).replace(b"\n", b"\r\n")


def _written_multipart(entity: Entity) -> bytes:
    parts = [_written(child) for child in entity.children]
    # A boundary that none of the parts can contain, for it is their hash.
    boundary = hashlib.sha256(b"".join(parts)).hexdigest().encode()
    return b"".join(_delimited(entity.content_type.encode(), boundary, parts))


def _delimited(content_type: bytes, boundary: bytes, parts: Sequence[bytes]) -> Iterator[bytes]:
    yield _field_line("content-type", content_type + b'; boundary="' + boundary + b'"')
    for part in parts:
        yield b"\r\n--" + boundary + b"\r\n" + part
    yield b"\r\n--" + boundary + b"--\r\n"
