"""Tickets without anything that was written on them: number, dates, status and what is counted stay, for statistics and for the order of
numbers."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage import blobs
from storage.erasure import arrived
from storage.erasure.removed import Removed
from storage.webhooks.writing import EVENTS_RETURNED, QUEUED

SUBJECT: Final = {"ru": "(удалено)", "pl": "(usunięto)"}
ELSE_SUBJECT: Final = "(erased)"


async def is_erased(session: AsyncSession, number: int) -> bool:
    return bool(await session.scalar(_IS_ERASED, {"number": number}))


async def of_client(session: AsyncSession, client_id: int, limit: int | None = None) -> list[int]:
    """Numbers of the tickets that are theirs, the oldest first."""
    return list((await session.execute(_OF_CLIENT, {"client": client_id, "limit": limit})).scalars())


async def taking_part(session: AsyncSession, keys: Sequence[str], but: Sequence[int]) -> list[int]:
    """Tickets of others in which these normalised addresses take part."""
    return list((await session.execute(_TAKING_PART, {"keys": list(keys), "but": list(but)})).scalars())


async def merged_into(session: AsyncSession, numbers: Sequence[int]) -> list[int]:
    return list((await session.execute(_MERGED_INTO, {"numbers": list(numbers)})).scalars())


async def in_hand(session: AsyncSession, numbers: Sequence[int]) -> list[int]:
    """Letters of these tickets, and events that webhooks are told of, which senders have in hand at this moment: what goes on the wire now
    should not come after the word that all is erased."""
    return list((await session.execute(_IN_HAND, {"numbers": list(numbers)})).scalars())


async def give_to(session: AsyncSession, client_id: int, other: int) -> None:
    """All tickets of a client to another one."""
    await session.execute(_GIVE, {"client": client_id, "other": other})


async def empty(
    session: AsyncSession, numbers: Sequence[int], why: arrived.Why, data: dict[str, Any], nobody: int | None = None
) -> Removed:
    """`data` is what the tickets' `erased` event says; with `nobody` they become that client's."""
    given = {"numbers": sorted(numbers)}
    await session.execute(_LOCK, given)
    removed = await arrived.empty(session, await arrived.of_tickets(session, numbers), why)
    named = list((await session.execute(_FILES, given)).scalars()) + list((await session.execute(_LETTER_FILES, given)).scalars())
    for table, statement in _GOING:
        rows = (await session.execute(statement, given)).all()
        removed.add(table, (row[0] if len(row) == 1 else tuple(row) for row in rows))
    removed.add("blobs", await blobs.let_go(session, named))
    removed.change("ratings", (await session.execute(_COMMENTS, given)).scalars())
    removed.change("ticket_events", (await session.execute(_EVENTS, given)).scalars())
    shells = {"subjects": json.dumps(SUBJECT), "else": ELSE_SUBJECT, "nobody": nobody}
    removed.change("tickets", (await session.execute(_SHELLS, given | shells)).scalars())
    await session.execute(_ERASED, given | {"data": json.dumps(data)})
    return removed


_MINE: Final = "ticket = ANY(CAST(:numbers AS bigint[]))"
_ARTICLES: Final = f"(SELECT id FROM articles WHERE {_MINE})"  # noqa: S608
_LETTERS: Final = f"(SELECT id FROM outbox_messages WHERE {_MINE})"  # noqa: S608

_IS_ERASED: Final = text("SELECT erased_at IS NOT NULL FROM tickets WHERE number = :number")
_OF_CLIENT: Final = text("SELECT number FROM tickets WHERE client_id = :client ORDER BY number LIMIT CAST(:limit AS bigint)")
_GIVE: Final = text("UPDATE tickets SET client_id = :other WHERE client_id = :client")
_TAKING_PART: Final = text("""
    SELECT DISTINCT ticket FROM ticket_participants
    WHERE key = ANY(CAST(:keys AS text[])) AND ticket <> ALL(CAST(:but AS bigint[])) ORDER BY ticket
""")
_MERGED_INTO: Final = text("SELECT number FROM tickets WHERE merged_into = ANY(CAST(:numbers AS bigint[])) AND erased_at IS NULL")
_IN_HAND: Final = text(f"""
    SELECT id FROM outbox_messages WHERE {_MINE} AND state = 'leased' AND lease_until > now()
    UNION ALL SELECT id FROM webhook_deliveries WHERE {_MINE} AND state = 'leased' AND lease_until > now()
""")  # noqa: S608
_LOCK: Final = text("SELECT number FROM tickets WHERE number = ANY(CAST(:numbers AS bigint[])) ORDER BY number FOR UPDATE")
_FILES: Final = text(f"SELECT sha256 FROM attachments WHERE article_id IN {_ARTICLES}")  # noqa: S608
_LETTER_FILES: Final = text(f"""
    SELECT decode(file ->> 'sha256', 'hex') FROM outbox_messages, jsonb_array_elements(attachments) AS file WHERE {_MINE}
""")  # noqa: S608

_GOING: Final = (
    ("attachments", text(f"DELETE FROM attachments WHERE article_id IN {_ARTICLES} RETURNING id")),  # noqa: S608
    ("articles", text(f"DELETE FROM articles WHERE {_MINE} RETURNING id")),  # noqa: S608
    ("outbox_attempts", text(f"DELETE FROM outbox_attempts WHERE outbox_id IN {_LETTERS} RETURNING id")),  # noqa: S608
    ("outbox_recipients", text(f"DELETE FROM outbox_recipients WHERE outbox_id IN {_LETTERS} RETURNING id")),  # noqa: S608
    ("outbox_messages", text(f"DELETE FROM outbox_messages WHERE {_MINE} RETURNING id")),  # noqa: S608
    ("digest_items", text(f"DELETE FROM digest_items WHERE {_MINE} RETURNING id")),  # noqa: S608
    ("unanswered_rules", text(f"DELETE FROM unanswered_rules WHERE {_MINE} RETURNING ticket, rule, waiting_since")),  # noqa: S608
    ("ticket_participants", text(f"DELETE FROM ticket_participants WHERE {_MINE} RETURNING ticket, key")),  # noqa: S608
    ("message_ids", text(f"DELETE FROM message_ids WHERE {_MINE} RETURNING key, ticket, relation")),  # noqa: S608
    ("automatic_letters", text(f"DELETE FROM automatic_letters WHERE {_MINE} RETURNING id")),  # noqa: S608
    ("webhook_deliveries", text(f"DELETE FROM webhook_deliveries WHERE {_MINE} RETURNING id")),  # noqa: S608
)

_COMMENTS: Final = text(f"UPDATE ratings SET comment = '' WHERE {_MINE} AND comment <> '' RETURNING id")  # noqa: S608

# What statistics are made of stays; words do not.
_EVENTS: Final = text(f"""
    UPDATE ticket_events SET actor = CASE WHEN actor_role = 'agent' THEN actor END,
        data = CASE WHEN kind IN ('created', 'status_changed', 'assigned', 'department_changed', 'category_changed', 'priority_changed',
                                  'reopened', 'merged', 'rated')
            THEN coalesce((SELECT jsonb_object_agg(key, value) FROM jsonb_each(data)
                WHERE key IN ('from', 'to', 'into', 'department', 'gateway', 'score', 'related')), '{{}}')
            ELSE '{{}}' END
    WHERE {_MINE} AND kind <> 'erased' RETURNING id
""")  # noqa: S608

_SHELLS: Final = text("""
    UPDATE tickets SET subject = coalesce(CAST(:subjects AS jsonb) ->> language, :else), rating_comment = NULL, client_waiting_since = NULL,
        erased_at = now(), updated_at = now(), client_id = coalesce(CAST(:nobody AS bigint), client_id),
        -- Nobody is there any more to be answered.
        status = CASE WHEN status IN ('new', 'open', 'pending') THEN 'closed' ELSE status END,
        closed_at = CASE WHEN status = 'resolved' THEN closed_at ELSE coalesce(closed_at, now()) END
    WHERE number = ANY(CAST(:numbers AS bigint[])) RETURNING number
""")

_ERASED: Final = text(f"""
    WITH events AS (
        INSERT INTO ticket_events (ticket, kind, actor_role, data)
        SELECT number, 'erased', 'system', CAST(:data AS jsonb) FROM unnest(CAST(:numbers AS bigint[])) AS number
        {EVENTS_RETURNED}
    ) {QUEUED}
""")  # noqa: S608
