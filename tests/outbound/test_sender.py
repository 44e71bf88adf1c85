"""The sender with a real database and a real relay: what it sends, what it records, and that nothing goes out twice."""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from gateway.domain.letter import ORDINARY, RELAY, URGENT, AttachmentRef, Letter, NewLetter, NewRecipient, Party, Recipient
from gateway.domain.states import OutboxState
from gateway.outbound.deliver import Relay, SmtpTransport
from gateway.outbound.delivery import Transport
from gateway.outbound.retry import Policy
from gateway.workers.sender import Sender, Sending
from gateway.workers.wake import Waker
from storage import instance, outbox
from tests.outbound.letters import make_ticket, new_letter
from tests.peers.smtp_peer import SmtpPeer, close, hang, reply, reset, slow
from tests.waiting import PATIENCE, POLL

Sessions = async_sessionmaker[AsyncSession]
QUICK = Policy(first=0.05, longest=0.1, unreachable=0.1, greylisted=0.05)
SENDING: dict[str, Any] = {"policy": QUICK, "poll": 0.2, "sweep": 0.1, "heartbeat": 0.1, "lease": 5.0, "drain": 2.0}
Told = list[tuple[int, list[str]]]


class Desk:
    """Remembers what it was told, in the transaction's own connection."""

    def __init__(self, error: Exception | None = None) -> None:
        self.told: Told = []
        self.error = error

    async def on_failed(self, session: AsyncSession, letter: Letter, recipients: tuple[Recipient, ...]) -> None:
        if self.error is not None:
            raise self.error
        event = (
            "INSERT INTO ticket_events (ticket, kind, actor_role) SELECT number, 'delivery_failed', 'system' FROM tickets WHERE number = :n"
        )
        await session.execute(text(event), {"n": letter.ticket})
        self.told.append((letter.id, [f"{each.address}: {each.reply}" for each in recipients]))


def transport_to(peer: SmtpPeer, **given: Any) -> SmtpTransport:
    defaults: dict[str, Any] = {"timeout": 20.0, "final_timeout": 20.0, "attempt": 60.0, "hostname": "desk.test"}
    return SmtpTransport(Relay(peer.host, peer.port, **defaults | given))


@contextlib.asynccontextmanager
async def sending(
    sessions: Sessions,
    transport: Transport,
    *,
    desk: Desk | None = None,
    worker: str = "w",
    engine: AsyncEngine | None = None,
    **given: Any,
) -> AsyncIterator[Sender]:
    """A sender that runs, and is stopped in good order at the end."""
    sender = Sender(sessions, {RELAY: transport}, (desk or Desk()).on_failed, worker=worker, sending=Sending(**SENDING | given))
    stop = asyncio.Event()
    running = asyncio.create_task(sender.run(stop, engine))
    try:
        yield sender
    finally:
        stop.set()
        await running


async def add(sessions: Sessions, *letters: NewLetter) -> list[int]:
    async with sessions.begin() as session:
        return await outbox.add(session, letters)


async def show(sessions: Sessions, letter_id: int) -> outbox.Outgoing:
    async with sessions() as session:
        shown = await outbox.show(session, letter_id)
    assert shown is not None
    return shown


async def until(sessions: Sessions, letter_id: int, *states: OutboxState, attempts: int = 0, timeout: float = 60.0) -> outbox.Outgoing:
    """The letter once it is in one of the states, with at least so many attempts."""
    async with asyncio.timeout(timeout):
        while True:
            shown = await show(sessions, letter_id)
            if shown.state in states and shown.attempts >= attempts:
                return shown
            await asyncio.sleep(0.02)


async def test_a_letter_goes_out_and_is_recorded(sessions: Sessions) -> None:
    async with SmtpPeer() as peer, sending(sessions, transport_to(peer)):
        [letter_id] = await add(sessions, new_letter("a@x.test", "b@x.test"))
        shown = await until(sessions, letter_id, OutboxState.SENT)
        [mail] = await peer.wait_for(1)
    assert mail.recipients == ("a@x.test", "b@x.test")
    assert mail.message_id == shown.message_id
    assert [each["reply"] for each in shown.recipients] == ["250 2.0.0 taken"] * 2
    assert (shown.attempts, shown.last_error, shown.possible_duplicates) == (1, None, 0)


async def test_attachments_come_from_the_blobs(sessions: Sessions) -> None:
    content = b"%PDF-" * 1000
    async with sessions.begin() as session:
        await session.execute(text("INSERT INTO blobs (sha256, content, size) VALUES (sha256(:c), :c, 5000)"), {"c": content})
    ref = AttachmentRef(hashlib.sha256(content).hexdigest(), "отчёт.pdf", "application/pdf")
    async with SmtpPeer() as peer, sending(sessions, transport_to(peer)):
        await add(sessions, new_letter(attachments=(ref,)))
        [mail] = await peer.wait_for(1)
    [attached] = mail.message.iter_attachments()
    assert (attached.get_filename(), attached.get_payload(decode=True)) == ("отчёт.pdf", content)


@pytest.mark.parametrize("command", ["CONNECT", "MAIL", "RCPT", "DATA", "END"])
async def test_a_relay_that_says_451_gets_the_letter_later_once(sessions: Sessions, command: str) -> None:
    async with SmtpPeer() as peer, sending(sessions, transport_to(peer)):
        peer.on(command, reply("451 4.3.0 later"), times=2)
        [letter_id] = await add(sessions, new_letter())
        shown = await until(sessions, letter_id, OutboxState.SENT)
    assert len(peer.messages) == 1
    assert (shown.attempts, shown.possible_duplicates) == (3, 0)


@pytest.mark.parametrize("fault", [hang(), close(), reset()], ids=lambda fault: fault.kind)
async def test_a_dot_without_an_answer_is_repeated_as_the_same_message(sessions: Sessions, fault: Any) -> None:
    async with SmtpPeer() as peer, sending(sessions, transport_to(peer, final_timeout=1.0)):
        peer.on("END", fault, times=1)
        [letter_id] = await add(sessions, new_letter())
        shown = await until(sessions, letter_id, OutboxState.SENT)
    [perhaps], [surely] = peer.unanswered, peer.messages
    assert perhaps.content == surely.content
    assert (shown.attempts, shown.possible_duplicates) == (2, 1)


async def test_a_refused_letter_has_failed_at_once_and_the_desk_is_told(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        ticket = await make_ticket(session)
    desk = Desk()
    async with SmtpPeer() as peer, sending(sessions, transport_to(peer), desk=desk):
        peer.on("RCPT", reply("550 5.1.1 nobody"), matching=lambda address: address == "b@x.test")
        [letter_id] = await add(sessions, new_letter("a@x.test", "b@x.test", ticket=ticket, agent="anna@desk.test"))
        shown = await until(sessions, letter_id, OutboxState.FAILED)
    assert [mail.recipients for mail in peer.messages] == [("a@x.test",)]
    assert desk.told == [(letter_id, ["b@x.test: 550 5.1.1 nobody"])]
    assert [each["state"] for each in shown.recipients] == ["sent", "failed"]
    assert (shown.attempts, shown.last_error) == (1, "550 5.1.1 nobody")
    async with sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM ticket_events WHERE ticket = :n"), {"n": ticket}) == 1


async def test_what_cannot_be_told_is_recorded_all_the_same(sessions: Sessions) -> None:
    async with SmtpPeer() as peer, sending(sessions, transport_to(peer), desk=Desk(RuntimeError("a fault of the desk"))):
        peer.on("RCPT", reply("550 5.1.1 nobody"))
        [letter_id] = await add(sessions, new_letter())
        shown = await until(sessions, letter_id, OutboxState.FAILED)
    assert shown.attempts == 1


async def test_a_letter_that_expires_has_failed_with_its_last_answer(sessions: Sessions) -> None:
    desk = Desk()
    async with sessions.begin() as session:
        ticket = await make_ticket(session)
    async with SmtpPeer() as peer, sending(sessions, transport_to(peer), desk=desk):
        peer.on("RCPT", reply("450 4.2.1 mailbox busy"))
        [letter_id] = await add(sessions, new_letter(ticket=ticket))
        await until(sessions, letter_id, OutboxState.QUEUED, attempts=2)
        async with sessions.begin() as session:
            await session.execute(text("UPDATE outbox_messages SET expires_at = now()"))
        shown = await until(sessions, letter_id, OutboxState.FAILED)
    assert shown.attempts > 1
    assert shown.last_error is not None
    assert shown.last_error.startswith("given up after")
    assert shown.last_error.endswith("450 4.2.1 mailbox busy")
    assert desk.told == [(letter_id, [f"client@client.test: {shown.last_error}"])]


async def test_each_agent_gets_a_copy_of_their_own_and_a_retry_repeats_none(sessions: Sessions) -> None:
    agents = tuple(NewRecipient(f"{n}@desk.test", message_id=f"<r.{n}@desk.test>", reply_to=f"r+{n}@desk.test") for n in "abc")
    async with SmtpPeer() as peer, sending(sessions, transport_to(peer)):
        peer.on("RCPT", reply("451 4.3.0 later"), times=1, matching=lambda address: address == "b@desk.test")
        [letter_id] = await add(sessions, new_letter(recipients=agents, urgency=URGENT))
        await until(sessions, letter_id, OutboxState.SENT)
    got = sorted((mail.recipients, mail.message_id, str(mail.message["To"]), str(mail.message["Reply-To"])) for mail in peer.messages)
    assert got == [((f"{n}@desk.test",), f"<r.{n}@desk.test>", f"{n}@desk.test", f"r+{n}@desk.test") for n in "abc"]


async def test_a_sender_killed_between_copies_repeats_none_of_those_before(sessions: Sessions) -> None:
    agents = tuple(NewRecipient(f"{n}@desk.test", message_id=f"<r.{n}@desk.test>") for n in "abc")
    [letter_id] = await add(sessions, new_letter(recipients=agents))
    async with SmtpPeer() as peer:
        peer.on("RCPT", hang(), times=1, matching=lambda address: address == "b@desk.test")
        sender = Sender(
            sessions,
            {RELAY: transport_to(peer, timeout=60.0)},
            Desk().on_failed,
            worker="killed",
            sending=Sending(**SENDING | {"lease": 1.0}),
        )
        killed = asyncio.create_task(sender.run(asyncio.Event()))
        await peer.wait_for(1)
        async with asyncio.timeout(PATIENCE):
            while [each["state"] for each in (await show(sessions, letter_id)).recipients] != ["sent", "queued", "queued"]:
                await asyncio.sleep(POLL)
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
        assert (await show(sessions, letter_id)).state is OutboxState.LEASED
        async with sending(sessions, transport_to(peer), worker="next"):
            shown = await until(sessions, letter_id, OutboxState.SENT)
    assert sorted(mail.recipients[0] for mail in peer.messages) == ["a@desk.test", "b@desk.test", "c@desk.test"]
    assert (shown.attempts, shown.possible_duplicates) == (2, 1)


async def test_two_senders_on_one_queue_send_nothing_twice(sessions: Sessions) -> None:
    async with SmtpPeer() as peer:
        peer.on("END", slow(0.02))
        ids = await add(sessions, *(new_letter(f"{n}@x.test") for n in range(150)))
        async with (
            sending(sessions, transport_to(peer), worker="one"),
            sending(sessions, transport_to(peer), worker="two"),
        ):
            await peer.wait_for(150)
            for letter_id in ids:
                await until(sessions, letter_id, OutboxState.SENT)
    assert sorted(mail.recipients[0] for mail in peer.messages) == sorted(f"{n}@x.test" for n in range(150))
    async with sessions() as session:
        workers = set((await session.execute(text("SELECT leased_by FROM outbox_messages"))).scalars())
        assert await session.scalar(text("SELECT max(attempts) FROM outbox_messages")) == 1
    assert workers == {"one", "two"}


async def test_an_attempt_longer_than_its_lease_keeps_it(sessions: Sessions) -> None:
    async with SmtpPeer() as peer:
        peer.on("RCPT", slow(2.5), times=1)
        async with (
            sending(sessions, transport_to(peer), worker="one", lease=1.5),
            sending(sessions, transport_to(peer), worker="two", lease=1.5),
        ):
            [letter_id] = await add(sessions, new_letter())
            shown = await until(sessions, letter_id, OutboxState.SENT)
    assert (len(peer.messages), shown.attempts, shown.possible_duplicates) == (1, 1, 0)


async def test_an_agents_reply_overtakes_notices_that_hang(sessions: Sessions) -> None:
    async with SmtpPeer() as peer:
        peer.on("RCPT", hang(), matching=lambda address: address == "slow@x.test")
        async with sending(
            sessions, transport_to(peer, timeout=30.0, attempt=30.0, connections=4), hands=4, ahead=4, reserved=1, drain=0.1
        ):
            notices = await add(sessions, *(new_letter("slow@x.test", urgency=ORDINARY) for _ in range(10)))
            await until(sessions, notices[0], OutboxState.LEASED)
            [reply_id] = await add(sessions, new_letter("client@x.test", urgency=URGENT))
            await until(sessions, reply_id, OutboxState.SENT, timeout=20.0)
    async with sessions() as session:
        # Three were under way at the end; the others had been claimed, and were given back uncounted.
        assert await session.scalar(text("SELECT count(*) FROM outbox_messages WHERE attempts > 0 AND urgency = 1")) == 3
        assert await session.scalar(text("SELECT count(*) FROM outbox_messages WHERE state = 'queued'")) == 7


async def test_a_relay_that_is_down_is_probed_and_everything_goes_when_it_is_back(sessions: Sessions) -> None:
    peer = SmtpPeer()
    await peer.start()
    await peer.stop()
    async with sending(sessions, transport_to(peer)):
        began = time.monotonic()
        ids = await add(sessions, *(new_letter() for _ in range(30)))
        await until(sessions, ids[0], OutboxState.QUEUED, attempts=1)
        await asyncio.sleep(1.0)
        async with sessions() as session:
            attempts = await session.scalar(text("SELECT sum(attempts) FROM outbox_messages"))
        # As many as were under way at once, and a probe every tenth of a second.
        assert attempts <= 8 + 10 * (time.monotonic() - began)
        await peer.start()
        for letter_id in ids:
            await until(sessions, letter_id, OutboxState.SENT)
    await peer.stop()
    assert len(peer.messages) == 30


async def test_retry_makes_a_letter_go_now_although_sending_is_held(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await outbox.hold(session, "an incident")
    async with SmtpPeer() as peer, sending(sessions, transport_to(peer)):
        first, second = await add(sessions, new_letter(), new_letter())
        async with sessions.begin() as session:
            await outbox.retry(session, second)
        await until(sessions, second, OutboxState.SENT)
        assert (await show(sessions, first)).state is OutboxState.QUEUED
        async with sessions.begin() as session:
            await outbox.release(session)
        await until(sessions, first, OutboxState.SENT)


async def test_a_scheduled_letter_goes_in_its_time(sessions: Sessions) -> None:
    async with SmtpPeer() as peer, sending(sessions, transport_to(peer)):
        [letter_id] = await add(sessions, new_letter(due_in=timedelta(seconds=0.5)))
        shown = await until(sessions, letter_id, OutboxState.SENT)
    assert shown.sent_at is not None
    assert shown.sent_at - shown.created_at >= timedelta(seconds=0.5)


async def test_a_shadow_and_a_foreign_database_send_nothing(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await instance.verify(session)
        await session.execute(text("UPDATE instance SET system_identifier = '1'"))
    [letter_id] = await add(sessions, new_letter())
    async with SmtpPeer() as peer:
        for shadow in (True, False):
            async with sending(sessions, transport_to(peer), shadow=shadow):
                await asyncio.sleep(0.5)
                assert (await show(sessions, letter_id)).attempts == 0
        async with sessions.begin() as session:
            await instance.adopt(session)
        async with sending(sessions, transport_to(peer)):
            await until(sessions, letter_id, OutboxState.SENT)


async def test_a_letter_that_cannot_be_put_together_has_failed(sessions: Sessions) -> None:
    async with SmtpPeer() as peer, sending(sessions, transport_to(peer)):
        [gone, whole] = await add(
            sessions, new_letter(attachments=(AttachmentRef("00" * 32, "gone.pdf", "application/pdf"),)), new_letter()
        )
        shown = await until(sessions, gone, OutboxState.FAILED)
        await until(sessions, whole, OutboxState.SENT)
    assert shown.last_error is not None
    assert "gone.pdf" in shown.last_error


async def test_a_row_that_was_tampered_with_never_reaches_the_wire(sessions: Sessions) -> None:
    [letter_id] = await add(sessions, new_letter())
    async with sessions.begin() as session:
        await session.execute(text("UPDATE outbox_messages SET subject = E'x\\r\\nBcc: thief@evil.test'"))
    async with SmtpPeer() as peer, sending(sessions, transport_to(peer)):
        await until(sessions, letter_id, OutboxState.FAILED)
        assert peer.commands == []


async def test_a_stop_lets_the_attempt_under_way_finish(sessions: Sessions) -> None:
    async with SmtpPeer() as peer:
        peer.on("END", slow(0.5), times=1)
        async with sending(sessions, transport_to(peer), drain=20.0):
            [letter_id] = await add(sessions, new_letter())
            await until(sessions, letter_id, OutboxState.LEASED, OutboxState.SENT)
    shown = await show(sessions, letter_id)
    assert (shown.state, shown.attempts, len(peer.messages)) == (OutboxState.SENT, 1, 1)


async def test_a_wake_up_sends_a_letter_at_once(sessions: Sessions, engine: AsyncEngine) -> None:
    wake = Waker(engine)
    async with SmtpPeer() as peer, sending(sessions, transport_to(peer), engine=engine, poll=60.0, sweep=60.0):
        await asyncio.sleep(0.5)
        await add(sessions, new_letter(headers=(("From", (Party("", "a@b.test"),)),)))
        wake("outbox")
        await peer.wait_for(1, timeout=30.0)
    await wake.aclose()


async def test_letters_for_a_server_that_is_gone_wait_and_say_so(sessions: Sessions) -> None:
    async with SmtpPeer() as peer, sending(sessions, transport_to(peer)):
        [lost, usual] = await add(sessions, new_letter(destination="smtp:box@provider.test"), new_letter())
        waiting = await until(sessions, lost, OutboxState.QUEUED, attempts=1)
        assert "no server for smtp:box@provider.test any more" in str(waiting.last_error)
        await until(sessions, usual, OutboxState.SENT)
