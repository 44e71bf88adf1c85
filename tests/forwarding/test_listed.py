"""What `gateways list` and `status` make of the probes to several addresses of one gateway."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.cli.forwarding import document
from gateway.deeds.forwarding import ways_of
from gateway.domain.organisation import Gateway
from gateway.domain.probes import ForwardingState, Probe
from tests.desk.values import ORGANISATION
from tests.forwarding.test_watch import ARRIVED

SENT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DEAD = Probe(1, "typo@company.test", "support@desk.test", SENT, given_up_at=SENT)
WORKING = Probe(2, "info@company.test", "support@desk.test", SENT, arrived_at=SENT, arrival=ARRIVED, last_gateway="support@desk.test")
DIED = replace(DEAD, address="info@company.test", last_gateway="support@desk.test", last_success_at=SENT)


def listed(gateway: Gateway, *known: Probe) -> tuple[ForwardingState, list[str]]:
    """The state of the gateway, and the addresses by which its mail comes."""
    organisation = replace(ORGANISATION, gateways=(gateway, *ORGANISATION.gateways[1:]))
    found = document(gateway, ways_of(gateway, {each.address: each for each in known}, organisation), organisation)
    return found["forwarding"], [each["address"] for each in found["forwarded"]]


PLAIN = ORGANISATION.gateways[0]
NAMED = replace(PLAIN, forwarded_from=("info@company.test", "typo@company.test"))


@pytest.mark.parametrize(
    ("gateway", "known", "state"),
    [
        (PLAIN, (), "unproven"),
        (PLAIN, (WORKING,), "working"),
        (PLAIN, (DEAD,), "dead"),
        (PLAIN, (WORKING, DEAD), "working"),
        (PLAIN, (DIED,), "dead"),
        (NAMED, (WORKING, DEAD), "dead"),
        (NAMED, (WORKING,), "unproven"),
        (PLAIN, (replace(DEAD, address=PLAIN.address), WORKING), "dead"),
    ],
)
def test_only_addresses_that_are_known_to_lead_here_speak_for_the_gateway(
    gateway: Gateway, known: tuple[Probe, ...], state: ForwardingState
) -> None:
    assert listed(gateway, *known)[0] == state


def test_an_outside_mailbox_stands_with_the_gateway_that_it_led_to_before_it_died() -> None:
    elsewhere = replace(DIED, last_gateway="sales@desk.test")
    assert "info@company.test" not in listed(PLAIN, elsewhere)[1]
    assert "info@company.test" in listed(PLAIN, DIED)[1]
