"""What a key takes, in words: for faults, which say what was expected, and for docs/configuration.md."""

import json
from collections.abc import Callable
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic.fields import FieldInfo

from gateway.config.section import Kind, section_of


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
