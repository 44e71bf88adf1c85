"""What DNS says of a desk's addresses: MX, DKIM keys, DMARC, alignment and reverse names."""

from typing import Any

import pytest

from gateway.dnscheck.alignment import Aligned, alignment
from gateway.dnscheck.report import Address
from gateway.dnscheck.sending import Outlet
from gateway.domain.dkim import DkimKey
from tests.auth.nameserver import Zone
from tests.dnscheck.checking import ED25519, OURS, OUTLET, WELL, ask, ed25519_key, finding, reported, rsa_key, states

RSA_NAME, ED_NAME = ("one._domainkey.desk.test", "TXT"), ("two._domainkey.desk.test", "TXT")
B, PTR = ("b.desk.test", "TXT"), ("10.2.0.192.in-addr.arpa", "PTR")


async def test_all_is_well() -> None:
    zone = WELL | {RSA_NAME: [rsa_key().record], ED_NAME: [ed25519_key().record]}
    found = await reported(zone, keys=(rsa_key(), ed25519_key()))
    assert found.state == "good", found
    assert finding(found, "from").says == "letters from it pass DMARC by SPF and DKIM"


@pytest.mark.parametrize(
    ("changed", "state", "says"),
    [
        ({("desk.test", "MX"): []}, "fault", "neither an MX record nor an address"),
        ({("desk.test", "MX"): [], ("desk.test", "A"): [OURS]}, "advice", "has no MX record; mail goes to its own address"),
        ({("desk.test", "MX"): [(0, ".")]}, "fault", "takes no mail"),
        ({("desk.test", "MX"): [(1, "gone.test")]}, "fault", "gone.test has no address"),
        ({("desk.test", "MX"): [(1, "192.0.2.10")]}, "fault", "names the address 192.0.2.10, where a host's name must stand"),
        ({("desk.test", "MX"): [(1, "mx.desk.test"), (2, "gone.test")]}, "advice", "gone.test has no address"),
        ({("desk.test", "MX"): [(1, "in.net.test")], ("in.net.test", "A"): ["198.51.100.1"]}, "advice", "mail goes to in.net.test"),
        ({("desk.test", "MX"): [(1, "other.test")], ("other.test", "A"): [OURS]}, "good", "mail comes here"),
        ({("desk.test", "MX"): "servfail"}, "unknown", "could not be looked up"),
        ({("mx.desk.test", "A"): "servfail"}, "good", "mail comes here"),
    ],
)
async def test_where_mail_goes(changed: dict[Any, Any], state: str, says: str) -> None:
    found = finding(await reported(WELL | changed), "mx")
    assert (found.state, says in found.says) == (state, True), found


@pytest.mark.parametrize(
    ("record", "state", "says"),
    [
        ([], "fault", "has no key record"),
        (["v=DKIM1; k=rsa; p="], "fault", "the key was revoked: p= is empty"),
        ([ed25519_key().record], "fault", "a key of another kind, ed25519; ours is rsa"),
        ([rsa_key().record.replace("p=M", "p=N")], "fault", "another key is published there"),
        ([rsa_key().record.replace("p=", "p=!")], "fault", "another key is published there"),
        ([rsa_key().record + "; h=sha1"], "fault", "does not allow SHA-256"),
        ([rsa_key().record + "; s=tlsrpt"], "fault", "not for mail"),
        ([rsa_key().record + "; t=y"], "fault", "being tested"),
        ([rsa_key().record.replace("DKIM1", "DKIM2")], "fault", "its version is DKIM2"),
        ([rsa_key().record, ed25519_key().record], "fault", "has 2 records"),
        (["v=DKIM1; p=x; p=y"], "fault", "no list of tags"),
        ([rsa_key().record.replace("k=rsa; ", "").replace("p=", "p= ")], "good", "is published"),
        ("servfail", "unknown", "could not be looked up"),
    ],
)
async def test_a_key_is_compared_with_what_is_published(record: Any, state: str, says: str) -> None:
    found = finding(await reported(WELL | {RSA_NAME: record}, keys=(rsa_key(),)), "dkim")
    assert (found.state, says in found.says) == (state, True), found
    assert (found.publish is not None) == (state == "fault")


async def test_a_key_may_stand_elsewhere_by_cname_and_in_several_strings() -> None:
    assert len(rsa_key().record) > 200
    long = rsa_key().record.replace("k=rsa", f"k=rsa; n={'x' * 200}")
    zone = WELL | {("one._domainkey.desk.test", "CNAME"): ["desk.keys.test"], ("desk.keys.test", "TXT"): [long]}
    assert states(await reported(zone, keys=(rsa_key(),)))["dkim"] == "good"


@pytest.mark.parametrize(
    ("changed", "state", "says"),
    [
        ({("_dmarc.desk.test", "TXT"): []}, "advice", "has no DMARC policy"),
        ({("_dmarc.desk.test", "TXT"): ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, "fault", "has 2 DMARC records"),
        ({("_dmarc.desk.test", "TXT"): ["v=DMARC1; p=nonsense"]}, "fault", "is malformed"),
        ({("_dmarc.desk.test", "TXT"): "servfail"}, "unknown", "could not be looked up"),
        ({}, "good", "the policy is reject"),
    ],
)
async def test_the_policy(changed: dict[Any, Any], state: str, says: str) -> None:
    found = finding(await reported(WELL | changed), "dmarc")
    assert (found.state, says in found.says) == (state, True), found


async def test_a_subdomain_has_its_organisations_policy() -> None:
    zone = WELL | {("_dmarc.desk.test", "TXT"): ["v=DMARC1; p=none; sp=quarantine"], ("help.desk.test", "TXT"): ["v=spf1 -all"]}
    found = await reported(zone, Address("x@help.desk.test", "gateway"))
    assert finding(found, "dmarc", "x@help.desk.test").says == "the policy is quarantine, by desk.test"
    assert "the policy is quarantine" in finding(found, "from", "x@help.desk.test").says


@pytest.mark.parametrize(
    ("changed", "keys", "bounces", "state"),
    [
        ({}, (), None, "good"),
        ({("desk.test", "TXT"): ["v=spf1 -all"]}, (), None, "fault"),
        ({("desk.test", "TXT"): ["v=spf1 -all"], ("_dmarc.desk.test", "TXT"): ["v=DMARC1; p=none"]}, (), None, "advice"),
        ({("desk.test", "TXT"): ["v=spf1 -all"], RSA_NAME: [rsa_key().record]}, (rsa_key(),), None, "good"),
        ({("desk.test", "TXT"): "servfail"}, (), None, "unknown"),
        ({B: [f"v=spf1 ip4:{OURS}"]}, (), "b.desk.test", "good"),
        (
            {("b.desk.test", "TXT"): [f"v=spf1 ip4:{OURS}"], ("_dmarc.desk.test", "TXT"): ["v=DMARC1; p=reject; aspf=s"]},
            (),
            "b.desk.test",
            "fault",
        ),
        ({("b.other.test", "TXT"): [f"v=spf1 ip4:{OURS}"]}, (), "b.other.test", "fault"),
    ],
)
async def test_would_dmarc_pass(changed: dict[Any, Any], keys: tuple[DkimKey, ...], bounces: str | None, state: str) -> None:
    assert finding(await reported(WELL | changed, keys=keys, bounce_domain=bounces), "from").state == state


@pytest.mark.parametrize(
    ("changed", "state", "says"),
    [
        ({}, "good", "leads back to it"),
        ({PTR: []}, "fault", "192.0.2.10 has no reverse name"),
        ({PTR: ["gone.test"]}, "fault", "gone.test, does not lead back to it"),
        (
            {PTR: ["host.net.test"], ("host.net.test", "A"): [OURS]},
            "advice",
            "greets others as mx.desk.test",
        ),
        ({PTR: "servfail"}, "unknown", "could not be looked up"),
        ({PTR: ["x.test"], ("x.test", "A"): "servfail"}, "unknown", "could not be looked up"),
    ],
)
async def test_the_name_of_the_host_that_sends(changed: dict[Any, Any], state: str, says: str) -> None:
    [found] = (await reported(WELL | changed)).hosts
    assert (found.state, says in found.says) == (state, True), found


async def test_where_letters_come_from() -> None:
    zone: Zone = WELL | {("relay.net.test", "A"): ["198.51.100.25"], ("relay.net.test", "AAAA"): ["2001:db8::25"]}
    for outlet, addresses in (
        (OUTLET, (OURS,)),
        (Outlet("mx.desk.test", None), (OURS,)),
        (Outlet("mx.desk.test", "relay.net.test"), ("198.51.100.25", "2001:db8::25")),
        (Outlet("mx.desk.test", "198.51.100.9"), ("198.51.100.9",)),
        (Outlet("mx.desk.test", "10.0.0.5"), (OURS,)),
        (Outlet("mx.desk.test", "localhost"), (OURS,)),
        (Outlet("nowhere.test", "127.0.0.1"), ("127.0.0.1",)),
        (Outlet("mx.desk.test", "127.0.0.1", ("198.51.100.1", "_spf.net.test")), ("198.51.100.1",)),
    ):
        assert (await reported(zone, outlet=outlet)).sending.addresses == addresses


@pytest.mark.parametrize(("bounces", "where"), [("b.desk.test", "named for the SPF of b.desk.test"), ("b.other.test", "is not in line")])
async def test_where_return_paths_are_elsewhere_it_says_what_to_do_there(bounces: str, where: str) -> None:
    found = finding(await reported(WELL, bounce_domain=bounces), "from")
    assert (found.state, where in found.remedy) == ("fault", True), found


@pytest.mark.parametrize("mx", [[], [(0, ".")], [(1, "192.0.2.10")]])
async def test_mail_that_belongs_elsewhere_is_never_advised_to_come_here(mx: list[Any]) -> None:
    """It would lead a company's whole mail to the desk."""
    addresses = Address("hi@brand.test", "from_address"), Address("box@provider.test", "gateway", fetched=True)
    found = await reported(WELL | {("brand.test", "MX"): mx, ("provider.test", "MX"): mx}, *addresses)
    for each in addresses:
        told = finding(found, "mx", each.address)
        assert (told.state, told.publish) == ("fault", None)
        assert "the server that its mail goes to" in told.remedy


async def test_an_address_with_a_server_of_its_own_needs_nothing_of_ours() -> None:
    zone: dict[tuple[str, str], Any] = {("provider.test", "MX"): [(1, "mx.provider.test")], ("mx.provider.test", "A"): ["198.51.100.1"]}
    found = await reported(WELL | zone, Address("box@provider.test", "from_address", own_server=True))
    assert states(found, "box@provider.test") == {"mx": "good", "spf": "good"}


async def test_an_internationalised_domain_is_looked_up_by_its_a_labels() -> None:
    domain = "xn--e1afmkfd.xn--p1ai"
    zone = WELL | {
        (domain, "MX"): [(1, "mx.desk.test")],
        (domain, "TXT"): [f"v=spf1 ip4:{OURS} -all"],
        (f"_dmarc.{domain}", "TXT"): ["v=DMARC1; p=none"],
        (f"one._domainkey.{domain}", "TXT"): [rsa_key(domain).record],
    }
    found = await reported(zone, Address(f"support@{domain}", "gateway"), keys=(rsa_key(domain),))
    assert set(states(found, f"support@{domain}").values()) == {"good"}


@pytest.mark.parametrize(
    ("zone", "keys", "expected"),
    [
        ({("p.test", "TXT"): [f"v=spf1 ip4:{OURS} -all"]}, (), Aligned("spf")),
        ({("one._domainkey.p.test", "TXT"): [rsa_key("p.test").record]}, (rsa_key("p.test"),), Aligned("dkim")),
        ({("one._domainkey.p.test", "TXT"): ["v=DKIM1; p="]}, (rsa_key("p.test"),), None),
        ({("p.test", "TXT"): ["v=spf1 -all"]}, (), None),
        ({}, (), None),
    ],
)
async def test_what_vouches_for_a_from_address(zone: Any, keys: tuple[DkimKey, ...], expected: Aligned | None) -> None:
    found = await ask(lambda known: alignment("x@p.test", keys, OUTLET, known), WELL | zone)
    assert found == expected or (expected is None and found.by is None and not found.unknown and "check --dns" in found.why)


@pytest.mark.parametrize("kind", [("p.test", "TXT"), ("mx.desk.test", "A")])
async def test_while_dns_does_not_say_nothing_is_known(kind: tuple[str, str]) -> None:
    found = await ask(
        lambda known: alignment("x@p.test", (), OUTLET, known), {**WELL, ("p.test", "TXT"): ["v=spf1 -all"], kind: "servfail"}
    )
    assert (found.by, found.unknown) == (None, True)


def test_keys_show_no_secret() -> None:
    assert ED25519 not in repr(ed25519_key())
