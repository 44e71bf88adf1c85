"""Letters for tests, with everything that does not matter filled in."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.letter import RELAY, Letter, NewLetter, NewRecipient, Party, Recipient
from gateway.domain.states import LetterKind

WRITTEN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def new_letter(*addresses: str, **given: Any) -> NewLetter:
    """To these addresses (`client@client.test` without any), as one message; with everything that is `given`."""
    unique = uuid.uuid4().hex
    to = addresses or ("client@client.test",)
    defaults: dict[str, Any] = {
        "kind": LetterKind.REGISTERED,
        "headers": (
            ("From", (Party("Support", "support@desk.test"),)),
            ("To", tuple(Party("", address) for address in to)),
            ("Auto-Submitted", "auto-replied"),
        ),
        "subject": "We have got your letter [#1]",
        "text": "Hello!\n\nWe have got it.\n",
        "message_id": f"<{unique}@desk.test>",
        "recipients": tuple(NewRecipient(address) for address in to),
        "effect": unique.encode(),
        "reverse_path": "bounces@desk.test",
    }
    return NewLetter(**defaults | given)


def letter(*recipients: Recipient, **given: Any) -> Letter:
    """As a sender holds it at its first attempt."""
    written = new_letter(*(each.address for each in recipients))
    plain = Letter(
        id=7,
        kind=written.kind,
        headers=written.headers,
        subject=written.subject,
        text=written.text,
        html=None,
        attachments=(),
        message_id="<seven@desk.test>",
        reverse_path=written.reverse_path,
        recipients=recipients or (Recipient(1, "client@client.test"),),
        ticket=None,
        article_id=None,
        urgency=1,
        destination=RELAY,
        automatic=True,
        agent=None,
        inbound_id=None,
        trace_id="",
        attempts=1,
        created_at=WRITTEN,
        age=0.0,
        time_left=timedelta(days=5).total_seconds(),
        warned=False,
    )
    return replace(plain, **given)


async def make_ticket(session: AsyncSession) -> int:
    """A ticket that letters may belong to."""
    made = await session.execute(
        text("""
            WITH client AS (INSERT INTO clients DEFAULT VALUES RETURNING id)
            INSERT INTO tickets (subject, department, language, client_id) SELECT 'Help', 'support', 'en', id FROM client
            RETURNING number
        """)
    )
    return int(made.scalar_one())
