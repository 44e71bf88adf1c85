"""The outbox at the level of its statements: written once, claimed once, ended once."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.letter import BULK, ORDINARY, RELAY, URGENT, AttachmentRef, Letter, NewLetter, NewRecipient, Party
from gateway.domain.states import OutboxState, RecipientState
from storage import instance, outbox
from storage.outbox import AttemptEnd, LeaseLost, Settled, Share
from storage.outbox.reading import PIECE
from tests.outbound.letters import make_ticket, new_letter

Sessions = async_sessionmaker[AsyncSession]


async def add(sessions: Sessions, *letters: NewLetter) -> list[int]:
    async with sessions.begin() as session:
        return await outbox.add(session, letters)


async def claim(sessions: Sessions, worker: str = "w", limit: int = 10, bulk_limit: int = 10, **given: Any) -> list[Letter]:
    """`paused`: as a sender claims of a destination that is down."""
    most, bulk = (0, 0) if given.get("paused") else (limit, bulk_limit)
    share = Share(given.get("destination", RELAY), most, bulk, limit)
    async with sessions.begin() as session:
        return await outbox.claim(session, worker, [share], lease=given.get("lease", 15.0))


async def show(sessions: Sessions, letter_id: int) -> outbox.Outgoing:
    async with sessions() as session:
        shown = await outbox.show(session, letter_id)
    assert shown is not None
    return shown


async def run(sessions: Sessions, statement: str, **given: Any) -> None:
    async with sessions.begin() as session:
        await session.execute(text(statement), given)


async def value(sessions: Sessions, statement: str, **given: Any) -> Any:
    async with sessions() as session:
        return (await session.execute(text(statement), given)).scalar_one()


def ended(letter: Letter, state: OutboxState = OutboxState.SENT, worker: str = "w", **given: Any) -> AttemptEnd:
    recipient_state = RecipientState(state) if state is not OutboxState.QUEUED else RecipientState.QUEUED
    settled = tuple(Settled(each.id, recipient_state, "a reply") for each in letter.recipients)
    return AttemptEnd(letter_id=letter.id, attempt=letter.attempts, worker=worker, state=state, settled=settled, **given)


async def end(sessions: Sessions, what: AttemptEnd) -> None:
    async with sessions.begin() as session:
        await outbox.end_attempt(session, what)


async def test_a_letter_comes_back_as_it_was_written(sessions: Sessions) -> None:
    content = b"file"
    ref = AttachmentRef(hashlib.sha256(content).hexdigest(), "Счёт.pdf", "application/pdf", 4)
    await run(sessions, "INSERT INTO blobs (sha256, content, size) VALUES (sha256(:c), :c, 4)", c=content)
    async with sessions.begin() as session:
        ticket = await make_ticket(session)
    written = new_letter(
        headers=(("From", (Party("Анна", "a@desk.test"),)), ("To", (Party("", "x@y.test"),)), ("References", "<a@b>")),
        recipients=(NewRecipient("x@y.test", "Икс", "<own@desk.test>", "r+t@desk.test", "b+1@desk.test"), NewRecipient("z@y.test")),
        html="<p>x</p>",
        text="nul\0 and half \ud800 a character",
        attachments=(ref,),
        ticket=ticket,
        urgency=URGENT,
        agent="anna@desk.test",
        inbound_id=5,
        trace_id="t1",
        automatic=False,
    )
    [letter_id] = await add(sessions, written)
    [claimed] = await claim(sessions)
    assert (claimed.id, claimed.attempts, claimed.ticket, claimed.automatic) == (letter_id, 1, ticket, False)
    assert (claimed.headers, claimed.subject, claimed.html, claimed.attachments) == (written.headers, written.subject, "<p>x</p>", (ref,))
    assert (claimed.agent, claimed.inbound_id, claimed.trace_id, claimed.urgency) == ("anna@desk.test", 5, "t1", URGENT)
    assert "\0" not in claimed.text
    own, other = claimed.recipients
    assert (own.address, own.name, own.message_id, own.reply_to, own.verp) == (
        "x@y.test",
        "Икс",
        "<own@desk.test>",
        "r+t@desk.test",
        "b+1@desk.test",
    )
    assert other.has_own_copy is False
    assert 431_000 < claimed.time_left <= 432_000
    async with sessions() as session:
        assert await outbox.blobs(session, {ref.sha256}) == {ref.sha256: content}
    assert await value(sessions, "SELECT refs FROM blobs") == 1


@pytest.mark.parametrize("octets", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
async def test_a_files_bytes_come_whole_however_many_pieces_they_come_in(sessions: Sessions, octets: int) -> None:
    content = (bytes(range(251)) * (octets // 251 + 1))[:octets]
    digest = hashlib.sha256(content)
    async with sessions.begin() as session:
        given = {"sha256": digest.digest(), "content": content, "size": octets}
        await session.execute(text("INSERT INTO blobs (sha256, content, size) VALUES (:sha256, :content, :size)"), given)
        assert await outbox.blobs(session, {digest.hexdigest(), "00" * 32}) == {digest.hexdigest(): content}


async def test_an_effect_written_twice_exists_once(sessions: Sessions) -> None:
    letter = new_letter("a@x.test", "b@x.test")
    assert len(await add(sessions, letter, letter)) == 1
    assert await add(sessions, letter, new_letter()) != []
    assert await value(sessions, "SELECT count(*) FROM outbox_messages") == 2
    assert await value(sessions, "SELECT count(*) FROM outbox_recipients") == 3


async def test_two_transactions_with_one_effect_write_it_once(sessions: Sessions) -> None:
    letter = new_letter()
    counts = await asyncio.gather(*(add(sessions, letter) for _ in range(5)))
    assert sorted(map(len, counts)) == [0, 0, 0, 0, 1]


async def test_a_delayed_letter_is_scheduled_and_queued_in_its_time(sessions: Sessions) -> None:
    [letter_id] = await add(sessions, new_letter(due_in=timedelta(minutes=5)))
    assert (await show(sessions, letter_id)).state is OutboxState.SCHEDULED
    async with sessions.begin() as session:
        assert await outbox.promote_scheduled(session) == 0
        seconds = await outbox.next_due_in(session, [RELAY])
    assert seconds is not None
    assert 240 < seconds <= 300
    assert await claim(sessions) == []
    await run(sessions, "UPDATE outbox_messages SET due_at = now() - interval '1 s'")
    async with sessions.begin() as session:
        assert await outbox.promote_scheduled(session) == 1
    assert len(await claim(sessions)) == 1


async def test_the_more_urgent_go_first_and_the_others_have_a_bounded_share(sessions: Sessions) -> None:
    await add(sessions, *(new_letter(urgency=BULK) for _ in range(5)))
    await add(sessions, *(new_letter(urgency=ORDINARY) for _ in range(5)))
    await add(sessions, *(new_letter(urgency=URGENT) for _ in range(2)))
    assert [each.urgency for each in await claim(sessions, limit=10, bulk_limit=3)] == [0, 0, 1, 1, 1]
    assert [each.urgency for each in await claim(sessions, limit=3, bulk_limit=10)] == [1, 1, 2]
    assert await claim(sessions, bulk_limit=0) == []


async def test_claims_at_once_never_share_a_letter(sessions: Sessions) -> None:
    await add(sessions, *(new_letter() for _ in range(50)))
    claims = await asyncio.gather(*(claim(sessions, worker=f"w{n}") for n in range(5)))
    ids = [each.id for claimed in claims for each in claimed]
    assert len(ids) == len(set(ids))
    assert len(ids) == 50


async def test_a_claim_is_for_one_destination(sessions: Sessions) -> None:
    await add(sessions, new_letter(), new_letter(destination="from:sales@desk.test"))
    assert [each.destination for each in await claim(sessions, destination="from:sales@desk.test")] == ["from:sales@desk.test"]


async def test_a_letter_of_a_kind_that_only_a_later_release_knows_stops_no_other(sessions: Sessions) -> None:
    """On that release's schema; a person who has it retried changes nothing."""
    await run(sessions, "ALTER TABLE outbox_messages DROP CONSTRAINT ck_outbox_messages_kind_known")
    ids = await add(sessions, *(new_letter(urgency=urgency) for urgency in (URGENT, URGENT, BULK, BULK)))
    await run(sessions, "UPDATE outbox_messages SET kind = 'invented_later', forced = true WHERE id = ANY(:ids)", ids=ids[::2])
    assert [each.id for each in await claim(sessions)] == ids[1::2]
    assert await claim(sessions, paused=True) == []


async def test_an_end_is_recorded_with_each_recipient(sessions: Sessions) -> None:
    [letter_id] = await add(sessions, new_letter("a@x.test", "b@x.test"))
    [letter] = await claim(sessions)
    a, b = letter.recipients
    settled = (Settled(a.id, RecipientState.SENT, "250 ok"), Settled(b.id, RecipientState.QUEUED, "451 later"))
    await end(
        sessions,
        AttemptEnd(
            letter_id=letter_id,
            attempt=1,
            worker="w",
            state=OutboxState.QUEUED,
            settled=settled,
            retry_in=60.0,
            error="451 later",
            unanswered=True,
        ),
    )
    shown = await show(sessions, letter_id)
    assert (shown.state, shown.attempts, shown.last_error, shown.possible_duplicates) == (OutboxState.QUEUED, 1, "451 later", 1)
    assert shown.recipients == [
        {"address": "a@x.test", "state": "sent", "reply": "250 ok"},
        {"address": "b@x.test", "state": "queued", "reply": "451 later"},
    ]
    assert shown.sent_at is not None
    assert shown.next_attempt_at is not None
    assert 59 < (shown.next_attempt_at - shown.sent_at).total_seconds() < 61
    await run(sessions, "UPDATE outbox_messages SET due_at = now()")
    [again] = await claim(sessions)
    assert again.attempts == 2
    assert [each.address for each in again.waiting] == ["b@x.test"]


async def test_many_ends_share_one_statement_and_only_lost_ones_do_not_count(sessions: Sessions) -> None:
    await add(sessions, *(new_letter() for _ in range(3)))
    first, second, third = await claim(sessions)
    ends = [ended(first), ended(second, worker="somebody else"), ended(third, OutboxState.FAILED, error="550")]
    async with sessions.begin() as session:
        assert await outbox.end_attempts(session, ends) == {first.id, third.id}
    assert [(await show(sessions, each.id)).state for each in (first, second, third)] == ["sent", "leased", "failed"]


async def test_an_expired_lease_returns_the_letter_to_the_queue_as_a_possible_duplicate(sessions: Sessions) -> None:
    [letter_id] = await add(sessions, new_letter())
    await claim(sessions, lease=0.0)
    async with sessions.begin() as session:
        assert await outbox.return_expired(session) == [letter_id]
        assert await outbox.return_expired(session) == []
    shown = await show(sessions, letter_id)
    assert (shown.state, shown.possible_duplicates) == (OutboxState.QUEUED, 1)
    assert [each.attempts for each in await claim(sessions, "another")] == [2]


async def test_a_letter_whose_senders_vanish_again_and_again_waits(sessions: Sessions) -> None:
    await add(sessions, new_letter())
    claims = []
    for _ in range(4):
        claims.append(len(await claim(sessions, lease=0.0)))
        async with sessions.begin() as session:
            await outbox.return_expired(session)
    assert claims == [1, 1, 1, 0]


async def test_a_lease_that_is_renewed_does_not_expire(sessions: Sessions) -> None:
    [letter_id] = await add(sessions, new_letter())
    [letter] = await claim(sessions, lease=0.0)
    async with sessions.begin() as session:
        assert await outbox.renew(session, "w", [(letter_id, letter.attempts)], 15.0) == {letter_id}
        assert await outbox.renew(session, "another", [(letter_id, letter.attempts)], 15.0) == set()
        assert await outbox.renew(session, "w", [(letter_id, 99)], 15.0) == set()
        assert await outbox.return_expired(session) == []


async def test_an_attempt_counts_after_its_lease_until_a_later_one_begins(sessions: Sessions) -> None:
    await add(sessions, new_letter(), new_letter())
    mine, taken = await claim(sessions, "mine", lease=0.0)
    async with sessions.begin() as session:
        await outbox.return_expired(session)
    await end(sessions, ended(mine, worker="mine"))
    assert (await show(sessions, mine.id)).state is OutboxState.SENT
    await claim(sessions, "theirs")
    with pytest.raises(LeaseLost):
        await end(sessions, ended(taken, worker="mine"))
    async with sessions.begin() as session:
        with pytest.raises(LeaseLost):
            await outbox.settle(session, taken, "mine", [])
    assert (await show(sessions, taken.id)).state is OutboxState.LEASED


async def test_a_letter_is_ended_once(sessions: Sessions) -> None:
    await add(sessions, new_letter())
    [letter] = await claim(sessions)
    await end(sessions, ended(letter))
    with pytest.raises(LeaseLost):
        await end(sessions, ended(letter, OutboxState.FAILED))
    assert (await show(sessions, letter.id)).state is OutboxState.SENT


async def test_a_held_outbox_gives_nothing_but_what_a_person_retries(sessions: Sessions) -> None:
    first, second = await add(sessions, new_letter(), new_letter())
    async with sessions.begin() as session:
        await outbox.hold(session, "an incident")
        held = await outbox.held(session)
    assert held is not None
    assert (held.why, held.foreign) == ("an incident", False)
    assert await claim(sessions) == []
    async with sessions.begin() as session:
        assert await outbox.retry(session, second) == "done"
    [letter] = await claim(sessions)
    assert letter.id == second
    await end(sessions, ended(letter, OutboxState.QUEUED, retry_in=0.0))
    assert await claim(sessions) == []
    async with sessions.begin() as session:
        assert await outbox.release(session) is None
    assert {each.id for each in await claim(sessions)} == {first, second}


async def test_a_paused_destination_gives_only_what_a_person_retries(sessions: Sessions) -> None:
    first, _ = await add(sessions, new_letter(), new_letter())
    assert await claim(sessions, paused=True) == []
    async with sessions.begin() as session:
        await outbox.retry(session, first)
    assert [each.id for each in await claim(sessions, paused=True)] == [first]


async def test_retry_revives_what_failed_for_those_who_have_not_got_it(sessions: Sessions) -> None:
    [letter_id] = await add(sessions, new_letter("a@x.test", "b@x.test", lifetime=timedelta(0)))
    [letter] = await claim(sessions)
    a, b = letter.recipients
    settled = (Settled(a.id, RecipientState.SENT, "250"), Settled(b.id, RecipientState.FAILED, "550"))
    await end(sessions, AttemptEnd(letter_id=letter_id, attempt=1, worker="w", state=OutboxState.FAILED, settled=settled, error="550"))
    async with sessions.begin() as session:
        assert await outbox.retry(session, letter_id) == "done"
    [again] = await claim(sessions)
    assert [each.address for each in again.waiting] == ["b@x.test"]
    assert again.time_left > 0


async def test_cancel_ends_what_waits_and_nothing_else(sessions: Sessions) -> None:
    [letter_id] = await add(sessions, new_letter())
    async with sessions.begin() as session:
        assert await outbox.cancel(session, letter_id) == "done"
        assert await outbox.cancel(session, letter_id) == "finished"
        assert await outbox.cancel(session, 999) == "absent"
    shown = await show(sessions, letter_id)
    assert (shown.state, shown.recipients[0]["state"], shown.next_attempt_at) == ("cancelled", "cancelled", None)
    assert await claim(sessions) == []


async def test_what_is_under_way_is_left_to_its_attempt(sessions: Sessions) -> None:
    [letter_id] = await add(sessions, new_letter())
    [letter] = await claim(sessions)
    async with sessions.begin() as session:
        assert await outbox.cancel(session, letter_id) == "leased"
        assert await outbox.retry(session, letter_id) == "leased"
    await end(sessions, ended(letter))
    async with sessions.begin() as session:
        assert await outbox.retry(session, letter_id) == "finished"


async def test_lists_and_counts(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        ticket = await make_ticket(session)
    first, second, third = await add(sessions, new_letter(ticket=ticket), new_letter(), new_letter(due_in=timedelta(hours=1)))
    [letter] = await claim(sessions, limit=1)
    await end(sessions, ended(letter))
    async with sessions() as session:
        assert [each.id for each in await outbox.list_outbox(session)] == [third, second, first]
        assert [each.id for each in await outbox.list_outbox(session, outbox.Filter(OutboxState.SENT))] == [first]
        assert [each.id for each in await outbox.list_outbox(session, outbox.Filter(ticket=ticket))] == [first]
        assert [each.id for each in await outbox.list_outbox(session, before=third, limit=1)] == [second]
        counts = await outbox.counts(session)
        waiting = await outbox.oldest_queued_seconds(session)
        assert await outbox.show(session, 999) is None
        loaded = await outbox.load(session, second)
    assert {state: n for state, n in counts.by_state.items() if n} == {"sent": 1, "queued": 1, "scheduled": 1}
    assert waiting is not None
    assert 0 <= waiting < 60
    assert loaded is not None
    assert (loaded.id, loaded.attempts) == (second, 0)


async def test_a_foreign_database_sends_nothing_until_it_is_adopted(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        assert await instance.verify(session) is None
    await add(sessions, new_letter())
    await run(sessions, "UPDATE instance SET system_identifier = '1'")
    async with sessions.begin() as session:
        foreign = await instance.verify(session)
        assert foreign is not None
        assert foreign.written_by == "1"
        await outbox.hold(session, "an incident")
        still = await outbox.release(session)
    assert still is not None
    assert still.foreign
    assert await claim(sessions) == []
    async with sessions.begin() as session:
        assert await instance.adopt(session) is None
        assert await instance.verify(session) is None
    assert len(await claim(sessions)) == 1


async def test_a_claim_reads_the_due_letters_alone_however_many_wait(sessions: Sessions) -> None:
    await run(
        sessions,
        """
        INSERT INTO outbox_messages (kind, urgency, due_at, expires_at, message_id, subject, headers, text, effect, state)
        SELECT 'registered', 1, now() + interval '1 hour', now() + interval '1 day', '<x@y>', 's', '[]', 't', sha256(n::text::bytea),
               CASE WHEN n % 2 = 0 THEN 'queued' ELSE 'sent' END
        FROM generate_series(1, 20000) n
        """,
    )
    await run(sessions, "ANALYZE outbox_messages")
    await add(sessions, new_letter(), new_letter(urgency=URGENT))
    async with sessions.begin() as session:
        before = await _rows_read(session)
        claimed = await outbox.claim(session, "w", [Share(RELAY, 10, 10, 10)], lease=15.0)
        await outbox.next_due_in(session, [RELAY])
        read = await _rows_read(session) - before
        await session.execute(text("SELECT min(due_at) FROM outbox_messages WHERE state = 'queued'"))
        carelessly = await _rows_read(session) - before - read
    assert len(claimed) == 2
    assert read < 100 < 10_000 <= carelessly


async def _rows_read(session: AsyncSession) -> int:
    """Rows of the table, and entries of its indexes, that this transaction has read."""
    read = await session.execute(
        text("""
            SELECT sum(pg_stat_get_xact_tuples_returned(oid)) FROM pg_class
            WHERE oid = 'outbox_messages'::regclass
               OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'outbox_messages'::regclass)
        """)
    )
    return int(read.scalar_one())
