"""What commands print: one JSON document, or a table that lines up; colours only on a terminal."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

STATUS_COLOUR = {
    "new": "cyan",
    "open": "green",
    "pending": "yellow",
    "resolved": "blue",
    "queued": "cyan",
    "leased": "yellow",
    "scheduled": "blue",
    "sent": "green",
    "done": "green",
    "held": "yellow",
    "failed": "red",
    "bounced": "red",
    "buried": "red",
}


def print_json(document: object) -> None:
    print(readable(json.dumps(document, ensure_ascii=False, indent=2, default=plain)))


def json_line(document: object) -> str:
    return readable(json.dumps(document, ensure_ascii=False, default=plain))


def readable(text: str) -> str:
    """As UTF-8 can have it: the name of a file need not be text."""
    return text.encode("utf-8", "replace").decode()


def plain(value: object) -> Any:
    if isinstance(value, datetime):
        return moment(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def moment(value: datetime) -> str:
    """ISO 8601 in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def console() -> "Console":
    """Widths of a pipe are not a terminal's: lines there are as long as they are."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=not sys.stdout.isatty(), emoji=False, markup=False)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """`empty` says what to do when there is nothing. Cells are shown as text, whatever a stranger wrote into them."""
    found = [[shown(cell) for cell in row] for row in rows]
    if not found:
        print(empty)
        return
    if not sys.stdout.isatty():
        print_columns(headings, found)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="ellipsis", no_wrap=True)
    for row in found:
        table.add_row(*(Text(cell, style=STATUS_COLOUR.get(cell, "")) for cell in row))
    console().print(table)


def print_columns(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Aligned, never cut: for pipes and logs."""
    widths = [max(len(row[index]) for row in (headings, *rows)) for index in range(len(headings))]
    for row in (headings, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_fields(fields: Mapping[str, object]) -> None:
    """`name: value` lines, aligned; what is empty is left out."""
    told = {name: shown(value) for name, value in fields.items() if value not in (None, "", [], ())}
    width = max((len(name) for name in told), default=0)
    for name, value in told.items():
        print(f"{name + ':':<{width + 1}}  {value}")


def shown(value: object) -> str:
    """One line of text without control characters, so that nobody's mail moves the cursor."""
    match value:
        case None:
            return "-"
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(map(shown, value)) or "-"
        case _:
            return " ".join("".join(each if each.isprintable() else " " for each in str(value)).split())


def block(text: str) -> str:
    """Several lines of somebody's text, indented, without control characters."""
    lines = text.replace("\t", "    ").split("\n")
    return "\n".join("    " + "".join(each for each in line if each.isprintable()) for line in lines)


def say(line: str) -> None:
    """To stderr, so that stdout stays the answer's."""
    print(line, file=sys.stderr)
