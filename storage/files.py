"""Files of letters that went out as links, and of tickets: what a link leads to, and its bytes a piece at a time."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class LinkedFile:
    """`sha256` is its content's, `size` in octets. `content_type` is what its sender called it, where that is known."""

    sha256: bytes
    filename: str
    size: int
    content_type: str = ""


async def linked_file(session: AsyncSession, letter: int, position: int) -> LinkedFile | None:
    """The attachment of a letter in the outbox; None once the letter, or the bytes, are gone.

    The row is what the link rests on: whoever cleans the outbox keeps a letter with attachments for `outbound.link_days`; whoever erases
    a ticket ends its links.
    """
    row = (await session.execute(_FIND, {"letter": letter, "position": position})).one_or_none()
    return None if row is None else LinkedFile(row.sha256, row.filename, row.size)


async def attached_file(session: AsyncSession, attachment: int) -> LinkedFile | None:
    """The file of an article; None once it is gone."""
    row = (await session.execute(_ATTACHED, {"attachment": attachment})).one_or_none()
    return None if row is None else LinkedFile(row.sha256, row.filename, row.size, row.content_type)


@dataclass(frozen=True, slots=True)
class ArticleFile:
    """A file of an article. `department` is its ticket's, as the row has it."""

    file: LinkedFile
    ticket: int
    department: str


async def file_of_article(session: AsyncSession, number: int) -> ArticleFile | None:
    """As `attached_file`, with whose ticket it is on."""
    row = (await session.execute(_OF_ARTICLE, {"id": number})).one_or_none()
    return None if row is None else ArticleFile(LinkedFile(row.sha256, row.filename, row.size), row.ticket, row.department)


async def piece(session: AsyncSession, sha256: bytes, start: int, length: int) -> bytes:
    """Octets from `start` (0 is the first); fewer than `length` at the end, none where the bytes are gone. Bytes are stored out of line as
    they are, so that PostgreSQL reads no more of them than this."""
    found: bytes | None = (await session.execute(_PIECE, {"sha256": sha256, "start": start + 1, "length": length})).scalar_one_or_none()
    return found or b""


_FIND: Final = text("""
    SELECT b.sha256, b.size, named.file ->> 'filename' AS filename
    FROM (SELECT attachments -> CAST(:position AS int) AS file FROM outbox_messages WHERE id = :letter) AS named
    JOIN blobs b ON b.sha256 = decode(named.file ->> 'sha256', 'hex')
""")

_ATTACHED: Final = text("SELECT sha256, filename, size, content_type FROM attachments WHERE id = :attachment")

_OF_ARTICLE: Final = text("""
    SELECT b.sha256, b.size, attachments.filename, tickets.number AS ticket, tickets.department
    FROM attachments
    JOIN blobs b ON b.sha256 = attachments.sha256
    JOIN articles ON articles.id = attachments.article_id
    JOIN tickets ON tickets.number = articles.ticket
    WHERE attachments.id = :id
""")

_PIECE: Final = text("SELECT substring(content FROM :start FOR :length) FROM blobs WHERE sha256 = :sha256")
