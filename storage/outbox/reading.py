"""Rows of the outbox as `Letter` values, and the bytes of their attachments."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import LargeBinary, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.letter import AttachmentRef, Headers, Letter, Party, Recipient
from gateway.domain.states import LetterKind, RecipientState
from storage.driver import rows
from storage.files import piece


async def load(session: AsyncSession, letter_id: int) -> Letter | None:
    """The letter as a sender would see it, without claiming it."""
    return next(map(letter_of, await rows(session, _LOAD, {"id": letter_id})), None)


async def blobs(session: AsyncSession, sha256s: Collection[str]) -> dict[str, bytes]:
    """The contents of attachments by their hexadecimal SHA-256. Large ones come a piece at a time, lest the event loop stands still while
    it puts together what the network cut up."""
    if not sha256s:
        return {}
    found = await session.execute(_BLOBS, {"keys": [bytes.fromhex(each) for each in set(sha256s)], "length": PIECE})
    contents = {row.sha256.hex(): await _whole(session, row) for row in found.all()}
    return {sha256: content for sha256, content in contents.items() if content is not None}


async def _whole(session: AsyncSession, row: Row[Any]) -> bytes | None:
    """None if it was erased meanwhile."""
    rest = [await piece(session, row.sha256, start, PIECE) for start in range(PIECE, row.octets, PIECE)]
    content = b"".join((row.beginning, *rest))
    return content if len(content) == row.octets else None


def letter_of(row: Mapping[str, Any]) -> Letter:
    """Columns have the names of what they are; some become values of their own."""
    columns = dict(row)
    columns["kind"] = LetterKind(columns["kind"])
    columns["headers"] = _headers_of(columns["headers"])
    columns["attachments"] = tuple([AttachmentRef(**each) for each in columns["attachments"] or ()])
    columns["recipients"] = tuple([_recipient_of(each) for each in columns["recipients"] or ()])
    return Letter(**columns)


def _headers_of(rows: list[list[Any]]) -> Headers:
    return tuple([(name, value if isinstance(value, str) else tuple([_party(*each) for each in value])) for name, value in rows])


def _recipient_of(row: list[Any]) -> Recipient:
    number, address, name, message_id, reply_to, verp, state, reply = row
    return Recipient(number, address, name, message_id, reply_to, verp, RecipientState(state), reply)


# The same From stands in letter after letter.
_party: Final = lru_cache(1024)(Party)


# Of `outbox_messages m`. What is absent need not be decoded; recipients are as `_recipient_of` reads them.
FIELDS: Final = """
    m.id, m.kind, m.headers, m.subject, m.text, m.html, nullif(m.attachments, '[]') AS attachments, m.message_id, m.reverse_path,
    m.ticket, m.article_id, m.urgency, m.destination, m.automatic, m.agent, m.inbound_id, m.trace_id, m.attempts, m.forced,
    m.warned_at IS NOT NULL AS warned,
    coalesce(m.released_at, m.created_at) AS created_at,
    CAST(extract(epoch FROM now() - coalesce(m.released_at, m.created_at)) AS float8) AS age,
    CAST(extract(epoch FROM m.expires_at - now()) AS float8) AS time_left,
    (SELECT json_agg(json_build_array(r.id, r.address, r.name, r.message_id, r.reply_to, r.verp, r.state, r.reply) ORDER BY r.position)
     FROM outbox_recipients r WHERE r.outbox_id = m.id) AS recipients
"""

_LOAD: Final = text(f"SELECT {FIELDS} FROM outbox_messages m WHERE m.id = :id")  # noqa: S608

PIECE: Final = 1024 * 1024
_BLOBS: Final = text("""
    SELECT sha256, octet_length(content) AS octets, substring(content FOR :length) AS beginning FROM blobs WHERE sha256 = ANY(:keys)
""").bindparams(bindparam("keys", type_=ARRAY(LargeBinary)))
