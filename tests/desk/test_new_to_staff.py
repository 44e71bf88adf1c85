"""Agents whom a ticket is new to read in the letter itself what the client wrote: they may never open anything else."""

from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.desk.change import change
from gateway.desk.record import Recorded
from gateway.domain.actor import SYSTEM, Actor
from gateway.domain.notifications import Notification
from gateway.domain.rules import Actions, Rule
from gateway.domain.states import EventKind, LetterKind, Role, Status
from gateway.domain.steps import Assign, Note, SetDepartment, SetStatus, Step
from gateway.mail.message import Attachment
from tests.desk.test_process import Desk, reply_of_dana
from tests.desk.values import ALIGNED, ORGANISATION, box, mail

Sessions = async_sessionmaker[AsyncSession]
DANA = Actor(Role.AGENT, "Dana Agent", "dana@staff.test")
TO_OLEG = replace(ORGANISATION, rules=(Rule("to Oleg", then=Actions(assignee="oleg@staff.test")),))
FILE = Attachment("smoke.png", "image/png", b"smoke", "0" * 64)


async def told(desk: Desk, kind: str, address: str) -> list[str]:
    query = "SELECT text FROM outbox_messages o JOIN outbox_recipients r ON outbox_id = o.id WHERE kind = '{}' AND address = '{}'"
    return [str(text) for (text,) in await desk.rows(query.format(kind, address))]


async def changed(desk: Desk, *steps: Step, actor: Actor = DANA) -> None:
    async with desk.sessions.begin() as session:
        assert isinstance(await change(session, 1, actor, steps, desk.organisation, str(steps)), Recorded)


async def test_whose_ticket_it_is_from_the_start_gets_words_and_files(sessions: Sessions) -> None:
    desk = Desk(sessions, TO_OLEG)
    await desk.take(mail("It burns.", attachments=(FILE,)))
    [letter] = await told(desk, "assigned", "oleg@staff.test")
    assert "Anna <anna@client.test> пишет:\n\nIt burns.\n\nВложения: smoke.png" in letter
    assert await desk.rows("SELECT attachments -> 0 ->> 'filename' FROM outbox_messages WHERE kind = 'assigned'") == [("smoke.png",)]


async def test_whose_ticket_it_becomes_later_gets_the_latest_words(sessions: Sessions) -> None:
    desk = Desk(sessions)
    await desk.take(mail("It burns."))
    await desk.take(mail("It burns brighter.", in_reply_to=("nothing",), subject="Re: Printer on fire [#1]"), verdict=ALIGNED)
    await desk.take(reply_of_dana(1, "A word to the client.\n@note Careful.\n@assignee oleg@staff.test"), verdict=ALIGNED)
    [letter] = await told(desk, "assigned", "oleg@staff.test")
    assert "It burns brighter." in letter
    assert "Careful" not in letter
    assert "A word" not in letter


@pytest.mark.parametrize(
    ("actor", "line"), [(DANA, "Dana Agent передаёт обращение #1 в «Продажи»."), (SYSTEM, "Deskgate передаёт обращение #1 в «Продажи».")]
)
async def test_a_department_that_a_ticket_is_moved_to_is_told_of_it(sessions: Sessions, actor: Actor, line: str) -> None:
    desk = Desk(sessions)
    await desk.take(mail("It burns."))
    before = len(await told(desk, "new_ticket", "oleg@staff.test"))
    await changed(desk, SetDepartment("sales"), actor=actor)
    letter = (await told(desk, "new_ticket", "oleg@staff.test"))[before]
    assert line in letter
    assert "Anna <anna@client.test> пишет на support@desk.test:\n\nIt burns." in letter
    assert len(await told(desk, "new_ticket", "dana@staff.test")) == 1
    assert await desk.rows("SELECT count(*) FROM outbox_recipients WHERE address = 'anna@client.test'") == [(1,)]


async def test_a_note_is_told_with_its_words_and_without_the_replys_files(sessions: Sessions) -> None:
    desk = Desk(sessions, replace(ORGANISATION, notifications=(Notification(LetterKind.NOTE, ("department",)),)))
    await desk.take(mail("It burns."))
    await desk.take(reply_of_dana(1, "A word to the client.\n@note Careful with it.", attachments=(FILE,)), verdict=ALIGNED)
    [letter] = await told(desk, "note", "oleg@staff.test")
    assert "Careful with it." in letter
    assert "A word" not in letter
    assert await desk.rows("SELECT attachments::text FROM outbox_messages WHERE kind = 'note'") == [("[]",)]
    assert await desk.rows("SELECT count(*) FROM outbox_messages WHERE text LIKE '%Careful%' AND kind <> 'note'") == [(0,)]


@pytest.mark.parametrize(
    ("words", "files", "notes", "tags"),
    [
        ("> Careful with it.\n\nI am.\n@tags hot", (), ["> Careful with it.\n\nI am."], 1),
        ("", (FILE,), [""], 0),
        ("I am.\n@note And I mean it.", (FILE,), ["I am.", "And I mean it."], 0),
    ],
)
async def test_what_answers_a_note_is_a_note(
    sessions: Sessions, words: str, files: tuple[Attachment, ...], notes: list[str], tags: int
) -> None:
    desk = Desk(sessions, replace(ORGANISATION, notifications=(Notification(LetterKind.NOTE, ("department",)),)))
    await desk.take(mail("It burns."))
    await desk.take(reply_of_dana(1, "@note Careful with it."), verdict=ALIGNED)
    [(address,)] = await desk.rows("SELECT reply_to FROM outbox_recipients JOIN outbox_messages m ON m.id = outbox_id WHERE kind = 'note'")
    before = await desk.rows("SELECT count(*) FROM outbox_recipients WHERE address = 'anna@client.test'")
    answer = mail(words, author=box("oleg@staff.test", "Oleg"), to=(box(str(address)),), message_id="answer@staff.test", attachments=files)
    done = await desk.take(answer, verdict=ALIGNED)
    assert done.decision.outcome == "commands"
    assert await desk.rows("SELECT text FROM articles WHERE author_address = 'oleg@staff.test' ORDER BY id") == [(each,) for each in notes]
    assert await desk.rows("SELECT count(*) FROM articles WHERE kind = 'agent_reply'") == [(0,)]
    assert await desk.rows("SELECT count(*) FROM attachments") == [(len(files),)]
    assert await desk.rows("SELECT count(*) FROM ticket_tags") == [(tags,)]
    assert await desk.rows("SELECT count(*) FROM outbox_recipients WHERE address = 'anna@client.test'") == before


async def test_a_ratings_level_is_told_in_the_language_of_the_letter(sessions: Sessions) -> None:
    desk = Desk(sessions)
    await desk.take(mail("It burns."))
    await changed(desk, Assign("oleg@staff.test"), SetStatus(Status.CLOSED))
    rated = Note(EventKind.RATED, {"score": 2, "level": "Dissatisfied", "comment": "It burns again."})
    await changed(desk, rated, SetStatus(Status.OPEN), actor=Actor(Role.CLIENT, "Anna", "anna@client.test"))
    [letter] = await told(desk, "reopened", "oleg@staff.test")
    assert "Оценка: Недоволен" in letter
    assert "It burns again." in letter


async def test_what_opens_again_shows_the_latest_words(sessions: Sessions) -> None:
    desk = Desk(sessions)
    await desk.take(mail("It burns."))
    await changed(desk, Assign("oleg@staff.test"), SetStatus(Status.CLOSED))
    await changed(desk, SetStatus(Status.OPEN))
    [letter] = await told(desk, "reopened", "oleg@staff.test")
    assert "It burns." in letter
