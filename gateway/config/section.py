"""What every section's model shares, and how a key's value is described to people."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo


class Section(BaseModel):
    """One table of the file. A key's meaning is the docstring under it, which docs/configuration.md repeats."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True, hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What values of the file may refer to: its directory, the secrets behind `env:` and `file:`, other files.

    `read_secret` takes the whole reference. It and `check_readable` raise ValueError with a sentence.
    """

    base: Path
    read_secret: Callable[[str], str]
    check_readable: Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value is described to people, "expected …"; put among a type's annotations. A `secret` is never shown.

    `show` turns a value back into what the file would have.
    """

    text: str
    secret: bool = False
    show: Callable[[Any], str] = str


def describe_field(field: FieldInfo) -> str:
    """What a key takes, in words: `a whole number, at least 1`."""
    return _with_bounds(_describe(field.annotation, field.metadata), field.metadata)


def describe_default(field: FieldInfo) -> str:
    """A key's default as TOML writes it."""
    kinds = _kinds(field.annotation, field.metadata)
    return _toml(field.default, kinds[0].show if kinds else str)


def describe_item(field: FieldInfo) -> str:
    """What one item of a key's list takes."""
    return _describe(get_args(_bare(field.annotation))[0], [])


def is_secret(field: FieldInfo) -> bool:
    return any(kind.secret for kind in _kinds(field.annotation, field.metadata))


def section_of(annotation: Any) -> type[Section] | None:
    """The model behind a section's annotation: `Desk`, or the element of `tuple[Gateway, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((found for each in get_args(annotation) if (found := section_of(each)) is not None), None)


def quoted(choices: tuple[object, ...]) -> str:
    """`"a", "b" or "c"`, each as TOML writes it."""
    shown = [json.dumps(each, ensure_ascii=False) for each in choices]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"


def _toml(value: Any, show: Callable[[Any], str]) -> str:
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return f"[{', '.join(_toml(each, show) for each in value)}]"
        case int() | float() if show is str:
            return f"{value:g}"
        case _:
            return json.dumps(show(value), ensure_ascii=False)


_PLAIN = {str: "a string", bool: "true or false", int: "a whole number", float: "a number", Path: "a path"}


def _bare(annotation: Any) -> Any:
    """`tuple[str, ...] | None` → `tuple[str, ...]`."""
    if get_origin(annotation) in (Union, UnionType):
        return next(each for each in get_args(annotation) if each is not NoneType)
    return annotation


def _describe(annotation: Any, metadata: list[Any]) -> str:
    kinds = [each for each in metadata if isinstance(each, Kind)]
    if kinds:
        return kinds[0].text
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _with_bounds(_describe(arguments[0], list(arguments[1:])), list(arguments[1:]))
    if origin in (Union, UnionType):
        return _describe(_bare(annotation), [])
    if origin is Literal:
        return quoted(arguments)
    if origin is tuple:
        of_tables = section_of(arguments[0]) is not None
        return "a list of tables" if of_tables else f"a list, each of its items {_describe(arguments[0], [])}"
    if section_of(annotation) is not None:
        return "a table"
    return _PLAIN[annotation]


def _with_bounds(text: str, metadata: list[Any]) -> str:
    flat = [bound for each in metadata for bound in (getattr(each, "metadata", None) or [each])]
    low = next((each.ge for each in flat if isinstance(each, Ge)), None)
    above = next((each.gt for each in flat if isinstance(each, Gt)), None)
    high = next((each.le for each in flat if isinstance(each, Le)), None)
    match (low, above, high):
        case (None, None, None):
            return text
        case (_, None, None):
            return f"{text}, at least {low}"
        case (None, None, _):
            return f"{text}, at most {high}"
        case (None, _, None):
            return f"{text} above {above}"
        case (None, _, _):
            return f"{text} above {above}, at most {high}"
        case _:
            return f"{text} from {low} to {high}"


def _kinds(annotation: Any, metadata: list[Any]) -> list[Kind]:
    nested = [kind for each in get_args(annotation) if each is not Ellipsis for kind in _kinds(each, [])]
    own = [each for each in (*metadata, *getattr(annotation, "__metadata__", ())) if isinstance(each, Kind)]
    return own + nested
