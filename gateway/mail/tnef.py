"""winmail.dat: the format in which Outlook wraps what MIME could have carried (MS-OXTNEF), read for its files and its text."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.mail.charsets import clean, decode_bytes
from gateway.mail.rtf import decompress_rtf

_SIGNATURE = 0x223E9F78
_MOST_FILES = 200
_MOST_PROPERTIES = 20_000
_DEEPEST = 5

_BEGIN_ATTACHMENT, _TITLE, _DATA, _ATTACHMENT_PROPERTIES, _MESSAGE_PROPERTIES, _CODE_PAGE, _BODY = (
    0x9002, 0x8010, 0x800F, 0x9005, 0x9003, 0x9007, 0x800C,
)  # fmt: skip

_INTERFACE_ID = 16
"""Octets of the interface's id before an object's own."""
_FIXED_SIZES = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16, 0x00: 0, 0x01: 0}
_STRING, _UNICODE, _OBJECT, _BINARY, _MULTIPLE = 0x1E, 0x1F, 0x0D, 0x102, 0x1000
_P_CLASS, _P_SUBJECT, _P_BODY, _P_HTML, _P_RTF = 0x001A, 0x0037, 0x1000, 0x1013, 0x1009
_P_DISPLAY_NAME, _P_DATA, _P_SHORT_NAME, _P_LONG_NAME, _P_TYPE, _P_CONTENT_ID = 0x3001, 0x3701, 0x3704, 0x3707, 0x370E, 0x3712


class _DamagedError(ValueError):
    """The bytes are not what their lengths promise."""


@dataclass(slots=True)
class TnefFile:
    name: str = ""
    content: bytes = b""
    content_type: str = ""
    content_id: str = ""


@dataclass(slots=True)
class Tnef:
    """Texts are `""` where there are none; `rtf` is decompressed; `item` is what Outlook calls it, e.g. `IPM.Appointment`."""

    files: list[TnefFile] = field(default_factory=list)
    subject: str = ""
    item: str = ""
    text: str = ""
    html: str = ""
    rtf: bytes = b""

    def as_file(self) -> TnefFile:
        """The item itself, in the best of the forms that it has."""
        name = self.subject.replace("/", "-").replace("\\", "-") or "message"
        if self.html:
            return TnefFile(f"{name}.html", self.html.encode(), "text/html")
        if self.rtf and not self.text:
            return TnefFile(f"{name}.rtf", self.rtf, "application/rtf")
        return TnefFile(f"{name}.txt", f"{self.item}\n{self.subject}\n\n{self.text}".strip().encode(), "text/plain")


def read_tnef(content: bytes, depth: int = 0) -> Tnef | None:
    """None for what is no such format; where it is damaged, everything up to the damage."""
    if len(content) < 6 or struct.unpack_from("<I", content)[0] != _SIGNATURE or depth > _DEEPEST:
        return None
    found = Tnef()
    code_page = "cp1252"
    current = TnefFile()
    try:
        for name, data in _attributes(content):
            match name:
                case _ if name == _CODE_PAGE and len(data) >= 4:
                    code_page = f"cp{struct.unpack_from('<I', data)[0]}"
                case _ if name == _BODY:
                    found.text = found.text or _string(data, code_page)
                case _ if name == _MESSAGE_PROPERTIES:
                    _take_message(found, data, code_page)
                case _ if name == _BEGIN_ATTACHMENT:
                    if len(found.files) >= _MOST_FILES:
                        break
                    current = TnefFile()
                    found.files.append(current)
                case _ if name == _TITLE:
                    current.name = current.name or _string(data, code_page)
                case _ if name == _DATA:
                    current.content = current.content or data
                case _ if name == _ATTACHMENT_PROPERTIES:
                    _take_attachment(found, current, data, code_page, depth)
    except (_DamagedError, struct.error):
        pass  # what was read until here is worth more than nothing; the raw message stays anyway
    found.files = [each for each in found.files if each.content]
    return found


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    position = 6
    while position + 9 <= len(content):
        _, name, _, length = struct.unpack_from("<BHHI", content, position)
        position += 9
        if position + length > len(content):
            raise _DamagedError
        yield name, content[position : position + length]
        position += length + 2  # a checksum follows


def _take_message(found: Tnef, data: bytes, code_page: str) -> None:
    for name, kind, value in _properties(data):
        match name:
            case _ if name == _P_CLASS:
                found.item = _text(value, kind, code_page)
            case _ if name == _P_SUBJECT:
                found.subject = _text(value, kind, code_page)
            case _ if name == _P_BODY:
                found.text = _text(value, kind, code_page) or found.text
            case _ if name == _P_HTML:
                found.html = decode_bytes(value) if kind == _BINARY else _text(value, kind, code_page)
            case _ if name == _P_RTF:
                found.rtf = decompress_rtf(value)


def _take_attachment(found: Tnef, file: TnefFile, data: bytes, code_page: str, depth: int) -> None:
    for name, kind, value in _properties(data):
        match name:
            case _ if name == _P_LONG_NAME:
                file.name = _text(value, kind, code_page) or file.name
            case _ if name in (_P_SHORT_NAME, _P_DISPLAY_NAME):
                file.name = file.name or _text(value, kind, code_page)
            case _ if name == _P_TYPE:
                file.content_type = _text(value, kind, code_page).lower()
            case _ if name == _P_CONTENT_ID:
                file.content_id = _text(value, kind, code_page).strip("<>")
            case _ if name == _P_DATA and kind == _OBJECT:
                _take_object(found, file, value[_INTERFACE_ID:], depth)
            case _ if name == _P_DATA:
                file.content = value


def _take_object(found: Tnef, file: TnefFile, content: bytes, depth: int) -> None:
    """An embedded message gives its own files and its text; any other object is kept as it is."""
    embedded = read_tnef(content, depth + 1)
    if embedded is None:
        file.content = file.content or content
        return
    file.content = b""  # says only that there is a message
    found.files += [embedded.as_file(), *embedded.files][: _MOST_FILES - len(found.files)]


@dataclass(slots=True)
class _Cursor:
    data: bytes
    position: int = 0

    def take(self, size: int) -> bytes:
        if size < 0 or self.position + size > len(self.data):
            raise _DamagedError
        taken = self.data[self.position : self.position + size]
        self.position += size
        return taken

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "little")

    def padded(self) -> bytes:
        """Octets behind their count, filled up to a multiple of four."""
        taken = self.take(self.number())
        self.position += -len(taken) % 4
        return taken


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Id, type and the (first) value of each MAPI property (MS-OXTNEF §2.1.3.4)."""
    cursor = _Cursor(data)
    for _ in range(min(cursor.number(), _MOST_PROPERTIES)):
        kind, name = cursor.number(2), cursor.number(2)
        if name >= 0x8000:
            cursor.take(16)
            if cursor.number():
                cursor.padded()
            else:
                cursor.take(4)
        single = kind & ~_MULTIPLE
        variable = single in (_STRING, _UNICODE, _OBJECT, _BINARY)
        count = cursor.number() if variable or kind & _MULTIPLE else 1
        values = b""
        for index in range(min(count, _MOST_PROPERTIES)):
            value = cursor.padded() if variable else cursor.take(_size(single))
            values = value if index == 0 else values
        yield name, single, values


def _size(kind: int) -> int:
    if kind not in _FIXED_SIZES:
        raise _DamagedError
    return _FIXED_SIZES[kind]


def _text(value: bytes, kind: int, code_page: str) -> str:
    return clean(value.decode("utf-16-le", "replace")) if kind == _UNICODE else _string(value, code_page)


def _string(value: bytes, code_page: str) -> str:
    return clean(decode_bytes(value.partition(b"\x00")[0], code_page))
