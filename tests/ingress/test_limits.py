"""What a peer may not do: each row of CONTRACT's limits, and each way of holding on to memory or to a connection."""

import asyncio
import contextlib
import time
from typing import Any

import pytest

from gateway.ingress.inbox import HIGH_WATER
from gateway.ingress.limits import Connections, Limits, Place, plain_address, sources_of
from gateway.ingress.session import HOPELESS_LINE, Session
from tests.ingress.conftest import Listen, Listener
from tests.waiting import until


async def test_one_address_gets_fifty_connections_and_others_still_get_in(listen: Listen) -> None:
    listener = await listen()
    async with contextlib.AsyncExitStack() as stack:
        first = [await stack.enter_async_context(listener.client()) for _ in range(50)]
        assert all([(await client.reply()).startswith("220") for client in first])
        async with listener.client() as too_many:
            assert (await too_many.reply()).startswith("421 4.7.0")
            assert await too_many.closed()
        async with listener.client(source="127.0.0.2") as other:
            assert (await other.reply()).startswith("220")
        assert (await first[0].say("QUIT")).startswith("221")
        assert await first[0].closed()
        async with listener.client() as again:
            assert (await again.reply()).startswith("220")
    assert (listener.service.tally.connections, listener.service.tally.connections_refused) == (53, 1)


async def test_there_is_a_total_of_connections(listen: Listen) -> None:
    listener = await listen(connections=2)
    async with listener.client(source="127.0.0.2") as one, listener.client(source="127.0.0.3") as two, listener.client() as three:
        assert (await one.reply()).startswith("220")
        assert (await two.reply()).startswith("220")
        assert (await three.reply()).startswith("421 4.7.0")


def admit(connections: Connections, address: str | None, limits: Limits) -> Place | None:
    place = connections.enter(limits)
    if place is not None and not place.claim(address, limits):
        place.leave()
        return None
    return place


def test_connections_are_counted_by_address_and_by_network() -> None:
    connections, limits = Connections(), Limits(connections=10, connections_per_address=2, connections_per_network=3)
    for first, second in (("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8::2")):
        taken = [admit(connections, each, limits) for each in (first, first, first, second, second)]
        assert [each is not None for each in taken] == [True, True, False, True, False]
        assert taken[0]
        taken[0].leave()
        taken[0].leave()
        assert admit(connections, second, limits)
    assert admit(connections, "192.0.3.1", limits)
    assert admit(connections, "2001:db8:0:1::1", limits)
    assert connections.total == 8


def test_a_unix_socket_is_one_peer_and_what_is_refused_counts_for_nothing() -> None:
    connections, limits = Connections(), Limits(connections=3, connections_per_address=2)
    taken = [admit(connections, None, limits) for _ in range(3)]
    assert [each is not None for each in taken] == [True, True, False]
    assert connections.total == 2
    assert admit(connections, "192.0.2.1", limits)
    assert connections.enter(limits) is None


@pytest.mark.parametrize(
    ("address", "plain", "sources"),
    [
        ("192.0.2.1", "192.0.2.1", ("192.0.2.1", "192.0.2.0/24")),
        ("::ffff:192.0.2.1", "192.0.2.1", ("192.0.2.1", "192.0.2.0/24")),
        ("2001:db8:0:1::1", "2001:db8:0:1::1", ("2001:db8:0:1::1", "2001:db8:0:1::/64")),
        ("fe80::1%eth0", "fe80::1%eth0", ("fe80::1", "fe80::/64")),
        ("strange", "strange", ("strange",)),
    ],
)
def test_an_address_counts_for_itself_and_its_network(address: str, plain: str, sources: tuple[str, ...]) -> None:
    assert plain_address(address) == plain
    assert sources_of(plain) == sources


async def test_a_transaction_takes_a_hundred_recipients_and_refused_ones_do_not_count(listen: Listen) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        await client.say("MAIL FROM:<ann@client.test>")
        for number in range(100):
            assert (await client.say(f"RCPT TO:<nobody{number}@example.com>")).startswith("550")
        for number in range(100):
            assert (await client.say(f"RCPT TO:<support+{number}@example.com>")).startswith("250")
        assert (await client.say("RCPT TO:<support+100@example.com>")).startswith("452 4.5.3")
        assert (await client.content(b"\r\n.\r\n")).startswith("250")
    assert [len(row.recipients) for row in await listener.kept()] == [100]


@pytest.mark.parametrize(
    ("command", "answered", "last_words"),
    [
        (b"NOOP\r\n", 100, "421 4.7.0"),
        (b"VRFY x\r\n", 100, "421 4.7.0"),
        (b"RSET\r\n", 100, "421 4.7.0"),
        (b"HELO a\r\n", 100, "421 4.7.0"),
        (b"XYZZY\r\n", 20, "421 4.7.0"),
        (b"\r\n", 20, "421 4.7.0"),
        (b"HELP\r\n", 20, "421 4.7.0"),
        (b"MAIL FROM:x\r\n", 20, "421 4.7.0"),
        (b"\xff\r\n", 20, "421 4.7.0"),
    ],
)
async def test_a_session_has_a_budget(listen: Listen, command: bytes, answered: int, last_words: str) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.reply()
        client.send(b"EHLO client.test\r\n")
        await client.reply()
        for _ in range(answered):
            assert not (await client.say(command)).startswith("421")
        assert (await client.say(command)).startswith(last_words)
        assert await client.closed()


async def test_who_introduces_itself_before_each_message_is_not_out_of_budget(listen: Listen) -> None:
    listener = await listen(noops=3)
    async with listener.client() as client:
        await client.reply()
        for number in range(10):
            for command in ("EHLO client.test", "RSET", "HELO client.test"):
                assert (await client.say(command)).startswith("250")
            assert (await client.message(b"Subject: %d\r\n\r\n.\r\n" % number)).startswith("250")
        for _ in range(3):
            assert (await client.say("EHLO client.test")).startswith("250")
        assert (await client.say("EHLO client.test")).startswith("421")


async def test_a_session_that_guesses_addresses_is_ended(listen: Listen) -> None:
    listener = await listen(refused_recipients=30)
    async with listener.client() as client:
        await client.hello()
        await client.say("MAIL FROM:<ann@client.test>")
        for number in range(30):
            assert (await client.say(f"RCPT TO:<n{number}@example.com>")).startswith("550")
        assert (await client.say("RCPT TO:<n@example.com>")).startswith("421")
        assert await client.closed()


async def test_one_session_that_pipelines_thousands_of_commands_does_not_hold_up_the_others(listen: Listen) -> None:
    listener = await listen(noops=10**9)
    async with listener.client() as busy, listener.client() as other:
        for client in (busy, other):
            await client.hello()
        client = busy
        client.send(b"NOOP\r\n" * 20_000)
        await asyncio.sleep(0)
        began = listener.service.tally.connections
        async with listener.client() as third:
            assert (await third.reply()).startswith("220")
            assert (await other.say("NOOP")).startswith("250")
            assert listener.service.tally.connections == began + 1


def passes(listener: Listener, seconds: float) -> None:
    """So much of the time that open sessions have."""
    for session in listener.service._door.sessions:
        assert isinstance(session, Session)
        session._ends_at -= seconds
        session._cut_off_at -= seconds


async def test_content_that_outlasts_its_session_is_cut_off(listen: Listen) -> None:
    listener = await listen(session_seconds=1000)
    async with listener.client() as client:
        await client.hello()
        await client.envelope()
        await client.say("DATA")
        passes(listener, 1990)
        client.send(b"x\r\n" * 1000)
        await until(lambda: listener.content_in_flight)
        assert not client.reader.at_eof()
        passes(listener, 20)
        assert (await client.trickle(b"x" * 100 + b"\r\n", 0.02)).startswith("421 4.7.0")
        assert await client.closed_after_replies()
    assert await listener.kept() == []


async def test_a_session_does_not_last_for_ever(listen: Listen) -> None:
    listener = await listen(session_seconds=1000)
    async with listener.client() as client:
        await client.hello()
        passes(listener, 900)
        assert (await client.say("RSET")).startswith("250")
        passes(listener, 100)
        assert (await client.say("RSET")).startswith("250")
        assert (await client.reply()).startswith("421 4.7.0")
        assert await client.closed()


@pytest.mark.parametrize("before", [b"", b"EHLO client.test\r\n", b"EHLO client.test\r\nMAIL FROM:<>\r\nRCPT TO:<postmaster>\r\n"])
async def test_an_endless_line_takes_no_memory_and_is_given_up(listen: Listen, before: bytes) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.reply()
        client.send(before)
        with contextlib.suppress(ConnectionError):
            for _ in range(2 * HOPELESS_LINE // HIGH_WATER + 2):
                client.send(b"x" * HIGH_WATER)
                await client.writer.drain()
        assert await client.closed_after_replies()
    assert await listener.kept() == []


async def test_a_line_a_little_too_long_is_answered_and_the_session_goes_on(listen: Listen) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        assert (await client.say(b"NOOP " + b"x" * 300_000 + b"\r\n")).startswith("500 5.5.2")
        assert (await client.message()).startswith("250")


@pytest.mark.parametrize(
    ("limits", "stuffed", "reply"),
    [
        ({"max_message_size": 1000}, b"x" * 998 + b"\r\n.\r\n", "250"),
        ({"max_message_size": 1000}, b"x" * 999 + b"\r\n.\r\n", "552 5.3.4"),
        ({"max_message_size": 1000}, (b"x" * 98 + b"\r\n") * 5000 + b".\r\n", "552 5.3.4"),
        ({}, b"x" * 2**20 + b"\r\n.\r\n", "250"),
        ({}, b"x" * (2**20 + 1) + b"\r\n.\r\n", "554 5.6.0"),
        ({}, b"Received: x\r\n" * 49 + b"\r\n.\r\n", "250"),
        ({}, b"Received: x\r\n" * 50 + b"\r\n.\r\n", "554 5.4.6"),
        ({"content_in_flight": 1000}, b"x" * 2000 + b"\r\n.\r\n", "452 4.3.1"),
        ({"memory_in_flight": 10}, b"x" * 2000 + b"\r\n.\r\n", "250"),
        ({"spill_at": 10}, (b"x" * 98 + b"\r\n") * 5000 + b".\r\n", "250"),
    ],
)
async def test_content_is_bounded(listen: Listen, limits: dict[str, Any], stuffed: bytes, reply: str) -> None:
    listener = await listen(**limits)
    async with listener.client() as client:
        await client.hello()
        assert (await client.message(stuffed)).startswith(reply)
        assert await client.say("NOOP") == "250 2.0.0 Ok"
    if reply == "250":
        assert await listener.content() == stuffed.removesuffix(b".\r\n")
    else:
        assert await listener.kept() == []


async def test_a_message_far_too_large_is_not_waited_out(listen: Listen) -> None:
    listener = await listen(max_message_size=1000)
    async with listener.client() as client:
        await client.hello()
        await client.envelope()
        await client.say("DATA")
        with contextlib.suppress(ConnectionError):
            for _ in range(200):
                client.send(b"x" * 65536)
                await client.writer.drain()
        assert await client.closed_after_replies()


async def test_a_new_message_is_put_off_while_content_in_flight_is_used_up(listen: Listen) -> None:
    listener = await listen(content_in_flight=1000)
    async with listener.client() as holder, listener.client() as other:
        for client in (holder, other):
            await client.hello()
            await client.envelope()
        await holder.say("DATA")
        holder.send(b"x" * 996 + b"\r\nyz")
        await until(lambda: listener.content_in_flight == 1000)
        assert (await other.say("DATA")).startswith("452 4.3.1")
        assert (await holder.say(b"\r\n.\r\n")).startswith("452 4.3.1")
        await holder.envelope()
        assert (await holder.content(b"\r\n.\r\n")).startswith("250")


@pytest.mark.parametrize("said", [b"", b"EHLO client.test\r\n", b"NO", b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\nx\r\n"])
async def test_a_silent_peer_is_told_and_left(listen: Listen, said: bytes) -> None:
    listener = await listen(idle_seconds=0.3)
    async with listener.client() as client:
        client.send(said)
        replies = [await client.reply()]
        while not replies[-1].startswith("421"):
            assert replies[-1]
            replies.append(await client.reply())
        assert replies[-1].startswith("421 4.4.2")
        assert await client.closed()
    assert listener.service.tally.timeouts == 1


async def test_a_command_is_not_stretched_by_sending_it_octet_by_octet(listen: Listen) -> None:
    listener = await listen(idle_seconds=0.4)
    began = time.monotonic()
    async with listener.client() as client:
        await client.reply()
        assert (await client.trickle(b"N", 0.05)).startswith("421 4.4.2")
    assert time.monotonic() - began < 8


async def test_a_trickle_of_content_is_given_up(listen: Listen) -> None:
    listener = await listen(slow_seconds=0.2, slow_rate=1000)
    async with listener.client() as client:
        await client.hello()
        await client.envelope()
        await client.say("DATA")
        assert (await client.trickle(b"x", 0.05)).startswith("421 4.4.2")


async def test_a_peer_that_reads_no_replies_is_left(listen: Listen) -> None:
    listener = await listen(idle_seconds=0.3, noops=10**9)
    async with listener.client() as client:
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(2):
                while True:
                    client.send(b"NOOP\r\n" * 10000)
                    await client.writer.drain()
        await until(lambda: listener.service.tally.timeouts)
