"""Probes that did not come back: the report names what our outbox and the servers' answers tell, else the likeliest causes (U7)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.desk.forwarding.report import report
from gateway.domain.fetch import Fetch, Protocol
from gateway.domain.probes import Probe, ProbeLetter
from gateway.domain.states import OutboxState
from tests.desk.values import ORGANISATION

DESK = "support@desk.test"
SENT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PROBE = Probe(7, "info@company.test", DESK, SENT)


def letter(state: OutboxState, attempts: int = 1, reply: str | None = None) -> Probe:
    return replace(PROBE, letter=ProbeLetter(5, state, attempts, reply), given_up_at=SENT)


@pytest.mark.parametrize(
    ("probe", "told"),
    [
        (letter(OutboxState.BOUNCED, reply="5.1.1 no such user"), ("it bounced", "5.1.1 no such user", "does not take mail for info@")),
        (letter(OutboxState.BOUNCED, reply="5.1.1 no such user"), ("look for a typing error",)),
        (
            letter(OutboxState.BOUNCED, reply="550 5.7.520 Access denied, Your organization does not allow external forwarding."),
            ("does not let the mailbox forward", "“Automatic forwarding rules”"),
        ),
        (letter(OutboxState.BOUNCED, reply="554 5.4.14 Hop count exceeded - possible mail loop"), ("goes round in a circle",)),
        (letter(OutboxState.FAILED, reply="554 5.7.1 no"), ("it was refused", "554 5.7.1 no", "outbound.relay")),
        (letter(OutboxState.FAILED, reply="554 5.7.1 <a@b.test>: Relay access denied"), ("does not take our mail to there",)),
        (replace(letter(OutboxState.SENT), last_success_at=SENT), ("one before it came back as it should, on 2026-11-21 12:00 UTC",)),
        (letter(OutboxState.QUEUED, 0), ("nobody has taken letter 5 up", "deskgate serve")),
        (letter(OutboxState.QUEUED, 1, "451 4.7.1 try again later"), ("is tried again: 451", "greylisting")),
        (letter(OutboxState.QUEUED, 2, "connection refused"), ("is tried again: connection refused", "does not take letters at present")),
        (letter(OutboxState.LEASED), ("is being sent",)),
        (letter(OutboxState.CANCELLED), ("was cancelled", "shadow")),
        (letter(OutboxState.SENT), ("did not come back", "not switched on", "spam folder", "greylisting", "forward to other domains")),
        (replace(letter(OutboxState.SENT), answered=True), ("answered it, so the mailbox is there",)),
    ],
)
def test_what_did_not_come_is_told_with_the_likeliest_causes(probe: Probe, told: tuple[str, ...]) -> None:
    found = report(probe, ORGANISATION)
    assert found.state == "dead"
    for each in told:
        assert each in "\n".join((*found.found, *found.advice)), each


def test_of_an_address_of_our_own_no_outside_mailbox_is_the_cause() -> None:
    own = replace(letter(OutboxState.SENT), address=DESK)
    told = report(own, ORGANISATION)
    assert told.advice[0].startswith("the MX record of its domain") and not [each for each in told.advice if "outside" in each]
    polled = replace(ORGANISATION.gateways[0], fetch=Fetch(Protocol.IMAPS))
    told = report(own, replace(ORGANISATION, gateways=(polled, *ORGANISATION.gateways[1:])))
    assert told.advice[0].startswith("its mailbox is polled")


def test_undecided_mail_and_a_relay_that_is_a_directory_are_causes_too() -> None:
    probe = letter(OutboxState.SENT)
    assert "3 messages have come in" in report(probe, ORGANISATION, undecided=3).advice[0]
    assert "sends nothing" in report(probe, ORGANISATION, relay_is_directory=True).found[0]
