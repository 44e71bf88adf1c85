"""What DNS says of a desk whose letters go straight to the recipients' mail servers."""

import pytest

from gateway.dnscheck.sending import Outlet
from tests.auth.nameserver import Zone
from tests.dnscheck.checking import OURS, SUPPORT, WELL, reported

STRAIGHT = Outlet("mx.desk.test", None, straight=True)


@pytest.mark.parametrize(
    ("outlet", "zone", "states", "says"),
    [
        (STRAIGHT, WELL, ["good"], ""),
        (
            STRAIGHT,
            {("desk.test", "TXT"): ["x"]},
            ["fault"],
            "mail servers are greeted as mx.desk.test, which has no address; many refuse that",
        ),
        (STRAIGHT, {**WELL, ("mx.desk.test", "A"): "servfail"}, ["unknown"], "the addresses of mx.desk.test could not be looked up"),
        (
            Outlet("mx.desk.test", None, ("192.0.2.99",), straight=True),
            {**WELL, ("99.2.0.192.in-addr.arpa", "PTR"): ["nat.desk.test"], ("nat.desk.test", "A"): ["192.0.2.99"]},
            ["advice", "advice"],
            f"mail servers are greeted as mx.desk.test, which is at {OURS}, and see us come from 192.0.2.99",
        ),
        (Outlet("mx.desk.test", None), {("desk.test", "TXT"): ["x"]}, [], ""),
    ],
    ids=["all is well", "a name without an address", "unknown", "behind another address", "into a directory"],
)
async def test_the_name_that_mail_servers_are_greeted_with_leads_to_where_we_come_from(
    outlet: Outlet, zone: Zone, states: list[str], says: str
) -> None:
    found = await reported(zone, SUPPORT, outlet=outlet)
    assert [each.state for each in found.hosts][: len(states)] == states
    assert (found.hosts[0].says if found.hosts and says else "") == says
    assert says == "" or found.hosts[0].remedy
