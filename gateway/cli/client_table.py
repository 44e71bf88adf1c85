"""Tables of clients, as spreadsheets and other desks write them out. PURE."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.mail.charsets import decode_bytes

ADDRESS, NAME = "address", "name"
HEADINGS: Final[dict[str, tuple[str, ...]]] = {
    ADDRESS: (
        "address", "addresses", "email", "e-mail", "mail", "email address", "e-mail address",
        "адрес", "адреса", "почта", "эл. почта", "электронная почта", "адрес электронной почты", "имейл", "емейл",
        "adres", "adresy", "poczta", "adres e-mail", "adres email", "e-mail klienta",
    ),
    NAME: (
        "name", "full name", "display name", "client", "customer", "contact",
        "имя", "фио", "ф.и.о.", "клиент", "контакт", "имя клиента", "название",
        "nazwa", "imię", "imię i nazwisko", "nazwisko i imię", "klient", "kontakt",
    ),
}  # fmt: skip
"""What columns are called, without case and without a number at the end (`E-mail 2`)."""
BOMS: Final = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
_NUMBER: Final = re.compile(r"[\s_]*\d+$")
_BETWEEN: Final = re.compile(r"[\s,;<>\"']+")


@dataclass(frozen=True, slots=True)
class Row:
    """`line` counts from 1; `addresses` as written."""

    line: int
    name: str
    addresses: tuple[str, ...]


class NoTableError(ValueError):
    """The message says what was expected."""


def decoded(content: bytes) -> tuple[str, bool]:
    """The text, and whether its charset is certain: what Windows writes without a mark is a guess, from the letters."""
    marked = next((codec for bom, codec in BOMS if content.startswith(bom)), None)
    try:
        return content.decode(marked or "utf-8"), True
    except UnicodeDecodeError:
        return decode_bytes(content), False


def rows(text: str) -> Iterator[Row]:
    """Raises NoTableError where no column has addresses. Without headings the addresses are known by their `@`."""
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines, delimiter=delimiter_of(lines))
    columns: Sequence[str] | None = None
    before = 0
    for cells in reader:
        line, before = before + 1, reader.line_num
        if not any(each.strip() for each in cells):
            continue
        if columns is None:
            columns = columns_of(cells)
            if not any("@" in each for each in cells):
                continue
        yield row(line, cells, columns)


def delimiter_of(lines: Sequence[str]) -> str:
    """Where the comma is the decimal sign, spreadsheets separate by semicolons."""
    first = next((each for each in lines if each.strip()), "")
    return max(",;\t", key=first.count)


def columns_of(first: Sequence[str]) -> tuple[str, ...]:
    if any("@" in each for each in first):
        name = next((index for index, each in enumerate(first) if each.strip() and "@" not in each), None)
        return tuple(ADDRESS if "@" in each else NAME if index == name else "" for index, each in enumerate(first))
    found = tuple(meaning(each) for each in first)
    if ADDRESS not in found:
        told = ", ".join(each.strip() for each in first if each.strip()) or "nothing"
        raise NoTableError(f"the first line must name the column address (and name); it has {told}")
    return found


def meaning(heading: str) -> str:
    plain = _NUMBER.sub("", heading.strip().casefold())
    return next((column for column, words in HEADINGS.items() if plain in words), "")


def row(line: int, cells: Sequence[str], columns: Sequence[str]) -> Row:
    named = list(zip(columns, cells, strict=False))
    name = " ".join(filter(None, (" ".join(cell.split()) for column, cell in named if column == NAME)))
    written = [each for column, cell in named if column == ADDRESS for each in _BETWEEN.split(cell) if each]
    return Row(line, name, tuple(dict.fromkeys(written)))
