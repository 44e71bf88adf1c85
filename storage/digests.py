"""What agents who are told by digest are still to be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.states import LetterKind
from storage.company import Turn, together
from storage.statements import OF_A_KNOWN_KIND, as_json


@dataclass(frozen=True, slots=True)
class DigestItem:
    """One notification that was not sent by itself. `effect` is that of the letter it would have been: gathered twice, it is told once."""

    agent: str
    language: str
    ticket: int
    kind: LetterKind
    data: dict[str, Any]
    effect: bytes


@dataclass(frozen=True, slots=True)
class Told:
    id: int
    ticket: int
    kind: LetterKind
    data: dict[str, Any]
    at: datetime


async def add_items(session: AsyncSession, items: Sequence[DigestItem]) -> None:
    if items:
        await together(session, Turn.DIGESTS, _add_all, items)


async def _add_all(session: AsyncSession, asked: Sequence[Sequence[DigestItem]]) -> Sequence[None]:
    rows = [
        {
            "agent": each.agent,
            "language": each.language,
            "ticket": each.ticket,
            "kind": each.kind,
            "data": each.data,
            "effect": each.effect.hex(),
        }
        for items in asked
        for each in items
    ]
    await session.execute(_ADD, {"items": as_json(rows)})
    return [None] * len(asked)


async def waiting_agents(session: AsyncSession) -> dict[str, float]:
    """Agents with something to tell, and for how many seconds the oldest of it has waited."""
    return {row.agent: row.seconds for row in await session.execute(_WAITING)}


async def take(session: AsyncSession, agent: str, most: int) -> list[Told]:
    """The oldest items of an agent, which are gone with this transaction."""
    rows = (await session.execute(_TAKE, {"agent": agent, "most": most})).all()
    return [Told(row.id, row.ticket, LetterKind(row.kind), row.data, row.at) for row in sorted(rows, key=lambda row: row.id)]


_ADD: Final = text("""
    INSERT INTO digest_items (agent, language, ticket, kind, data, effect)
    SELECT agent, language, ticket, kind, data, decode(effect, 'hex') FROM jsonb_to_recordset(CAST(:items AS jsonb))
        AS x(agent text, language text, ticket bigint, kind text, data jsonb, effect text)
    ON CONFLICT (effect) DO NOTHING
""")

_WAITING: Final = text(f"""
    SELECT agent, extract(epoch FROM now() - min(at)) AS seconds FROM digest_items WHERE {OF_A_KNOWN_KIND} GROUP BY agent ORDER BY agent
""")  # noqa: S608

_TAKE: Final = text(f"""
    DELETE FROM digest_items WHERE id IN (
        SELECT id FROM digest_items WHERE agent = :agent AND {OF_A_KNOWN_KIND} ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
    ) RETURNING id, ticket, kind, data, at
""")  # noqa: S608
