"""Deciding on one message in tests, and what to look at in the decision."""

from typing import Any

from gateway.desk.decide import decide
from gateway.domain.decision import Decision
from gateway.domain.facts import Facts
from gateway.domain.organisation import Organisation
from gateway.domain.states import EventKind, LetterKind
from gateway.domain.steps import Note, Send
from gateway.domain.verdict import Verdict
from gateway.mail.message import Message
from tests.desk.values import NOTHING, ORGANISATION, a_ticket, box, mail, token_address

DISOWNED = Verdict(spf="fail", dmarc="fail", source="peer", reason="staff.test says reject")
TICKET = a_ticket(7)
OF_DANA: dict[str, Any] = {"author": box("dana@staff.test", "Dana"), "to": (box(token_address(7)),)}


def decided(
    message: Message,
    verdict: Verdict = NOTHING,
    organisation: Organisation = ORGANISATION,
    recipients: tuple[str, ...] = (),
    reverse_path: str = "anna@client.test",
    **facts: Any,
) -> Decision:
    return decide(message, recipients, reverse_path, verdict, Facts(**{"tickets": (TICKET,)} | facts), organisation)


def from_dana(words: str = "Done.", **changes: Any) -> Message:
    return mail(words, **OF_DANA | changes)


def of(decision: Decision, kind: type) -> list[Any]:
    return [each for each in decision.steps if isinstance(each, kind)]


def letters(decision: Decision) -> list[tuple[LetterKind, list[str]]]:
    return [(each.kind, [one.address for one in (*each.to, *each.cc)]) for each in of(decision, Send)]


def events(decision: Decision) -> list[EventKind]:
    return [each.kind for each in of(decision, Note)]


def says(decision: Decision, *words: str) -> None:
    """The reasons tell these, in this order."""
    told = " | ".join(decision.reasons)
    places = [told.find(each) for each in words]
    assert -1 not in places, (words[places.index(-1)], told)
    assert places == sorted(places)
