"""The index of tickets' words: what is to be read anew, what it is read from, and writing it; and stems of PostgreSQL's dictionaries.

Triggers (migration 0019) say which tickets are due, and take a ticket's words out in the very transaction in which some of them go.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

MOST_STEMS: Final = 200_000
"""Remembered by a process: more words than any desk's letters are made of."""
ARTICLE: Final = 60_000
"""Characters of one article that are read, and of its quoted text in the ticket's first."""
ARTICLES: Final = 200
"""Of one ticket, the newest."""


class Stems:
    """Of folded words, by PostgreSQL's dictionaries: English for Latin letters, Russian for Cyrillic ones. What was asked once is known."""

    def __init__(self) -> None:
        self._known: dict[str, str | None] = {}

    async def of(self, session: AsyncSession, words: Collection[str]) -> Mapping[str, str | None]:
        """At least these words'; None for those that say nothing."""
        if len(self._known) > MOST_STEMS:
            self._known.clear()
        missing = [each for each in words if each not in self._known]
        if missing:
            for row in await session.execute(_STEMS, {"words": missing}):
                self._known[row.word] = row.stem
        return self._known


@dataclass(frozen=True, slots=True)
class Written:
    text: str
    quoted_text: str
    signature: str
    author: str
    files: Sequence[str]


@dataclass(frozen=True, slots=True)
class Readable:
    """What a ticket is found by. `numbers` are its own and of those merged into it, `people` the client's name and addresses; `articles`
    stand with the newest first, and none but a ticket's first has its quoted text."""

    number: int
    numbers: Sequence[int]
    language: str
    subject: str
    people: Sequence[str]
    articles: Sequence[Written] = field(default=())


async def take_due(session: AsyncSession, limit: int) -> list[int]:
    """Numbers of tickets to be read in this transaction, what is due last first. Empty as well while somebody takes words away, or another
    process reads: then it is tried again."""
    if not await session.scalar(_ALONE):
        return []
    return sorted(set((await session.execute(_TAKE, {"limit": limit})).scalars()))


async def readable(session: AsyncSession, numbers: Sequence[int]) -> list[Readable]:
    """Of those that are there and have not become part of another."""
    given = {"numbers": list(numbers)}
    written: dict[int, list[Written]] = {}
    for row in await session.execute(_ARTICLES, given | {"most": ARTICLE, "articles": ARTICLES}):
        one = Written(row.text, row.quoted_text, row.signature, f"{row.author_name} {row.author_address or ''}", row.files or ())
        written.setdefault(row.ticket, []).append(one)
    return [
        Readable(row.number, (row.number, *row.merged), row.language, row.subject, row.people, written.get(row.number, ()))
        for row in await session.execute(_TICKETS, given)
    ]


async def write(session: AsyncSession, numbers: Sequence[int], vectors: Mapping[int, str]) -> None:
    """`vectors`, in PostgreSQL's notation, in place of whatever these tickets had: those without one are not found any more."""
    await session.execute(_GONE, {"numbers": [each for each in numbers if each not in vectors]})
    if vectors:
        await session.execute(_WRITE, {"numbers": list(vectors), "vectors": list(vectors.values())})


async def mail_at_hand(session: AsyncSession, most: int) -> int:
    """How many messages wait for an intake at this moment, or are in one's hands, counted up to `most` of each."""
    return int(await session.scalar(_AT_HAND, {"most": most}) or 0)


async def due(session: AsyncSession) -> int:
    """How many readings wait, for whoever asks how far the index is behind."""
    return int(await session.scalar(_DUE) or 0)


# The same as in migration 0019, whose triggers share it. Trying never waits, and so nobody waits behind it.
LOCK: Final = "hashtextextended('deskgate search', 0)"
_ALONE: Final = text(f"SELECT pg_try_advisory_xact_lock({LOCK})")
_TAKE: Final = text("""
    DELETE FROM search_due WHERE id IN (SELECT id FROM search_due ORDER BY id DESC LIMIT :limit FOR UPDATE SKIP LOCKED) RETURNING ticket
""")
_DUE: Final = text("SELECT count(*) FROM search_due")
_AT_HAND: Final = text("""
    SELECT (SELECT count(*) FROM (SELECT FROM inbound_messages WHERE state = 'queued' AND due_at <= now() LIMIT :most) AS waiting)
        + (SELECT count(*) FROM (SELECT FROM inbound_messages WHERE state = 'leased' LIMIT :most) AS taken)
""")
_STEMS: Final = text("""
    SELECT word, CASE WHEN stems = '{}' THEN NULL ELSE coalesce(stems[1], word) END AS stem
    FROM (SELECT word, CASE WHEN word ~ '^[a-z]+$' THEN ts_lexize('pg_catalog.english_stem', word)
                            ELSE ts_lexize('pg_catalog.russian_stem', word) END AS stems
          FROM unnest(CAST(:words AS text[])) AS word) AS stemmed
""")
_TICKETS: Final = text("""
    SELECT t.number, t.subject, t.language,
        (SELECT coalesce(array_agg(number ORDER BY number), '{}') FROM tickets WHERE merged_into = t.number) AS merged,
        (SELECT coalesce(array_agg(address ORDER BY created_at, key), '{}') FROM client_addresses WHERE client_id = c.id) || c.name
            AS people
    FROM tickets t JOIN clients c ON c.id = t.client_id
    WHERE t.number = ANY(CAST(:numbers AS bigint[])) AND t.merged_into IS NULL ORDER BY t.number
""")
_ARTICLES: Final = text("""
    SELECT a.ticket, left(a.text, :most) AS text, left(a.signature, :most) AS signature, a.author_name, a.author_address,
        CASE WHEN a.id = first.id THEN left(a.quoted_text, :most) ELSE '' END AS quoted_text,
        (SELECT array_agg(filename ORDER BY id) FROM attachments WHERE article_id = a.id AND NOT inline) AS files
    FROM unnest(CAST(:numbers AS bigint[])) AS asked (number),
        LATERAL (SELECT min(id) AS id FROM articles WHERE ticket = asked.number) AS first,
        LATERAL (SELECT * FROM articles WHERE ticket = asked.number ORDER BY id DESC LIMIT :articles) AS a
    ORDER BY a.ticket, a.id DESC
""")
_GONE: Final = text("DELETE FROM ticket_search WHERE ticket = ANY(CAST(:numbers AS bigint[]))")
_WRITE: Final = text("""
    INSERT INTO ticket_search (ticket, words)
    SELECT * FROM unnest(CAST(:numbers AS bigint[]), CAST(CAST(:vectors AS text[]) AS tsvector[]))
    ON CONFLICT (ticket) DO UPDATE SET words = excluded.words
""")
