"""The way of one message as rows tell it: what arrived, the letters that it caused, what was said of those.

Found by its id at once where it is on a ticket, else by reading the messages from the newest on: no index is kept for what is rarely asked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.visible import Visible
from storage.visible import of_ticket


@dataclass(frozen=True, slots=True)
class Found:
    """Numbers of what arrived, and of letters that nothing that arrived caused."""

    inbound: tuple[int, ...] = ()
    outbox: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.inbound or self.outbox)


@dataclass(frozen=True, slots=True)
class TracedAttempt:
    """What was said before what the recipient has now. `address` None: the sender vanished meanwhile, and nobody knows of whom."""

    address: str | None
    attempt: int
    state: str
    reply: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class TracedRecipient:
    address: str
    state: str
    reply: str | None
    finished_at: datetime | None
    delayed_at: datetime | None


@dataclass(frozen=True, slots=True)
class TracedLetter:
    """`released_at`: when its time came, of one that was to wait."""

    id: int
    state: str
    kind: str
    ticket: int | None
    destination: str
    subject: str
    message_id: str
    attempts: int
    created_at: datetime
    released_at: datetime | None
    due_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    warned_at: datetime | None
    last_error: str | None
    possible_duplicates: int
    trace_id: str
    inbound_id: int | None
    recipients: tuple[TracedRecipient, ...]
    earlier: tuple[TracedAttempt, ...] = ()


@dataclass(frozen=True, slots=True)
class TracedEvent:
    """Of a ticket, about a letter or because of a message. `inbound_id` is the message that brought it, such as a report."""

    ticket: int
    kind: str
    data: dict[str, Any]
    inbound_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class TracedArticle:
    id: int
    ticket: int
    kind: str
    created_at: datetime


async def by_number(session: AsyncSession, number: int, *, inbound: bool = True, outbox: bool = True) -> Found:
    """A number may be a message's and another's letter's."""
    arrived = (await session.execute(_INBOUND_NUMBER, {"id": number})).scalars().all() if inbound else ()
    letters = (await session.execute(_OUTBOX_NUMBER, {"id": number})).all() if outbox else ()
    return _found(arrived, letters)


async def by_ticket(session: AsyncSession, ticket: int) -> Found:
    """The latest mail on the ticket, and the letters about it that no mail caused: no more than `MOST` of each."""
    arrived = (await session.execute(_INBOUND_ON_TICKET, {"ticket": ticket})).scalars().all()
    return Found(tuple(arrived), tuple((await session.execute(_OUTBOX_ON_TICKET, {"ticket": ticket})).scalars()))


async def by_trace(session: AsyncSession, trace: str) -> Found:
    arrived = (await session.execute(_INBOUND_TRACE, {"trace": trace})).scalars().all()
    return Found(tuple(arrived)) if arrived else _found((), (await session.execute(_OUTBOX_TRACE, {"trace": trace})).all())


async def by_message_id(session: AsyncSession, bare: str, key: bytes) -> Found:
    """`bare` is the id without its angle brackets, `key` what it is remembered by."""
    given = {"id": bare, "bracketed": f"<{bare}>", "key": key}
    for arrived, letters in ((_INBOUND_OF_TICKET, _OUTBOX_OF_TICKET), (_INBOUND_ID, _OUTBOX_ID)):
        found = _found((await session.execute(arrived, given)).scalars().all(), (await session.execute(letters, given)).all())
        if found:
            return found
    return Found()


def _found(arrived: Iterable[int], letters: Iterable[Any]) -> Found:
    """A letter leads to the message that caused it."""
    known = list(letters)
    causes = [each.inbound_id for each in known if each.inbound_id is not None]
    return Found(tuple(dict.fromkeys((*arrived, *causes))), tuple(each.id for each in known if each.inbound_id is None))


async def tickets_of(session: AsyncSession, ticket: int | None, key: bytes | None) -> list[int]:
    """The message's ticket, others that it made by the same id (`desk.duplicates`), and where any of them was merged to."""
    return list((await session.execute(_TICKETS, {"ticket": ticket, "key": key})).scalars())


async def tickets_seen(session: AsyncSession, numbers: Iterable[int], sees: Visible | None) -> list[int]:
    """Those of the numbers that are tickets somebody may see, each once."""
    wanted = list(dict.fromkeys(numbers))
    if sees is None:
        return wanted
    rows = await session.execute(_SEEN, {"tickets": wanted} | of_ticket(sees))
    theirs = set(rows.scalars())
    return [each for each in wanted if each in theirs]


async def letters_of(session: AsyncSession, inbound_id: int, trace: str, tickets: Sequence[int]) -> list[TracedLetter]:
    """Those that the message caused, in the order in which they were written: about these tickets, or about none."""
    rows = await session.execute(_LETTERS_OF, {"inbound": inbound_id, "trace": trace, "tickets": list(tickets)})
    return [_letter(row) for row in rows]


async def letters(session: AsyncSession, numbers: Sequence[int]) -> list[TracedLetter]:
    return [_letter(row) for row in await session.execute(_LETTERS, {"ids": list(numbers)})]


async def events_about(session: AsyncSession, letter_ids: Sequence[int], tickets: Iterable[int]) -> list[TracedEvent]:
    """What was told to tickets of these letters: late, lost, come back, complained of."""
    rows = await session.execute(_EVENTS, {"letters": [str(each) for each in letter_ids], "tickets": sorted(set(tickets))})
    return [TracedEvent(**row._asdict()) for row in rows]


async def articles_of(session: AsyncSession, inbound_id: int, tickets: Sequence[int]) -> list[TracedArticle]:
    """What the message became on these."""
    rows = await session.execute(_ARTICLES, {"inbound": inbound_id, "tickets": list(tickets)})
    return [TracedArticle(**row._asdict()) for row in rows]


def _letter(row: Any) -> TracedLetter:
    values = row._asdict()
    recipients = [
        TracedRecipient(each["address"], each["state"], each["reply"], _moment(each["finished_at"]), _moment(each["delayed_at"]))
        for each in values.pop("recipients") or ()
    ]
    earlier = [TracedAttempt(**each | {"at": datetime.fromisoformat(each["at"])}) for each in values.pop("earlier") or ()]
    return TracedLetter(**values, recipients=tuple(recipients), earlier=tuple(earlier))


def _moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)


MOST: Final = 20
"""Messages, or letters, that one id may find."""

_TICKETS: Final = text("""
    WITH its AS (
        SELECT CAST(:ticket AS bigint) AS number WHERE CAST(:ticket AS bigint) IS NOT NULL
        UNION SELECT ticket FROM message_ids WHERE key = CAST(:key AS bytea) AND relation = 'is'
    )
    SELECT number FROM its UNION SELECT merged_into FROM tickets WHERE number IN (SELECT number FROM its) AND merged_into IS NOT NULL
    ORDER BY 1
""")
_NUMBERS: Final = bindparam("tickets", type_=ARRAY(BigInteger))
_SEEN: Final = text(
    "SELECT number FROM tickets WHERE number = ANY (:tickets) AND department = ANY (CAST(:departments AS text[]))"
).bindparams(_NUMBERS)
_INBOUND_NUMBER: Final = text("SELECT id FROM inbound_messages WHERE id = :id")
_OUTBOX_NUMBER: Final = text("SELECT id, inbound_id FROM outbox_messages WHERE id = :id")
_INBOUND_ON_TICKET: Final = text(f"SELECT id FROM inbound_messages WHERE ticket = :ticket ORDER BY id DESC LIMIT {MOST}")  # noqa: S608
_OUTBOX_ON_TICKET: Final = text(f"""
    SELECT id FROM outbox_messages WHERE ticket = :ticket AND inbound_id IS NULL ORDER BY id DESC LIMIT {MOST}
""")  # noqa: S608
_INBOUND_TRACE: Final = text(f"SELECT id FROM inbound_messages WHERE trace_id = :trace ORDER BY id DESC LIMIT {MOST}")  # noqa: S608
_OUTBOX_TRACE: Final = text(f"SELECT id, inbound_id FROM outbox_messages WHERE trace_id = :trace ORDER BY id DESC LIMIT {MOST}")  # noqa: S608
_INBOUND_OF_TICKET: Final = text(f"""
    SELECT i.id FROM message_ids m JOIN inbound_messages i ON i.ticket = m.ticket
    WHERE m.key = :key AND i.message_id IN (:id, :bracketed) ORDER BY i.id LIMIT {MOST}
""")  # noqa: S608
_OUTBOX_OF_TICKET: Final = text(f"""
    SELECT o.id, o.inbound_id FROM message_ids m JOIN outbox_messages o ON o.ticket = m.ticket
    WHERE m.key = :key AND (o.message_id = :bracketed
        OR EXISTS (SELECT 1 FROM outbox_recipients r WHERE r.outbox_id = o.id AND r.message_id = :bracketed))
    ORDER BY o.id LIMIT {MOST}
""")  # noqa: S608
_INBOUND_ID: Final = text(f"SELECT id FROM inbound_messages WHERE message_id IN (:id, :bracketed) ORDER BY id DESC LIMIT {MOST}")  # noqa: S608
_OUTBOX_ID: Final = text(f"""
    SELECT id, inbound_id FROM outbox_messages
    WHERE message_id = :bracketed OR id IN (SELECT outbox_id FROM outbox_recipients WHERE message_id = :bracketed)
    ORDER BY id DESC LIMIT {MOST}
""")  # noqa: S608

_FIELDS: Final = """
    m.id, m.state, m.kind, m.ticket, m.destination, m.subject, m.message_id, m.attempts, m.created_at, m.released_at, m.due_at,
    m.expires_at, m.sent_at, m.warned_at, m.last_error, m.possible_duplicates, m.trace_id, m.inbound_id,
    (SELECT jsonb_agg(jsonb_build_object('address', address, 'state', state, 'reply', reply, 'finished_at', finished_at,
        'delayed_at', delayed_at) ORDER BY position) FROM outbox_recipients WHERE outbox_id = m.id) AS recipients,
    (SELECT jsonb_agg(jsonb_build_object('address', r.address, 'attempt', a.attempt, 'state', a.state, 'reply', a.reply, 'at', a.at)
        ORDER BY a.id) FROM outbox_attempts a LEFT JOIN outbox_recipients r ON r.id = a.recipient_id WHERE a.outbox_id = m.id) AS earlier
"""
# By their ticket, for which there is an index, that of letters without one included.
_LETTERS_OF: Final = (
    text(f"""
    SELECT {_FIELDS} FROM outbox_messages m
    WHERE (m.ticket = ANY (:tickets) OR m.ticket IS NULL)
      AND (m.inbound_id = :inbound OR m.trace_id = nullif(:trace, ''))
    ORDER BY m.id
""")  # noqa: S608
    .bindparams(_NUMBERS)
    .columns(recipients=JSONB, earlier=JSONB)
)
_LETTERS: Final = (
    text(f"SELECT {_FIELDS} FROM outbox_messages m WHERE m.id = ANY (:ids) ORDER BY m.id")  # noqa: S608
    .bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
    .columns(recipients=JSONB, earlier=JSONB)
)
_EVENTS: Final = text("""
    SELECT ticket, kind, data, inbound_id, at FROM ticket_events
    WHERE ticket = ANY (:tickets) AND data ->> 'outbox' = ANY (:letters) ORDER BY id
""").bindparams(_NUMBERS, bindparam("letters", type_=ARRAY(Text)))
_ARTICLES: Final = text("""
    SELECT id, ticket, kind, created_at FROM articles WHERE inbound_id = :inbound AND ticket = ANY (:tickets) ORDER BY id
""").bindparams(_NUMBERS)
