"""What mail servers have to prove: opportunistic TLS, MTA-STS and DANE, each against servers that can and servers that cannot."""

import hashlib
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.outbound.mx.policies import Kept
from gateway.outbound.mx.sts import Policy
from gateway.outbound.retry import Deferred, Delivered
from tests.auth.nameserver import Zone
from tests.outbound.mx.world import ONE, Remembered, World, policy_of, world
from tests.peers.authority import Authority, certificates_in, public_key_of
from tests.peers.certificates import self_signed
from tests.peers.policy_host import PolicyHost
from tests.peers.smtp_peer import reply

TAKEN = {"ann@client.test": Delivered("250 2.0.0 taken")}
HERE = "127.0.0.2"
POLICY = b"version: STSv1\nmode: enforce\nmx: mx1.client.test\nmax_age: 86400\n"
ANNOUNCED: Zone = {**ONE, ("_mta-sts.client.test", "TXT"): ["v=STSv1; id=1;"], ("mta-sts.client.test", "A"): ["127.0.0.1"]}


def server_context(path: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


async def why_deferred(around: World) -> str:
    said = (await around.deliver())["ann@client.test"]
    assert isinstance(said, Deferred), said
    assert said.unreachable
    assert around.at(HERE).messages == []
    assert not [each for each in around.at(HERE).commands if each.startswith("MAIL")], "nothing may go in the clear"
    return said.reply


# Nothing is published: any TLS is better than none, and none is better than no delivery.


async def test_tls_is_used_where_it_is_offered_whoever_signed_the_certificate(tmp_path: Path) -> None:
    context = server_context(self_signed(tmp_path / "peer.pem", "somebody.test"))
    async with world(ONE, HERE, contexts={HERE: context}) as around:
        assert await around.deliver() == TAKEN
        assert around.at(HERE).messages[0].tls
        assert [each for each in around.at(HERE).commands if each.startswith("EHLO")] == ["EHLO mx.desk.test"] * 2


@pytest.mark.parametrize("said", ["454 4.7.0 not now", "500 5.5.1 what?"])
async def test_where_starttls_is_refused_the_letter_goes_in_the_clear(said: str, tmp_path: Path) -> None:
    context = server_context(self_signed(tmp_path / "peer.pem", "somebody.test"))
    async with world(ONE, HERE, contexts={HERE: context}) as around:
        around.at(HERE).on("STARTTLS", reply(said))
        assert await around.deliver() == TAKEN
        assert not around.at(HERE).messages[0].tls
        assert around.at(HERE).connections == 2, "on another connection: this one's state is nobody's guess"


async def test_where_the_handshake_fails_the_letter_goes_in_the_clear(tmp_path: Path) -> None:
    context = server_context(self_signed(tmp_path / "peer.pem", "somebody.test"))
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode, client.maximum_version = False, ssl.CERT_NONE, ssl.TLSVersion.TLSv1_2
    async with world(ONE, HERE, contexts={HERE: context}, ways={"unverifying": client}) as around:
        assert await around.deliver() == TAKEN
        assert not around.at(HERE).messages[0].tls


async def test_the_server_is_told_which_name_it_is_asked_for(tmp_path: Path) -> None:
    asked: list[str | None] = []
    context = server_context(self_signed(tmp_path / "peer.pem", "somebody.test"))
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    async with world(ONE, HERE, contexts={HERE: context}) as around:
        assert await around.deliver() == TAKEN
        assert asked == ["mx1.client.test"]


# MTA-STS.


@asynccontextmanager
async def enforcing(
    folder: Path, *names: str, body: bytes = POLICY, zone: Zone = ANNOUNCED, days: int = 1, host: tuple[str, ...] = (), **given: Any
) -> AsyncIterator[tuple[World, PolicyHost]]:
    """A policy that can be fetched, and a mail server with a certificate of these names; without any, it has no TLS."""
    async with policy_of(folder, body, *host) as (policies, authority):
        contexts: Mapping[str, ssl.SSLContext] = {HERE: authority.context(*names, days=days)} if names else {}
        async with world(zone, HERE, contexts=contexts, authority=authority, policies_at=policies.port, **given) as around:
            yield around, policies


async def test_a_policy_is_obeyed_where_the_server_keeps_it(tmp_path: Path) -> None:
    async with enforcing(tmp_path, "mx1.client.test") as (around, policies):
        assert await around.deliver() == TAKEN
        assert around.at(HERE).messages[0].tls
        assert policies.asked == ["GET /.well-known/mta-sts.txt HTTP/1.1 at mta-sts.client.test"]
        assert around.store.kept["client.test"] == Kept("1", Policy("enforce", ("mx1.client.test",), 86400), 0.0)


async def test_under_a_policy_nothing_goes_to_a_server_without_tls(tmp_path: Path) -> None:
    async with enforcing(tmp_path) as (around, _):
        assert await why_deferred(around) == (
            "mx1.client.test (127.0.0.2): it offers no TLS, which the MTA-STS policy of its domain demands"
        )


@pytest.mark.parametrize("said", ["454 4.7.0 not now"])
async def test_under_a_policy_a_refused_starttls_is_no_way_out(said: str, tmp_path: Path) -> None:
    async with enforcing(tmp_path, "mx1.client.test") as (around, _):
        around.at(HERE).on("STARTTLS", reply(said))
        assert await why_deferred(around) == f"{said}, at mx1.client.test (127.0.0.2)"


@pytest.mark.parametrize(
    ("names", "days", "why"),
    [(("other.client.test",), 1, "not valid for 'mx1.client.test'"), (("mx1.client.test",), -1, "certificate has expired")],
)
async def test_under_a_policy_the_certificate_has_to_be_valid(names: tuple[str, ...], days: int, why: str, tmp_path: Path) -> None:
    async with enforcing(tmp_path, *names, days=days) as (around, _):
        said = await why_deferred(around)
        assert said.startswith("mx1.client.test (127.0.0.2): its certificate is not valid: ")
        assert why in said


async def test_under_a_policy_the_certificate_has_to_be_an_authoritys(tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "Nobody knows")
    async with policy_of(tmp_path, POLICY) as (policies, authority):
        contexts = {HERE: stranger.context("mx1.client.test")}
        async with world(ANNOUNCED, HERE, contexts=contexts, authority=authority, policies_at=policies.port) as around:
            assert "its certificate is not valid" in await why_deferred(around)


async def test_under_a_policy_only_servers_that_it_names_get_the_letter(tmp_path: Path) -> None:
    zone: Zone = {**ANNOUNCED, ("client.test", "MX"): [(10, "mx.evil.test")], ("mx.evil.test", "A"): [HERE]}
    async with enforcing(tmp_path, "mx.evil.test", zone=zone) as (around, _):
        assert await why_deferred(around) == "mx.evil.test (127.0.0.2): the MTA-STS policy of client.test does not name it"
        assert around.at(HERE).connections == 0


@pytest.mark.parametrize("mode", [b"testing", b"none"])
async def test_a_policy_that_is_not_enforced_stops_no_letter(mode: bytes, tmp_path: Path) -> None:
    async with enforcing(tmp_path, body=POLICY.replace(b"enforce", mode)) as (around, _):
        assert await around.deliver() == TAKEN


@pytest.mark.parametrize("fault", ["status", "redirect", "type", "too large", "no policy", "wrong name", "no TXT", "down", "mangled"])
async def test_a_policy_that_cannot_be_had_is_none(fault: str, tmp_path: Path) -> None:
    zone = {key: value for key, value in ANNOUNCED.items() if fault != "no TXT" or key[1] != "TXT"}
    if fault == "down":
        zone["mta-sts.client.test", "A"] = ["127.0.0.99"]
    body = POLICY + b"x: y\n" * 20_000 if fault == "too large" else b"\x1f\x8b" if fault == "mangled" else POLICY
    host = ("client.test",) if fault == "wrong name" else ()
    async with enforcing(tmp_path, body=body, zone=zone, host=host) as (around, policies):
        policies.status = {"status": "404 Not Found", "redirect": "302 Found"}.get(fault, "200 OK")
        policies.location = f"https://127.0.0.1:{policies.port}/elsewhere" if fault == "redirect" else ""
        policies.content_type = "text/html" if fault == "type" else "text/plain; charset=utf-8"
        policies.body = b"version: STSv1\nmode: always" if fault == "no policy" else body
        assert await around.deliver() == TAKEN
        assert around.store.kept == {}
        assert len(policies.asked) == (0 if fault in ("no TXT", "down", "wrong name") else 1)


async def test_a_fetch_that_failed_is_not_tried_again_for_each_letter(tmp_path: Path) -> None:
    async with enforcing(tmp_path, limits={"idle": 0.01}) as (around, policies):
        policies.status = "503 Busy"
        for _ in range(3):
            assert await around.deliver() == TAKEN
            around.at(HERE).on("QUIT", reply("221 2.0.0 bye"))
            await around.at(HERE).hang_up()
        assert len(policies.asked) == 1


@pytest.mark.parametrize("gone", ["TXT", "servfail", "host"])
async def test_a_policy_that_is_kept_holds_whoever_cuts_its_sources_off(gone: str, tmp_path: Path) -> None:
    """RFC 8461 §10.2."""
    zone = dict(ANNOUNCED)
    zone["_mta-sts.client.test", "TXT"] = {"TXT": [], "servfail": "servfail", "host": ["v=STSv1; id=2;"]}[gone]
    zone["mta-sts.client.test", "A"] = ["127.0.0.99"]
    store = Remembered()
    store.kept["client.test"] = Kept("1", Policy("enforce", ("mx1.client.test",), 86400), 3600.0)
    async with enforcing(tmp_path, zone=zone, store=store) as (around, policies):
        assert "it offers no TLS" in await why_deferred(around)
        assert policies.asked == []


@pytest.mark.parametrize(("identity", "age", "asked"), [("1", 3600.0, 0), ("0", 3600.0, 1), ("1", 100_000.0, 1)])
async def test_a_kept_policy_is_fetched_anew_when_its_id_changes_and_once_a_day(
    identity: str, age: float, asked: int, tmp_path: Path
) -> None:
    store = Remembered()
    store.kept["client.test"] = Kept(identity, Policy("none"), age)
    async with enforcing(tmp_path, "mx1.client.test", store=store) as (around, policies):
        assert await around.deliver() == TAKEN
        assert len(policies.asked) == asked
        assert store.kept["client.test"].policy.mode == ("enforce" if asked else "none")


# DANE.


@asynccontextmanager
async def published(
    folder: Path, usage: int, *, right: bool = True, zone: Zone = ONE, validates: bool = True, **given: Any
) -> AsyncIterator[World]:
    """A mail server whose certificate a TLSA record names, or not."""
    authority = Authority(folder, "Private authority")
    pem = authority.issue("mx1.client.test")
    named = certificates_in(pem)[0 if usage == 3 else 1] if right else Authority(folder, "Another").certificate
    octets = public_key_of(named) if usage == 3 else named.public_bytes(Encoding.DER)
    selector = 1 if usage == 3 else 0
    contexts = {HERE: server_context(pem)}
    async with world(zone, HERE, contexts=contexts, validates=validates, **given) as around:
        port = around.at(HERE).port
        around.names.zone[f"_{port}._tcp.mx1.client.test", "TLSA"] = [(usage, selector, 1, hashlib.sha256(octets).digest())]
        yield around


@pytest.mark.parametrize("usage", [2, 3])
async def test_a_certificate_that_its_record_names_is_right(usage: int, tmp_path: Path) -> None:
    async with published(tmp_path, usage) as around:
        assert await around.deliver() == TAKEN
        assert around.at(HERE).messages[0].tls


@pytest.mark.parametrize("usage", [2, 3])
async def test_a_certificate_that_no_record_names_gets_no_letter(usage: int, tmp_path: Path) -> None:
    async with published(tmp_path, usage, right=False) as around:
        assert await why_deferred(around) == "mx1.client.test (127.0.0.2): no certificate of it matches a TLSA record (DANE)"


async def test_a_record_demands_tls() -> None:
    async with world(ONE, HERE, validates=True) as around:
        around.names.zone[f"_{around.at(HERE).port}._tcp.mx1.client.test", "TLSA"] = [(3, 1, 1, bytes(32))]
        assert await why_deferred(around) == "mx1.client.test (127.0.0.2): it offers no TLS, which a TLSA record demands"


async def test_a_record_that_nobody_vouches_for_demands_nothing(tmp_path: Path) -> None:
    """The name server does not validate."""
    async with published(tmp_path, 3, right=False, validates=False) as around:
        assert await around.deliver() == TAKEN
        assert not [kind for _, kind in around.names.asked if kind == "TLSA"]


@pytest.mark.parametrize("name", ["client.test", "mx1.client.test"])
async def test_where_one_step_of_the_way_is_not_vouched_for_records_are_not_asked_for(name: str, tmp_path: Path) -> None:
    async with published(tmp_path, 3, right=False) as around:
        around.names.insecure = {name}
        assert await around.deliver() == TAKEN
        assert not [kind for _, kind in around.names.asked if kind == "TLSA"]


async def test_where_records_cannot_be_looked_up_the_server_gets_no_letter(tmp_path: Path) -> None:
    async with published(tmp_path, 3) as around:
        around.names.zone[f"_{around.at(HERE).port}._tcp.mx1.client.test", "TLSA"] = "servfail"
        assert await why_deferred(around) == "mx1.client.test (127.0.0.2): its TLSA records could not be looked up"


async def test_records_of_no_use_demand_tls_and_no_more(tmp_path: Path) -> None:
    """RFC 7672 §2.2."""
    async with published(tmp_path, 3) as around:
        around.names.zone[f"_{around.at(HERE).port}._tcp.mx1.client.test", "TLSA"] = [(1, 1, 1, bytes(32))]
        assert await around.deliver() == TAKEN
        assert around.at(HERE).messages[0].tls


async def test_dane_outranks_mta_sts(tmp_path: Path) -> None:
    """Its certificate is no authority's that we know, and right all the same."""
    async with (
        policy_of(tmp_path, POLICY) as (policies, authority),
        published(tmp_path, 3, zone=ANNOUNCED, authority=authority, policies_at=policies.port) as around,
    ):
        assert await around.deliver() == TAKEN
        assert around.store.kept["client.test"].policy.mode == "enforce"
