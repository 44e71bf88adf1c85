"""What somebody wrote into tickets of others: the words go, their place in the conversation stays."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage import blobs
from storage.erasure.removed import Removed


async def written_by(session: AsyncSession, spellings: Sequence[str], tickets: Sequence[int]) -> list[int]:
    return list((await session.execute(_WRITTEN, {"spellings": list(spellings), "tickets": list(tickets)})).scalars())


async def blank(session: AsyncSession, articles: Sequence[int], words: str) -> Removed:
    """`words` stand in the place of the text."""
    removed, given = Removed(), {"articles": sorted(articles)}
    if articles:
        named = list((await session.execute(_FILES, given)).all())
        removed.add("attachments", (row.id for row in named))
        removed.add("blobs", await blobs.let_go(session, [row.sha256 for row in named]))
        removed.change("articles", (await session.execute(_BLANK, given | {"words": words})).scalars())
    return removed


_WRITTEN: Final = text("""
    SELECT id FROM articles WHERE ticket = ANY(CAST(:tickets AS bigint[])) AND lower(author_address) = ANY(CAST(:spellings AS text[]))
    ORDER BY id
""")
_THESE: Final = "ANY(CAST(:articles AS bigint[]))"
_FILES: Final = text(f"DELETE FROM attachments WHERE article_id = {_THESE} RETURNING id, sha256")  # noqa: S608
_BLANK: Final = text(f"""
    UPDATE articles SET text = :words, quoted_text = '', signature = '', html = NULL, author_name = '', author_address = NULL,
        message_id = NULL
    WHERE id = {_THESE} RETURNING id
""")  # noqa: S608
