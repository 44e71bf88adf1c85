"""Files of letters that went out as links: what a link leads to, and its bytes a piece at a time."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class LinkedFile:
    """`sha256` is its content's, `size` in octets."""

    sha256: bytes
    filename: str
    size: int


async def linked_file(session: AsyncSession, letter: int, position: int) -> LinkedFile | None:
    """The attachment of a letter in the outbox; None once the letter, or the bytes, are gone.

    The row is what the link rests on: whoever cleans the outbox keeps a letter with attachments for `outbound.link_days`; whoever erases
    a ticket ends its links.
    """
    row = (await session.execute(_FIND, {"letter": letter, "position": position})).one_or_none()
    return None if row is None else LinkedFile(row.sha256, row.filename, row.size)


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

_PIECE: Final = text("SELECT substring(content FROM :start FOR :length) FROM blobs WHERE sha256 = :sha256")
