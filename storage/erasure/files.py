"""Files that name somebody: a look through all of them, and taking them off what they are attached to."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import LargeBinary, bindparam, text
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.ext.asyncio import AsyncSession

from storage import blobs
from storage.erasure.removed import Removed
from storage.webhooks.writing import EVENTS_RETURNED, QUEUED


async def kept(session: AsyncSession, after: bytes, limit: int) -> list[tuple[bytes, int]]:
    """SHA-256 and size, in the order of the former."""
    return [(row.sha256, row.size) for row in await session.execute(_KEPT, {"after": after, "limit": limit})]


async def of_tickets(session: AsyncSession, numbers: Sequence[int]) -> list[bytes]:
    """SHA-256 of what is attached to their articles."""
    return list((await session.execute(_OF_TICKETS, {"numbers": list(numbers)})).scalars())


async def content(session: AsyncSession, sha256: bytes) -> bytes:
    found: bytes | None = (await session.execute(_CONTENT, {"sha256": sha256})).scalar_one_or_none()
    return found or b""


async def taken_off(session: AsyncSession, sha256: bytes) -> tuple[Removed, list[int]]:
    """Off all articles and letters; returns the numbers of their tickets as well. Letters are locked first, as everywhere."""
    removed, given = Removed(), {"sha256": sha256, "name": sha256.hex()}
    letters = (await session.execute(_OFF_LETTERS, given)).all()
    attachments = (await session.execute(_OFF_ARTICLES, given)).all()
    removed.change("outbox_messages", (row.id for row in letters))
    removed.add("attachments", (row.id for row in attachments))
    times = len(attachments) + sum(row.times for row in letters)
    removed.add("blobs", await blobs.let_go(session, [sha256] * times))
    if not times:
        # Nothing names it, so nothing is lost by it.
        removed.add("blobs", (await session.execute(_DROP, {"sha256": sha256})).scalars())
    return removed, sorted({row.ticket for row in (*letters, *attachments) if row.ticket is not None})


async def note(session: AsyncSession, numbers: Sequence[int], data: str) -> None:
    """An `erased` event on each of these tickets."""
    await session.execute(_NOTE, {"numbers": list(numbers), "data": data})


_KEPT: Final = text("SELECT sha256, size FROM blobs WHERE sha256 > :after ORDER BY sha256 LIMIT :limit").bindparams(
    bindparam("after", type_=BYTEA)
)
_OF_TICKETS: Final = text("""
    SELECT DISTINCT t.sha256 FROM attachments t JOIN articles a ON a.id = t.article_id WHERE a.ticket = ANY(CAST(:numbers AS bigint[]))
""")
_SHA: Final = bindparam("sha256", type_=LargeBinary)
_CONTENT: Final = text("SELECT content FROM blobs WHERE sha256 = :sha256").bindparams(_SHA)
_DROP: Final = text("DELETE FROM blobs WHERE sha256 = :sha256 AND refs = 0 RETURNING sha256").bindparams(_SHA)
_OFF_ARTICLES: Final = text("""
    DELETE FROM attachments t USING articles a WHERE t.sha256 = :sha256 AND a.id = t.article_id RETURNING t.id, a.ticket
""").bindparams(_SHA)
_OFF_LETTERS: Final = text("""
    WITH named AS (
        SELECT id, (SELECT count(*) FROM jsonb_array_elements(attachments) AS file WHERE file ->> 'sha256' = :name) AS times
        FROM outbox_messages WHERE attachments @> jsonb_build_array(jsonb_build_object('sha256', CAST(:name AS text))) FOR UPDATE
    )
    UPDATE outbox_messages m SET attachments = coalesce((
        SELECT jsonb_agg(file ORDER BY place) FROM jsonb_array_elements(m.attachments) WITH ORDINALITY AS each (file, place)
        WHERE file ->> 'sha256' <> :name), '[]')
    FROM named WHERE m.id = named.id RETURNING m.id, m.ticket, named.times
""")
_NOTE: Final = text(f"""
    WITH events AS (
        INSERT INTO ticket_events (ticket, kind, actor_role, data)
        SELECT number, 'erased', 'system', CAST(:data AS jsonb) FROM unnest(CAST(:numbers AS bigint[])) AS number
        {EVENTS_RETURNED}
    ) {QUEUED}
""")  # noqa: S608
