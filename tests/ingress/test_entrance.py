"""Who is let in: by address and network, through balancers, under TLS from the start, and after they have waited for the greeting."""

import asyncio
import contextlib
import resource
import socket
import ssl
import time
from ipaddress import ip_network
from typing import Any

import pytest

from tests.ingress.conftest import HOSTNAME, Contexts, Listen, Listener
from tests.ingress.smtp_client import Client
from tests.ingress.test_proxy_header import V4_BODY, v2
from tests.waiting import PATIENCE, until

V1 = b"PROXY TCP4 192.0.2.1 192.0.2.9 49152 25\r\n"
V2 = v2(V4_BODY)
BALANCERS = (ip_network("127.0.0.8/32"),)
BALANCER = "127.0.0.8"


@pytest.fixture(params=["v1", "v2"])
def header(request: pytest.FixtureRequest) -> bytes:
    return {"v1": V1, "v2": V2}[request.param]


async def gone(listener: Listener) -> None:
    await until(lambda: not listener.service.connections)


async def test_a_network_gets_so_many_connections_and_others_still_get_in(listen: Listen) -> None:
    listener = await listen(connections_per_address=2, connections_per_network=3)
    async with contextlib.AsyncExitStack() as stack:

        async def reply(source: str) -> str:
            return await (await stack.enter_async_context(listener.client(source=source))).reply()

        greeted = [(await reply(each))[:3] for each in ("127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.2", "127.0.1.2")]
    assert greeted == ["220", "220", "220", "421", "421", "220"]
    await gone(listener)


async def test_a_connection_of_a_balancer_is_the_peers_own(listen: Listen, header: bytes) -> None:
    listener = await listen(proxies=BALANCERS)
    async with listener.client(source=BALANCER) as client:
        client.send(header)
        await client.hello()
        assert (await client.message()).startswith("250")
    (row,) = await listener.kept()
    assert (row.peer["address"], row.peer["port"]) == ("192.0.2.1", 49152)
    async with listener.sessions() as session:
        from storage import inbound

        assert b"([192.0.2.1])" in (await inbound.content_of(session, row.id) or b"")


@pytest.mark.parametrize("pieces", [1, 5])
async def test_a_header_may_come_in_pieces_and_with_what_follows(listen: Listen, header: bytes, pieces: int) -> None:
    listener = await listen(proxies=BALANCERS)
    stream = header + b"EHLO client.test\r\n"
    step = -(-len(stream) // pieces)
    async with listener.client(source=BALANCER) as client:
        for start in range(0, len(stream), step):
            client.send(stream[start : start + step])
            await asyncio.sleep(0.02)
        assert (await client.reply()).startswith("220")
        assert (await client.reply()).startswith("250-")


async def test_behind_a_balancer_starttls_keeps_the_peers_address(listen: Listen, contexts: Contexts, header: bytes) -> None:
    listener = await listen(options={"tls": contexts[0]}, proxies=BALANCERS)
    async with listener.client(source=BALANCER) as client:
        client.send(header)
        await client.hello()
        await client.start_tls(contexts[1])
        await client.say("EHLO client.test")
        assert (await client.message()).startswith("250")
    (row,) = await listener.kept()
    assert row.peer["address"] == "192.0.2.1"
    assert row.peer["tls"].startswith("TLSv1.3 ")


async def test_behind_a_balancer_tls_may_begin_in_the_segment_of_the_header(listen: Listen, contexts: Contexts, header: bytes) -> None:
    listener = await listen(options={"tls": contexts[0]}, proxies=BALANCERS)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = contexts[1].wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.tls_port, local_addr=(BALANCER, 0))
    said, unsaid = b"", [b"EHLO client.test\r\n", b"MAIL FROM:<>\r\n", b"RCPT TO:<postmaster>\r\n", b"DATA\r\n", b"x\r\n.\r\n", b"QUIT\r\n"]
    first = header
    async with asyncio.timeout(PATIENCE):
        while b"221 " not in said:
            try:
                if tls.version() is None:
                    tls.do_handshake()
                else:
                    said += tls.read(65536)
                    if unsaid:
                        tls.write(unsaid.pop(0))
            except ssl.SSLWantReadError:
                pass
            if outgoing.pending:
                writer.write(first + outgoing.read())
                first = b""
            elif not incoming.pending:
                octets = await reader.read(65536)
                assert octets, said
                incoming.write(octets)
    writer.close()
    (row,) = await listener.kept()
    assert (row.peer["address"], row.peer["tls"][:7]) == ("192.0.2.1", "TLSv1.3")


@pytest.mark.parametrize("header", [b"PROXY UNKNOWN\r\n", v2(b"", command=0x20, family=0)])
async def test_what_a_balancer_says_for_itself_comes_from_the_balancer(listen: Listen, header: bytes) -> None:
    listener = await listen(proxies=BALANCERS)
    async with listener.client(source=BALANCER) as client:
        client.send(header)
        await client.hello()
        assert (await client.message()).startswith("250")
    assert [row.peer["address"] for row in await listener.kept()] == [BALANCER]


@pytest.mark.parametrize("said", [b"EHLO client.test\r\n", b"PROXY TCP4 here there 1 2\r\n", v2(V4_BODY[:-1]), b"x" * 5000])
async def test_a_balancers_connection_without_a_header_is_refused(listen: Listen, said: bytes) -> None:
    listener = await listen(proxies=BALANCERS)
    async with listener.client(source=BALANCER) as client:
        client.send(said)
        with contextlib.suppress(ConnectionResetError):
            assert (await client.reply()).startswith("421 4.3.5")
        assert await client.closed()
    await gone(listener)
    assert listener.service.tally.connections_refused == 1


@pytest.mark.parametrize("said", [b"", V1[:20], V2[:13], V2[:-1]])
async def test_a_header_that_does_not_come_whole_is_not_waited_for(listen: Listen, said: bytes) -> None:
    listener = await listen(proxies=BALANCERS, proxy_seconds=0.2)
    async with listener.client(source=BALANCER) as client:
        client.send(said)
        assert (await client.reply()).startswith("421 4.3.5")
        assert await client.closed()
    await gone(listener)


@pytest.mark.parametrize("tls", [False, True])
async def test_a_balancer_that_only_looks_whether_the_port_answers_leaves_nothing_behind(listen: Listen, *, tls: bool) -> None:
    listener = await listen(proxies=BALANCERS)
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", listener.tls_port if tls else listener.port), source_address=(BALANCER, 0)):
            pass
    await gone(listener)


async def test_from_anybody_else_a_header_is_a_syntax_error(listen: Listen, header: bytes) -> None:
    listener = await listen(proxies=BALANCERS)
    async with listener.client() as client:
        await client.reply()
        lines = header if header.endswith(b"\n") else header + b"\r\n"
        replies = [await client.say(lines)]
        replies += [await client.reply() for _ in range(lines.count(b"\n") - 1)]
        assert all(each.startswith("500 5.5.") for each in replies)
        assert (await client.say("EHLO client.test")).startswith("250")
        assert (await client.message()).startswith("250")
    assert [row.peer["address"] for row in await listener.kept()] == ["127.0.0.1"]


async def test_limits_count_the_peers_behind_a_balancer_and_not_the_balancer(listen: Listen) -> None:
    listener = await listen(proxies=BALANCERS, connections_per_address=2, connections_per_network=100)
    async with contextlib.AsyncExitStack() as stack:
        greeted = []
        for number in (1, 1, 1, 2, 3, 4):
            client = await stack.enter_async_context(listener.client(source=BALANCER))
            client.send(V1.replace(b"192.0.2.1", b"192.0.2.%d" % number))
            greeted.append((await client.reply())[:3])
        assert greeted == ["220", "220", "421", "220", "220", "220"]
        assert listener.service.connections == 5
    await gone(listener)


async def test_a_reload_changes_who_is_a_balancer(listen: Listen) -> None:
    listener = await listen(proxies=BALANCERS, proxy_seconds=0.2)
    handler = listener.service._door.handler
    listener.service.reload(handler.organisation, type(handler.limits)(), None)
    async with listener.client(source=BALANCER) as client:
        assert (await client.reply()).startswith("220")


async def test_tls_from_the_start_is_tls_and_offers_no_second_one(listen: Listen, contexts: Contexts) -> None:
    listener = await listen(options={"tls": contexts[0], "tls_required": True})
    async with Client(listener.tls_port) as client:
        await client.shake_hands(contexts[1])
        assert await client.reply() == f"220 {HOSTNAME} ESMTP"
        assert "STARTTLS" not in await client.say("EHLO client.test")
        assert (await client.say("STARTTLS")).startswith("503")
        assert (await client.message()).startswith("250")
    (row,) = await listener.kept()
    assert row.peer["tls"].startswith("TLSv1.3 ")


async def test_who_speaks_no_tls_where_it_is_from_the_start_is_left(listen: Listen, contexts: Contexts) -> None:
    listener = await listen(options={"tls": contexts[0]})
    async with Client(listener.tls_port) as client:
        client.send(b"EHLO client.test\r\n")
        assert await client.closed_after_replies()
    await gone(listener)
    assert listener.service._door.tls_sessions.used == 0


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
async def test_tls_before_version_1_2_is_refused(listen: Listen, contexts: Contexts) -> None:
    listener = await listen(options={"tls": contexts[0]})
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    async with Client(listener.tls_port) as client:
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            await client.shake_hands(old)
    await gone(listener)


async def test_tls_sessions_are_bounded_and_others_may_go_on_in_the_clear(listen: Listen, contexts: Contexts) -> None:
    listener = await listen(options={"tls": contexts[0]}, tls_connections=1)
    async with Client(listener.tls_port) as first, listener.client() as second:
        await first.shake_hands(contexts[1])
        await first.reply()
        await second.hello()
        assert (await second.say("STARTTLS")).startswith("454 4.7.0")
        assert (await second.message()).startswith("250")
        async with Client(listener.tls_port) as third:
            assert await third.closed()
        await first.say("QUIT")
        assert await first.closed()
        assert (await second.say("STARTTLS")).startswith("220")


@pytest.mark.parametrize("said", [b"EHLO client.test\r\n", b"x", V1, b"\x16\x03\x01\x02\x00"])
async def test_who_speaks_before_the_greeting_is_told_and_closed(listen: Listen, said: bytes) -> None:
    listener = await listen(greeting_delay=0.3)
    async with listener.client() as client:
        client.send(said)
        assert (await client.reply()).startswith("554 5.5.0")
        assert await client.closed()
    await gone(listener)
    assert listener.service.tally.connections_refused == 1


async def test_who_waits_is_greeted_after_the_delay_and_not_much_later(listen: Listen) -> None:
    listener = await listen(greeting_delay=0.3)
    began = time.monotonic()
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(listener.client()) for _ in range(20)]
        assert all([(await client.reply()).startswith("220") for client in clients])
        assert 0.3 <= time.monotonic() - began < 3, "one after another they would take six seconds"
        assert (await clients[0].say("EHLO client.test")).startswith("250")


async def test_a_drain_does_not_wait_for_who_waits_for_the_greeting(listen: Listen) -> None:
    listener = await listen(greeting_delay=20)
    async with listener.client() as client:
        while not listener.service.connections:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert await listener.service.drain(PATIENCE)
        assert (await client.reply()).startswith("421 4.3.2")
        assert await client.closed()


async def test_what_stops_does_not_wait_for_a_header(listen: Listen) -> None:
    listener = await listen(proxies=BALANCERS, proxy_seconds=20)
    async with listener.client(source=BALANCER) as client:
        while not listener.service.connections:
            await asyncio.sleep(0.01)
        assert await listener.service.drain(PATIENCE)
        assert await client.closed()
    await gone(listener)


@pytest.mark.parametrize("options", [{}, {"proxies": BALANCERS}])
async def test_without_descriptors_it_rests_and_goes_on_when_there_are_some(listen: Listen, options: dict[str, Any]) -> None:
    listener = await listen(**options)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as client:
        highest = client.fileno()
        client.settimeout(PATIENCE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, hard))
        try:
            await asyncio.to_thread(client.connect, ("127.0.0.1", listener.port))
            await asyncio.sleep(0.1)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert (await asyncio.to_thread(client.recv, 3)) == b"220"
