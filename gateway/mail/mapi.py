"""MAPI properties as winmail.dat writes them down (MS-OXTNEF §2.1.3.4, MS-OXCDATA §2.11), one behind the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from gateway.mail.charsets import clean, decode_bytes

_LONGEST_NAME = 4096
_STRING, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_VARIABLE = {_STRING, _UNICODE, _OBJECT, _BINARY}
_MULTIPLE = 0x1000
_WIDTHS = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
"""Octets of the types of fixed width, filled up to a multiple of four."""
_NAMED = 0x8000
_GUID = 16
_APPOINTMENTS = bytes.fromhex("0220060000000000c000000000000046")
"""The set of named properties that calendar items have (PSETID_Appointment)."""
_OF_APPOINTMENTS = 0x10000
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


class Name(IntEnum):
    """Of the properties that are read here (MS-OXPROPS)."""

    MESSAGE_CLASS = 0x001A
    SUBJECT = 0x0037
    SUBMIT_TIME = 0x0039
    REPRESENTED_NAME = 0x0042
    REPRESENTED_ADDRESS = 0x0065
    SENDER_NAME = 0x0C1A
    SENDER_ADDRESS = 0x0C1F
    DISPLAY_CC = 0x0E03
    DISPLAY_TO = 0x0E04
    DELIVERY_TIME = 0x0E06
    BODY = 0x1000
    RTF = 0x1009
    HTML = 0x1013
    MESSAGE_ID = 0x1035
    DISPLAY_NAME = 0x3001
    ATTACHED = 0x3701
    EXTENSION = 0x3703
    SHORT_NAME = 0x3704
    LONG_NAME = 0x3707
    MIME_TYPE = 0x370E
    CONTENT_ID = 0x3712
    CONTENT_LOCATION = 0x3713
    INTERNET_CODE_PAGE = 0x3FDE
    SENDER_SMTP_ADDRESS = 0x5D01
    REPRESENTED_SMTP_ADDRESS = 0x5D02
    PLACE = _OF_APPOINTMENTS + 0x8208
    START = _OF_APPOINTMENTS + 0x820D
    END = _OF_APPOINTMENTS + 0x820E


class DamagedError(ValueError):
    """The bytes are not what their counts promise, or are too many; its words say which."""


@dataclass(slots=True)
class Budget:
    """What one winmail.dat may still hold, with everything that is nested in it."""

    attributes: int = 20_000
    properties: int = 20_000
    files: int = 200

    def spend(self, what: str) -> None:
        left = getattr(self, what) - 1
        if left < 0:
            raise DamagedError(f"too many {what}")
        setattr(self, what, left)


@dataclass(frozen=True, slots=True)
class Property:
    """`raw` is its first value; `number` is one of `Name`, or of no interest."""

    number: int
    kind: int
    raw: bytes

    @property
    def is_object(self) -> bool:
        return self.kind == _OBJECT

    @property
    def is_binary(self) -> bool:
        return self.kind == _BINARY

    def text(self, code_page: str, longest: int = _LONGEST_NAME) -> str:
        """`longest` is in octets; more than that is cut."""
        raw = self.raw[:longest]
        if self.kind == _UNICODE:
            return clean(raw.decode("utf-16-le", "replace").partition("\x00")[0])
        return text_of(raw, code_page)

    def number_value(self) -> int:
        return int.from_bytes(self.raw[:8], "little")

    def time(self) -> datetime | None:
        """Of a FILETIME: tenths of microseconds since 1601."""
        try:
            return _EPOCH + timedelta(microseconds=self.number_value() // 10)
        except OverflowError:
            return None


def text_of(raw: bytes, code_page: str) -> str:
    """Of an 8-bit string that ends in NUL."""
    return clean(decode_bytes(raw.partition(b"\x00")[0], code_page))


def read_properties(data: bytes, budget: Budget) -> Iterator[Property]:
    """Raises DamagedError where the bytes end too early."""
    cursor = _Cursor(data)
    for _ in range(cursor.number()):
        budget.spend("properties")
        kind, number = cursor.number(2), cursor.number(2)
        if number >= _NAMED:
            number = _named(cursor)
        yield Property(number, kind & ~_MULTIPLE, _first_value(cursor, kind, budget))


def _named(cursor: "_Cursor") -> int:
    """The number of a property that is known by the set it is of and a number, or a string, within that."""
    guid = cursor.take(_GUID)
    if cursor.number():
        cursor.padded()
        return -1
    number = cursor.number()
    return _OF_APPOINTMENTS + number if guid == _APPOINTMENTS else -1


def _first_value(cursor: "_Cursor", kind: int, budget: Budget) -> bytes:
    single = kind & ~_MULTIPLE
    variable = single in _VARIABLE
    if not variable and single not in _WIDTHS:
        raise DamagedError(f"a property of the unknown type {single:#x}")
    count = cursor.number() if variable or kind & _MULTIPLE else 1
    first = b""
    for index in range(count):
        if index:
            budget.spend("properties")
        value = cursor.padded() if variable else cursor.take(_WIDTHS[single])
        first = first if index else value
    return first


@dataclass(slots=True)
class _Cursor:
    data: bytes
    position: int = 0

    def take(self, size: int) -> bytes:
        if self.position + size > len(self.data):
            raise DamagedError("a property ends too early")
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
