"""Tables of clients, as spreadsheets and other desks write them out. PURE."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.desk.importing.table import charset_of, heading_key, value_of

ADDRESS, NAME, FIRST, LAST, ROLES = "address", "name", "first", "last", "roles"
HEADINGS: Final[dict[str, tuple[str, ...]]] = {
    ADDRESS: (
        "address", "addresses", "email", "e-mail", "mail", "email address", "e-mail address", "secondary email", "default email",
        "email id",
        "адрес", "адреса", "почта", "эл. почта", "электронная почта", "адрес электронной почты", "имейл", "емейл",
        "adres", "adresy", "poczta", "adres e-mail", "adres email", "e-mail klienta",
    ),
    NAME: (
        "name", "full name", "display name", "client", "customer", "contact", "contact name",
        "имя", "фио", "ф.и.о.", "клиент", "контакт", "имя клиента", "название",
        "nazwa", "imię", "imię i nazwisko", "nazwisko i imię", "klient", "kontakt",
    ),
    FIRST: ("firstname", "first name"),
    LAST: ("lastname", "last name", "фамилия", "nazwisko"),
    ROLES: ("roles",),
}  # fmt: skip
"""What columns are called, without case and without a number at the end (`E-mail 2`)."""
OF_DESKS: Final = (
    frozenset({"login", "firstname", "lastname", "email", "organization"}),
    frozenset({"name", "organization", "email"}),
    frozenset({"last name", "email", "account name"}),
)
"""Headings of the users that Zammad and osTicket write out, and of the contacts of Zoho Desk."""
_NUMBER: Final = re.compile(r"[\s_]*\d+$")
_BETWEEN: Final = re.compile(r"[\s,;<>\"']+")


@dataclass(frozen=True, slots=True)
class Row:
    """`line` counts from 1; `addresses` as written. `of_desk`: another desk wrote it out, with all whom it knew: people who have no address
    too, and its own staff (`staff`)."""

    line: int
    name: str
    addresses: tuple[str, ...]
    of_desk: bool = False
    staff: bool = False


class NoTableError(ValueError):
    """The message says what was expected."""


def decoded(content: bytes) -> tuple[str, bool]:
    """The text, and whether its charset is certain: what Windows writes without a mark is a guess, from the letters."""
    found = charset_of(io.BytesIO(content))
    return content.decode(found.codec, "strict" if found.certain and found.codec.startswith("utf-8") else "replace"), found.certain


def rows(text: str) -> Iterator[Row]:
    """Raises NoTableError where no column has addresses. Without headings the addresses are known by their `@`."""
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines, delimiter=delimiter_of(lines))
    columns: Sequence[str] | None = None
    before, of_desk = 0, False
    for cells in reader:
        line, before = before + 1, reader.line_num
        if not any(each.strip() for each in cells):
            continue
        if columns is None:
            columns, headings = columns_of(cells), {heading_key(each) for each in cells}
            of_desk = any(signs <= headings for signs in OF_DESKS)
            if not any("@" in each for each in cells):
                continue
        yield row(line, cells, columns, of_desk)


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
    plain = _NUMBER.sub("", heading_key(heading))
    return next((column for column, words in HEADINGS.items() if plain in words), "")


def row(line: int, cells: Sequence[str], columns: Sequence[str], of_desk: bool) -> Row:
    named = list(zip(columns, cells, strict=False))

    def words(*wanted: str) -> str:
        return " ".join(filter(None, (" ".join(value_of(cell).split()) for column, cell in named if column in wanted)))

    written = [each for column, cell in named if column == ADDRESS for each in _BETWEEN.split(value_of(cell)) if each]
    roles = words(ROLES).casefold()
    staff = of_desk and bool(roles) and "customer" not in roles
    return Row(line, words(NAME) or words(FIRST, LAST), tuple(dict.fromkeys(written)), of_desk, staff)
