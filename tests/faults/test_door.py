"""The door of a running gateway: TLS from the start, certificates that are renewed under its hands, balancers, newlines."""

import asyncio
import signal
import ssl
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.ingress.smtp_client import Client
from tests.ingress.test_proxy_header import V4_BODY, v2
from tests.journeys.lending import Lender
from tests.journeys.running import Running
from tests.peers.certificates import self_signed

pytestmark = pytest.mark.timeout(300)

LISTENER = ("--role", "listener")
BARE = b"Subject: Hi\r\n\r\nx\n.\nMAIL FROM:<boss@desk.test>\r\n.\r\n"
RENEWED_WITHIN = 60.0
"""Seconds; files are looked at every three."""
TRIES = 20
"""By default we are silent for a twentieth of a second; who speaks at once may come too late on a busy machine."""


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("door") / "both.pem", "first.desk.test")


@pytest.fixture(scope="module")
def server(pem: Path) -> str:
    return f'listen_tls = ["127.0.0.1:0"]\nproxies = ["127.0.0.8"]\nbare_newline = "normalize"\n[tls]\ncertificate = "{pem}"\nkey = "{pem}"'


@pytest.fixture
def certificate(pem: Path) -> Iterator[Path]:
    """The file; what a test makes of it, the next one does not meet."""
    good = pem.read_bytes()
    yield pem
    pem.write_bytes(good)


def unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@asynccontextmanager
async def over_tls(gateway: Running) -> Any:
    host, _, port = (await gateway.process.ready())["smtps"].rpartition(":")
    async with Client(int(port), host) as client:
        await client.shake_hands(unverified())
        yield client


def fingerprint(client: Client) -> bytes:
    return client.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)  # type: ignore[no-any-return]


async def presented(gateway: Running) -> bytes:
    async with over_tls(gateway) as client:
        return fingerprint(client)


async def until_presented(gateway: Running, other_than: bytes) -> bytes:
    async with asyncio.timeout(RENEWED_WITHIN):
        while (found := await presented(gateway)) == other_than:
            await asyncio.sleep(0.2)
    return found


async def test_mail_comes_in_under_tls_from_the_start(lend: Lender, server: str) -> None:
    async with lend(arguments=LISTENER, server=server) as gateway, over_tls(gateway) as client:
        await client.hello()
        assert (await client.message(b"Subject: Hi\r\n\r\n.\r\n", "support@desk.test")).startswith("250")
        [row] = await gateway.rows("SELECT peer FROM inbound_messages")
        assert row["peer"]["tls"].startswith("TLSv1.3 ")


async def test_a_renewed_certificate_is_used_without_restart_or_signal_and_a_bad_one_is_not(
    lend: Lender, server: str, certificate: Path
) -> None:
    async with lend(arguments=LISTENER, server=server) as gateway, over_tls(gateway) as held:
        await held.hello()
        first = fingerprint(held)
        children = gateway.process.children()

        self_signed(certificate, "second.desk.test")
        second = await until_presented(gateway, first)

        known = len(gateway.process.log)
        certificate.write_text("half of a file")
        await gateway.process.logged("certificate_not_usable", "the one before stays", seconds=RENEWED_WITHIN, after=known)
        assert await presented(gateway) == second

        self_signed(certificate, "third.desk.test")
        assert await until_presented(gateway, second) not in (first, second)
        assert (await held.message(b"Subject: Held\r\n\r\n.\r\n", "support@desk.test")).startswith("250")
        assert gateway.process.children() == children


async def test_a_reload_with_a_bad_certificate_changes_nothing_and_says_why(lend: Lender, server: str, certificate: Path) -> None:
    async with lend(arguments=LISTENER, server=server) as gateway:
        first = await presented(gateway)
        known = len(gateway.process.log)
        certificate.write_text("no certificate")
        gateway.process.signal(signal.SIGHUP)
        await gateway.process.logged("configuration_fault", "tls.key", "expected the key of tls.certificate", after=known)
        await gateway.process.logged("old_configuration_stays", after=known)
        assert await presented(gateway) == first


@pytest.mark.parametrize("header", [b"PROXY TCP4 192.0.2.1 192.0.2.9 49152 25\r\n", v2(V4_BODY)], ids=["v1", "v2"])
async def test_behind_a_balancer_the_peer_is_whom_it_names(lend: Lender, server: str, header: bytes) -> None:
    async with lend(arguments=LISTENER, server=server) as gateway:
        async with Client(gateway.smtp[1], gateway.smtp[0], "127.0.0.8") as client:
            client.send(header)
            await client.hello()
            assert (await client.message(b"Subject: Hi\r\n\r\n.\r\n", "support@desk.test")).startswith("250")
        async with Client(gateway.smtp[1], gateway.smtp[0], "127.0.0.8") as client:
            client.send(b"EHLO client.test\r\n")
            assert (await client.reply()).startswith("421 4.3.5")
        [row] = await gateway.rows("SELECT id, peer FROM inbound_messages")
        assert (row["peer"]["address"], row["peer"]["port"]) == ("192.0.2.1", 49152)


async def test_bare_newlines_are_mended_where_the_configuration_says_so(lend: Lender, server: str) -> None:
    async with lend(arguments=LISTENER, server=server) as gateway:
        async with Client(gateway.smtp[1], gateway.smtp[0]) as client:
            await client.hello()
            assert (await client.message(BARE, "support@desk.test")).startswith("250 2.0.0")
            assert (await client.say("NOOP")).startswith("250 2.0.0"), "one message, one reply"
        [row] = await gateway.rows("SELECT content FROM inbound_contents")
        assert row["content"].endswith(b"\r\nx\r\n.\r\nMAIL FROM:<boss@desk.test>\r\n")


async def test_by_default_bare_newlines_are_refused_and_so_is_who_speaks_before_the_greeting(lend: Lender) -> None:
    async with lend(arguments=LISTENER) as gateway:
        async with Client(gateway.smtp[1], gateway.smtp[0]) as client:
            await client.hello()
            assert (await client.message(BARE, "support@desk.test")).startswith("550 5.6.0")
        assert await gateway.rows("SELECT id FROM inbound_messages") == []
        for number in range(TRIES):
            async with Client(gateway.smtp[1], gateway.smtp[0]) as client:
                client.send(b"EHLO client.test\r\n")
                if (await client.reply()).startswith("554 5.5.0"):
                    assert await client.closed()
                    break
            assert number < TRIES - 1
