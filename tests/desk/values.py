"""A small organisation and messages for it, made by hand: what the desk decides on, without a byte of MIME."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.domain.facts import KnownClient, KnownTicket
from gateway.domain.organisation import Agent, Department, Desk, Gateway, Organisation, Trust
from gateway.domain.states import Priority, Status
from gateway.domain.verdict import Verdict
from gateway.mail.message import Body, Mailbox, Message
from gateway.tokens.carriers import letter_id, reply_address, reply_token, thread_token
from gateway.tokens.codec import Keyring

ORGANISATION = Organisation(
    desk=Desk(
        name="Example Desk",
        hostname="mx.desk.test",
        language="en",
        reply_address="r@desk.test",
        secrets=(b"a secret of the tests, long enough",),
    ),
    departments=(Department("support", "Support"), Department("sales", "Продажи", language="ru")),
    gateways=(
        Gateway("support@desk.test", "Support", "support", default=True),
        Gateway("sales@desk.test", "Отдел продаж", "sales"),
        Gateway("old@desk.test", "Old", "support", enabled=False),
        Gateway("*@any.test", "Anything", "support"),
    ),
    agents=(
        Agent("Dana Agent", "dana@staff.test", ("support",), aliases=("dana@home.test",)),
        Agent("Олег Агентов", "oleg@staff.test", ("support", "sales"), language="ru"),
        Agent("Ina Gone", "ina@staff.test", ("support",), active=False),
    ),
    trust=Trust(agent_authentication="token"),
)
KEYRING = Keyring(ORGANISATION.desk.secrets)
ALIGNED = Verdict(spf="pass", spf_domain="client.test", aligned=True, source="peer", reason="SPF passed for client.test")
NOTHING = Verdict()

numbers = count(1)


def box(address: str, name: str = "") -> Mailbox:
    return Mailbox(name, address, address.lower())


def mail(text: str = "It does not work.", **changes: Any) -> Message:
    """A client's plain message to support@desk.test, but for the changes."""
    number = next(numbers)
    message = Message(
        kind="message",
        reason="a person wrote it",
        message_id=f"m{number}@client.test",
        subject="Printer on fire",
        date=datetime(2026, 11, 21, 12, 0, number % 60, tzinfo=UTC),
        author=box("anna@client.test", "Anna"),
        author_unambiguous=True,
        originator=None,
        reply_to=(),
        to=(box("support@desk.test"),),
        cc=(),
        delivered_to=(),
        in_reply_to=(),
        references=(),
        body=Body(text, text),
        body_hash=f"hash of {text}",
    )
    if "text" in changes:
        raise TypeError("give the text as the first argument")
    return replace(message, **changes)


def envelope(reverse_path: str = "anna@client.test", *recipients: str, trace_id: str = "trace") -> Envelope:
    return Envelope(reverse_path, recipients or ("support@desk.test",), Peer(Entry.SMTP, "192.0.2.1", 25, "client.test"), trace_id=trace_id)


def token_address(ticket: int, agent: str = "dana@staff.test") -> str:
    return reply_address(ORGANISATION.desk.reply_address, reply_token(KEYRING, ticket, agent))


def agent_letter_id(ticket: int, agent: str = "dana@staff.test") -> str:
    return letter_id("r", reply_token(KEYRING, ticket, agent), "0a1b", "desk.test")


def client_letter_id(ticket: int) -> str:
    return letter_id("t", thread_token(KEYRING, ticket), "0a1b", "desk.test")


def a_ticket(number: int = 1, **changes: Any) -> KnownTicket:
    """Anna's open ticket in support, but for the changes."""
    client = KnownClient(1, "Anna", "anna@client.test", ("anna@client.test", "anna@home.test"))
    ticket = KnownTicket(number, "Printer on fire", Status.OPEN, Priority.NORMAL, "support", "support@desk.test", "en", client)
    return replace(ticket, **changes)
