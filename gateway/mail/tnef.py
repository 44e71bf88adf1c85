"""winmail.dat: the format in which Outlook wraps what MIME could have carried (MS-OXTNEF), read for its files and its text.

Checksums are not looked at: programs get them wrong, and a file that is damaged is worth more than none.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum

from gateway.mail.charsets import decode_bytes
from gateway.mail.mapi import Budget, DamagedError, Name, Property, read_properties, text_of
from gateway.mail.rtf import MAX_RTF, decompress_rtf
from gateway.mail.rtf_text import read_rtf

_SIGNATURE = struct.pack("<I", 0x223E9F78)
_HEADER = 6
_ATTRIBUTE = struct.Struct("<BHHI")
"""Level, number, type and length; a checksum of two octets follows the data."""
_LEVELS = (1, 2)
"""Of the message, and of an attachment."""
_DEEPEST = 5
_INTERFACE_ID = 16
"""Octets of the interface's id before an object's own."""

_LONGEST_TEXT = 8 * 1024 * 1024


class Attribute(IntEnum):
    """Of those that are read here, the lower half of the number; the upper one tells their type."""

    SUBJECT = 0x8004
    MESSAGE_CLASS = 0x8008
    BODY = 0x800C
    FILE_DATA = 0x800F
    FILE_TITLE = 0x8010
    BEGIN_FILE = 0x9002
    MESSAGE_PROPERTIES = 0x9003
    FILE_PROPERTIES = 0x9005
    CODE_PAGE = 0x9007


@dataclass(frozen=True, slots=True)
class TnefFile:
    """Names and types are as they stood there, `""` where none did. An embedded message has no content of its own."""

    name: str = ""
    content: bytes = b""
    content_type: str = ""
    content_id: str = ""
    location: str = ""
    message: "Unpacked | None" = None


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A message as Outlook keeps it. `html` and `text` are None where there are none; `warnings` say what could not be read."""

    files: tuple[TnefFile, ...] = ()
    text: str | None = None
    html: str | None = None
    item: str = ""
    """What Outlook calls it, e.g. `IPM.Note`, `IPM.Schedule.Meeting.Request`."""
    subject: str = ""
    author_name: str = ""
    author_address: str = ""
    to: str = ""
    cc: str = ""
    date: datetime | None = None
    message_id: str = ""
    start: datetime | None = None
    end: datetime | None = None
    place: str = ""
    warnings: tuple[str, ...] = ()


def read_tnef(content: bytes) -> Unpacked | None:
    """None for what is no such format; where it is damaged, what could be read. Total, and linear in its size."""
    return _read(content, Budget(), 0)


def _read(content: bytes, budget: Budget, depth: int) -> Unpacked | None:
    if not content.startswith(_SIGNATURE) or len(content) < _HEADER:
        return None
    reader = _Reader(budget, depth)
    try:
        for number, data in reader.attributes(content):
            reader.take(number, data)
    except DamagedError as damage:
        reader.warnings.append(f"winmail.dat: {damage}")
    return reader.unpacked()


@dataclass(slots=True)
class _Reader:
    budget: Budget
    depth: int
    code_page: str = "cp1252"
    files: list[TnefFile] = field(default_factory=list)
    attributed: dict[int, str] = field(default_factory=dict)
    """What older programs wrote as attributes rather than as properties."""
    properties: dict[int, Property] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def attributes(self, content: bytes) -> Iterator[tuple[int, bytes]]:
        position = _HEADER
        while position + _ATTRIBUTE.size <= len(content):
            self.budget.spend("attributes")
            level, number, _, length = _ATTRIBUTE.unpack_from(content, position)
            if level not in _LEVELS:
                return  # some programs leave rubbish behind the last attribute
            position += _ATTRIBUTE.size
            yield number, content[position : position + length]
            position += length + 2
        if position > len(content) + 2:
            raise DamagedError("it ends too early")

    def take(self, number: int, data: bytes) -> None:
        match number:
            case Attribute.CODE_PAGE:
                self.code_page = f"cp{int.from_bytes(data[:4], 'little')}"
            case Attribute.SUBJECT | Attribute.MESSAGE_CLASS | Attribute.BODY:
                self.attributed.setdefault(number, text_of(data[:_LONGEST_TEXT], self.code_page))
            case Attribute.MESSAGE_PROPERTIES:
                for each in read_properties(data, self.budget):
                    self.properties.setdefault(each.number, each)
            case Attribute.BEGIN_FILE:
                self.budget.spend("files")
                self.files.append(TnefFile())
            case _ if self.files:
                self.files[-1] = self._more_of(self.files[-1], number, data)

    def _more_of(self, file: TnefFile, number: int, data: bytes) -> TnefFile:
        match number:
            case Attribute.FILE_TITLE:
                return replace(file, name=file.name or text_of(data[:_LONGEST_TEXT], self.code_page))
            case Attribute.FILE_DATA:
                return replace(file, content=file.content or data)
            case Attribute.FILE_PROPERTIES:
                return self._described(file, data)
            case _:
                return file

    def _described(self, file: TnefFile, data: bytes) -> TnefFile:
        found: dict[int, Property] = {}
        try:
            for each in read_properties(data, self.budget):
                found.setdefault(each.number, each)
        except DamagedError as damage:
            self.warnings.append(f"winmail.dat: {damage}")
        name = self._text(found, Name.LONG_NAME) or file.name or self._text(found, Name.SHORT_NAME, Name.DISPLAY_NAME)
        extension = self._text(found, Name.EXTENSION)
        described = replace(
            file,
            name=name + extension if name and extension.startswith(".") and "." not in name else name,
            content_type=self._text(found, Name.MIME_TYPE).lower(),
            content_id=self._text(found, Name.CONTENT_ID).strip("<> "),
            location=self._text(found, Name.CONTENT_LOCATION),
        )
        attached = found.get(Name.ATTACHED)
        if attached is None:
            return described
        return self._with_object(described, attached) if attached.is_object else replace(described, content=attached.raw)

    def _with_object(self, file: TnefFile, attached: Property) -> TnefFile:
        """An embedded message is read like this one; any other object is kept as it is."""
        content = attached.raw[_INTERFACE_ID:]
        message = _read(content, self.budget, self.depth + 1) if self.depth < _DEEPEST else None
        if message is None:
            return replace(file, content=content)
        self.warnings += message.warnings
        return replace(file, content=b"", message=message)

    def unpacked(self) -> Unpacked:
        plain, html = self._body()
        return Unpacked(
            files=tuple(self.files),
            text=plain,
            html=html,
            item=self._text(self.properties, Name.MESSAGE_CLASS) or self.attributed.get(Attribute.MESSAGE_CLASS, ""),
            subject=self._text(self.properties, Name.SUBJECT) or self.attributed.get(Attribute.SUBJECT, ""),
            author_name=self._text(self.properties, Name.REPRESENTED_NAME, Name.SENDER_NAME),
            author_address=self._author(),
            to=self._text(self.properties, Name.DISPLAY_TO),
            cc=self._text(self.properties, Name.DISPLAY_CC),
            date=self._time(Name.SUBMIT_TIME) or self._time(Name.DELIVERY_TIME),
            message_id=self._text(self.properties, Name.MESSAGE_ID),
            start=self._time(Name.START),
            end=self._time(Name.END),
            place=self._text(self.properties, Name.PLACE),
            warnings=tuple(dict.fromkeys(self.warnings)),
        )

    def _author(self) -> str:
        """Within an organisation addresses are X.500 names, and of no use outside."""
        names = Name.REPRESENTED_SMTP_ADDRESS, Name.SENDER_SMTP_ADDRESS, Name.REPRESENTED_ADDRESS, Name.SENDER_ADDRESS
        return next((address for name in names if "@" in (address := self._text(self.properties, name))), "")

    def _body(self) -> tuple[str | None, str | None]:
        """Plain text and HTML. The RTF is opened only where there is neither, for they say the same."""
        plain = self._long_text(Name.BODY) or self.attributed.get(Attribute.BODY, "")
        html = self._long_text(Name.HTML)
        if not plain.strip() and not html.strip() and (compressed := self.properties.get(Name.RTF)) is not None:
            decompressed = decompress_rtf(compressed.raw)
            rtf = read_rtf(decompressed)
            plain, html = rtf.text, rtf.html
            if not rtf.whole or len(decompressed) >= MAX_RTF:
                self.warnings.append("winmail.dat: its text is too long to be read to the end")
        return plain if plain.strip() else None, html if html.strip() else None

    def _long_text(self, name: Name) -> str:
        found = self.properties.get(name)
        if found is None:
            return ""
        if not found.is_binary:
            return found.text(self.code_page, _LONGEST_TEXT)
        declared = self.properties.get(Name.INTERNET_CODE_PAGE)
        return decode_bytes(found.raw[:_LONGEST_TEXT], f"cp{declared.number_value()}" if declared is not None else None)

    def _time(self, name: Name) -> datetime | None:
        found = self.properties.get(name)
        return found.time() if found is not None else None

    def _text(self, found: dict[int, Property], *names: Name) -> str:
        """The first of them that is not empty."""
        return next((text for name in names if name in found and (text := found[name].text(self.code_page))), "")
