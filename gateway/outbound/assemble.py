"""The bytes of a letter's copies. The same row gives the same bytes, in another process and after a restart too: a retry is the same
message with the same Message-ID, and its signature is the same.
"""

import hashlib
import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from functools import lru_cache
from typing import Final

from gateway.domain.letter import AttachmentRef, Headers, Letter, Party, Recipient, check_address, check_headers, check_message_id
from gateway.outbound import headers as wire

Entity = list[bytes]
"""Its Content- fields, an empty line and its content, in pieces: what is large is copied once, when all is there."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One transaction of a letter: whoever gets the same bytes under the same reverse-path."""

    message_id: str
    reverse_path: str
    recipients: tuple[Recipient, ...]

    @property
    def own(self) -> Recipient | None:
        """The recipient whose own copy this is; None for the shared one."""
        return self.recipients[0] if self.recipients[0].has_own_copy else None


class BlobMissing(Exception):  # noqa: N818  it names a fact
    """An attachment's bytes are not in storage."""


def copies(letter: Letter, recipients: tuple[Recipient, ...]) -> tuple[Copy, ...]:
    """The transactions by which these recipients get the letter, in their order."""
    groups: dict[tuple[str, str, int | None], list[Recipient]] = {}
    for each in recipients:
        own = each.id if each.has_own_copy else None
        key = (each.message_id or letter.message_id, letter.reverse_path if each.verp is None else each.verp, own)
        groups.setdefault(key, []).append(each)
    return tuple(Copy(message_id, path, tuple(members)) for (message_id, path, _), members in groups.items())


def assemble(letter: Letter, copy: Copy, blobs: Mapping[str, bytes], *, ascii_only: bool = False) -> bytes:
    """The whole message with CRLF line ends, as DATA carries it but for its dots. Raises `BlobMissing`, `UnsafeHeaderError`.

    `ascii_only`: addresses that need SMTPUTF8 stand in it as text, which nobody can answer to.
    """
    check_envelope(copy)
    entity = _body(letter, copy.message_id, blobs)
    fields = [wire.field(name, value, ascii_only=ascii_only) for name, value in _fields(letter, copy)]
    return b"".join((*fields, b"MIME-Version: 1.0\r\n", *entity))


def check_envelope(copy: Copy) -> None:
    """Raises `UnsafeHeaderError`: envelope and id were checked when the letter was written, but a row can be changed."""
    check_message_id(copy.message_id)
    for each in copy.recipients:
        check_address(each.address)
    if copy.reverse_path:
        check_address(copy.reverse_path)


def needs_smtputf8(letter: Letter, copy: Copy) -> bool:
    """Whether an address, in the envelope or a header, cannot be written in ASCII."""
    if _all_ascii(letter, copy):
        return False
    parties = (party for _, value in _fields(letter, copy) if not isinstance(value, str) for party in value)
    envelope = (each.address for each in copy.recipients)
    return any(map(wire.needs_smtputf8, (*envelope, copy.reverse_path, *(party.address for party in parties))))


def _all_ascii(letter: Letter, copy: Copy) -> bool:
    """The quick answer for most letters: no address, whether this copy shows it or not, has anything else in it."""
    written = (party.address for _, value in letter.headers if not isinstance(value, str) for party in value)
    envelope = (address for each in copy.recipients for address in (each.address, each.reply_to or ""))
    return copy.reverse_path.isascii() and all(map(str.isascii, written)) and all(map(str.isascii, envelope))


def can_be_plain(letter: Letter, copy: Copy) -> bool:
    """Whether somebody can get the letter without SMTPUTF8: it comes from, answers and returns to addresses in ASCII (RFC 6857 §3.1.8)."""
    names = (party for name, value in _fields(letter, copy) if name.lower() not in _TOLD and not isinstance(value, str) for party in value)
    ascii_senders = not any(map(wire.needs_smtputf8, (copy.reverse_path, *(party.address for party in names))))
    return ascii_senders and not all(wire.needs_smtputf8(each.address) for each in copy.recipients)


def _fields(letter: Letter, copy: Copy) -> Headers:
    check_headers(letter.headers)
    given = letter.headers if copy.own is None else _addressed_to(copy.own, letter.headers)
    date = () if any(name.lower() == "date" for name, _ in given) else (("Date", _date(letter.created_at.replace(microsecond=0))),)
    return (*date, *given, ("Subject", letter.subject), ("Message-ID", copy.message_id))


def _addressed_to(own: Recipient, headers: Headers) -> Headers:
    """The headers of a copy of its own: to its recipient alone, who answers to an address of their own."""
    replaced: dict[str, tuple[Party, ...]] = {"to": (Party(own.name, own.address),), "cc": ()}
    if own.reply_to is not None:
        replaced["reply-to"] = (Party("", own.reply_to),)
    kept = tuple((name, replaced.get(name.lower(), value)) for name, value in headers)
    missing = tuple((_SPELLING[key], value) for key, value in replaced.items() if key not in {name.lower() for name, _ in headers})
    return tuple((name, value) for name, value in (*kept, *missing) if value)


def _body(letter: Letter, message_id: str, blobs: Mapping[str, bytes]) -> Entity:
    boundaries = _boundaries(message_id)
    inline = [each for each in letter.attachments if each.inline and each.content_id and letter.html is not None]
    apart = [each for each in letter.attachments if each not in inline]
    entity = _text("plain", letter.text)
    if letter.html is not None:
        html = _text("html", letter.html)
        if inline:
            html = _multipart("related", next(boundaries), [html, *(_file(each, blobs) for each in inline)])
        entity = _multipart("alternative", next(boundaries), [entity, html])
    if apart:
        entity = _multipart("mixed", next(boundaries), [entity, *(_file(each, blobs) for each in apart)])
    return entity


def _boundaries(message_id: str) -> Iterator[str]:
    """`=_` occurs in neither quoted-printable nor base64, and 7bit text that held it is not left in 7bit."""
    number = 0
    while True:
        yield "=_" + hashlib.sha256(f"{number} {message_id}".encode()).hexdigest()[:40]
        number += 1


def _multipart(subtype: str, boundary: str, entities: list[Entity]) -> Entity:
    mark = b"--" + boundary.encode()
    related = ' type="text/html";' if subtype == "related" else ""
    head = f'Content-Type: multipart/{subtype};{related}\r\n boundary="{boundary}"\r\n\r\n'
    parts = [piece for entity in entities for piece in (mark + b"\r\n", *entity, b"\r\n")]
    return [head.encode(), *parts, mark + b"--\r\n"]


def _text(subtype: str, text: str) -> Entity:
    lines = _LINE_END.sub("\n", text) if "\r" in text else text
    lines = lines if lines.endswith("\n") or not lines else lines + "\n"
    encoding, content = _encode(lines)
    charset = "us-ascii" if encoding == "7bit" else "utf-8"
    head = f"Content-Type: text/{subtype}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return [head.encode(), content.replace(b"\n", b"\r\n")]


def _encode(lines: str) -> tuple[str, bytes]:
    """The plainest encoding that survives any server, as LF lines."""
    if _survives(lines):
        return "7bit", lines.encode()
    octets = lines.encode("utf-8", "replace")
    # What quoted-printable writes in three octets; where it is much of the text, base64 is shorter and costs less.
    if len(octets.translate(None, _AS_THEY_ARE)) * _SHORTER_IN_BASE64 > len(octets):
        return "base64", b"".join(base64_lines(octets.replace(b"\n", b"\r\n"), b"\n"))
    # Mbox writers change a line's "From "; a lone dot is b2a_qp's own care.
    return "quoted-printable", _FROM.sub(b"=46rom ", b2a_qp(octets, quotetabs=False, istext=True, header=False))


def _survives(lines: str) -> bool:
    """Whether no server on the way changes it as it is."""
    if not lines.isascii() or any(map(f"\n{lines}".__contains__, _FRAGILE)):
        return False
    return len(max(lines.split("\n"), key=len)) < _LONG and lines.translate(_WITHOUT_BLANKS).isprintable()


def _file(ref: AttachmentRef, blobs: Mapping[str, bytes]) -> Entity:
    if ref.sha256 not in blobs:
        raise BlobMissing(f"attachment {ref.filename!r} with SHA-256 {ref.sha256}")
    content_type = ref.content_type if _MEDIA_TYPE.fullmatch(ref.content_type) else "application/octet-stream"
    # RFC 2046 §5.2.1: base64 is not allowed on messages and multiparts, so these travel as plain files.
    if content_type.lower().startswith(("message/", "multipart/")):
        content_type = "application/octet-stream"
    disposition = "inline;" if ref.inline and ref.content_id else "attachment;"
    head = (
        wire.fold("Content-Type", [f"{content_type};", *wire.parameter("name", ref.filename)])
        + wire.fold("Content-Disposition", [disposition, *wire.parameter("filename", ref.filename)])
        + b"Content-Transfer-Encoding: base64\r\n"
    )
    if ref.content_id and _MEDIA_ID.fullmatch(ref.content_id):
        head += wire.fold("Content-ID", [f"<{ref.content_id}>"])
    return [head + b"\r\n", *base64_lines(blobs[ref.sha256], b"\r\n")]


def base64_lines(octets: bytes, end: bytes) -> Iterator[bytes]:
    """In lines of 76 (RFC 2045 §6.8), many at once; the standard library's `encodebytes` takes five times as long for a large file."""
    for piece in range(0, len(octets), _PIECE):
        encoded = b2a_base64(octets[piece : piece + _PIECE], newline=False)
        yield b"".join([encoded[start : start + 76] + end for start in range(0, len(encoded), 76)])


# Letters that were written together share it.
_date: Final = lru_cache(256)(format_datetime)
_AS_THEY_ARE: Final = b"\t\n" + bytes(octet for octet in range(32, 127) if octet != ord("="))
_SHORTER_IN_BASE64: Final = 6
# Whole lines. All of a large file at once would keep Python's lock, and with it the sender, for a tenth of a second.
_PIECE: Final = 57 * 1024
_TOLD: Final = frozenset({"to", "cc"})
_SPELLING: Final = {"to": "To", "cc": "Cc", "reply-to": "Reply-To"}
_LINE_END: Final = re.compile("\r\n|\r")
# What some server on the way changes: white space at an end, "From " and dots at a beginning, long lines, controls. The first stands in
# boundaries.
_FRAGILE: Final = ("=_", " \n", "\t\n", "\nFrom ", "\n.")
_LONG: Final = 79
_WITHOUT_BLANKS: Final = {ord("\t"): None, ord("\n"): None}
_FROM: Final = re.compile(rb"^From ", re.MULTILINE)
_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,60}/[A-Za-z0-9!#$&^_.+-]{1,60}")
_MEDIA_ID: Final = re.compile(r"[!-;=?-~]{1,200}")
