"""The keys by which messages are recognised again: ids, subjects, and the effects that a message may have once. PURE."""

import hashlib
from dataclasses import dataclass

from gateway.mail.ids import normalise_id
from gateway.mail.message import Message

DAYS_7 = 7 * 24


@dataclass(frozen=True, slots=True)
class EffectKeys:
    """`redelivery`: the same bytes for the same recipients; `twin`: the same mail by another way, however its trace fields differ."""

    redelivery: bytes
    twin: bytes
    redelivery_hours: int
    twin_hours: int


def effect_keys(message: Message, redelivery_key: bytes) -> EffectKeys:
    """With neither Message-ID nor Date two equal mails may be two wishes: they count as one within an hour only.

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
    return EffectKeys(digest("redelivery", redelivery_key.hex()), digest("twin", *parts), hours, hours)


def id_key(identifier: str) -> bytes:
    return digest("id", normalise_id(identifier))


def subject_key(subject: str) -> bytes:
    return digest("subject", " ".join(subject.casefold().split()))


def author_lock(key: str) -> bytes:
    """Mail of one author is decided one by one: a client is made once, and budgets are counted right."""
    return digest("author", key)


def digest(*parts: str) -> bytes:
    hashed = hashlib.sha256()
    for each in parts:
        raw = each.encode("utf-8", "surrogatepass")
        hashed.update(len(raw).to_bytes(8, "big") + raw)
    return hashed.digest()
