"""What overtakes what: agents' replies a backlog, a quick destination a slow one, a small letter a large one."""

import asyncio
import hashlib
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.letter import RELAY, URGENT, AttachmentRef
from gateway.domain.states import OutboxState
from gateway.outbound.assemble import assemble
from gateway.outbound.delivery import Parcel, Transport
from gateway.outbound.retry import Deferred, Delivered, Outcome, Policy
from gateway.workers import carrier
from gateway.workers.sender import Sender, Sending
from storage import outbox
from storage.outbox import AttemptEnd, Share
from tests.outbound.letters import new_letter
from tests.outbound.test_sender import SENDING, Desk, add, sending, show, transport_to, until
from tests.peers.smtp_peer import SmtpPeer, hang, slow
from tests.waiting import until as until_true

Sessions = async_sessionmaker[AsyncSession]
BACKLOG = 100_000


async def queue_notices(sessions: Sessions, number: int, *, destination: str = RELAY, state: str = "queued") -> None:
    """Notices of one recipient each, which have been due for a while."""
    async with sessions.begin() as session:
        await session.execute(
            text("""
                WITH written AS (
                    INSERT INTO outbox_messages (kind, urgency, destination, due_at, expires_at, message_id, subject, headers, text, effect,
                                                 reverse_path, state)
                    SELECT 'registered', 1, :destination, now() - interval '1 minute', now() + interval '1 day',
                           '<' || n || '@desk.test>', 'We have got your letter',
                           '[["From", [["", "desk@desk.test"]]], ["To", [["", "notice@x.test"]]]]', 'Hello!',
                           sha256((:destination || n)::bytea), 'bounces@desk.test', :state
                    FROM generate_series(1, :number) AS n RETURNING id
                )
                INSERT INTO outbox_recipients (outbox_id, position, address) SELECT id, 0, 'notice@x.test' FROM written
            """),
            {"number": number, "destination": destination, "state": state},
        )


async def analyzed(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(text("ANALYZE outbox_messages"))


@pytest.mark.parametrize(("fault", "backlog"), [(slow(1.0), BACKLOG), (hang(), 1000)], ids=["slow", "hangs"])
async def test_a_backlog_of_notices_does_not_delay_a_reply_though_the_relay_is_slow_or_hangs(
    sessions: Sessions, fault: Any, backlog: int
) -> None:
    await queue_notices(sessions, backlog)
    async with SmtpPeer() as peer:
        peer.on("RCPT", fault, matching=lambda address: address == "notice@x.test")
        async with (
            sending(sessions, transport_to(peer, timeout=30.0, final_timeout=30.0, attempt=60.0), worker="one", drain=0.1),
            sending(sessions, transport_to(peer, timeout=30.0, final_timeout=30.0, attempt=60.0), worker="two", drain=0.1),
        ):
            await asyncio.sleep(1.5)
            [reply_id] = await add(sessions, new_letter("client@x.test", urgency=URGENT))
            began = time.monotonic()
            await until(sessions, reply_id, OutboxState.SENT)
            took = time.monotonic() - began
            async with sessions() as session:
                held = await outbox.under_way(session)
    assert took < 20.0, "and not after what hangs for 30 s, or after all that are slow"
    # Of a slow relay's letters nearly all stay in the queue, where an operator can still hold or cancel them.
    assert held <= 2 * 14


async def test_a_server_that_hangs_delays_no_other_servers_letters(sessions: Sessions) -> None:
    async with SmtpPeer() as quick, SmtpPeer() as stuck:
        stuck.on("RCPT", hang())
        transports = {f"smtp:{n}@x.test": transport_to(stuck, timeout=30.0, attempt=60.0) for n in range(5)} | {RELAY: transport_to(quick)}
        for name in transports:
            await queue_notices(sessions, 20, destination=name)
        sender = Sender(sessions, transports, Desk().on_failed, worker="w", sending=Sending(**SENDING | {"drain": 0.1}))
        stop = asyncio.Event()
        running = asyncio.create_task(sender.run(stop))
        await quick.wait_for(20, timeout=25.0)
        stop.set()
        await running
    assert stuck.messages == []


EXPLAINED = 50


async def test_a_claim_over_fifty_destinations_reads_the_heads_of_their_queues_alone(sessions: Sessions) -> None:
    """Beside a hundred thousand letters that wait and as many that were sent: indexes alone, whichever plan PostgreSQL settles on."""
    await queue_notices(sessions, BACKLOG)
    await queue_notices(sessions, BACKLOG, destination="smtp:0@x.test", state="sent")
    await analyzed(sessions)
    shares = [Share(RELAY, 100, 90, 100), *(Share(f"smtp:{n}@x.test", 3, 2, 3) for n in range(EXPLAINED))]
    for mode in ("force_generic_plan", "force_custom_plan"):
        async with sessions() as session:
            await session.execute(text(f"SET LOCAL plan_cache_mode = {mode}"))
            before = await scans(session)
            began = time.monotonic()
            assert len(await outbox.claim(session, "w", shares, lease=15.0)) == 90
            await outbox.next_due_in(session, [each.destination for each in shares])
            took = time.monotonic() - began
            assert await scans(session) == before
            await session.rollback()
        assert took < 10.0


async def test_an_attempt_ends_without_a_look_at_the_letters_that_wait(sessions: Sessions) -> None:
    """Though the table was last analysed when none did, so that the index of what is unsent seemed to hold nothing."""
    await queue_notices(sessions, 2000, destination="smtp:sent@x.test", state="sent")
    await analyzed(sessions)
    await queue_notices(sessions, 2000)
    for mode in ("force_generic_plan", "force_custom_plan"):
        async with sessions() as session:
            await session.execute(text(f"SET LOCAL plan_cache_mode = {mode}"))
            letters = await outbox.claim(session, "w", [Share(RELAY, 5, 5, 5)], lease=15.0)
            ends = [AttemptEnd(letter_id=each.id, attempt=1, worker="w", state=OutboxState.SENT) for each in letters]
            before = await looks_at_unsent(session)
            assert await outbox.end_attempts(session, ends) == {each.id for each in letters}
            assert await looks_at_unsent(session) == before
            await session.rollback()


async def looks_at_unsent(session: AsyncSession) -> int:
    """How often this transaction has looked into that index."""
    return int((await session.execute(text("SELECT pg_stat_get_xact_numscans('ix_outbox_messages_unsent'::regclass)"))).scalar_one())


async def scans(session: AsyncSession) -> int:
    """How often this transaction has read the whole of the table."""
    return int((await session.execute(text("SELECT pg_stat_get_xact_numscans('outbox_messages'::regclass)"))).scalar_one())


async def test_what_was_claimed_and_has_not_begun_goes_back_when_sending_is_held(sessions: Sessions) -> None:
    async with SmtpPeer() as peer:
        peer.on("RCPT", slow(3.0))
        async with sending(sessions, transport_to(peer), hands=4, heartbeat=0.1) as sender:
            await queue_notices(sessions, 50)
            await until_true(lambda: peer.open_connections)
            await asyncio.sleep(0.5)
            begun = peer.open_connections
            async with sessions.begin() as session:
                await outbox.hold(session, "an incident")
            await sender.look()
            await asyncio.sleep(0.3)
            async with sessions() as session:
                assert await outbox.under_way(session) == begun
            print("BEGUN", begun)
            await peer.wait_for(begun)
            await asyncio.sleep(0.5)
        assert len(peer.messages) == begun
    async with sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM outbox_messages WHERE state = 'queued' AND attempts = 0")) == 50 - begun


class Says(Transport):
    """A transport that answers what it is told to."""

    several = True

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.asked: list[float] = []

    async def deliver(self, parcel: Parcel) -> dict[str, Outcome]:
        self.asked.append(time.monotonic())
        said = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        return dict.fromkeys(parcel.recipients, said)

    async def aclose(self) -> None:
        """Nothing is open."""


async def test_a_letter_that_found_no_place_waits_as_long_as_it_was_told_and_counts_no_attempt(sessions: Sessions) -> None:
    transport = Says(Deferred("all hosts of x.test rest", busy=True, after=1.0), Delivered("250 taken"))
    async with sending(sessions, transport):
        [letter_id] = await add(sessions, new_letter())
        shown = await until(sessions, letter_id, OutboxState.SENT)
    first, second = transport.asked
    assert 0.9 < second - first < 20.0
    assert (shown.attempts, shown.possible_duplicates) == (1, 0)


async def test_a_letter_that_never_finds_a_place_expires_and_is_not_asked_about_all_the_time(sessions: Sessions) -> None:
    transport = Says(Deferred("all hosts of x.test rest", busy=True, after=0.0))
    async with sending(sessions, transport):
        [letter_id] = await add(sessions, new_letter(lifetime=timedelta(seconds=1.5)))
        shown = await until(sessions, letter_id, OutboxState.FAILED)
    assert len(transport.asked) <= 3 + 2 * (transport.asked[-1] - transport.asked[0])
    assert str(shown.last_error).startswith("given up after")


async def test_a_sender_that_stood_still_begins_nothing_that_another_may_have(sessions: Sessions) -> None:
    """As after SIGSTOP: its lease is over, and nothing has told it so."""
    transport = Says(Delivered("250 taken"))
    [letter_id] = await add(sessions, new_letter())
    sender = Sender(sessions, {RELAY: transport}, Desk().on_failed, worker="w", sending=Sending(**SENDING | {"lease": 0.2}))
    [item] = await sender.claim(10)
    await asyncio.sleep(0.3)
    await sender.work(item)
    assert transport.asked == []
    assert (await show(sessions, letter_id)).state is OutboxState.LEASED


async def test_a_person_may_have_a_letter_tried_although_its_destination_rests(sessions: Sessions) -> None:
    down, up = Deferred("no route", unreachable=True), Delivered("250 taken")
    transport = Says(down)
    transport.several = False
    async with sending(sessions, transport, policy=Policy(first=60.0, unreachable=60.0)):
        first, second = await add(sessions, new_letter(), new_letter())
        await until(sessions, first, OutboxState.QUEUED, attempts=1)
        async with sessions() as session:
            [standing] = await outbox.standings(session)
        assert (standing.name, standing.last_error, standing.queued > 0) == (RELAY, "no route", True)
        transport.outcomes = [up]
        async with sessions.begin() as session:
            await outbox.retry(session, second)
        await until(sessions, second, OutboxState.SENT)
        async with sessions() as session:
            assert [each for each in await outbox.standings(session) if each.down_since is not None] == []


@pytest.mark.parametrize(("size", "beside"), [(1000, False), (carrier.LARGE + 1, True)])
async def test_a_large_letter_is_put_together_beside_the_event_loop(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, size: int, beside: bool
) -> None:
    threads: list[threading.Thread] = []

    def watched(*given: Any, **named: Any) -> bytes:
        threads.append(threading.current_thread())
        return assemble(*given, **named)

    monkeypatch.setattr(carrier, "assemble", watched)
    content = b"x" * size
    async with sessions.begin() as session:
        await session.execute(text("INSERT INTO blobs (sha256, content, size) VALUES (sha256(:c), :c, :n)"), {"c": content, "n": size})
    ref = AttachmentRef(hashlib.sha256(content).hexdigest(), "x.bin", "application/octet-stream", size)
    async with sending(sessions, Says(Delivered("250 taken"))):
        [letter_id] = await add(sessions, new_letter(attachments=(ref,)))
        await until(sessions, letter_id, OutboxState.SENT)
    assert [each is not threading.main_thread() for each in threads] == [beside]
