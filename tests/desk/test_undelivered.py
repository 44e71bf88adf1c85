"""What the sender tells a ticket of letters that failed in the dialogue itself, and which addresses it suppresses."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.app.undelivered import steps
from gateway.domain.letter import Letter, Recipient
from gateway.domain.states import EventKind, LetterKind
from gateway.domain.steps import Note, Returned, Send, Suppress
from gateway.domain.suppressions import Cause
from gateway.outbound.attempt import after
from gateway.outbound.retry import Stage, classify
from tests.desk.values import ORGANISATION, a_ticket

GONE = "550 5.1.1 no such user"


def letter(**changes: Any) -> Letter:
    values: dict[str, Any] = {
        "id": 31, "kind": LetterKind.CLOSED, "headers": (), "subject": "", "text": "", "html": None, "attachments": (),
        "message_id": "<x@desk.test>", "reverse_path": "", "recipients": (), "ticket": 7, "article_id": None, "urgency": 1,
        "destination": "relay", "automatic": True, "agent": None, "inbound_id": None, "trace_id": "", "attempts": 1,
        "created_at": datetime(2026, 11, 21, tzinfo=UTC), "age": 0.0, "time_left": 1.0, "warned": False,
    }  # fmt: skip
    return Letter(**values | changes)


def refused(address: str, stage: Stage, reply: str) -> Recipient:
    code, _, text = reply.partition(" ")
    return after(Recipient(1, address), classify(stage, int(code), text))


def told(*recipients: Recipient, kind: EventKind = EventKind.DELIVERY_FAILED, **changes: Any) -> tuple[Any, ...]:
    return steps(kind, letter(**changes), recipients, a_ticket(7), ORGANISATION)


def test_a_refused_recipient_is_noted_and_suppressed() -> None:
    note, suppress = told(refused("Anna@client.test", Stage.RCPT, GONE))
    assert note == Note(EventKind.DELIVERY_FAILED, {"outbox": 31, "kind": "closed", "address": "Anna@client.test", "reply": GONE})
    assert suppress == Suppress("anna@client.test", Cause.BOUNCE, GONE, 90, 7, 31)


@pytest.mark.parametrize(
    ("stage", "reply", "suppressed"),
    [
        (Stage.RCPT, "550 who is that", True),
        (Stage.RCPT, "553 5.1.3 bad address", True),
        (Stage.RCPT, "554 5.7.1 no", False),
        (Stage.RCPT, "552 5.2.2 full", False),
        (Stage.MAIL, "550 not from you", False),
        (Stage.END, "550 looks like spam", False),
        (Stage.END, "550 content", False),
        (Stage.END, "550 5.1.1 no such user after all", True),
    ],
)
def test_only_what_is_about_the_mailbox_suppresses_it(stage: Stage, reply: str, suppressed: bool) -> None:
    found = told(refused("anna@client.test", stage, reply))
    assert any(isinstance(each, Suppress) for each in found) is suppressed


def test_after_data_one_answer_for_several_names_nobody() -> None:
    both = [refused(each, Stage.END, GONE) for each in ("anna@client.test", "bob@client.test")]
    assert not [each for each in told(*both) if isinstance(each, Suppress)]


@pytest.mark.parametrize("changes", [{"kind": LetterKind.PROBE}, {"kind": LetterKind.VERIFICATION}])
def test_letters_that_try_an_address_suppress_nothing(changes: dict[str, Any]) -> None:
    assert [type(each) for each in told(refused("anna@client.test", Stage.RCPT, GONE), **changes)] == [Note]


def test_lateness_and_addresses_of_our_own_suppress_nothing() -> None:
    late = told(refused("anna@client.test", Stage.RCPT, GONE), kind=EventKind.DELIVERY_DELAYED)
    assert [type(each) for each in late] == [Note]
    assert [type(each) for each in told(refused("sales@desk.test", Stage.RCPT, GONE))] == [Note]


def test_an_agent_is_told_of_their_reply_by_what_the_server_said() -> None:
    found = told(refused("anna@client.test", Stage.RCPT, GONE), kind=EventKind.DELIVERY_FAILED)
    assert not [each for each in found if isinstance(each, Send)], "nobody wrote the notice"
    lost = refused("anna@client.test", Stage.RCPT, GONE)
    *_, sent = steps(
        EventKind.DELIVERY_FAILED, letter(kind=LetterKind.AGENT_REPLY, agent="dana@staff.test"), (lost,), a_ticket(7), ORGANISATION
    )
    assert isinstance(sent, Send)
    assert (sent.reported, sent.returned) == ("failed", (Returned("anna@client.test", GONE),))
