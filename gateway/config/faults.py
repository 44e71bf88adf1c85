"""What is wrong with a configuration, in sentences: the key's path, its value, and what was expected. Secrets are never shown."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from gateway.config.describe import describe_field, describe_item, is_secret
from gateway.config.lines import Location
from gateway.config.section import Section, section_of
from gateway.config.values import MASK, REFERENCE

SHOWN_LENGTH: Final = 80
ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Fault:
    """`location` is `()` for the file as a whole; `value` as TOML writes it, None where there is none; `line` counts from 1."""

    location: Location
    value: str | None
    expected: str
    line: int | None = None

    @property
    def path(self) -> str:
        """As in `gateway[2].address`, counted from 0."""
        return path_of(self.location)

    def __str__(self) -> str:
        place = self.path if self.value is None else f"{self.path} = {self.value}"
        told = f"{place}: {self.expected}" if place else self.expected
        return told if self.line is None else f"line {self.line}: {told}"


class ConfigurationError(Exception):
    """A configuration that cannot be used, with every fault that was found."""

    def __init__(self, source: str, faults: tuple[Fault, ...]) -> None:
        super().__init__(source, faults)
        self.source = source
        self.faults = faults

    def __str__(self) -> str:
        counted = "one fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        return "\n".join((f"{self.source}: {counted}", *(f"  {fault}" for fault in self.faults)))


def path_of(location: Location) -> str:
    """`("gateway", 2, "address")` → `gateway[2].address`; keys that TOML would quote are quoted."""
    path = ""
    for each in location:
        if isinstance(each, int):
            path += f"[{each}]"
        else:
            bare = each if each.replace("-", "").replace("_", "").isalnum() and each.isascii() else json.dumps(each, ensure_ascii=False)
            path += f".{bare}" if path else bare
    return path


def fault_at(model: type[Section], document: Mapping[str, Any], location: Location, expected: str) -> Fault:
    """The fault with its value from the document."""
    value = value_at(document, location)
    return Fault(location, None if value is ABSENT else show(value, field_at(model, location)), expected)


def sentences(model: type[Section], error: ValidationError) -> list[tuple[Location, str]]:
    """Where pydantic found something wrong, and what was expected there."""
    return [(each["loc"], _sentence(model, each)) for each in error.errors(include_url=False, include_input=False)]


def _sentence(model: type[Section], error: Mapping[str, Any]) -> str:
    location: Location = error["loc"]
    field = field_at(model, location)
    match error["type"]:
        case "value_error":
            return str(error["ctx"]["error"])
        case "extra_forbidden":
            return _unknown_key(model, location)
        case "too_short":
            return "expected a list that is not empty"
        case "missing" if field is not None:
            return f"missing: expected {describe_field(field)}"
        case _ if field is None:
            return "expected a table"
        case _:
            return f"expected {_described(field, location)}"


def _described(field: FieldInfo, location: Location) -> str:
    if not isinstance(location[-1], int):
        return describe_field(field)
    return "a table" if section_of(field.annotation) else describe_item(field)


def _unknown_key(model: type[Section], location: Location) -> str:
    within = _section_at(model, location[:-1])
    known = list(within.file_keys()) if within is not None else []
    close = get_close_matches(str(location[-1]), known, n=1, cutoff=0.7)
    what = "section" if len(location) == 1 else "key"
    if close:
        return f"unknown {what}; did you mean {close[0]}?"
    return f"unknown {what}; this version knows {', '.join(known)}"


def _section_at(model: type[Section], location: Location) -> type[Section] | None:
    section: type[Section] | None = model
    for each in location:
        if isinstance(each, str):
            field = section.file_keys().get(each) if section is not None else None
            section = section_of(field.annotation) if field is not None else None
    return section


def field_at(model: type[Section], location: Location) -> FieldInfo | None:
    """The field that a location lies in; None for the file itself and for unknown keys."""
    names = [each for each in location if isinstance(each, str)]
    within = _section_at(model, tuple(names[:-1]))
    return within.file_keys().get(names[-1]) if within is not None and names else None


def value_at(document: Mapping[str, Any], location: Location) -> Any:
    """What the document has at a location, or ABSENT."""
    value: Any = document
    for each in location:
        match value, each:
            case dict(), str() if each in value:
                value = value[each]
            case list(), int() if each < len(value):
                value = value[each]
            case _:
                return ABSENT
    return value


def show(value: Any, field: FieldInfo | None) -> str:
    """A value as TOML writes it, cut short. Of a secret only a reference is shown; of an unknown key no string, it may be one too."""
    if isinstance(value, dict):
        return "{…}"
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        return "[{…}]"
    if field is None or section_of(field.annotation) is not None:
        return str(value).lower() if isinstance(value, bool | int | float) else "…"
    if is_secret(field) and not (isinstance(value, str) and (REFERENCE.fullmatch(value) or value == "embedded")):
        return f'"{MASK}"'
    text = _toml(value)
    return text if len(text) <= SHOWN_LENGTH else f"{text[: SHOWN_LENGTH - 1]}…"


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False)
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case _:
            return str(value)
