"""The configuration's keys reach delivery by MX."""

from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.app import straight as composed
from gateway.app.straight import straight
from gateway.config.settings import Settings
from gateway.outbound.retry import Deferred, Delivered, Outcome, Refused
from tests.auth.nameserver import Zone, name_server
from tests.config.reading import SMALLEST, read
from tests.outbound.mx.world import PARCEL
from tests.peers.authority import Authority
from tests.peers.policy_host import policy_host
from tests.peers.smtp_peer import SmtpPeer

ZONE: Zone = {("client.test", "MX"): [(10, "mx.client.test")], ("mx.client.test", "A"): ["127.0.0.2"]}


def settings_of(dns: int, port: int, *, outbound: str = "", server: str = "hostname = 'mx.desk.test'", trust: str = "") -> Settings:
    text = f"""{SMALLEST}
[server]
{server}
[trust]
nameservers = ["127.0.0.1:{dns}"]
{trust}
[outbound]
relay = "mx"
mx_port = {port}
{outbound}
"""
    found = read(text)
    assert not found.faults
    assert found.settings is not None
    return found.settings


@pytest.mark.parametrize(
    ("given", "expected", "says"),
    [
        ({}, Deferred, "mx.client.test (127.0.0.2): no certificate of it matches a TLSA record (DANE)"),
        ({"outbound": "dane = false"}, Delivered, "250 2.0.0 taken"),
        ({"server": "hostname = 'mx.client.test'"}, Refused, "554 5.4.6 mail for client.test would come back"),
        ({"server": "listen = ['127.0.0.2:{port}']"}, Refused, "554 5.4.6 mail for client.test would come back"),
        ({"outbound": "dane = false\nmax_message_size = 40"}, Refused, "552 5.3.4 "),
        ({"outbound": "dane = false\nca = 'nothing.pem'"}, Delivered, "250 2.0.0 taken"),
    ],
    ids=["DANE", "no DANE", "our name", "our address", "a size", "a file without authorities"],
)
async def test_what_is_configured_holds(
    given: dict[str, str], expected: type[Outcome], says: str, sessions: async_sessionmaker[AsyncSession], tmp_path: Path
) -> None:
    (tmp_path / "nothing.pem").write_text("nothing\n")
    peer = SmtpPeer(tls=Authority(tmp_path).context("mx.client.test"))
    peer.host = "127.0.0.2"
    async with peer, name_server(ZONE) as names:
        names.insecure = set()
        names.zone[f"_{peer.port}._tcp.mx.client.test", "TLSA"] = [(3, 1, 1, bytes(32))]
        tables = {key: value.format(port=peer.port).replace("nothing.pem", str(tmp_path / "nothing.pem")) for key, value in given.items()}
        transport = straight(settings_of(names.address[1], peer.port, **tables), sessions)
        try:
            said = (await transport.deliver(PARCEL))["ann@client.test"]
        finally:
            await transport.aclose()
    assert isinstance(said, expected)
    assert said.reply.startswith(says)


@pytest.mark.parametrize(("outbound", "expected"), [("", Deferred), ("mta_sts = false", Delivered)])
async def test_a_policy_is_fetched_and_kept_for_all_nodes_and_obeyed(
    outbound: str, expected: type[Outcome], sessions: async_sessionmaker[AsyncSession], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    zone: Zone = {**ZONE, ("_mta-sts.client.test", "TXT"): ["v=STSv1; id=1;"], ("mta-sts.client.test", "A"): ["127.0.0.1"]}
    body = b"version: STSv1\nmode: enforce\nmx: mx.client.test\nmax_age: 86400\n"
    peer = SmtpPeer(tls=authority.context("other.test"))
    peer.host = "127.0.0.2"
    async with peer, name_server(zone) as names, policy_host(body, authority.context("mta-sts.client.test")) as policies:
        monkeypatch.setattr(composed, "POLICY_PORT", policies.port)
        settings = settings_of(names.address[1], peer.port, outbound=f"ca = '{authority.pem}'\n{outbound}")
        for _ in range(2):
            # As two senders, one after the other: the second one finds in the database what the first one fetched.
            transport = straight(settings, sessions)
            try:
                said = (await transport.deliver(PARCEL))["ann@client.test"]
            finally:
                await transport.aclose()
            assert isinstance(said, expected)
        assert len(policies.asked) == (1 if expected is Deferred else 0)
