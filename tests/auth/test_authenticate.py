"""The whole of it: real signatures, a real name server, every kind of peer."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from gateway.auth.authenticate import authenticate
from gateway.auth.dns import Resolver
from gateway.auth.signature import Verified
from gateway.auth.verify import verify_content
from gateway.domain.envelope import Entry, Envelope
from gateway.domain.organisation import Trust
from gateway.domain.verdict import Verdict
from gateway.mail.message import Message
from tests.auth.messages import envelope, message
from tests.auth.nameserver import NameServer, Zone, name_server
from tests.auth.signing import MAIL, ed25519_record, plain_id, rsa_record, sign_ed25519, sign_rsa

ZONE: dict[tuple[str, str], Sequence[Any] | str] = {
    ("client.test", "TXT"): ["v=spf1 ip4:192.0.2.7 -all"],
    ("mail.client.test", "TXT"): ["v=spf1 ip4:192.0.2.7 -all"],
    ("other.test", "TXT"): ["v=spf1 ip4:192.0.2.7 -all"],
    ("s1._domainkey.client.test", "TXT"): [rsa_record().decode()],
    ("s2._domainkey.client.test", "TXT"): ["unrelated", ed25519_record().decode()],
    ("s1._domainkey.mail.client.test", "TXT"): [rsa_record().decode()],
    ("s1._domainkey.other.test", "TXT"): [rsa_record().decode()],
    ("dead._domainkey.client.test", "TXT"): "servfail",
}
DMARC = {("_dmarc.client.test", "TXT"): ["v=DMARC1; p=reject"]}
STRICT = {("_dmarc.client.test", "TXT"): ["v=DMARC1; p=reject; adkim=s; aspf=s"]}

SPF, NO_SPF = "192.0.2.7", "203.0.113.7"
SIGNED = sign_rsa(MAIL)


async def verify(content: bytes, keys: Mapping[str, bytes]) -> Verified:
    return verify_content(content, keys, time.time())


async def verdict_on(
    envelope: Envelope, message: Message, content: bytes = MAIL, zone: Zone = ZONE, trust: Trust | None = None
) -> tuple[Verdict, NameServer]:
    async with name_server(zone) as server:
        resolver = Resolver([server.address])
        verdict = await authenticate(envelope, message, content, resolver, trust or Trust(), verify)
        await resolver.close()
    return verdict, server


@pytest.mark.parametrize(
    ("address", "reverse_path", "content", "zone", "expected"),
    [
        # (spf, dkim, dmarc, aligned)
        (SPF, "anna@client.test", MAIL, ZONE, ("pass", "none", "none", True)),
        (SPF, "bounce@mail.client.test", MAIL, ZONE, ("pass", "none", "none", True)),
        (SPF, "anna@other.test", MAIL, ZONE, ("pass", "none", "none", False)),
        (NO_SPF, "anna@client.test", MAIL, ZONE, ("fail", "none", "none", False)),
        (NO_SPF, "anna@client.test", SIGNED, ZONE, ("fail", "pass", "none", True)),
        (NO_SPF, "anna@client.test", sign_ed25519(MAIL), ZONE, ("fail", "pass", "none", True)),
        (NO_SPF, "x@y.test", sign_rsa(MAIL, "mail.client.test"), ZONE, ("none", "pass", "none", True)),
        (NO_SPF, "x@y.test", sign_rsa(MAIL, "other.test"), ZONE, ("none", "pass", "none", False)),
        (NO_SPF, "x@y.test", sign_rsa(SIGNED, "other.test"), ZONE, ("none", "pass", "none", True)),
        (NO_SPF, "x@y.test", SIGNED + b"more", ZONE, ("none", "fail", "none", False)),
        (NO_SPF, "x@y.test", sign_rsa(MAIL, selector="no"), ZONE, ("none", "permerror", "none", False)),
        (NO_SPF, "x@y.test", sign_rsa(MAIL, selector="dead"), ZONE, ("none", "temperror", "none", False)),
        # With DMARC.
        (SPF, "anna@client.test", MAIL, ZONE | DMARC, ("pass", "none", "pass", True)),
        (NO_SPF, "x@y.test", SIGNED, ZONE | DMARC, ("none", "pass", "pass", True)),
        (SPF, "anna@other.test", MAIL, ZONE | DMARC, ("pass", "none", "fail", False)),
        (
            NO_SPF,
            "x@y.test",
            sign_rsa(MAIL, selector="dead"),
            ZONE | DMARC,
            ("none", "temperror", "temperror", False),
        ),
        # A strict policy: of the same organisation is not enough, and no alignment of ours may outdo the domain's own wish.
        (SPF, "bounce@mail.client.test", MAIL, ZONE | STRICT, ("pass", "none", "fail", False)),
        (SPF, "anna@client.test", MAIL, ZONE | STRICT, ("pass", "none", "pass", True)),
    ],
    ids=plain_id,
)
async def test_mail_from_a_peer(address: str, reverse_path: str, content: bytes, zone: Zone, expected: tuple[str, str, str, bool]) -> None:
    verdict, _ = await verdict_on(envelope(address, reverse_path=reverse_path), message(), content, zone)
    assert (verdict.spf, verdict.dkim, verdict.dmarc, verdict.aligned) == expected, verdict.reason
    assert verdict.source == "peer"


async def test_the_verdict_names_its_domains_and_its_reason() -> None:
    verdict, _ = await verdict_on(envelope(NO_SPF), message(), SIGNED)
    assert (verdict.spf_domain, verdict.dkim_domains) == ("client.test", ("client.test",))
    assert verdict.reason == "DKIM passed for client.test, of one organisation with the author's client.test"
    refused, _ = await verdict_on(envelope(NO_SPF), message(), SIGNED + b"more")
    assert refused.reason == (
        "nothing authenticates the author's client.test: SPF is fail for client.test;"
        " the signature of client.test is fail (the body was changed after it was signed)"
    )


@pytest.mark.parametrize("author", [message(None), message(unambiguous=False), message("anna@client.test", unambiguous=False)])
@pytest.mark.parametrize("trust", [Trust(), Trust(local=("192.0.2.0/24",)), Trust(relays=("192.0.2.0/24",))])
async def test_an_ambiguous_author_is_never_aligned(author: Message, trust: Trust) -> None:
    verdict, _ = await verdict_on(envelope(SPF), author, SIGNED, trust=trust)
    assert not verdict.aligned
    assert "ambiguous" in verdict.reason


@pytest.mark.parametrize(
    ("sender", "trust", "aligned"),
    [
        (envelope("127.0.0.1"), Trust(local=("127.0.0.0/8",)), True),
        (envelope(None, entry=Entry.STDIN), Trust(local=("stdin", "lmtp")), True),
        (envelope(None, entry=Entry.LMTP), Trust(local=("stdin",)), False),
        (envelope("198.51.100.1"), Trust(local=("127.0.0.0/8",)), False),
        (envelope("198.51.100.1"), Trust(local=("stdin",)), False),
    ],
)
async def test_local_mail_is_believed_without_a_question(sender: Envelope, trust: Trust, aligned: bool) -> None:
    verdict, server = await verdict_on(sender, message(), trust=trust)
    assert verdict.aligned is aligned
    assert (verdict.source == "local") is aligned
    assert bool(server.asked) is not aligned


RELAYS = Trust(relays=("10.0.0.0/24",), authserv_id="relay.test")
RECEIVED = ["from relay.test ([10.0.0.5]) by desk.test", "from mx ([203.0.113.7]) by relay.test"]


@pytest.mark.parametrize(
    ("results", "content", "expected", "source"),
    [
        ([(1, "relay.test; dmarc=pass header.from=client.test")], MAIL, ("none", "none", "pass", True), "relay"),
        ([(1, "relay.test; spf=pass smtp.mailfrom=x@client.test")], MAIL, ("pass", "none", "none", True), "relay"),
        ([(1, "relay.test; spf=pass smtp.mailfrom=x@other.test")], MAIL, ("pass", "none", "fail", False), "relay"),
        (
            [(1, "relay.test; dkim=pass header.d=client.test; dmarc=fail header.from=client.test")],
            MAIL,
            ("none", "pass", "fail", False),
            "relay",
        ),
        # The relay's address is never taken for the client's; its signature check can be repeated.
        ([], MAIL, ("none", "none", "none", False), "none"),
        ([], SIGNED, ("none", "pass", "pass", True), "peer"),
        ([(2, "relay.test; dmarc=pass header.from=client.test")], MAIL, ("none", "none", "none", False), "none"),
    ],
    ids=plain_id,
)
async def test_mail_from_a_relay(results: list[tuple[int, str]], content: bytes, expected: tuple[str, str, str, bool], source: str) -> None:
    mail = message(received=RECEIVED, results=results)
    verdict, server = await verdict_on(envelope("10.0.0.5"), mail, content, ZONE | DMARC, RELAYS)
    assert (verdict.spf, verdict.dkim, verdict.dmarc, verdict.aligned) == expected, verdict.reason
    assert verdict.source == source
    assert ("client.test", "TXT") not in server.asked


async def test_a_forged_field_from_a_stranger_changes_nothing() -> None:
    mail = message(received=RECEIVED, results=[(1, "relay.test; dmarc=pass header.from=client.test")])
    verdict, _ = await verdict_on(envelope(NO_SPF), mail, zone=ZONE | DMARC, trust=RELAYS)
    assert (verdict.spf, verdict.dmarc, verdict.aligned) == ("fail", "fail", False)


async def test_mail_without_a_peer_is_judged_by_its_signatures() -> None:
    signed, _ = await verdict_on(envelope(None, entry=Entry.LMTP), message(), SIGNED, ZONE | DMARC)
    assert (signed.spf, signed.dkim, signed.dmarc, signed.aligned) == ("none", "pass", "pass", True)
    unsigned, _ = await verdict_on(envelope(None, entry=Entry.LMTP), message(), MAIL, ZONE | DMARC)
    assert (unsigned.spf, unsigned.dmarc, unsigned.aligned, unsigned.source) == ("none", "none", False, "none")


async def test_a_null_reverse_path_is_judged_by_helo() -> None:
    verdict, _ = await verdict_on(envelope(SPF, reverse_path="", helo="client.test"), message())
    assert (verdict.spf, verdict.spf_domain, verdict.aligned) == ("pass", "client.test", True)


async def test_without_dns_everything_is_a_temporary_error_within_the_budget() -> None:
    async with name_server(ZONE) as server:
        server.deaf = True
        resolver = Resolver([server.address], seconds=0.3)
        begun = asyncio.get_running_loop().time()
        verdict = await authenticate(envelope(), message(), SIGNED, resolver, Trust(), verify)
        assert asyncio.get_running_loop().time() - begun < 10
        await resolver.close()
    assert (verdict.spf, verdict.dkim, verdict.dmarc, verdict.aligned) == ("temperror", "temperror", "temperror", False)


async def test_mail_without_dkim_never_troubles_the_verifier() -> None:
    async def never(content: bytes, keys: Mapping[str, bytes]) -> Verified:
        raise AssertionError("nothing to verify")

    async with name_server(ZONE) as server:
        verdict = await authenticate(envelope(), message(), MAIL, Resolver([server.address]), Trust(), never)
    assert verdict.dkim == "none"
