"""What parent and child say to each other: frames of bytes, and values as msgpack data — never pickle, which would run what it reads.

A codec is compiled once for each type from its hints. It turns frozen dataclasses into nested sequences and back; whatever msgpack
carries as it is passes through untouched, so that a message costs microseconds and not a walk over every field.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgpack  # type: ignore[import-untyped]

T = TypeVar("T")
Convert = Callable[[Any], Any]

FRAME = struct.Struct("!II")
"""Length of the head (msgpack) and of the payload (raw bytes) that follow."""

OUT_OF_MEMORY = 70
"""Exit status of a child that could not get what a message asked for."""

PLAIN = (str, bytes, int, float, bool, NoneType)


def pack(value: Any) -> bytes:
    """Raises UnicodeEncodeError on a lone surrogate: `Message` promises to hold none."""
    packed: bytes = msgpack.packb(value)
    return packed


def unpack(data: bytes) -> Any:
    """Sequences come back as tuples, as our values hold them."""
    return msgpack.unpackb(data, use_list=False, strict_map_key=False)


@dataclass(frozen=True, slots=True)
class Codec(Generic[T]):
    """`to_data` gives what `pack` takes; `from_data` makes the value from what `unpack` gives."""

    to_data: Callable[[T], Any]
    from_data: Callable[[Any], T]


def codec(kind: type[T]) -> Codec[T]:
    """For a type made of frozen dataclasses, `X | None`, tuples, literals, enums, datetimes and plain values; TypeError for others."""
    hint: Any = kind
    return Codec(_encoder(hint) or _same, _decoder(hint) or _same)


def _same(value: Any) -> Any:
    return value


@cache
def _encoder(hint: Any) -> Convert | None:
    """None means: msgpack carries it as it is."""
    match _shape(hint):
        case "plain", _:
            return None
        case "optional", inner:
            return _optional(_encoder(inner))
        case "tuple", inner:
            return _each(_encoder(inner))
        case "row", inner:
            return _columns([_encoder(each) for each in inner])
        case "dataclass", _:
            return _fields_out(hint)
        case "enum", _:
            return attrgetter("value")
        case _:
            return datetime.isoformat


@cache
def _decoder(hint: Any) -> Convert | None:
    match _shape(hint):
        case "plain", _:
            return None
        case "optional", inner:
            return _optional(_decoder(inner))
        case "tuple", inner:
            return _each(_decoder(inner))
        case "row", inner:
            return _columns([_decoder(each) for each in inner])
        case "dataclass", _:
            return _fields_in(hint)
        case "enum", _:
            return hint  # type: ignore[no-any-return]  # calling the class with a value gives the member
        case _:
            return datetime.fromisoformat


def _shape(hint: Any) -> tuple[str, Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in PLAIN or origin is Literal:
        return "plain", hint
    if origin in (Union, UnionType) and len(arguments) == 2 and NoneType in arguments:
        return "optional", next(each for each in arguments if each is not NoneType)
    if origin is tuple:
        return ("tuple", arguments[0]) if arguments[1:] == (Ellipsis,) else ("row", arguments)
    if is_dataclass(hint):
        return "dataclass", hint
    if isinstance(hint, type) and issubclass(hint, Enum):
        return "enum", hint
    if hint is datetime:
        return "datetime", hint
    raise TypeError(f"no codec for {hint!r}")


def _optional(convert: Convert | None) -> Convert | None:
    if convert is None:
        return None
    return lambda value: None if value is None else convert(value)


def _each(convert: Convert | None) -> Convert | None:
    if convert is None:
        return None
    return lambda values: tuple([convert(value) for value in values])


def _columns(converts: list[Convert | None]) -> Convert | None:
    changed = [(index, convert) for index, convert in enumerate(converts) if convert is not None]
    if not changed:
        return None

    def convert_columns(row: Any) -> Any:
        values = list(row)
        for index, convert in changed:
            values[index] = convert(values[index])
        return tuple(values)

    return convert_columns


def _hints(kind: Any) -> list[Any]:
    hints = get_type_hints(kind)
    return [hints[field.name] for field in fields(kind)]


def _fields_out(kind: Any) -> Convert:
    names = [field.name for field in fields(kind)]
    convert = _columns([_encoder(hint) for hint in _hints(kind)])
    # attrgetter of one name gives the bare value, not a row.
    row: Convert = attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
    return row if convert is None else lambda value: convert(row(value))


def _fields_in(kind: Any) -> Convert:
    convert = _columns([_decoder(hint) for hint in _hints(kind)])
    return (lambda row: kind(*row)) if convert is None else lambda row: kind(*convert(row))
