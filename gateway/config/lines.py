"""Where in the file a key stands; tomllib does not tell. For a text that tomllib has accepted."""

import tomllib
from collections.abc import Iterator
from typing import Any, Final

Location = tuple[str | int, ...]
"""A key's place in the document: `("gateway", 2, "address")`."""

LONGEST_STATEMENT: Final = 200
"""Lines that one key's value may go over before we give up on it."""


class Lines:
    """The line, counted from 1, on which each table and each key begins."""

    def __init__(self, text: str) -> None:
        self._found: dict[Location, int] = {}
        self._sizes: dict[Location, int] = {}
        """How many tables each `[[array]]` has so far."""
        table: Location = ()
        for line, statement, parsed in _statements(text):
            if statement.lstrip().startswith("["):
                table = self._table(parsed)
                self._found.setdefault(table, line)
            else:
                for location in _locations(parsed):
                    self._found.setdefault((*table, *location), line)

    def of(self, location: Location) -> int | None:
        """Its own line, or that of the nearest table around it; None where the file has neither."""
        nearest = (location[:length] for length in range(len(location), 0, -1))
        return next((self._found[each] for each in nearest if each in self._found), None)

    def _table(self, parsed: Any) -> Location:
        """The place of a header, which was parsed alone: `[[gateway]]` the third time → `("gateway", 2)`."""
        location: Location = ()
        while parsed:
            if isinstance(parsed, list):
                size = self._sizes[location] = self._sizes.get(location, 0) + 1
                return (*location, size - 1)
            (name, parsed), *_ = parsed.items()
            if location in self._sizes:
                location = (*location, self._sizes[location] - 1)
            location = (*location, name)
        return location


def _statements(text: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """First line, text and value of each header and each key. A statement ends where what was read so far is TOML."""
    pending: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        pending.append(line)
        statement = "\n".join(pending)
        try:
            parsed = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            if len(pending) > LONGEST_STATEMENT:
                pending.clear()
            continue
        if parsed:
            yield number - len(pending) + 1, statement, parsed
        pending.clear()


def _locations(value: Any) -> Iterator[Location]:
    """Every place within a value: its keys, and the items of its lists."""
    match value:
        case dict():
            items: Any = value.items()
        case list():
            items = enumerate(value)
        case _:
            return
    for name, inner in items:
        yield (name,)
        yield from ((name, *rest) for rest in _locations(inner))
