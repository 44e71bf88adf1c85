"""What the desk asks before it decides: effects, remembered ids, the client, budgets, and tickets under lock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.facts import Effect, KnownClient, KnownTicket, Participant, Relation
from gateway.domain.organisation import Budget
from gateway.domain.states import Priority, Status
from storage.company import Apart, Held, Turn, together
from storage.statements import as_json

NEAR = 64
"""Letters before a bound: from there on they are counted one by one. More than those who decide at this moment cause together."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is known of a message before the database is asked. Keys are SHA-256; `domain` is the author's as budgets count it; `network`
    is empty without a peer."""

    effect_keys: tuple[bytes, ...]
    id_keys: tuple[bytes, ...]
    author_key: str
    domain: str
    network: str
    subject_key: bytes
    agent: str | None
    """The agent that From names; asked for: was a held message of theirs told within a day, and how long does this one wait?"""


@dataclass(frozen=True, slots=True)
class Spent:
    """Automatic letters of the last hour by what bounds them, counted up to the bound; `overall` is 0 while they are far from theirs.
    `same_subject`: one answered this author's subject already."""

    address: int
    domain: int
    network: int
    overall: int
    same_subject: bool


@dataclass(frozen=True, slots=True)
class Answer:
    effect: Effect | None
    ids: tuple[tuple[bytes, int, Relation], ...]
    client: KnownClient | None
    spent: Spent
    held_told_recently: bool
    waited: timedelta
    now: datetime
    returns: frozenset[str]
    """Of the author's addresses, those that are suppressed because mail to them came back."""


ASK = text(
    """
    SELECT
        (SELECT jsonb_build_array(inbound_id, ticket) FROM effects
          WHERE key = ANY(asked.effect_keys) AND (expires_at IS NULL OR expires_at > now())
            AND inbound_id <> asked.inbound_id
          ORDER BY ticket NULLS LAST, inbound_id LIMIT 1) AS effect,
        (SELECT jsonb_agg(jsonb_build_array(encode(key, 'hex'), ticket, relation) ORDER BY ticket DESC) FROM (
            SELECT key, ticket, relation FROM message_ids WHERE key = ANY(asked.id_keys) ORDER BY ticket DESC LIMIT 100
        ) AS found) AS ids,
        (SELECT jsonb_build_array(c.id, c.name, (SELECT jsonb_agg(jsonb_build_array(key, address) ORDER BY created_at, key)
            FROM client_addresses WHERE client_id = c.id))
          FROM client_addresses a JOIN clients c ON c.id = a.client_id WHERE a.key = asked.author_key) AS client,
        (SELECT count(*) FROM (SELECT FROM automatic_letters
          WHERE address = asked.author_key AND at > now() - interval '1 hour' LIMIT asked.address_bound) AS counted) AS by_address,
        (SELECT count(*) FROM (SELECT FROM automatic_letters
          WHERE domain = asked.domain AND at > now() - interval '1 hour' LIMIT asked.domain_bound) AS counted) AS by_domain,
        CASE WHEN asked.network = '' THEN 0 ELSE (SELECT count(*) FROM (SELECT FROM automatic_letters
          WHERE network = asked.network AND network <> '' AND at > now() - interval '1 hour' LIMIT asked.network_bound) AS counted)
        END AS by_network,
        -- Ids run with time: two look-ups instead of counting the whole hour. Ids that a rollback left unused must not count as letters, so
        -- what seems to be near the bound is counted. Some that were written at the same time may have got their ids in another order.
        CASE WHEN (SELECT max(id) FROM automatic_letters) - (SELECT id FROM automatic_letters
               WHERE at > now() - interval '1 hour' ORDER BY at LIMIT 1) + 1 + :near < asked.overall_bound
             THEN 0
             ELSE (SELECT count(*) FROM (SELECT FROM automatic_letters
               WHERE at > now() - interval '1 hour' LIMIT asked.overall_bound) AS counted)
        END AS overall,
        EXISTS (SELECT FROM automatic_letters
          WHERE address = asked.author_key AND subject_key = asked.subject_key AND at > now() - interval '1 hour') AS same_subject,
        (asked.agent IS NOT NULL AND EXISTS (SELECT FROM outbox_messages o JOIN outbox_recipients r ON r.outbox_id = o.id
          WHERE o.kind = 'held' AND r.address = asked.agent AND o.created_at > now() - interval '1 day')) AS held_told,
        CASE WHEN asked.agent IS NOT NULL
             THEN (SELECT now() - received_at FROM inbound_messages WHERE id = asked.inbound_id) END AS waited,
        (SELECT array_agg(address) FROM suppressions WHERE address IN (asked.author_key, asked.agent) AND cause = 'bounce'
          AND lifted_at IS NULL AND (expires_at IS NULL OR expires_at > now())) AS returns,
        now() AS now
    FROM ROWS FROM (
        jsonb_to_recordset(CAST(:asked AS jsonb)) AS (
            effect_keys bytea[], id_keys bytea[], author_key text, domain text, network text, subject_key bytea, agent text,
            inbound_id bigint, address_bound bigint, domain_bound bigint, network_bound bigint, overall_bound bigint
        )
    ) WITH ORDINALITY AS asked (effect_keys, id_keys, author_key, domain, network, subject_key, agent, inbound_id, address_bound,
        domain_bound, network_bound, overall_bound, n)
    ORDER BY asked.n
    """
)

LOCKED = """
    SELECT number, subject, status, priority, department, gateway, language, client_id, category, assignee, merged_into, created_at,
        written_to,
        now() - closed_at AS closed_for
    FROM tickets WHERE number = ANY(CAST(:numbers AS bigint[])) AND erased_at IS NULL ORDER BY number FOR UPDATE {waiting}
"""
LOCK_TICKETS = text(LOCKED.format(waiting=""))
LOCK_FREE_TICKETS = text(LOCKED.format(waiting="SKIP LOCKED"))
EXISTING_TICKETS = text("SELECT number FROM tickets WHERE number = ANY(CAST(:numbers AS bigint[])) AND erased_at IS NULL")

DETAILS = text(
    """
    SELECT t.number, c.name,
        (SELECT jsonb_agg(jsonb_build_array(key, address) ORDER BY created_at, key) FROM client_addresses WHERE client_id = c.id),
        (SELECT jsonb_agg(jsonb_build_array(key, address, name, part) ORDER BY joined_at, key)
          FROM ticket_participants WHERE ticket = t.number),
        (SELECT jsonb_agg(tag ORDER BY key) FROM ticket_tags WHERE ticket = t.number),
        (SELECT jsonb_agg(id ORDER BY at) FROM (
            SELECT message_id AS id, created_at AS at FROM articles
             WHERE ticket = t.number AND kind = 'client_message' AND verified AND NOT private AND message_id IS NOT NULL
            UNION ALL
            SELECT trim(both '<>' FROM message_id), created_at FROM outbox_messages
             WHERE ticket = t.number AND kind IN ('registered', 'agent_reply')
            UNION ALL
            SELECT trim(both '<>' FROM o.message_id), o.created_at FROM outbox_messages o JOIN tickets m ON m.number = o.ticket
             WHERE m.merged_into = t.number AND o.kind IN ('registered', 'agent_reply')
            ORDER BY at DESC LIMIT 20) AS seen),
        (SELECT message_id FROM articles
          WHERE ticket = t.number AND kind = 'client_message' AND verified AND NOT private AND message_id IS NOT NULL
          ORDER BY id DESC LIMIT 1),
        (SELECT jsonb_agg(jsonb_build_array(author_address, closing) ORDER BY id DESC) FROM (
            SELECT id, author_address, right(text || E'\n' || signature, 2000) AS closing FROM articles
             WHERE ticket = t.number AND author_address IS NOT NULL AND kind IN ('client_message', 'agent_reply') ORDER BY id DESC LIMIT 8
        ) AS latest),
        -- With those of the tickets that were merged into it: merging makes no new room.
        (SELECT count(*) FROM automatic_letters
          WHERE ticket = ANY(ARRAY(SELECT number FROM tickets WHERE merged_into = t.number) || t.number) AND at > now() - interval '1 day')
    FROM tickets t JOIN clients c ON c.id = t.client_id WHERE t.number = ANY(CAST(:numbers AS bigint[]))
    """
)


async def ask(session: AsyncSession, question: Question, inbound_id: int, budget: Budget) -> Answer:
    """Everything about a message that needs no ticket, in one round trip."""
    answer: Answer = await together(session, Turn.KNOWN, ask_all, (question, inbound_id, budget))
    return answer


async def ask_all(session: AsyncSession, asked: Sequence[tuple[Question, int, Budget]]) -> list[Answer]:
    rows = await session.execute(ASK, {"asked": as_json([asked_row(*each) for each in asked]), "near": NEAR})
    return [answer_of(row) for row in rows]


def asked_row(question: Question, inbound_id: int, budget: Budget) -> dict[str, object]:
    return {
        "effect_keys": [as_bytea(each) for each in question.effect_keys],
        "id_keys": [as_bytea(each) for each in question.id_keys],
        "author_key": question.author_key,
        "domain": question.domain,
        "network": question.network,
        "subject_key": as_bytea(question.subject_key),
        "agent": question.agent,
        "inbound_id": inbound_id,
        "address_bound": budget.per_address_hour,
        "domain_bound": budget.per_author_domain_hour,
        "network_bound": budget.per_network_hour,
        "overall_bound": budget.overall_hour,
    }


def as_bytea(value: bytes) -> str:
    """As PostgreSQL writes it."""
    return f"\\x{value.hex()}"


def answer_of(row: Any) -> Answer:
    return Answer(
        effect=Effect(*row.effect) if row.effect else None,
        ids=tuple((bytes.fromhex(key), ticket, relation) for key, ticket, relation in row.ids or ()),
        client=known_client(*row.client) if row.client else None,
        spent=Spent(row.by_address, row.by_domain, row.by_network, row.overall, row.same_subject),
        held_told_recently=row.held_told,
        waited=row.waited or timedelta(0),
        now=row.now,
        returns=frozenset(row.returns or ()),
    )


LETTERS_TO = text(
    """
    SELECT address, (SELECT count(*) FROM (SELECT FROM automatic_letters a
          WHERE a.address = wanted.address AND at > now() - interval '1 hour' LIMIT :bound) AS counted) AS letters
    FROM unnest(CAST(:addresses AS text[])) AS wanted(address)
    """
)


async def letters_to(session: AsyncSession, addresses: Iterable[str], bound: int) -> dict[str, int]:
    """Automatic letters that outside mail caused to each of these normalised addresses within the hour, counted up to `bound`."""
    wanted = set(addresses)
    if not wanted:
        return {}
    counted: dict[str, int] = await together(session, Turn.SPENT, letters_to_all, (wanted, bound))
    return counted


async def letters_to_all(session: AsyncSession, asked: Sequence[tuple[set[str], int]]) -> list[dict[str, int]]:
    wanted = set().union(*(addresses for addresses, _ in asked))
    rows = await session.execute(LETTERS_TO, {"addresses": sorted(wanted), "bound": max(bound for _, bound in asked)})
    found = {row.address: row.letters for row in rows}
    return [{each: min(found[each], bound) for each in addresses} for addresses, bound in asked]


ALSO_ADDRESSED = text(
    "SELECT EXISTS (SELECT FROM ticket_events WHERE ticket = :ticket AND kind = 'also_addressed' AND data ->> 'gateway' = :gateway)"
)


async def was_also_addressed(session: AsyncSession, ticket: int, gateway: str) -> bool:
    """Whether an event of the ticket names this gateway already."""
    return bool(await session.scalar(ALSO_ADDRESSED, {"ticket": ticket, "gateway": gateway}))


LATEST_REPLIES = text(
    """
    SELECT text FROM outbox_messages WHERE ticket = :ticket AND kind = 'agent_reply' AND body_removed_at IS NULL ORDER BY id DESC LIMIT 50
    """
)


async def latest_replies(session: AsyncSession, ticket: int) -> tuple[str, ...]:
    """The texts of the letters that carried agents' words to the client, the newest first."""
    return tuple((await session.execute(LATEST_REPLIES, {"ticket": ticket})).scalars())


async def lock_tickets(session: AsyncSession, numbers: Iterable[int]) -> tuple[KnownTicket, ...]:
    """The tickets of these numbers, and those they were merged into, under `FOR UPDATE` in the order of number."""
    wanted = sorted(set(numbers))
    if not wanted:
        return ()
    found: tuple[KnownTicket, ...] = await together(session, Turn.TICKETS, lock_free_tickets, wanted, alone=lock_all_tickets)
    return found


async def lock_all_tickets(session: AsyncSession, asked: Sequence[Sequence[int]]) -> list[tuple[KnownTicket, ...]]:
    rows = await locked_rows(session, LOCK_TICKETS, {number for wanted in asked for number in wanted})
    rows |= await locked_rows(session, LOCK_TICKETS, merged_into(rows.values()) - set(rows))
    known = await with_details(session, rows)
    return [tuple(known[each] for each in with_survivors(wanted, rows) if each in known) for wanted in asked]


async def lock_free_tickets(session: AsyncSession, asked: Sequence[Sequence[int]]) -> list[tuple[KnownTicket, ...] | Apart]:
    """Whoever names a ticket that somebody has under lock is set apart."""
    wanted = {number for each in asked for number in each}
    rows = await locked_rows(session, LOCK_FREE_TICKETS, wanted)
    rows |= await locked_rows(session, LOCK_FREE_TICKETS, merged_into(rows.values()) - set(rows))
    missing = (wanted | merged_into(rows.values())) - set(rows)
    taken = set((await session.execute(EXISTING_TICKETS, {"numbers": sorted(missing)})).scalars()) if missing else set()
    known = await with_details(session, rows)
    held = Held()
    return [
        Apart("somebody has its ticket under lock")
        if taken.intersection(own)
        else held.take(own) or tuple(known[each] for each in own if each in known)
        for own in (with_survivors(each, rows) for each in asked)
    ]


async def locked_rows(session: AsyncSession, statement: TextClause, numbers: Iterable[int]) -> dict[int, Any]:
    wanted = sorted(numbers)
    return {row.number: row for row in await session.execute(statement, {"numbers": wanted})} if wanted else {}


def merged_into(rows: Iterable[Any]) -> set[int]:
    return {row.merged_into for row in rows if row.merged_into is not None}


def with_survivors(wanted: Sequence[int], rows: Mapping[int, Any]) -> tuple[int, ...]:
    """Those asked for, and then those that they were merged into."""
    merged = merged_into(rows[each] for each in wanted if each in rows)
    return (*wanted, *sorted(merged - set(wanted)))


async def with_details(session: AsyncSession, rows: Mapping[int, Any]) -> dict[int, KnownTicket]:
    if not rows:
        return {}
    details = {row[0]: row for row in (await session.execute(DETAILS, {"numbers": list(rows)})).all()}
    return {number: known_ticket(row, details[number]) for number, row in rows.items()}


def known_ticket(row: Any, detail: Any) -> KnownTicket:
    _, name, addresses, participants, tags, thread, last_message, earlier, answered = detail
    return KnownTicket(
        number=row.number,
        subject=row.subject,
        status=Status(row.status),
        priority=Priority(row.priority),
        department=row.department,
        gateway=row.gateway or "",
        language=row.language,
        client=known_client(row.client_id, name, addresses),
        category=row.category,
        assignee=row.assignee,
        merged_into=row.merged_into,
        participants=tuple(Participant(*each) for each in participants or ()),
        tags=tuple(tags or ()),
        thread=tuple(dict.fromkeys(thread or ())),
        last_message=last_message,
        earlier=tuple((author, closing) for author, closing in earlier or ()),
        closed_for=row.closed_for,
        created_at=row.created_at,
        written_to=row.written_to,
        answered_today=answered,
    )


def known_client(number: int, name: str, addresses: Sequence[tuple[str, str]] | None) -> KnownClient:
    found = addresses or ()
    return KnownClient(number, name, found[0][1] if found else "", tuple(key for key, _ in found))
