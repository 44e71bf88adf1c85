"""A row of another desk's table of tickets → the ticket that is to be, or everything that is wrong with the row. PURE."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Final

from gateway.desk.audience import can_be_written_to
from gateway.desk.commands.values import tags_in
from gateway.desk.identify import is_ours
from gateway.desk.importing.dates import Order, read_moment
from gateway.desk.importing.desks import COLUMNS, ENDED, DeskName, Places, places
from gateway.desk.importing.mapping import Words
from gateway.desk.importing.people import Known, People, identity
from gateway.desk.importing.table import Line, Table, TableError, text_of, value_of
from gateway.desk.importing.texts import words_of
from gateway.desk.old_tags import old_number
from gateway.domain.letter import one_line
from gateway.domain.organisation import Gateway, Organisation
from gateway.domain.states import Priority, Status
from gateway.mail.address import address_key, parse_mailboxes

# What a spreadsheet makes of a long number; its last digits are gone.
ROUNDED: Final = re.compile(r"\d+[.,]?\d*E\+\d+", re.IGNORECASE)
LONGEST_NUMBER: Final = 32
LONGEST_SUBJECT: Final = 900


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is not imported, or a part of it is not as it was; `column` is the heading of the file."""

    line: int
    column: str
    value: str
    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class OldTicket:
    """`number` is what subjects name; `id` what other tables refer to it by, `""` where there is none but the number. `notes`: what the row
    says and nothing here fits."""

    line: int
    number: str
    id: str
    subject: str
    client_key: str
    client_address: str
    client_name: str
    status: Status
    priority: Priority
    department: str
    gateway: Gateway
    assignee: str | None
    category: str | None
    tags: tuple[str, ...]
    created: datetime | None
    updated: datetime | None
    text: str
    html: str | None
    notes: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """`ascii_only`: the charset is a guess, which is good enough for words and not for addresses. `ended`: also tickets that have."""

    desk: DeskName
    words: Words
    people: People
    order: Order | None
    zone: tzinfo
    organisation: Organisation
    ascii_only: bool = False
    ended: bool = False
    columns: Places = field(default_factory=lambda: Places((), {}))

    def on(self, line: Line) -> "Row":
        return Row(self, line)


class Row:
    """One row while it is read. What is wrong gathers in `faults`; what is only lost, in `notes`."""

    def __init__(self, reader: Reader, line: Line) -> None:
        self._reader, self._line = reader, line
        self.faults: list[Fault] = []
        self.notes: list[Fault] = []

    def read(self) -> OldTicket | tuple[Fault, ...] | None:
        """None: it has ended, and is left out whatever else it says."""
        reader, width = self._reader, len(self._reader.columns.headings)
        if len(self._line.cells) != width:
            why = f"it has {len(self._line.cells)} fields, and there are {width} headings"
            self._fault("", "", why, "a quotation mark or separator inside a field that is not quoted: export it again, or mend the line")
            return tuple(self.faults)
        status = self._status()
        if status in ENDED and not reader.ended:
            return None
        number, own = self._number()
        client, department = self._client(), self._department()
        created, updated = self._moment("created"), self._moment("updated")
        if self.faults or client is None or status is None or department is None:
            return tuple(self.faults)
        text, html = words_of(self._cell("text"), "")
        return OldTicket(
            line=self._line.number,
            number=number,
            id=own,
            subject=one_line(text_of(self._cell("subject")))[:LONGEST_SUBJECT],
            client_key=address_key(client.address),
            client_address=client.address,
            client_name=one_line(client.name),
            status=status,
            priority=self._priority(),
            department=department,
            gateway=gateway_of(department, reader.organisation),
            assignee=self._assignee(),
            category=one_line(self._value("category")) or None,
            tags=tags_in(self._value("tags").replace(";", ",")),
            created=created,
            updated=max(filter(None, (created, updated)), default=None),
            text=text,
            html=html,
            notes=tuple(self.notes),
        )

    def _number(self) -> tuple[str, str]:
        written = self._value("number")
        own = identity(self._cell("id"))
        column = "number" if written else "id"
        number = old_number(written or own)
        if ROUNDED.fullmatch(written or own):
            why = "a spreadsheet has rounded it"
            self._fault(column, written or own, why, "export it again and import that file itself, or format the column as text")
        elif not number:
            self._fault("number", "", "it has no number", "name the column that has it: --map 'THEIR HEADING=number'")
        elif len(number) > LONGEST_NUMBER or any(each.isspace() for each in number):
            self._fault(column, number, "it is no number of a ticket", "name the column that has it: --map 'THEIR HEADING=number'")
        return number, own

    def _client(self) -> Known | None:
        """By address, where the row has one; else by what the table of clients says."""
        whole, name, number = self._value("client"), self._value("client_name"), identity(self._cell("client_id"))
        written = self._value("client_address") or (whole if "@" in whole else "")
        found = parse_mailboxes(written)[:1]
        if found and found[0].key:
            return self._acceptable(Known(name or found[0].name or ("" if "@" in whole else whole), found[0].address))
        # Raw tables have the id in the place of the name.
        known = self._reader.people.find(number or whole, name or whole)
        if known is not None:
            return self._acceptable(Known(known.name or name or whole, known.address))
        columns, there = ("client_address", "client", "client_name", "client_id"), self._reader.columns.found
        column = next((each for each in columns if self._value(each)), next((each for each in columns if each in there), columns[0]))
        self._fault(column, written or name or whole or number, *self._why_unknown(written, name or whole))
        return None

    def _why_unknown(self, written: str, name: str) -> tuple[str, str]:
        if written:
            return "it is not an address", "put it right in the file"
        if self._reader.people.several(name):
            return "several clients have this name", "give the row an address, or its contact's id, in the file"
        if name:
            return "it is no address, and no client of this name has one", "give the old desk's users or contacts as well: --clients CSV"
        return "it has no client", "put the client's address into the file, or name its column: --map 'THEIR HEADING=client_address'"

    def _acceptable(self, known: Known) -> Known | None:
        reader, key = self._reader, address_key(known.address)
        column = "client_address" if "client_address" in reader.columns.found else "client"
        if not key or not can_be_written_to(known.address):
            self._fault(column, known.address, "it is not an address that can be written to", "put it right in the file")
        elif reader.ascii_only and not known.address.isascii():
            self._fault(
                column, known.address, "it is not ASCII, and the file's charset is a guess", "save it as UTF-8, or say it: --charset NAME"
            )
        elif is_ours(key, reader.organisation):
            self._fault(
                column, known.address, "it is an address of our own, which is nobody's account", "put the client's address into the file"
            )
        else:
            return known
        return None

    def _status(self) -> Status | None:
        word = self._value("status")
        found = self._reader.words.status(word) if word else Status.OPEN
        if found is None:
            self._fault(
                "status", word, "no status of ours is meant by it", f"--map 'status:{word}=open', or another of {', '.join(Status)}"
            )
        return found

    def _department(self) -> str | None:
        word = self._value("department")
        found = self._reader.words.department(word)
        if found is None and not word:
            return self._reader.organisation.default_gateway.department
        if found is None:
            known = ", ".join(each.key for each in self._reader.organisation.departments)
            remedy = f"--map 'department:{word}=KEY', or --department KEY for all such; the configuration has {known}"
            self._fault("department", word, "there is no such department", remedy)
        return found

    def _priority(self) -> Priority:
        word = self._value("priority")
        found = self._reader.words.priority(word) if word else Priority.NORMAL
        if found is None:
            self._note("priority", word, "no priority of ours is meant by it: normal", f"--map 'priority:{word}=high'")
        return found or Priority.NORMAL

    def _assignee(self) -> str | None:
        address, word = self._value("assignee_address"), self._value("assignee")
        listed = self._reader.people.find(word, word)
        for each in filter(None, (address, word, listed.address if listed is not None else "")):
            match self._reader.words.agent(each):
                case "nobody":
                    return None
                case None:
                    continue
                case agent:
                    return agent.address
        if address or word:
            column, value = ("assignee", word) if word else ("assignee_address", address)
            self._note(column, value, "no agent of ours is meant by it: nobody's", f"--map 'assignee:{value}=ADDRESS'")
        return None

    def _moment(self, column: str) -> datetime | None:
        written = self._value(column)
        if not written:
            return None
        found = read_moment(written, self._reader.order, self._reader.zone)
        if found is None:
            self._fault(column, written, "it is no time that can be told for certain", "--dates dmy or --dates mdy says what comes first")
        return found

    def _cell(self, column: str) -> str:
        return self._reader.columns.cell(self._line.cells, column)

    def _value(self, column: str) -> str:
        return value_of(self._cell(column))

    def _fault(self, column: str, value: str, why: str, remedy: str) -> None:
        self.faults.append(Fault(self._line.number, self._reader.columns.heading(column), value[:200], why, remedy))

    def _note(self, column: str, value: str, why: str, remedy: str) -> None:
        self.notes.append(Fault(self._line.number, self._reader.columns.heading(column), value[:200], why, remedy))


def columns_of(table: Table, desk: DeskName, words: Words) -> Places:
    """Raises TableError where there is neither a number nor a client."""
    known = {name: (*COLUMNS[desk].get(name, ()), *COLUMNS["other"].get(name, ())) for name in {**COLUMNS["other"], **COLUMNS[desk]}}
    found = places(table.headings, known, words.column_names())
    if not {"number", "id"} & found.found.keys() or not {"client", "client_address", "client_name", "client_id"} & found.found.keys():
        told = ", ".join(filter(None, table.headings)) or "nothing"
        raise TableError(
            f"the first line must name the columns number and client_address; it has {told}. --map 'THEIR HEADING=number' says which"
        )
    return found


def gateway_of(department: str, organisation: Organisation) -> Gateway:
    """By which address the department writes."""
    fitting: Sequence[Gateway] = [each for each in organisation.gateways if each.department == department and not each.catches_all]
    default = organisation.default_gateway
    return default if default in fitting else next((each for each in fitting if each.enabled), default)
