"""Who is who in the old desk: its table of users or contacts, for tables of tickets that name their client but give no address. PURE."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.desk.importing.desks import PERSON_COLUMNS, Places, places
from gateway.desk.importing.mapping import plain
from gateway.desk.importing.table import Table, TableError, value_of
from gateway.mail.address import address_key


@dataclass(frozen=True, slots=True)
class Known:
    name: str
    address: str


@dataclass(slots=True)
class People:
    """By id, login and name, without case. Of two of one name neither is meant by it."""

    by_id: dict[str, Known] = field(default_factory=dict)
    by_name: dict[str, Known | None] = field(default_factory=dict)

    def add(self, number: str, login: str, known: Known) -> None:
        if number:
            self.by_id[number] = known
        if login:
            self.by_name[plain(login)] = known
        if known.name:
            before = self.by_name.get(plain(known.name), known)
            self.by_name[plain(known.name)] = known if before is not None and before.address == known.address else None

    def find(self, number: str, name: str) -> Known | None:
        return self.by_id.get(number) if number in self.by_id else self.by_name.get(plain(name))

    def several(self, name: str) -> bool:
        return plain(name) in self.by_name and self.by_name[plain(name)] is None


def read_people(table: Table) -> People:
    """Raises TableError where no column has addresses."""
    found = places(table.headings, PERSON_COLUMNS, {})
    if "address" not in found.found:
        told = ", ".join(filter(None, table.headings)) or "nothing"
        raise TableError(f"the first line must name the column email (and id, or name); it has {told}")
    people = People()
    for line in table.lines:
        cells = padded(line.cells, len(table.headings))
        address = value_of(found.cell(cells, "address"))
        if address_key(address):
            people.add(identity(found.cell(cells, "id")), value_of(found.cell(cells, "login")), Known(full_name(found, cells), address))
    return people


def full_name(found: Places, cells: Sequence[str]) -> str:
    """In one column, or in two."""
    whole = value_of(found.cell(cells, "name"))
    parts: Iterable[str] = (value_of(found.cell(cells, each)) for each in ("first", "last"))
    return " ".join((whole or " ".join(filter(None, parts))).split())


def identity(cell: str) -> str:
    """An id without what Zoho's data backup puts before it."""
    return value_of(cell).removeprefix("zcrm_").removeprefix("desk_").strip()


def padded(cells: Sequence[str], width: int) -> tuple[str, ...]:
    return (*cells[:width], *("",) * (width - len(cells)))
