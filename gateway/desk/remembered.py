"""The keys by which messages are recognised again: ids, subjects, and the effects that a message may have once. PURE."""

import hashlib
from dataclasses import dataclass

from gateway.mail.ids import normalise_id
from gateway.mail.message import Message

DAYS_7 = 7 * 24


@dataclass(frozen=True, slots=True)
class EffectKeys:
    """`redelivery`: the same bytes for the same recipients; `twin`: the same mail by another way, however its trace fields differ;
    `ticket`: the same, as far as opening a ticket goes, which with `desk.duplicates = "per-department"` each department does once."""

    redelivery: bytes
    twin: bytes
    redelivery_hours: int
    twin_hours: int
    ticket: bytes

    @property
    def all(self) -> tuple[bytes, ...]:
        return tuple(dict.fromkeys((self.redelivery, self.twin, self.ticket)))


def effect_keys(message: Message, redelivery_key: bytes, department: str | None = None) -> EffectKeys:
    """`department`: the one that the message is decided for, where each of several makes a ticket of it.

    With neither Message-ID nor Date two equal mails may be two wishes: they count as one within an hour only.

    A Message-ID alone never makes a different mail disappear: author, date and body belong to the key.
    """
    identified = message.message_id is not None or message.date is not None
    parts = (
        message.message_id or "",
        message.author.key if message.author is not None else "",
        message.date.isoformat() if message.date is not None else "",
        message.subject,
        message.body_hash,
    )
    hours = DAYS_7 if identified else 1
    twin = digest("twin", *parts)
    ticket = twin if department is None else digest("twin", *parts, department)
    return EffectKeys(digest("redelivery", redelivery_key.hex()), twin, hours, hours, ticket)


def id_key(identifier: str) -> bytes:
    return digest("id", normalise_id(identifier))


def subject_key(author_key: str, subject: str) -> bytes:
    return digest("subject", author_key, " ".join(subject.casefold().split()))


def author_lock(key: str) -> bytes:
    """Mail of one author is decided one by one: a client is made once, and budgets are counted right."""
    return digest("author", key)


def budget_lock(what: str, key: str) -> bytes:
    """Under which the last letters of a budget are given out."""
    return digest("budget", what, key)


def digest(*parts: str) -> bytes:
    hashed = hashlib.sha256()
    for each in parts:
        raw = each.encode("utf-8", "surrogatepass")
        hashed.update(len(raw).to_bytes(8, "big") + raw)
    return hashed.digest()
