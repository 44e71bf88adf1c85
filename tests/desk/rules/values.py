"""What rules are weighed against in these tests: Anna's mail to support, on a Saturday at noon."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from gateway.desk.rules import Seen, seen_on_receipt
from gateway.domain.verdict import Verdict
from gateway.mail.message import Attachment
from tests.desk.values import mail

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TICKET = Seen(now=NOON, on="unanswered")


def seen(message: dict[str, Any] | None = None, **changes: Any) -> Seen:
    """`message`: what is different in the mail; the rest: what is different around it."""
    given: dict[str, Any] = {
        "now": NOON,
        "gateway": "support@desk.test",
        "recipients": ("support@desk.test",),
        "reverse_path": "anna@client.test",
        "verdict": Verdict(),
        "size": 4096,
        "reply": False,
        "known_client": False,
        "department": "support",
    }
    arguments = {name: changes.pop(name, default) for name, default in given.items()}
    return replace(seen_on_receipt(mail(**(message or {})), **arguments), **changes)


def file(name: str, content_type: str = "application/octet-stream", size: int = 100, inline: bool = False) -> Attachment:
    return Attachment(name, content_type, b"x" * size, "0" * 64, inline=inline)
