"""A row of another desk's table of articles, threads or thread entries → what was written, by whom and to whom. PURE."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, tzinfo

from gateway.desk.importing.dates import Order, read_moment
from gateway.desk.importing.desks import ARTICLE_COLUMNS, Places, places
from gateway.desk.importing.mapping import Words
from gateway.desk.importing.people import identity
from gateway.desk.importing.reading import Fault
from gateway.desk.importing.table import Line, Table, TableError, value_of
from gateway.desk.importing.texts import words_of
from gateway.desk.old_tags import old_number
from gateway.domain.organisation import Organisation
from gateway.domain.states import ArticleKind, Role
from gateway.mail.address import parse_mailboxes
from gateway.mail.ids import read_id, read_ids
from gateway.mail.message import Mailbox

ROLES = {
    "customer": Role.CLIENT, "client": Role.CLIENT, "end user": Role.CLIENT, "enduser": Role.CLIENT, "user": Role.CLIENT, "in": Role.CLIENT,
    "m": Role.CLIENT, "contact": Role.CLIENT,
    "agent": Role.AGENT, "staff": Role.AGENT, "out": Role.AGENT, "r": Role.AGENT,
    "system": Role.SYSTEM,
}  # fmt: skip
"""Zammad's senders, Zoho's directions, osTicket's types of thread entries (M, R and N)."""
NOTES = ("note", "n", "comment", "internal note")
YES = ("true", "yes", "1", "internal", "private")


@dataclass(frozen=True, slots=True)
class OldArticle:
    """`key` tells it from others of its ticket; `ticket_id` and `ticket_number` are as the row has them, `""` where it has none."""

    line: int
    ticket_id: str
    ticket_number: str
    key: str
    kind: ArticleKind
    role: Role
    author: Mailbox
    message_id: str | None
    refers: tuple[str, ...]
    text: str
    html: str | None
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    created: datetime | None


@dataclass(frozen=True, slots=True)
class ArticleReader:
    columns: Places
    order: Order | None
    zone: tzinfo
    organisation: Organisation

    def read(self, line: Line) -> OldArticle | tuple[Fault, ...]:
        width = len(self.columns.headings)
        if len(line.cells) != width:
            why = f"it has {len(line.cells)} fields, and there are {width} headings"
            remedy = "a quotation mark or separator inside a field that is not quoted: export it again, or mend the line"
            return (Fault(line.number, "", "", why, remedy),)

        def value(column: str) -> str:
            return value_of(self.columns.cell(line.cells, column))

        written = value("created")
        created = read_moment(written, self.order, self.zone) if written else None
        if written and created is None:
            remedy = "--dates dmy or --dates mdy says what comes first"
            return (
                Fault(line.number, self.columns.heading("created"), written[:200], "it is no time that can be told for certain", remedy),
            )
        number, own = old_number(value("ticket_number")), identity(self.columns.cell(line.cells, "ticket_id"))
        if not number and not own:
            remedy = "put the ticket's number or id into the file"
            return (Fault(line.number, self.columns.heading("ticket_number"), "", "it does not say of which ticket it is", remedy),)
        author = next(iter(parse_mailboxes(value("from"))), Mailbox("", "", ""))
        text, html = words_of(self.columns.cell(line.cells, "text"), value("type"))
        role = self._role(value("sender"), value("direction"), author)
        return OldArticle(
            line=line.number,
            ticket_id=own,
            ticket_number=number,
            key=key_of(value("message_id"), value("id"), written, author.address, text),
            kind=kind_of(role, self._private(value("private"), value("direction"), value("sender"))),
            role=role,
            author=Mailbox(author.name or value("from_name"), author.address, author.key),
            message_id=read_id(value("message_id")),
            refers=tuple(dict.fromkeys((*read_ids(value("references")), *read_ids(value("in_reply_to")))))[-50:],
            text=text,
            html=html,
            to=parse_mailboxes(value("to"))[:100],
            cc=parse_mailboxes(value("cc"))[:100],
            created=created,
        )

    def _role(self, sender: str, direction: str, author: Mailbox) -> Role:
        for word in (sender, direction):
            if (role := ROLES.get(word.casefold())) is not None:
                return role
        return Role.AGENT if author.key and self.organisation.agent(author.key) is not None else Role.CLIENT

    def _private(self, said: str, direction: str, sender: str) -> bool:
        """A column that says whether it is public says the opposite."""
        yes = said.casefold() in YES
        if self.columns.heading("private").casefold().replace(" ", "") == "ispublic":
            yes = bool(said) and not yes
        return yes or direction.casefold() in NOTES or sender.casefold() in NOTES


def kind_of(role: Role, private: bool) -> ArticleKind:
    if private:
        return ArticleKind.NOTE
    return {Role.CLIENT: ArticleKind.CLIENT_MESSAGE, Role.AGENT: ArticleKind.AGENT_REPLY, Role.SYSTEM: ArticleKind.NOTICE}[role]


def key_of(message_id: str, own: str, written: str, address: str, text: str) -> str:
    if message_id or own:
        return message_id or own
    return hashlib.sha256("\0".join((written, address, text)).encode("utf-8", "surrogatepass")).hexdigest()


def article_columns(table: Table, words: Words) -> Places:
    """Raises TableError where no column says of which ticket an article is, or none has its text."""
    found = places(table.headings, ARTICLE_COLUMNS, words.column_names())
    if not {"ticket_id", "ticket_number"} & found.found.keys() or "text" not in found.found:
        told = ", ".join(filter(None, table.headings)) or "nothing"
        raise TableError(f"the first line must name the columns ticket_id or ticket_number, and text; it has {told}")
    return found
