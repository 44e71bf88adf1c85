"""Signatures in the running sender, by SMTP and into a directory; and what is left of them behind a real Postfix."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiosmtplib
import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from structlog.testing import capture_logs

from gateway.domain.letter import RELAY, NewLetter, NewRecipient, Party
from gateway.domain.states import OutboxState
from gateway.outbound.assemble import assemble, copies, needs_smtputf8
from gateway.outbound.deliver import Relay, SmtpTransport
from gateway.outbound.delivery import Parcel, Transport
from gateway.outbound.directory import DirectoryTransport
from gateway.outbound.retry import Delivered
from gateway.outbound.sign import Signing
from gateway.workers.sender import Sender, Sending
from storage import outbox
from tests.outbound.letters import new_letter
from tests.outbound.signing import dkim_key, verified
from tests.outbound.test_sender import SENDING, Desk, add, transport_to, until
from tests.outbound.test_sign import BLOBS, BOTH, LETTERS
from tests.peers.ports import free_ports
from tests.peers.postfix import Postfix, installed, postfix
from tests.peers.smtp_peer import SmtpPeer, reply

Sessions = async_sessionmaker[AsyncSession]
GATEWAYS = ("support@desk.test",)
FOREIGN = (("From", (Party("Hello", "hello@corp.test"),)), ("To", (Party("", "client@client.test"),)))


@asynccontextmanager
async def sending(sessions: Sessions, transport: Transport, signing: Signing) -> AsyncIterator[None]:
    sender = Sender(sessions, {RELAY: transport}, Desk().on_failed, worker="w", sending=Sending(**SENDING), signing=signing)
    stop = asyncio.Event()
    running = asyncio.create_task(sender.run(stop))
    try:
        yield
    finally:
        stop.set()
        await running


async def test_each_copy_is_signed_and_a_second_attempt_sends_the_same_bytes(sessions: Sessions) -> None:
    agents = tuple(NewRecipient(f"{n}@desk.test", message_id=f"<r.{n}@desk.test>") for n in "ab")
    async with SmtpPeer() as peer, sending(sessions, transport_to(peer), Signing(BOTH)):
        peer.on("RCPT", reply("451 4.3.0 later"), times=1, matching=lambda address: address == "a@desk.test")
        peer.on("END", reply("451 4.3.0 later"), times=1)
        [letter_id] = await add(sessions, new_letter(recipients=agents))
        await until(sessions, letter_id, OutboxState.SENT)
        async with sessions() as session:
            kept = await outbox.load(session, letter_id)
    assert kept is not None
    assert len(peer.messages) == 2
    wanted = {
        copy.recipients[0].address: Signing(BOTH).signed(kept, copy, assemble(kept, copy, {})) for copy in copies(kept, kept.recipients)
    }
    assert {each.recipients[0]: each.content for each in peer.messages} == wanted
    assert all(verified(each.content, BOTH) for each in peer.messages)


async def test_files_in_a_directory_are_signed(sessions: Sessions, tmp_path: Path) -> None:
    async with sending(sessions, DirectoryTransport(tmp_path / "out"), Signing(BOTH)):
        [letter_id] = await add(sessions, new_letter())
        await until(sessions, letter_id, OutboxState.SENT)
    [file] = (tmp_path / "out").glob("*.eml")
    assert verified(file.read_bytes(), BOTH)


async def test_what_has_no_key_goes_unsigned_and_what_stands_by_one_waits_for_it(sessions: Sessions) -> None:
    ordinary: NewLetter = new_letter()
    foreign = new_letter(headers=FOREIGN, reverse_path="support@desk.test")
    async with SmtpPeer() as peer:
        with capture_logs() as logs:
            async with sending(sessions, transport_to(peer), Signing((), GATEWAYS.__contains__)):
                [ordinary_id, foreign_id] = await add(sessions, ordinary, foreign)
                await until(sessions, ordinary_id, OutboxState.SENT)
                waiting = await until(sessions, foreign_id, OutboxState.QUEUED, attempts=2)
        [unsigned] = peer.messages
        assert b"DKIM-Signature" not in unsigned.content
        assert waiting.last_error is not None
        assert waiting.last_error.startswith("the letter could not be signed: there is no [[dkim]] key of corp.test any more")
        assert not any(each["event"] == "destination_down" for each in logs), "it is not the relay's fault"
        [first, *_] = [each for each in logs if each["event"] == "letter_not_signed"]
        assert (first["log_level"], first["error"]) == ("error", waiting.last_error.removeprefix("the letter could not be signed: "))
        key = dkim_key("ed25519", "corp.test")
        async with sending(sessions, transport_to(peer), Signing((key,), GATEWAYS.__contains__)):
            await until(sessions, foreign_id, OutboxState.SENT)
    assert verified(peer.messages[-1].content, [key])


RELAYS = {
    "8BITMIME": (("8BITMIME", "SIZE 10000000"), False),
    "nothing offered": ((), False),
    "SMTPUTF8": (("8BITMIME", "SMTPUTF8", "SIZE 10000000"), True),
}


@pytest.mark.parametrize(("extensions", "smtputf8"), RELAYS.values(), ids=RELAYS)
async def test_signatures_survive_a_real_postfix(extensions: tuple[str, ...], smtputf8: bool) -> None:
    """`extensions` are those of the server behind it. Without SMTPUTF8 a letter goes in its form of ASCII alone."""
    async with SmtpPeer(extensions=extensions) as sink:
        [port] = free_ports(1)
        with postfix(port=port, desk=sink.port, rules=sink.port) as between:
            if smtputf8:
                await allow_smtputf8(between)
            transport = SmtpTransport(Relay("127.0.0.1", between.port, timeout=30.0, hostname="desk.test"))
            for number, of in enumerate(LETTERS.values()):
                path = replace(of, reverse_path=f"b+{number}@desk.test")
                [copy] = copies(path, path.recipients)
                needed = smtputf8 and needs_smtputf8(path, copy)
                content = Signing(BOTH).signed(path, copy, assemble(path, copy, BLOBS, ascii_only=not needed))
                outcome = await transport.deliver(Parcel(str(number), path.reverse_path, ("redirect@outside.test",), content, needed))
                assert [type(each) for each in outcome.values()] == [Delivered], outcome
            got = await sink.wait_for(len(LETTERS), timeout=60)
            await transport.aclose()
    assert all(each.content.startswith(b"Received: from desk.test") for each in got)
    assert any(not each.content.isascii() for each in got) == smtputf8
    assert len({each.reverse_path for each in got}) == len(LETTERS)
    assert [each.reverse_path for each in got if not verified(each.content, BOTH)] == []


async def allow_smtputf8(running: Postfix) -> None:
    with (running.root / "main.cf").open("a") as file:
        file.write("smtputf8_enable = yes\n")
    reload = await asyncio.create_subprocess_exec(installed(), "-c", str(running.root), "reload", stderr=asyncio.subprocess.DEVNULL)
    assert await reload.wait() == 0, running.log()
    async with asyncio.timeout(60):
        while True:
            async with aiosmtplib.SMTP(hostname="127.0.0.1", port=running.port, start_tls=False) as client:
                await client.ehlo()
                if client.supports_extension("smtputf8"):
                    return
            await asyncio.sleep(0.1)
