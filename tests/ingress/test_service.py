"""Stopping, reloading, LMTP, TLS, other event loops."""

import asyncio

import pytest
import uvloop
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.domain.envelope import Entry
from gateway.domain.organisation import Organisation
from gateway.ingress.accept import Acceptor
from gateway.ingress.limits import Limits
from gateway.ingress.service import serve_smtp
from storage import engine as storage_engine
from tests.ingress.conftest import HOSTNAME, Contexts, Listen, bound_socket
from tests.ingress.smtp_client import Client
from tests.waiting import PATIENCE, locks_awaited, until


async def test_a_drain_says_421_to_the_idle_and_lets_the_others_finish(listen: Listen) -> None:
    listener = await listen()
    async with listener.client() as idle, listener.client() as busy, listener.client() as silent:
        for client in (idle, busy):
            await client.hello()
        await silent.reply()
        await busy.envelope()
        await busy.say("DATA")
        draining = asyncio.create_task(listener.service.drain(PATIENCE))
        assert (await idle.reply()).startswith("421 4.3.2")
        assert (await silent.reply()).startswith("421 4.3.2")
        with pytest.raises(ConnectionRefusedError):
            async with listener.client():
                pass
        assert not draining.done()
        assert (await busy.say(b"Subject: Hi\r\n\r\n.\r\n")).startswith("250")
        assert (await busy.reply()).startswith("421 4.3.2")
        assert await draining
    assert len(await listener.kept()) == 1
    assert listener.service.connections == 0


async def test_a_drain_ends_at_its_deadline(listen: Listen) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        await client.envelope()
        await client.say("DATA")
        assert not await listener.service.drain(0.2)
        assert (await client.reply()).startswith("421 4.3.2")
        assert await client.closed()
    assert await listener.kept() == []


async def test_a_drain_waits_for_a_commit_under_way(listen: Listen, engine: AsyncEngine) -> None:
    listener = await listen()
    async with engine.begin() as lock, listener.client() as client:
        await lock.execute(text("LOCK TABLE inbound_messages"))
        await client.hello()
        await client.envelope()
        await client.say("DATA")
        client.send(b"\r\n.\r\n")
        await locks_awaited(engine)
        draining = asyncio.create_task(listener.service.drain(PATIENCE))
        await asyncio.sleep(0.1)
        await lock.rollback()
        assert (await client.reply()).startswith("250")
        assert (await client.reply()).startswith("421 4.3.2")
        assert await draining


async def test_a_reload_holds_for_open_sessions_too(listen: Listen, organisation: Organisation) -> None:
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        await client.say("MAIL FROM:<>")
        listener.service.reload(Organisation(organisation.desk, organisation.departments, ()), Limits(recipients=1), None)
        assert (await client.say("RCPT TO:<support@example.com>")).startswith("550")
        assert (await client.say("RCPT TO:<postmaster>")).startswith("250")
        assert (await client.say("RCPT TO:<postmaster>")).startswith("452")


async def test_lmtp_answers_for_each_recipient(listen: Listen) -> None:
    listener = await listen(options={"entry": Entry.LMTP})
    async with listener.client() as client:
        assert await client.reply() == f"220 {HOSTNAME} LMTP"
        assert (await client.say("EHLO client.test")).startswith("500 5.5.1")
        assert (await client.say("HELO client.test")).startswith("500 5.5.1")
        assert "PIPELINING" in await client.say("LHLO client.test")
        await client.envelope("ann@client.test", "support@example.com", "old@example.com", "support@example.com")
        assert (await client.say("RCPT TO:<nobody@example.com>")).startswith("550")
        assert (await client.content(b"Subject: Hi\r\n\r\n.\r\n")).startswith("250")
        assert [(await client.reply())[:3] for _ in range(2)] == ["250", "250"]
        await client.envelope("ann@client.test", "support@example.com", "old@example.com")
        assert (await client.content(b"a\nb\r\n.\r\n")).startswith("550 5.6.0")
        assert (await client.reply()).startswith("550 5.6.0")
        assert await client.say("NOOP") == "250 2.0.0 Ok"
    (row,) = await listener.kept()
    assert (row.entry, row.recipients) == ("lmtp", ("support@example.com", "old@example.com"))


async def test_starttls_forgets_what_was_said_before(listen: Listen, contexts: Contexts) -> None:
    listener = await listen(options={"tls": contexts[0]})
    async with listener.client() as client:
        assert (await client.hello()).endswith("250 STARTTLS")
        await client.envelope()
        await client.start_tls(contexts[1])
        assert (await client.say("RCPT TO:<support@example.com>")).startswith("503")
        assert (await client.say("MAIL FROM:<>")).startswith("503 5.5.1")
        assert "STARTTLS" not in await client.say("EHLO client.test")
        assert (await client.say("STARTTLS")).startswith("503")
        assert (await client.message()).startswith("250")
    (row,) = await listener.kept()
    assert row.peer["tls"].startswith("TLSv1.")


async def test_commands_injected_before_the_handshake_are_not_carried_out(listen: Listen, contexts: Contexts) -> None:
    listener = await listen(options={"tls": contexts[0]})
    async with listener.client() as client:
        await client.hello()
        assert (await client.say(b"STARTTLS\r\nEHLO evil.test\r\nMAIL FROM:<evil@client.test>\r\n")).startswith("220")
        await client.writer.start_tls(contexts[1], server_hostname="127.0.0.1")
        assert await client.say("NOOP") == "250 2.0.0 Ok"
        assert (await client.say("RCPT TO:<support@example.com>")).startswith("503")


async def test_a_failed_handshake_ends_the_session_alone(listen: Listen, contexts: Contexts) -> None:
    listener = await listen(options={"tls": contexts[0]})
    async with listener.client() as client:
        await client.hello()
        assert (await client.say("STARTTLS")).startswith("220")
        client.send(b"this is no TLS at all\r\n")
        assert await client.closed_after_replies()
    await until(lambda: not listener.service.connections)
    async with listener.client() as client:
        await client.hello()


async def test_where_tls_is_required_nothing_goes_before_it(listen: Listen, contexts: Contexts) -> None:
    listener = await listen(options={"tls": contexts[0], "tls_required": True})
    async with listener.client() as client:
        await client.hello()
        assert (await client.say("MAIL FROM:<>")).startswith("530 5.7.0")
        assert (await client.say("NOOP")).startswith("250")
        await client.start_tls(contexts[1])
        await client.say("EHLO client.test")
        assert (await client.message()).startswith("250")


def test_it_runs_on_uvloop(database_url: str, organisation: Organisation, contexts: Contexts) -> None:
    async def converse() -> None:
        engine = storage_engine.connect(database_url, pool_size=2)
        acceptor = Acceptor(storage_engine.sessions(engine), HOSTNAME, lambda _: None)
        service = await serve_smtp([bound_socket()], acceptor=acceptor, organisation=organisation, limits=Limits(), tls=contexts[0])
        async with Client(service.addresses[0][1]) as client, Client(service.addresses[0][1]) as idle:
            await idle.hello()
            await client.hello()
            await client.start_tls(contexts[1])
            await client.say("EHLO client.test")
            assert (await client.message(b"x" * 2**20 + b"\r\n.\r\n")).startswith("250")
            assert (await client.say(b"NOOP " + b"x" * 300_000 + b"\r\n")).startswith("500")
            drained = asyncio.create_task(service.drain(5))
            assert (await idle.reply()).startswith("421 4.3.2")
            assert (await client.reply()).startswith("421 4.3.2")
            assert await drained
        await acceptor.aclose()
        await engine.dispose()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(converse())
