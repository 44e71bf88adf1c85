"""Rows of the outbox as `Letter` values, and the bytes of their attachments."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import LargeBinary, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.letter import AttachmentRef, Headers, Letter, Party, Recipient
from gateway.domain.states import LetterKind, RecipientState


async def load(session: AsyncSession, letter_id: int) -> Letter | None:
    """The letter as a sender would see it, without claiming it."""
    row = (await session.execute(_LOAD, {"id": letter_id})).one_or_none()
    return None if row is None else letter_of(row)


async def blobs(session: AsyncSession, sha256s: Collection[str]) -> dict[str, bytes]:
    """The contents of attachments by their hexadecimal SHA-256."""
    if not sha256s:
        return {}
    found = await session.execute(_BLOBS, {"keys": [bytes.fromhex(each) for each in set(sha256s)]})
    return {row.sha256.hex(): row.content for row in found}


def letter_of(row: Row[Any]) -> Letter:
    return Letter(
        id=row.id,
        kind=LetterKind(row.kind),
        headers=_headers_of(row.headers),
        subject=row.subject,
        text=row.text,
        html=row.html,
        attachments=tuple(AttachmentRef(**each) for each in row.attachments),
        message_id=row.message_id,
        reverse_path=row.reverse_path,
        recipients=tuple(_recipient_of(each) for each in row.recipients or ()),
        ticket=row.ticket,
        article_id=row.article_id,
        urgency=row.urgency,
        destination=row.destination,
        automatic=row.automatic,
        agent=row.agent,
        inbound_id=row.inbound_id,
        trace_id=row.trace_id,
        attempts=row.attempts,
        created_at=row.created_at,
        age=row.age,
        time_left=row.time_left,
        warned=row.warned_at is not None,
    )


def _headers_of(rows: list[list[Any]]) -> Headers:
    return tuple(
        (name, value if isinstance(value, str) else tuple(Party(party, address) for party, address in value)) for name, value in rows
    )


def _recipient_of(row: dict[str, Any]) -> Recipient:
    return Recipient(**{**row, "state": RecipientState(row["state"])})


# Of `outbox_messages m`.
FIELDS: Final = """
    m.id, m.kind, m.headers, m.subject, m.text, m.html, m.attachments, m.message_id, m.reverse_path, m.ticket, m.article_id, m.urgency,
    m.destination, m.automatic, m.agent, m.inbound_id, m.trace_id, m.attempts, m.warned_at,
    coalesce(m.released_at, m.created_at) AS created_at,
    CAST(extract(epoch FROM now() - coalesce(m.released_at, m.created_at)) AS float8) AS age,
    CAST(extract(epoch FROM m.expires_at - now()) AS float8) AS time_left,
    (SELECT jsonb_agg(jsonb_build_object('id', r.id, 'address', r.address, 'name', r.name, 'message_id', r.message_id,
                                         'reply_to', r.reply_to, 'verp', r.verp, 'state', r.state, 'reply', r.reply) ORDER BY r.position)
     FROM outbox_recipients r WHERE r.outbox_id = m.id) AS recipients
"""

_LOAD: Final = text(f"SELECT {FIELDS} FROM outbox_messages m WHERE m.id = :id").columns(  # noqa: S608
    headers=JSONB, attachments=JSONB, recipients=JSONB
)

_BLOBS: Final = text("SELECT sha256, content FROM blobs WHERE sha256 = ANY(:keys)").bindparams(bindparam("keys", type_=ARRAY(LargeBinary)))
