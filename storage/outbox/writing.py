"""Letters into the outbox, within the commit of what they tell of."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.letter import AttachmentRef, HeaderValue, NewLetter, NewRecipient
from gateway.domain.states import RecipientState
from storage.company import Turn, together


async def add(session: AsyncSession, letters: Sequence[NewLetter]) -> list[int]:
    """Writes letters with their recipients, in one statement; returns the ids of those that did not exist yet, by their `effect`."""
    if not letters:
        return []
    ids: list[int] = await together(session, Turn.LETTERS, _add_all, letters)
    return ids


async def _add_all(session: AsyncSession, asked: Sequence[Sequence[NewLetter]]) -> list[list[int]]:
    distinct = list({letter.effect: letter for letters in asked for letter in letters}.values())
    rows = json.dumps([_row(position, letter) for position, letter in enumerate(distinct)], ensure_ascii=False)
    ids = {row.effect: row.id for row in await session.execute(_ADD, {"letters": rows})}
    if any(letter.attachments for letter in distinct) and ids:
        await session.execute(_REFER_TO_BLOBS, {"ids": list(ids.values())})
    return [sorted({ids[letter.effect] for letter in letters if letter.effect in ids}) for letters in asked]


def _row(position: int, letter: NewLetter) -> dict[str, Any]:
    return {
        "position": position,
        "state": letter.state,
        "recipient_state": RecipientState.CANCELLED if letter.withheld else RecipientState.QUEUED,
        "last_error": "not sent: the desk was in shadow mode" if letter.withheld else None,
        "kind": letter.kind,
        "ticket": letter.ticket,
        "article_id": letter.article_id,
        "notice": letter.notice,
        "urgency": letter.urgency,
        "destination": letter.destination,
        "due_in": letter.due_in.total_seconds(),
        "lifetime": letter.lifetime.total_seconds(),
        "while_status": letter.while_status,
        "automatic": letter.automatic,
        "reverse_path": letter.reverse_path,
        "message_id": letter.message_id,
        "subject": letter.subject,
        "headers": [[name, _header_json(value)] for name, value in letter.headers],
        "text": clean(letter.text),
        "html": None if letter.html is None else clean(letter.html),
        "attachments": [_attachment_json(each) for each in letter.attachments],
        "agent": letter.agent,
        "inbound_id": letter.inbound_id,
        "trace_id": letter.trace_id,
        "effect": letter.effect.hex(),
        "recipients": [_recipient_row(index, each) for index, each in enumerate(letter.recipients)],
    }


def _recipient_row(position: int, recipient: NewRecipient) -> dict[str, Any]:
    return {
        "position": position,
        "address": recipient.address,
        "name": recipient.name,
        "message_id": recipient.message_id,
        "reply_to": recipient.reply_to,
        "verp": recipient.verp,
    }


def _header_json(value: HeaderValue) -> Any:
    return value if isinstance(value, str) else [[party.name, party.address] for party in value]


def _attachment_json(ref: AttachmentRef) -> dict[str, Any]:
    return {
        "sha256": ref.sha256,
        "filename": ref.filename,
        "content_type": ref.content_type,
        "size": ref.size,
        "inline": ref.inline,
        "content_id": ref.content_id,
    }


def clean(value: str) -> str:
    """Text that PostgreSQL can hold: U+FFFD for NUL and lone surrogates."""
    if "\0" in value:
        value = value.replace("\0", "\ufffd")
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return value


_ADD: Final = text("""
    WITH input AS (
        SELECT * FROM jsonb_to_recordset(CAST(:letters AS jsonb)) AS letter (
            position int, state text, kind text, ticket bigint, article_id bigint, urgency smallint, destination text, due_in float8,
            lifetime float8, automatic boolean, reverse_path text, message_id text, subject text, headers jsonb, text text, html text,
            attachments jsonb, agent text, inbound_id bigint, trace_id text, effect text, recipients jsonb, recipient_state text,
            last_error text, while_status text, notice boolean)
    ), written AS (
        INSERT INTO outbox_messages (
            state, kind, ticket, article_id, urgency, destination, due_at, expires_at, automatic, reverse_path, message_id, subject,
            headers, text, html, attachments, agent, inbound_id, trace_id, effect, last_error, while_status, notice_id)
        SELECT state, kind, ticket, article_id, urgency, destination, now() + make_interval(secs => due_in),
               now() + make_interval(secs => due_in + lifetime), automatic, reverse_path, message_id, subject,
               headers, text, html, attachments, agent, inbound_id, trace_id, decode(effect, 'hex'), last_error, while_status,
               CASE WHEN notice THEN nextval('articles_id_seq') END
        FROM input ORDER BY position
        ON CONFLICT (effect) DO NOTHING
        RETURNING id, effect
    ), addressed AS (
        INSERT INTO outbox_recipients (outbox_id, position, address, name, message_id, reply_to, verp, state)
        SELECT written.id, recipient.position, recipient.address, recipient.name, recipient.message_id, recipient.reply_to, recipient.verp,
               input.recipient_state
        FROM written
        JOIN input ON decode(input.effect, 'hex') = written.effect
        CROSS JOIN LATERAL jsonb_to_recordset(input.recipients) AS recipient (
            position smallint, address text, name text, message_id text, reply_to text, verp text)
    )
    SELECT id, effect FROM written
""")

_REFER_TO_BLOBS: Final = text("""
    UPDATE blobs SET refs = refs + named.times
    FROM (
        SELECT decode(attachment ->> 'sha256', 'hex') AS sha256, count(*) AS times
        FROM outbox_messages, jsonb_array_elements(attachments) AS attachment
        WHERE id = ANY(:ids) GROUP BY 1
    ) AS named
    WHERE blobs.sha256 = named.sha256
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
