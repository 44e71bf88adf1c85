"""A configuration as readable lines, one a key path, and what two of them differ in."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.config.faults import path_of
from gateway.config.lines import Location
from gateway.domain.configurations import RedactedConfiguration

NAMED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "department": ("key",),
    "gateway": ("address",),
    "agent": ("address",),
    "from_address": ("address",),
    "rule": ("name",),
    "canned_reply": ("name", "department", "agent"),
    "dkim": ("domain", "selector"),
    "level": ("name",),
    "dns_list": ("zone",),
    "operator": ("name",),
    "webhook": ("name", "url"),
}
"""Tables that stand in lists, and the keys by which one of them is itself wherever it stands."""


@dataclass(frozen=True, slots=True)
class Value:
    """`text` is as TOML writes it; `mark` tells secrets apart of which the text does not."""

    text: str
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """None: the key is not there, for its table is not."""

    path: str
    before: str | None
    now: str | None


def lines(configuration: RedactedConfiguration) -> dict[str, str]:
    """`gateway[2].address` → `"support@example.com"`, for every key that has a value; counted from 0, as `deskgate check` does."""
    return {path: value.text for path, value in _values(configuration, named=False).items() if value.text != "null"}


def differences(before: RedactedConfiguration, now: RedactedConfiguration) -> list[Difference]:
    """In the order of the file. Tables in lists are compared by what names them, wherever they stand."""
    old, new = _values(before, named=True), _values(now, named=True)
    paths = list(dict.fromkeys((*old, *new)))
    found = (_difference(path, old.get(path), new.get(path)) for path in paths)
    return [*(each for each in found if each is not None), *_orders(before.document, now.document)]


def _difference(path: str, before: Value | None, now: Value | None) -> Difference | None:
    if before == now:
        return None
    texts = [None if each is None or each.text == "null" else each.text for each in (before, now)]
    if texts[0] == texts[1]:
        # A secret of which nothing else can be said, unless the desk's own secret is another: then all marks are.
        return Difference(path, texts[0], f"{texts[1]} (another secret)") if texts[0] is not None else None
    return Difference(path, *texts)


def _values(configuration: RedactedConfiguration, *, named: bool) -> dict[str, Value]:
    return {
        path_of(shown): Value(text, configuration.secrets.get(path_of(at)))
        for at, shown, text in _leaves(configuration.document, (), (), named=named)
    }


def _leaves(value: Any, at: Location, shown: Location, *, named: bool) -> Iterator[tuple[Location, Location, str]]:
    """Where each value stands, under which path it is shown, and as what."""
    match value:
        case dict() if value or not at:
            for name, each in value.items():
                yield from _leaves(each, (*at, name), (*shown, name), named=named)
        case list() if value and all(isinstance(each, dict) for each in value):
            names = _names(str(at[-1]), value) if named else None
            for index, each in enumerate(value):
                step: int | str = index if names is None else names[index]
                yield from _leaves(each, (*at, index), (*shown, step), named=named)
        case list() if _hides_something(value):
            for index, each in enumerate(value):
                yield (*at, index), (*shown, index), _toml(each)
        case _:
            yield at, shown, _toml(value)


def _hides_something(values: Sequence[Any]) -> bool:
    """Secrets in a list are marked one by one."""
    return any(isinstance(each, str) and ("****" in each or each.startswith(("env:", "file:"))) for each in values)


def _names(table: str, tables: Sequence[Mapping[str, Any]]) -> list[str] | None:
    """None where they cannot be told apart by a name."""
    keys = NAMED_BY.get(table)
    if keys is None:
        return None
    names = [" ".join(_plain(each.get(key)) for key in keys if each.get(key) is not None) for each in tables]
    return names if all(names) and len(set(names)) == len(names) else None


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _orders(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    """Rules are weighed in their order, and gateways found in theirs."""
    for table in now:
        lists = [each.get(table) for each in (before, now)]
        names = [_names(table, each) for each in lists if isinstance(each, list)]
        if len(names) < 2 or names[0] is None or names[1] is None:
            continue
        common = set(names[0]) & set(names[1])
        old, new = ([each for each in side if each in common] for side in (names[0], names[1]))
        if old != new:
            yield Difference(f"{table} (their order)", ", ".join(old), ", ".join(new))


def _toml(value: Any) -> str:
    match value:
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return json.dumps(value, ensure_ascii=False)
