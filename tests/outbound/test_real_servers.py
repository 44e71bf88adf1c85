"""The sender with servers that somebody else wrote: smtp-sink with its faults, and Postfix as a relay with rules of its own."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import aiosmtplib
import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.letter import NewRecipient
from gateway.domain.states import OutboxState
from gateway.outbound.deliver import Relay, SmtpTransport
from tests.outbound.letters import make_ticket, new_letter
from tests.outbound.test_sender import Desk, add, sending, show, until
from tests.peers.ports import free_ports
from tests.peers.postfix import PROGRAMS, Postfix, installed, postfix
from tests.peers.smtp_peer import SmtpPeer

Sessions = async_sessionmaker[AsyncSession]
HARD, SOFT = "550 5.7.1 not here", "450 4.3.0 not now"

NEVER = ["-f mail", "-f rcpt", "-f data", "-f ."]
LATER = ["-f connect", "-r connect", "-r ehlo", "-r mail", "-r rcpt", "-r data", "-r .", "-q ehlo", "-q mail", "-q rcpt", "-q data"]
AT_ONCE = ["", "-e", "-p", "-8", "-E", "-f ehlo", "-q quit", "-f rset", "-w 1"]


def transport_to(port: int) -> SmtpTransport:
    return SmtpTransport(Relay("127.0.0.1", port, timeout=30.0, final_timeout=30.0, attempt=60.0, hostname="desk.test"))


@asynccontextmanager
async def smtp_sink(port: int, options: str = "") -> AsyncIterator[None]:
    """`-f`, `-r`, `-q`: which commands are refused for good, for now, or met by hanging up. Skips the test where it is not there."""
    installed()
    program = shutil.which("smtp-sink", path=os.pathsep.join((os.environ.get("PATH", ""), PROGRAMS)))
    assert program is not None, "smtp-sink comes with Postfix"
    privileges = ("-u", "nobody") if os.getuid() == 0 else ()
    words = [*privileges, "-B", HARD, "-b", SOFT, *options.split(), f"127.0.0.1:{port}", "100"]
    process = await asyncio.create_subprocess_exec(program, *words)
    try:
        async with asyncio.timeout(60):
            while True:
                assert process.returncode is None, words
                with contextlib.suppress(ConnectionRefusedError):
                    (await asyncio.open_connection("127.0.0.1", port))[1].close()
                    break
                await asyncio.sleep(0.01)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@pytest.mark.parametrize("options", NEVER)
async def test_what_smtp_sink_refuses_has_failed_at_once(options: str, sessions: Sessions) -> None:
    [port] = free_ports(1)
    async with smtp_sink(port, options), sending(sessions, transport_to(port)):
        [letter_id] = await add(sessions, new_letter())
        shown = await until(sessions, letter_id, OutboxState.FAILED)
    assert (shown.attempts, shown.last_error, shown.possible_duplicates) == (1, HARD, 0)


@pytest.mark.parametrize("options", LATER)
async def test_what_smtp_sink_puts_off_or_ends_by_hanging_up_goes_when_it_is_well(options: str, sessions: Sessions) -> None:
    [port] = free_ports(1)
    async with sending(sessions, transport_to(port)):
        async with smtp_sink(port, options):
            [letter_id] = await add(sessions, new_letter())
            waiting = await until(sessions, letter_id, OutboxState.QUEUED, attempts=1)
            assert waiting.last_error
        async with smtp_sink(port):
            shown = await until(sessions, letter_id, OutboxState.SENT)
    assert shown.attempts >= 2
    assert shown.possible_duplicates == 0, "no dot had gone out"


async def test_smtp_sink_that_hangs_up_after_the_dot_may_have_the_letter(sessions: Sessions) -> None:
    [port] = free_ports(1)
    async with sending(sessions, transport_to(port)):
        async with smtp_sink(port, "-q ."):
            [letter_id] = await add(sessions, new_letter())
            waiting = await until(sessions, letter_id, OutboxState.QUEUED, attempts=1)
            assert "after the final dot" in (waiting.last_error or "")
        async with smtp_sink(port):
            shown = await until(sessions, letter_id, OutboxState.SENT)
    assert 1 <= shown.possible_duplicates < shown.attempts


@pytest.mark.parametrize("options", AT_ONCE)
async def test_whatever_smtp_sink_lacks_or_does_beside_the_letter_the_letter_goes(options: str, sessions: Sessions) -> None:
    [port] = free_ports(1)
    async with smtp_sink(port, options), sending(sessions, transport_to(port)):
        ids = await add(sessions, new_letter(), new_letter())
        shown = [await until(sessions, each, OutboxState.SENT) for each in ids]
    assert [(each.attempts, each.possible_duplicates) for each in shown] == [(1, 0)] * 2


async def test_each_recipient_comes_to_the_end_that_a_real_postfix_gives(sessions: Sessions) -> None:
    desk = Desk()
    async with sessions.begin() as session:
        ticket = await make_ticket(session)
    async with SmtpPeer() as behind:
        [port] = free_ports(1)
        with postfix(port=port, desk=behind.port, rules=behind.port) as relay:
            await limit_size(relay, 40_000)
            async with sending(sessions, transport_to(relay.port), desk=desk):
                whom = ("redirect@outside.test", "refused@outside.test", "grey@outside.test", "client@elsewhere.test")
                several, large, paths = await add(
                    sessions,
                    new_letter(*whom, ticket=ticket, lifetime=timedelta(seconds=2)),
                    new_letter("redirect@outside.test", text="word " * 20_000),
                    new_letter(recipients=(NewRecipient("redirect@outside.test", verp="b+1@desk.test"),), subject="With a return path"),
                )
                ended = await until(sessions, several, OutboxState.FAILED)
                too_large = await until(sessions, large, OutboxState.FAILED)
                await until(sessions, paths, OutboxState.SENT)
            got = await behind.wait_for(2)
    replies = {each["address"]: (each["state"], each["reply"]) for each in ended.recipients}
    assert replies["redirect@outside.test"][0] == "sent"
    assert replies["redirect@outside.test"][1].startswith("250 2.0.0 Ok: queued as")
    assert replies["refused@outside.test"][0] == "failed"
    assert "550 5.7.1" in replies["refused@outside.test"][1]
    assert replies["client@elsewhere.test"][0] == "failed"
    assert "554 5.7.1" in replies["client@elsewhere.test"][1]
    state, reply = replies["grey@outside.test"]
    assert (state, reply.startswith("given up after"), "450 4.7.1" in reply) == ("failed", True, True)
    assert "5.3.4" in (too_large.last_error or ""), too_large
    assert too_large.attempts == 1
    assert sorted(each.subject for each in got) == sorted(["We have got your letter [#1]", "With a return path"]), "each once"
    told = sorted(line.partition(":")[0] for _, lines in desk.told for line in lines)
    assert told == sorted([*whom[1:], "redirect@outside.test"]), "once each; the last is the large letter's"


async def test_a_postfix_that_goes_away_and_comes_back_gets_what_waited(sessions: Sessions) -> None:
    [port] = free_ports(1)
    async with SmtpPeer() as behind, sending(sessions, transport_to(port)):
        [letter_id] = await add(sessions, new_letter("redirect@outside.test"))
        waiting = await until(sessions, letter_id, OutboxState.QUEUED, attempts=1)
        assert str(port) in (waiting.last_error or ""), "it says which server is away"
        with postfix(port=port, desk=behind.port, rules=behind.port):
            await until(sessions, letter_id, OutboxState.SENT)
            await behind.wait_for(1)
        shown = await show(sessions, letter_id)
    assert shown.possible_duplicates == 0


async def limit_size(running: Postfix, octets: int) -> None:
    with (running.root / "main.cf").open("a") as file:
        file.write(f"message_size_limit = {octets}\nmailbox_size_limit = 0\nsmtpd_error_sleep_time = 0\n")
    reload = await asyncio.create_subprocess_exec(installed(), "-c", str(running.root), "reload", stderr=asyncio.subprocess.DEVNULL)
    assert await reload.wait() == 0, running.log()
    async with asyncio.timeout(60):
        while True:
            async with aiosmtplib.SMTP(hostname="127.0.0.1", port=running.port, start_tls=False) as client:
                await client.ehlo()
                if client.esmtp_extensions.get("size") == str(octets):
                    return
            await asyncio.sleep(0.1)
