"""A file, explained without a database: on what it says itself, and what its genuine tokens imply. PURE."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from gateway.desk.decide import decide
from gateway.desk.explanation import Document, explanation
from gateway.desk.suppose import suppose
from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.domain.organisation import Organisation
from gateway.domain.verdict import Verdict
from gateway.mail.message import Message

UNCHECKED: Final = Verdict()


def envelope_of(message: Message) -> Envelope:
    """As far as the fields tell: the reverse-path of Return-Path, else the author's address."""
    returned = next((value for name, value in message.headers if name == "return-path"), None)
    author = message.author.address if message.author is not None else ""
    reverse_path = returned.strip().strip("<>") if returned is not None else author
    return Envelope(reverse_path, (), Peer(Entry.STDIN))


def supposed(name: str, message: Message, size: int, desk: Organisation, now: datetime) -> Document:
    envelope = envelope_of(message)
    facts, assumed = suppose(message, (), envelope.reverse_path, desk)
    facts = replace(facts, now=now)
    decision = decide(message, (), envelope.reverse_path, UNCHECKED, facts, desk, size)
    return explanation(name, message, (), decision, facts, UNCHECKED, desk, assumed, size)
