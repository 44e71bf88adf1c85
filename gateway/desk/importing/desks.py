"""What other desks call their columns, statuses and priorities. PURE.

Zammad: the report's table of tickets, users' export, and the attributes of its interface, which scripts write out. osTicket: exports of a
queue and of the user directory. Zoho Desk: exports of views, data backup, and the files of its migration guide.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from gateway.desk.importing.table import heading_key
from gateway.domain.states import Priority, Status

DeskName = Literal["zammad", "osticket", "zoho", "other"]

Column = Literal[
    "id", "number", "subject", "client", "client_address", "client_name", "client_id", "status", "priority", "department", "assignee",
    "assignee_address", "category", "tags", "created", "updated", "text",
]  # fmt: skip
ArticleColumn = Literal[
    "ticket_id", "ticket_number", "id", "message_id", "in_reply_to", "references", "from", "from_name", "to", "cc", "text", "type",
    "direction", "sender", "private", "created",
]  # fmt: skip

COLUMNS: Final[Mapping[DeskName, Mapping[str, Sequence[str]]]] = {
    "zammad": {
        "id": ("id", "ticket id"),
        "number": ("#", "number", "ticket#"),
        "subject": ("title",),
        "client": ("customer", "customer id"),
        "client_address": ("customer email", "customer.email", "customer login"),
        "client_name": ("customer name", "customer fullname"),
        "status": ("state", "state id", "state.name"),
        "priority": ("priority", "priority id", "priority.name"),
        "department": ("group", "group id", "group.name"),
        "assignee": ("owner", "owner id", "owner login", "owner email", "owner.email"),
        "category": ("category",),
        "tags": ("tags", "tag list"),
        "created": ("created at",),
        "updated": ("updated at",),
        "text": ("article", "article body", "body", "note"),
    },
    "osticket": {
        "id": ("ticket id",),
        "number": ("ticket number", "number", "ticket"),
        "subject": ("subject", "issue summary"),
        "client": ("user", "from user"),
        "client_address": ("from email", "user email", "email", "email address", "user / email address"),
        "client_name": ("from", "user name", "user / full name", "name"),
        "status": ("current status", "status", "status / current status"),
        "priority": ("priority", "priority level"),
        "department": ("department",),
        "assignee": ("agent assigned", "assigned to", "assignee", "agent"),
        "category": ("help topic",),
        "tags": ("tags",),
        "created": ("date created", "created", "create date"),
        "updated": ("last updated", "last update"),
        "text": ("issue details", "message", "thread / last message"),
    },
    "zoho": {
        "id": ("id", "record id", "ticket id", "ticketextid", "case id"),
        "number": ("request id", "ticket number", "case number"),
        "subject": ("subject",),
        "client_address": ("email", "contact email", "email id", "contact email id"),
        "client_name": ("contact name", "contact"),
        "client_id": ("contact id", "contact name (id)", "contactextid", "contact name id"),
        "status": ("status", "ticket status", "case status"),
        "priority": ("priority",),
        "department": ("department", "department name", "layout department"),
        "assignee": ("ticket owner", "case owner", "agent name", "assignee", "ticket owner name"),
        "assignee_address": ("ticket owner email", "agent email", "assignee email"),
        "category": ("category",),
        "tags": ("tags", "tag"),
        "created": ("created time", "created time (ticket)", "ticket created time"),
        "updated": ("modified time", "last modified time"),
        "text": ("description",),
    },
    "other": {
        "number": (
            "#", "number", "ticket", "ticket number", "ticket id", "id", "номер", "номер заявки", "заявка", "№", "numer", "nr",
            "numer zgłoszenia", "zgłoszenie",
        ),
        "subject": ("subject", "title", "тема", "temat", "tytuł"),
        "client": ("client", "customer", "requester", "клиент", "заявитель", "klient", "zgłaszający"),
        "client_address": (
            "email", "e-mail", "client email", "customer email", "requester email", "address", "client address",
            "эл. почта", "электронная почта", "почта", "адрес", "адрес электронной почты", "adres e-mail", "adres", "poczta",
            "e-mail klienta",
        ),
        "client_name": ("client name", "customer name", "name", "имя", "фио", "имя клиента", "imię i nazwisko", "nazwa"),
        "status": ("status", "state", "статус", "состояние", "stan"),
        "priority": ("priority", "приоритет", "priorytet"),
        "department": ("department", "group", "queue", "отдел", "группа", "dział", "grupa", "kolejka"),
        "assignee": ("assignee", "owner", "agent", "assigned to", "исполнитель", "ответственный", "агент", "przypisany", "właściciel"),
        "category": ("category", "категория", "kategoria"),
        "tags": ("tags", "теги", "метки", "tagi"),
        "created": (
            "created", "created at", "date created", "created time", "создана", "дата создания", "создано", "utworzono", "data utworzenia",
        ),
        "updated": ("updated", "updated at", "изменена", "обновлено", "zmieniono"),
        "text": ("text", "description", "message", "описание", "текст", "сообщение", "opis", "treść"),
    },
}  # fmt: skip

ARTICLE_COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "ticket_id": ("ticket id", "ticketextid", "case id", "request id (ticket)", "ticket_id", "thread id (ticket)"),
    "ticket_number": ("ticket number", "ticket#", "ticket", "request id", "number", "номер заявки", "numer zgłoszenia"),
    "id": ("id", "article id", "thread id", "threadextid", "entry id"),
    "message_id": ("message id", "message-id", "mid", "internet message id"),
    "in_reply_to": ("in reply to", "in-reply-to"),
    "references": ("references",),
    "from": (
        "from", "from email", "fromemailaddress", "from email address", "sender email", "poster email", "from address", "author email",
        "от", "od",
    ),
    "from_name": ("from name", "poster", "sender name", "author", "created by"),
    "to": ("to", "to address", "toaddress"),
    "cc": ("cc", "ccaddress"),
    "text": ("body", "content", "text", "summary", "description", "текст", "treść"),
    "type": ("content type", "format", "contenttype"),
    "direction": ("direction", "type", "article type"),
    "sender": ("sender", "sender id", "poster type", "author type", "role"),
    "private": ("isprivate", "is private", "internal", "private", "visibility", "ispublic"),
    "created": ("created at", "created", "created time", "senddatetime", "sent time", "receivedtime", "date", "дата", "data"),
}  # fmt: skip

PERSON_COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "id": ("id", "contact id", "contactextid", "record id", "user id"),
    "login": ("login", "username"),
    "name": ("name", "full name", "contact name", "display name", "имя", "фио", "nazwa", "imię i nazwisko"),
    "first": ("firstname", "first name"),
    "last": ("lastname", "last name"),
    "address": ("email", "e-mail", "email address", "secondary email", "default email", "email id", "адрес", "почта", "adres e-mail"),
}  # fmt: skip

SIGNS: Final[Mapping[DeskName, frozenset[str]]] = {
    "zammad": frozenset({"#", "title", "state", "owner", "customer", "group", "create channel", "time units total", "first response at"}),
    "osticket": frozenset(
        {"ticket number", "from email", "current status", "agent assigned", "team assigned", "help topic", "date created", "last updated"}
    ),
    "zoho": frozenset(
        {"request id", "ticket owner", "contact name", "created time", "modified time", "ticketextid", "sub category", "account name"}
    ),
}
"""Headings that tell a desk's table of tickets from others'."""

STATUSES: Final[Mapping[str, Status]] = {
    "new": Status.NEW, "новый": Status.NEW, "новая": Status.NEW, "nowy": Status.NEW, "nowe": Status.NEW,
    "open": Status.OPEN, "reopened": Status.OPEN, "in progress": Status.OPEN, "escalated": Status.OPEN, "overdue": Status.OPEN,
    "answered": Status.OPEN, "открыт": Status.OPEN, "открыта": Status.OPEN, "в работе": Status.OPEN, "otwarty": Status.OPEN,
    "otwarte": Status.OPEN, "w toku": Status.OPEN,
    "pending": Status.PENDING, "pending reminder": Status.PENDING, "pending close": Status.PENDING, "on hold": Status.PENDING,
    "waiting on customer": Status.PENDING, "waiting for customer": Status.PENDING, "awaiting customer response": Status.PENDING,
    "в ожидании": Status.PENDING, "ожидание": Status.PENDING, "oczekujący": Status.PENDING, "oczekujące": Status.PENDING,
    "wstrzymane": Status.PENDING,
    "resolved": Status.RESOLVED, "решен": Status.RESOLVED, "решена": Status.RESOLVED, "rozwiązany": Status.RESOLVED,
    "rozwiązane": Status.RESOLVED,
    "closed": Status.CLOSED, "archived": Status.CLOSED, "merged": Status.CLOSED, "закрыт": Status.CLOSED, "закрыта": Status.CLOSED,
    "zamknięty": Status.CLOSED, "zamknięte": Status.CLOSED,
    "cancelled": Status.CANCELLED, "canceled": Status.CANCELLED, "deleted": Status.TRASH, "removed": Status.TRASH, "trash": Status.TRASH,
    "spam": Status.SPAM,
}  # fmt: skip
PRIORITIES: Final[Mapping[str, Priority]] = {
    "1 low": Priority.LOW, "low": Priority.LOW, "низкий": Priority.LOW, "niski": Priority.LOW,
    "2 normal": Priority.NORMAL, "normal": Priority.NORMAL, "medium": Priority.NORMAL, "обычный": Priority.NORMAL,
    "средний": Priority.NORMAL, "normalny": Priority.NORMAL, "średni": Priority.NORMAL,
    "3 high": Priority.HIGH, "high": Priority.HIGH, "высокий": Priority.HIGH, "wysoki": Priority.HIGH,
    "emergency": Priority.URGENT, "urgent": Priority.URGENT, "critical": Priority.URGENT, "срочный": Priority.URGENT,
    "критический": Priority.URGENT, "pilny": Priority.URGENT, "krytyczny": Priority.URGENT,
}  # fmt: skip
ENDED: Final = (Status.RESOLVED, Status.CLOSED, Status.CANCELLED, Status.SPAM, Status.TRASH)
"""Nobody works on these any more; they come along where the operator asks for all."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where in a row the columns stand that mean something; the first of several that mean the same comes first."""

    headings: tuple[str, ...]
    found: Mapping[str, tuple[int, ...]]

    def cell(self, cells: Sequence[str], column: str) -> str:
        """The first that is not empty."""
        return next((cells[each] for each in self.found.get(column, ()) if cells[each].strip()), "")

    def heading(self, column: str) -> str:
        """As the file has it."""
        return self.headings[self.found[column][0]] if column in self.found else column


def desk_of(headings: Iterable[str]) -> DeskName | None:
    """Whose table of tickets it is; None where nothing or not enough tells."""
    keys = {heading_key(each) for each in headings}
    counts = {name: len(signs & keys) for name, signs in SIGNS.items()}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] >= 3 and list(counts.values()).count(counts[best]) == 1 else None


def places(headings: Sequence[str], columns: Mapping[str, Sequence[str]], renamed: Mapping[str, str]) -> Places:
    """`renamed`: what the operator says a heading means, by its key, which counts more than what we know."""
    keys = [heading_key(each) for each in headings]
    found: dict[str, list[int]] = {}
    for index, key in enumerate(keys):
        if (meant := renamed.get(key)) is not None:
            found.setdefault(meant, []).append(index)
    taken = {index for indexes in found.values() for index in indexes}
    for column, names in columns.items():
        if column in found:
            continue
        known = [index for name in names for index, key in enumerate(keys) if key == name and index not in taken]
        if known:
            found[column] = known
    return Places(tuple(headings), {column: tuple(indexes) for column, indexes in found.items()})
