"""Would our relay pass SPF, what is wrong with the record, and the exact one to publish (U9)."""

from collections.abc import Sequence
from typing import Any

import pytest

from gateway.auth.spf import evaluate
from gateway.dnscheck.sending import Sending
from tests.auth.nameserver import Zone
from tests.dnscheck.checking import OURS, SENDING, spf_of

D = ("desk.test", "TXT")
INCLUDES = {(f"_{n}.net.test", "TXT"): [f"v=spf1 ip4:198.51.100.{n} -all"] for n in range(12)}
MANY = "v=spf1 " + " ".join(f"include:_{n}.net.test" for n in range(12)) + " -all"


@pytest.mark.parametrize(
    ("zone", "sending", "says"),
    [
        ({D: [f"v=spf1 ip4:{OURS} -all"]}, SENDING, "costs 0 of 10"),
        ({D: ["google-site-verification=x", "v=spf1 a:mx.desk.test -all"], ("mx.desk.test", "A"): [OURS]}, SENDING, "costs 1 of 10"),
        ({D: ["v=spf1 include:_a.net.test ~all"], ("_a.net.test", "TXT"): ["v=spf1 ip4:192.0.2.0/24"]}, SENDING, "costs 1 of 10"),
        ({D: ["v=spf1 redirect=_a.net.test"], ("_a.net.test", "TXT"): [f"v=spf1 ip4:{OURS} -all"]}, SENDING, "costs 1 of 10"),
        ({D: ["v=spf1 mx -all"], ("desk.test", "MX"): [(1, "m.desk.test")], ("m.desk.test", "A"): [OURS]}, SENDING, "costs 1 of 10"),
        ({D: [f"V=SPF1 IP4:{OURS} -ALL"]}, SENDING, "costs 0 of 10"),
        ({D: [f"v=spf1 ip4:{OURS} ip6:2001:db8::7 -all"]}, Sending("mx.desk.test", (OURS, "2001:db8::7")), "costs 0"),
        ({D: ["v=spf1 include:_a.net.test -all"], ("_a.net.test", "TXT"): ["v=spf1 -all"]}, Sending("r", (), ("_a.net.test",)), "costs 1"),
        # More strings than one, as long records have.
        ({D: ["v=spf1 " + "ip4:198.51.100.1 " * 30 + f"ip4:{OURS} -all"]}, SENDING, "costs 0 of 10"),
        ({("xn--e1afmkfd.test", "TXT"): [f"v=spf1 ip4:{OURS} -all"], ("desk.test", "CNAME"): ["xn--e1afmkfd.test"]}, SENDING, "costs 0"),
    ],
)
async def test_our_relay_passes(zone: Zone, sending: Sending, says: str) -> None:
    found = await spf_of(zone, sending=sending)
    assert (found.state, found.publish) == ("good", None), found
    assert says in found.says


@pytest.mark.parametrize(
    ("zone", "says", "record"),
    [
        ({("desk.test", "A"): [OURS]}, "desk.test has no SPF record", f"v=spf1 ip4:{OURS} ~all"),
        ({D: ["v=spf1 -all"]}, f"does not name our relay: {OURS} gets fail", f"v=spf1 ip4:{OURS} -all"),
        ({D: ["v=spf1 mx ?all"]}, f"{OURS} gets neutral", f"v=spf1 ip4:{OURS} mx ?all"),
        ({D: ["v=spf1 mx"]}, f"{OURS} gets neutral", f"v=spf1 ip4:{OURS} mx ~all"),
        (
            {D: ["v=spf1 redirect=_a.net.test"], ("_a.net.test", "TXT"): ["v=spf1 -all"]},
            "gets fail",
            f"v=spf1 ip4:{OURS} redirect=_a.net.test",
        ),
        (
            {D: [f"v=spf1 ip4:{OURS} -all", "v=spf1 ip4:198.51.100.7 ~all"]},
            "has 2 SPF records, which count as none",
            f"v=spf1 ip4:{OURS} ip4:198.51.100.7 ~all",
        ),
        ({D: ["v=spf1 ip4:192.0.2.300 -all"]}, '"ip4:192.0.2.300", which is no IPv4 address or network', f"v=spf1 ip4:{OURS} -all"),
        ({D: ["v=spf1 ipv4:192.0.2.10 -all"]}, '"ipv4:192.0.2.10", which is no term of SPF', f"v=spf1 ip4:{OURS} -all"),
        ({D: [f"v=spf1 include:gone.test ip4:{OURS} -all"]}, "gone.test has no SPF record", f"v=spf1 ip4:{OURS} -all"),
        (
            {D: ["v=spf1 include:_a.net.test -all"], ("_a.net.test", "TXT"): ["v=spf1 include:desk.test -all"]},
            "goes round for ever",
            f"v=spf1 ip4:{OURS} -all",
        ),
        ({D: ["v=spf1 a:a.gone.test a:b.gone.test a:c.gone.test -all"]}, "names 3 hosts that do not exist", None),
        ({D: [MANY], **INCLUDES}, "takes 12 look-ups, and beyond 10 it counts for nothing", MANY.replace("v=spf1", f"v=spf1 ip4:{OURS}")),
    ],
)
async def test_what_is_wrong_is_named_with_the_record_to_publish(zone: dict[Any, Sequence[Any]], says: str, record: str | None) -> None:
    found = await spf_of(zone)
    assert found.state == "fault"
    assert says in found.says
    assert found.remedy
    assert found.publish is not None
    assert (found.publish.name, found.publish.kind) == ("desk.test", "TXT")
    assert record in (None, found.publish.value)


@pytest.mark.parametrize("standing", [[], ["v=spf1 -all"], [MANY], ["v=spf1 a -all", "v=spf1 mx ~all"], ["v=spf1 include:gone.test x:y"]])
async def test_the_record_to_publish_lets_our_relay_pass(standing: list[str]) -> None:
    sending = Sending("mx.desk.test", (OURS, "2001:db8::7"))
    found = await spf_of({D: standing, **INCLUDES} if standing else {**INCLUDES}, sending=sending)
    assert found.publish is not None
    again = await spf_of({D: [found.publish.value], **INCLUDES}, sending=sending)
    assert "does not name our relay" not in again.says
    for address in sending.addresses:
        from gateway.auth.dns import Answer, Question

        answers = {Question("desk.test", "TXT"): Answer((found.publish.value.encode(),), "found")}
        assert evaluate(address, "mx.desk.test", "postmaster@desk.test", answers) == "pass"


async def test_a_record_that_stays_too_dear_says_what_costs_most() -> None:
    found = await spf_of({D: [MANY], **INCLUDES})
    assert "take out what sends no more (include:_0.net.test costs 1" in found.remedy


@pytest.mark.parametrize(
    "zone",
    [
        {D: "servfail"},
        {D: ["v=spf1 include:_a.net.test -all"], ("_a.net.test", "TXT"): "servfail"},
    ],
)
async def test_what_could_not_be_looked_up_is_never_called_missing(zone: Zone) -> None:
    found = await spf_of(zone)
    assert (found.state, found.publish) == ("unknown", None)
    assert "could not be looked up" in found.says
