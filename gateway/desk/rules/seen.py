"""What rules are weighed against: a mail that is being taken in, or a ticket to which something happened."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from gateway.domain.rules import RuleEvent
from gateway.domain.states import Priority, Status
from gateway.domain.verdict import Verdict
from gateway.mail.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """`message`, and what is told of one, is there on `received` alone; `status` and the rest of a ticket where there is one already.

    `gateway` is the concrete address written to; `recipients` are the envelope's, normalised; `author_key` is the normalised address of
    the mail's author or the ticket's client, `""` where it is none that could be read. `now` is in UTC.
    """

    now: datetime
    on: RuleEvent = "received"
    message: Message | None = None
    gateway: str | None = None
    recipients: tuple[str, ...] = ()
    reverse_path: str = ""
    author_key: str = ""
    author_name: str = ""
    verdict: Verdict = field(default_factory=Verdict)
    reply: bool = False
    known_client: bool = False
    size: int = 0
    spam_score: float | None = None
    subject: str = ""
    language: str | None = None
    department: str | None = None
    category: str | None = None
    status: Status | None = None
    priority: Priority | None = None
    tags: tuple[str, ...] = ()
    assignee: str | None = None
    unanswered: timedelta | None = None
    """For how long what the client wrote last has been waiting for a reply."""


def seen_on_receipt(
    message: Message,
    *,
    now: datetime,
    gateway: str | None,
    recipients: tuple[str, ...],
    reverse_path: str,
    verdict: Verdict,
    size: int,
    reply: bool,
    known_client: bool,
    department: str | None,
    category: str | None = None,
    author: tuple[str, str] | None = None,
    scanned: float | None = None,
) -> Seen:
    """Of a mail that is being taken in; what the message itself tells is read from it.

    `author` is the normalised address and the name of whom the mail counts as being from, where that is not whom From names.
    `scanned` is the spam score that our own checks came to.
    """
    mailbox = message.author
    named = ("", "") if mailbox is None else (mailbox.key or mailbox.address.casefold(), mailbox.name)
    key, name = named if author is None else author
    return Seen(
        now=now,
        message=message,
        gateway=gateway,
        recipients=recipients,
        reverse_path=reverse_path,
        author_key=key,
        author_name=name,
        verdict=verdict,
        reply=reply,
        known_client=known_client,
        size=size,
        spam_score=max((each for each in (scanned, spam_score_of(message)) if each is not None), default=None),
        subject=message.subject,
        language=message.language,
        department=department,
        category=category,
    )


def spam_score_of(message: Message) -> float | None:
    """The highest that a spam filter on the way wrote down: a sender can add a low one, but gains nothing by a high one."""
    found = (pattern.search(value) for name, value in message.headers if (pattern := _SCORES.get(name)) is not None)
    return max((float(each[1]) for each in found if each is not None), default=None)


_NUMBER: Final = r"([+-]?\d{1,6}(?:\.\d{1,6})?)"
_BARE: Final = re.compile(rf"\A\s*{_NUMBER}(?![\d.])")
# Fields as SpamAssassin, Rspamd and the relays that copied them write them.
_SCORES: Final = {
    "x-spam-score": _BARE,
    "x-rspamd-score": _BARE,
    "x-spam-status": re.compile(rf"\b(?:score|hits)={_NUMBER}"),
    "x-spamd-result": re.compile(rf"\[{_NUMBER} / "),
}
