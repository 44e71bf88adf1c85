"""What was said of a letter, attempt by attempt: what a later answer takes the place of stays readable."""

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.letter import NewLetter
from gateway.domain.states import OutboxState, RecipientState
from storage import outbox, tracing
from storage.outbox import AttemptEnd, Settled
from storage.reports import mark_bounced
from tests.outbound.letters import new_letter
from tests.outbound.test_outbox import add, claim, run

Sessions = async_sessionmaker[AsyncSession]
History = list[tuple[str | None, int, str, str | None]]


async def attempt(sessions: Sessions, said: RecipientState, reply: str, *, twice: bool = False) -> None:
    """One more, with this answer for everybody. Told twice, it counts once."""
    [letter] = await claim(sessions)
    state = OutboxState.QUEUED if said is RecipientState.QUEUED else OutboxState(said)
    settled = tuple(Settled(each.id, said, reply) for each in letter.recipients)
    end = AttemptEnd(letter_id=letter.id, attempt=letter.attempts, worker="w", state=state, settled=settled, error=reply)
    async with sessions.begin() as session:
        await outbox.end_attempt(session, end)
    if twice:
        async with sessions.begin() as session:
            assert await outbox.end_attempts(session, [AttemptEnd(letter_id=letter.id, attempt=0, worker="w", state=state)]) == set()


async def one(sessions: Sessions, letter: NewLetter | None = None) -> int:
    [number] = await add(sessions, letter or new_letter())
    return number


async def history(sessions: Sessions, number: int) -> History:
    async with sessions() as session:
        [found] = await tracing.letters(session, [number])
    assert [each.at for each in found.earlier] == sorted(each.at for each in found.earlier)
    return [(each.address, each.attempt, each.state, each.reply) for each in found.earlier]


async def test_each_attempt_that_was_put_off_is_remembered_with_its_answer(sessions: Sessions) -> None:
    number = await one(sessions)
    await attempt(sessions, RecipientState.QUEUED, "451 4.7.1 greylisted", twice=True)
    await attempt(sessions, RecipientState.QUEUED, "452 4.2.2 full")
    await attempt(sessions, RecipientState.SENT, "250 taken")
    assert await history(sessions, number) == [
        ("client@client.test", 1, "queued", "451 4.7.1 greylisted"),
        ("client@client.test", 2, "queued", "452 4.2.2 full"),
    ]


async def test_a_letter_that_is_taken_at_once_leaves_no_row(sessions: Sessions) -> None:
    number = await one(sessions, new_letter("a@client.test", "b@client.test"))
    await attempt(sessions, RecipientState.SENT, "250 taken")
    assert await history(sessions, number) == []


async def test_what_a_server_said_is_still_there_when_the_letter_comes_back(sessions: Sessions) -> None:
    number = await one(sessions, new_letter("a@client.test", "b@client.test"))
    await attempt(sessions, RecipientState.SENT, "250 taken as X1")
    for _ in range(2):
        async with sessions.begin() as session:
            [letter] = await tracing.letters(session, [number])
            assert len(letter.recipients) == 2
            await mark_bounced(session, number, None, "550 5.1.1 no such user")
    expected: History = [("a@client.test", 1, "sent", "250 taken as X1"), ("b@client.test", 1, "sent", "250 taken as X1")]
    assert await history(sessions, number) == expected, "and a second report about it adds nothing"


async def test_what_failed_is_remembered_when_a_person_has_it_tried_again(sessions: Sessions) -> None:
    number = await one(sessions)
    await attempt(sessions, RecipientState.FAILED, "550 5.7.1 go away")
    async with sessions.begin() as session:
        assert await outbox.retry(session, number) == "done"
    await attempt(sessions, RecipientState.SENT, "250 taken")
    assert await history(sessions, number) == [("client@client.test", 1, "failed", "550 5.7.1 go away")]


async def test_a_sender_that_vanished_is_told_without_a_recipient(sessions: Sessions) -> None:
    number = await one(sessions)
    await claim(sessions, lease=-1.0)
    async with sessions.begin() as session:
        assert await outbox.return_expired(session) == [number]
        assert await outbox.return_expired(session) == []
    assert await history(sessions, number) == [(None, 1, "queued", None)]


async def test_it_goes_with_its_recipient_and_with_its_letter(sessions: Sessions) -> None:
    first, second = await one(sessions, new_letter("a@client.test", "b@client.test")), await one(sessions)
    letters = await claim(sessions)
    ends = [
        AttemptEnd(
            letter_id=each.id,
            attempt=1,
            worker="w",
            state=OutboxState.QUEUED,
            settled=tuple(Settled(to.id, RecipientState.QUEUED, "451 later") for to in each.recipients),
        )
        for each in letters
    ]
    async with sessions.begin() as session:
        assert await outbox.end_attempts(session, ends) == {first, second}
    await run(sessions, "DELETE FROM outbox_recipients WHERE address = 'a@client.test'")
    await run(sessions, "DELETE FROM outbox_messages WHERE id = :id", id=second)
    assert await history(sessions, first) == [("b@client.test", 1, "queued", "451 later")]
    async with sessions() as session:
        assert await tracing.letters(session, [second]) == []
