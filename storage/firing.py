"""What rules fire on that no mail brings: events of tickets, each once, and clients who are kept waiting.

Ids of events are drawn before their transactions commit, so a higher one may be seen first. A look notes the newest id there is, and then
the number of its own transaction: once all with lower numbers have ended, no id up to that one can turn up any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.firing import Happened, KeptWaiting, LastMail
from gateway.domain.states import EventKind, Role

BEFELL: Final = (
    EventKind.HELD,
    EventKind.SILENCED,
    EventKind.DELIVERY_DELAYED,
    EventKind.DELIVERY_FAILED,
    EventKind.BOUNCED,
    EventKind.COMPLAINED,
)
"""Events that nobody meant, most of them of our own letters."""


@dataclass(frozen=True, slots=True)
class Span:
    """Events after one id up to another, all of which have been committed or never will be."""

    after: int
    until: int


async def look(session: AsyncSession) -> Span:
    """What has happened since rules were last fired. Begins a transaction: the numbers that it compares are of that moment."""
    row = (await session.execute(_LOOK)).one()
    done, noted, before = row.done, row.noted, row.before
    own = int(await session.scalar(_OWN_NUMBER) or 0)
    oldest = int(await session.scalar(_OLDEST_NUMBER) or 0)
    until = done
    if oldest >= own:
        until, noted, before = row.newest, None, None
    elif before is None:
        noted, before = row.newest, own
    elif oldest >= before or own < before:
        # A database that was restored from a dump counts its transactions anew.
        until, noted, before = noted, row.newest, own
    await session.execute(_NOTE, {"done": done, "noted": noted, "before": before})
    return Span(done, max(until, done))


async def events(session: AsyncSession, span: Span, kinds: Sequence[EventKind], most: int) -> list[Happened]:
    """The first of these kinds: what people did, but not what rules changed while they took a mail in; and of what befell the
    ticket the first of its kind in a day, for the letter that a rule sends may be lost as well."""
    given = {"after": span.after, "until": span.until, "kinds": list(kinds), "befell": list(BEFELL), "most": most}
    rows = await session.execute(_EVENTS, given)
    return [Happened(row.id, row.ticket, EventKind(row.kind), Role(row.actor_role), row.inbound_id) for row in rows]


async def advance(session: AsyncSession, to: int) -> bool:
    """Whether it was this transaction that went past the event; nobody else does until it ends."""
    return (await session.execute(_ADVANCE, {"to": to})).one_or_none() is not None


async def waiting(session: AsyncSession, rules: Sequence[tuple[str, float]], most: int) -> list[int]:
    """Numbers of tickets whose client has waited for a rule's hours, where it has not fired on that: those that come after the last ones,
    for a rule that asks for more may fit none of these."""
    if not rules:
        return []
    names, hours = [name for name, _ in rules], [each for _, each in rules]
    found = list(await session.scalars(_WAITING, {"names": names, "hours": hours, "least": min(hours), "most": most}))
    await session.execute(_WENT_TO, {"ticket": found[-1] if len(found) == most else 0})
    return found


async def kept_waiting(session: AsyncSession, ticket: int) -> KeptWaiting | None:
    """None where nobody waits any more. The ticket is under lock."""
    row = (await session.execute(_KEPT_WAITING, {"ticket": ticket})).one_or_none()
    return KeptWaiting(row.since, frozenset(row.fired or ())) if row is not None else None


async def note_fired(session: AsyncSession, ticket: int, rules: Sequence[str], since: datetime) -> None:
    await session.execute(_FIRED, {"ticket": ticket, "rules": list(rules), "since": since})


async def last_mail(session: AsyncSession, ticket: int) -> LastMail | None:
    """None where the client never wrote by mail, or it is gone."""
    row = (await session.execute(_LAST_MAIL, {"ticket": ticket})).one_or_none()
    return LastMail(row.kind or "message", row.reverse_path, bool(row.disowned), row.silenced, row.aligned) if row is not None else None


# A desk that fires rules for the first time leaves its past alone; what happened while it was starting is not past.
_LOOK: Final = text("""
    SELECT coalesce(CAST(c.value ->> 'done' AS bigint),
            (SELECT id FROM ticket_events WHERE at < now() - interval '10 minutes' ORDER BY id DESC LIMIT 1), 0) AS done,
        CAST(c.value ->> 'noted' AS bigint) AS noted, CAST(c.value ->> 'before' AS bigint) AS before,
        coalesce((SELECT max(id) FROM ticket_events), 0) AS newest
    FROM (VALUES (1)) AS one LEFT JOIN controls c ON c.name = 'rules'
""")
_OWN_NUMBER: Final = text("SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)")
_OLDEST_NUMBER: Final = text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)")

_NOTE: Final = text("""
    INSERT INTO controls (name, value)
    SELECT 'rules', jsonb_build_object('done', CAST(:done AS bigint), 'noted', CAST(:noted AS bigint), 'before', CAST(:before AS bigint))
    ON CONFLICT (name) DO UPDATE SET changed_at = now(), value = controls.value || excluded.value || jsonb_build_object(
        'done', greatest(CAST(controls.value ->> 'done' AS bigint), CAST(excluded.value ->> 'done' AS bigint)))
""")

_ADVANCE: Final = text("""
    UPDATE controls SET value = value || jsonb_build_object('done', CAST(:to AS bigint)), changed_at = now()
    WHERE name = 'rules' AND CAST(value ->> 'done' AS bigint) < :to RETURNING name
""")

_EVENTS: Final = text("""
    SELECT id, ticket, kind, actor_role, inbound_id FROM ticket_events e
    WHERE id > :after AND id <= :until AND kind = ANY(CAST(:kinds AS text[]))
      AND (CASE WHEN kind = ANY(CAST(:befell AS text[])) THEN NOT EXISTS (
            SELECT FROM ticket_events o
            WHERE o.ticket = e.ticket AND o.kind = e.kind AND o.id < e.id AND o.at > e.at - interval '1 day')
        ELSE actor_role <> 'system' END)
      AND NOT (kind IN ('status_changed', 'assigned', 'department_changed', 'category_changed', 'priority_changed', 'tagged', 'cc_changed')
        AND inbound_id IS NOT NULL AND EXISTS (
            SELECT FROM ticket_events r WHERE r.ticket = e.ticket AND r.inbound_id = e.inbound_id AND r.kind = 'rule_applied'))
    ORDER BY id LIMIT :most
""")

_WAITING: Final = text("""
    SELECT number FROM tickets t
    WHERE client_waiting_since <= now() - CAST(:least AS float8) * interval '1 hour' AND merged_into IS NULL
      AND number > coalesce((SELECT CAST(value ->> 'ticket' AS bigint) FROM controls WHERE name = 'rules'), 0)
      AND EXISTS (
        SELECT FROM unnest(CAST(:names AS text[]), CAST(:hours AS float8[])) AS r(name, hours)
        WHERE t.client_waiting_since <= now() - r.hours * interval '1 hour' AND NOT EXISTS (
            SELECT FROM unanswered_rules u WHERE u.ticket = t.number AND u.rule = r.name AND u.waiting_since = t.client_waiting_since))
    ORDER BY number LIMIT :most
""")

_WENT_TO: Final = text("""
    UPDATE controls SET value = value || jsonb_build_object('ticket', CAST(:ticket AS bigint)), changed_at = now()
    WHERE name = 'rules' AND CAST(value ->> 'ticket' AS bigint) IS DISTINCT FROM :ticket
""")

_KEPT_WAITING: Final = text("""
    SELECT client_waiting_since AS since,
        (SELECT array_agg(rule) FROM unanswered_rules WHERE ticket = t.number AND waiting_since = t.client_waiting_since) AS fired
    FROM tickets t WHERE number = :ticket AND client_waiting_since IS NOT NULL AND merged_into IS NULL
""")

_FIRED: Final = text("""
    INSERT INTO unanswered_rules (ticket, rule, waiting_since) SELECT :ticket, rule, :since FROM unnest(CAST(:rules AS text[])) AS rule
    ON CONFLICT DO NOTHING
""")

_LAST_MAIL: Final = text("""
    SELECT i.kind, i.reverse_path,
        i.dmarc = 'fail' AND NOT coalesce(i.verdict @> '{"aligned": true, "source": "arc"}', false) AS disowned,
        (SELECT data ->> 'why' FROM ticket_events WHERE ticket = a.ticket AND inbound_id = i.id AND kind = 'silenced' LIMIT 1) AS silenced,
        coalesce(i.verdict @> '{"aligned": true}', false) AS aligned
    FROM articles a JOIN inbound_messages i ON i.id = a.inbound_id
    WHERE a.ticket = :ticket AND a.kind = 'client_message' ORDER BY a.id DESC LIMIT 1
""")
