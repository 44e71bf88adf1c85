"""Probes: what was sent to which outside address, and what came back. Times are the database's."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import ARRAY, Double, Text, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.facts import SentLetter
from gateway.domain.probes import Arrival, KnownProbe, Place, Probe, ProbeLetter
from gateway.domain.states import OutboxState

KEPT_DAYS: Final = 90
"""For which what became of a probe is kept; the latest of an address that ever worked, and its latest success, for ever."""


async def begin(session: AsyncSession, address: str, author: str) -> int:
    """The number of a new probe; its letter is written in the same transaction."""
    number: int = (await session.execute(_BEGIN, {"address": address, "author": author})).scalar_one()
    return number


async def sent_by(session: AsyncSession, number: int, outbox_id: int) -> None:
    await session.execute(_SENT_BY, {"number": number, "outbox_id": outbox_id})


async def known(session: AsyncSession, number: int) -> KnownProbe | None:
    """Until the transaction ends nobody else takes its arrival down."""
    row = (await session.execute(_KNOWN, {"number": number})).one_or_none()
    return None if row is None else KnownProbe(row.id, row.address, row.author, row.arrived_at is not None)


async def letter_of(session: AsyncSession, number: int) -> SentLetter | None:
    """The letter that a report with the probe's mark is about."""
    row = (await session.execute(_LETTER_OF, {"number": number})).first()
    return SentLetter(*row) if row is not None else None


async def arrived(session: AsyncSession, number: int, inbound_id: int | None, arrival: Arrival) -> None:
    """The first arrival counts."""
    values = {"number": number, "inbound_id": inbound_id, "arrival": json.dumps(asdict(arrival)), "works": arrival.works}
    await session.execute(_ARRIVED, values)


async def answered(session: AsyncSession, number: int) -> None:
    """A program at the address did."""
    await session.execute(_ANSWERED, {"number": number})


async def give_up(session: AsyncSession, number: int) -> None:
    """Nobody waits for it any longer."""
    await session.execute(_GIVE_UP, {"number": number})


async def give_up_all(session: AsyncSession, after_seconds: float) -> int:
    """Those that are older; how many."""
    return len((await session.execute(_GIVE_UP_ALL, {"after": after_seconds})).all())


async def alarm(session: AsyncSession, number: int, *, failed: bool) -> None:
    """Agents were told what this probe showed."""
    await session.execute(_ALARM, {"number": number, "failed": failed})


async def latest(session: AsyncSession, addresses: Collection[str] | None = None) -> dict[str, Probe]:
    """The newest probe to each of these normalised addresses, or to all that there ever were; those without any are left out."""
    rows = await session.execute(_LATEST, {"addresses": None if addresses is None else sorted(addresses)})
    return {row.address: _probe(row) for row in rows}


async def show(session: AsyncSession, number: int) -> Probe | None:
    row = (await session.execute(_SHOW, {"number": number})).one_or_none()
    return None if row is None else _probe(row)


async def forget(session: AsyncSession) -> int:
    """How many rows."""
    return len((await session.execute(_FORGET, {"days": KEPT_DAYS})).all())


def _probe(row: Any) -> Probe:
    letter = None
    if row.outbox_state is not None:
        letter = ProbeLetter(row.outbox_id, OutboxState(row.outbox_state), row.attempts, row.reply)
    return Probe(
        number=row.id,
        address=row.address,
        author=row.author,
        sent_at=row.sent_at,
        letter=letter,
        arrived_at=row.arrived_at,
        inbound_id=row.inbound_id,
        arrival=None if row.arrival is None else _arrival(row.arrival),
        given_up_at=row.given_up_at,
        answered=row.answered,
        last_success_at=row.last_success_at,
        last_gateway=row.last_gateway,
        alarmed=bool(row.last_alarm),
    )


def _arrival(kept: Mapping[str, Any]) -> Arrival:
    values = dict(kept) | {name: tuple(kept[name]) for name in ("to", "sealers")}
    return Arrival(**values | {"places": tuple(Place(**each) for each in kept["places"])})


_BEGIN: Final = text("INSERT INTO forwarding_probes (address, author) VALUES (:address, :author) RETURNING id")

_SENT_BY: Final = text("UPDATE forwarding_probes SET outbox_id = :outbox_id WHERE id = :number")

_KNOWN: Final = text("SELECT id, address, author, arrived_at FROM forwarding_probes WHERE id = :number FOR UPDATE")

_LETTER_OF: Final = text("""
    SELECT o.id, r.id AS recipient, r.address, o.ticket, o.kind, o.agent
    FROM forwarding_probes p JOIN outbox_messages o ON o.id = p.outbox_id JOIN outbox_recipients r ON r.outbox_id = o.id
    WHERE p.id = :number AND o.kind = 'probe'
    ORDER BY r.position LIMIT 1
""")

_ARRIVED: Final = text("""
    UPDATE forwarding_probes SET arrival = CAST(:arrival AS jsonb), works = :works, inbound_id = CAST(:inbound_id AS bigint),
        arrived_at = coalesce((SELECT received_at FROM inbound_messages WHERE id = CAST(:inbound_id AS bigint)), now())
    WHERE id = :number AND arrived_at IS NULL
""")

_ANSWERED: Final = text("UPDATE forwarding_probes SET answered = true WHERE id = :number")

_GIVE_UP: Final = text("UPDATE forwarding_probes SET given_up_at = now() WHERE id = :number AND arrived_at IS NULL AND given_up_at IS NULL")

_GIVE_UP_ALL: Final = text("""
    UPDATE forwarding_probes SET given_up_at = now()
    WHERE arrived_at IS NULL AND given_up_at IS NULL AND sent_at < now() - make_interval(secs => :after) RETURNING id
""").bindparams(bindparam("after", type_=Double))

_ALARM: Final = text("UPDATE forwarding_probes SET alarmed = :failed WHERE id = :number")

_FIELDS: Final = """
    p.id, p.address, p.author, p.outbox_id, p.sent_at, p.arrived_at, p.inbound_id, p.arrival, p.given_up_at, p.answered,
    o.state AS outbox_state, o.attempts, coalesce(r.reply, o.last_error) AS reply,
    (SELECT max(s.arrived_at) FROM forwarding_probes s WHERE s.address = p.address AND s.works) AS last_success_at,
    (SELECT g.arrival ->> 'gateway' FROM forwarding_probes g
      WHERE g.address = p.address AND g.arrival IS NOT NULL ORDER BY g.id DESC LIMIT 1) AS last_gateway,
    (SELECT a.alarmed FROM forwarding_probes a
      WHERE a.address = p.address AND a.alarmed IS NOT NULL ORDER BY a.id DESC LIMIT 1) AS last_alarm
    FROM forwarding_probes p
    LEFT JOIN outbox_messages o ON o.id = p.outbox_id
    LEFT JOIN outbox_recipients r ON r.outbox_id = o.id AND r.position = 0
"""

_LATEST: Final = (
    text(f"""
        SELECT {_FIELDS}
        WHERE p.id IN (SELECT max(id) FROM forwarding_probes
            WHERE CAST(:addresses AS text[]) IS NULL OR address = ANY(CAST(:addresses AS text[])) GROUP BY address)
        ORDER BY p.address
    """)  # noqa: S608  the fields are ours
    .bindparams(bindparam("addresses", type_=ARRAY(Text)))
    .columns(arrival=JSONB)
)

_SHOW: Final = text(f"SELECT {_FIELDS} WHERE p.id = :number").columns(arrival=JSONB)

_FORGET: Final = text("""
    DELETE FROM forwarding_probes p WHERE sent_at < now() - make_interval(days => :days)
        AND id NOT IN (SELECT max(id) FROM forwarding_probes GROUP BY address HAVING bool_or(works))
        AND id NOT IN (SELECT max(id) FROM forwarding_probes WHERE works GROUP BY address)
        AND id NOT IN (SELECT max(id) FROM forwarding_probes WHERE alarmed IS NOT NULL GROUP BY address)
    RETURNING id
""")
