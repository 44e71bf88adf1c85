"""Builds winmail.dat piece by piece, as MS-OXTNEF says it is."""

import struct

SIGNATURE = struct.pack("<IH", 0x223E9F78, 1)
BEGIN_FILE, FILE_TITLE, FILE_DATA, FILE_PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
MESSAGE_PROPERTIES, CODE_PAGE, SUBJECT, BODY = 0x00069003, 0x00069007, 0x00018004, 0x0002800C
STRING, UNICODE, OBJECT, BINARY, TIME, LONG, MULTIPLE = 0x1E, 0x1F, 0x0D, 0x102, 0x40, 0x03, 0x1000
APPOINTMENTS = bytes.fromhex("0220060000000000c000000000000046")


def winmail(*attributes: bytes) -> bytes:
    return SIGNATURE + b"".join(attributes)


def attribute(number: int, data: bytes, level: int = 1, checksum: int | None = None) -> bytes:
    return struct.pack("<BII", level, number, len(data)) + data + struct.pack("<H", sum(data) % 65536 if checksum is None else checksum)


def properties(*encoded: bytes) -> bytes:
    return struct.pack("<I", len(encoded)) + b"".join(encoded)


def variable(kind: int, number: int, *values: bytes) -> bytes:
    padded = (struct.pack("<I", len(value)) + value + b"\0" * (-len(value) % 4) for value in values)
    return struct.pack("<HHI", kind, number, len(values)) + b"".join(padded)


def text(number: int, value: str) -> bytes:
    return variable(UNICODE, number, f"{value}\0".encode("utf-16-le"))


def fixed(kind: int, number: int, value: int) -> bytes:
    return struct.pack("<HH", kind, number) + struct.pack("<q" if kind == TIME else "<i", value)


def named(kind: int, number: int, value: int, of: bytes = APPOINTMENTS) -> bytes:
    return struct.pack("<HH16sII", kind, 0x8001, of, 0, number) + struct.pack("<q" if kind == TIME else "<i", value)


def named_by_string(number: int, value: int) -> bytes:
    name = "Flag\0".encode("utf-16-le")
    head = struct.pack("<HH16sII", LONG, number, b"G" * 16, 1, len(name))
    return head + name + b"\0" * (-len(name) % 4) + struct.pack("<i", value)


def message(*encoded: bytes) -> bytes:
    return attribute(MESSAGE_PROPERTIES, properties(*encoded))


def file(title: bytes = b"", data: bytes = b"", *encoded: bytes) -> bytes:
    return b"".join(
        [
            attribute(BEGIN_FILE, b"\0" * 14, 2),
            attribute(FILE_TITLE, title + b"\0", 2) if title else b"",
            attribute(FILE_DATA, data, 2) if data else b"",
            attribute(FILE_PROPERTIES, properties(*encoded), 2) if encoded else b"",
        ]
    )


def embedded(inner: bytes) -> bytes:
    return variable(OBJECT, 0x3701, b"I" * 16 + inner)


def filetime(seconds: int) -> int:
    """Of seconds since 1970."""
    return (seconds + 11_644_473_600) * 10_000_000


def nested(depth: int, inner: bytes = b"") -> bytes:
    """Messages in messages, the innermost of them `inner`."""
    wrapped = inner or winmail()
    for _ in range(depth):
        wrapped = winmail(file(b"x", b"", embedded(wrapped)))
    return wrapped
