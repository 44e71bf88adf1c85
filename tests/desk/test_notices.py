"""Automatic letters to the client as `notice` articles of their ticket; letters to staff stay in the outbox alone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

import storage.outbox
from gateway.desk.change import change
from gateway.desk.record import Recorded
from gateway.domain.actor import Actor
from gateway.domain.notifications import Notification
from gateway.domain.organisation import Organisation
from gateway.domain.states import LetterKind, Role, Status
from gateway.domain.steps import SetStatus, Step
from storage.ticket_views import Document, show_ticket
from tests.desk.test_process import Desk, reply_of_dana
from tests.desk.values import ALIGNED, ORGANISATION, box, mail

Sessions = async_sessionmaker[AsyncSession]
DANA = Actor(Role.AGENT, "Dana Agent", "dana@staff.test")
WITH_SITE = replace(ORGANISATION, desk=replace(ORGANISATION.desk, base_url="https://desk.test"))
DELAYED = replace(
    ORGANISATION,
    notifications=(Notification(LetterKind.CLOSED, ("client",), send="delayed", delay=timedelta(minutes=10)),),
)


class Shown(Desk):
    async def change(self, *steps: Step, number: int = 1) -> None:
        async with self.sessions.begin() as session:
            done = await change(session, number, DANA, steps, self.organisation, f"{number}: {steps}")
        assert isinstance(done, Recorded)

    async def articles(self, number: int = 1) -> list[Document]:
        async with self.sessions() as session:
            shown = await show_ticket(session, number)
        assert shown is not None
        return list(shown["articles"])

    async def kinds(self, number: int = 1) -> list[str]:
        return [each["kind"] for each in await self.articles(number)]

    async def pass_minutes(self, minutes: int) -> None:
        async with self.sessions.begin() as session:
            await session.execute(text(f"UPDATE outbox_messages SET due_at = due_at - interval '{minutes} minutes'"))
            await storage.outbox.promote_scheduled(session)


def shown(sessions: Sessions, organisation: Organisation) -> Shown:
    return Shown(sessions, organisation)


async def test_the_registration_letter_stands_behind_the_clients_words(sessions: Sessions) -> None:
    desk = shown(sessions, ORGANISATION)
    await desk.take(mail("Help!"))
    written, notice = await desk.articles()
    assert (written["kind"], notice["kind"], notice["private"], notice["html"] is None) == ("client_message", "notice", False, False)
    assert notice["author"] == {"role": "system", "name": "Support", "address": "support@desk.test"}
    assert notice["to"] == [{"name": "", "address": "anna@client.test"}]
    assert "#1" in notice["text"]
    assert notice["id"] > written["id"]
    assert notice["message_id"].startswith("t.")


async def test_letters_to_staff_and_what_an_agent_wrote_are_none(sessions: Sessions) -> None:
    desk = shown(sessions, ORGANISATION)
    await desk.take(mail("Help!"))
    await desk.take(reply_of_dana(1), verdict=ALIGNED)
    assert await desk.kinds() == ["client_message", "notice", "agent_reply"]
    await desk.change(SetStatus(Status.CLOSED))
    assert await desk.kinds() == ["client_message", "notice", "agent_reply", "notice"]


async def test_letters_to_other_recipients_of_the_mail_are_none(sessions: Sessions) -> None:
    desk = shown(sessions, ORGANISATION)
    await desk.take(mail("Help!", cc=(box("boris@client.test"),)), verdict=ALIGNED)
    assert await desk.rows("SELECT count(*) FROM outbox_messages WHERE kind = 'registered'") == [(2,)]
    assert [each["to"] for each in (await desk.articles())[1:]] == [[{"name": "Anna", "address": "anna@client.test"}]]


async def test_a_delayed_letter_is_one_when_its_time_has_come(sessions: Sessions) -> None:
    desk = shown(sessions, DELAYED)
    await desk.take(mail("Help!"))
    await desk.change(SetStatus(Status.CLOSED))
    assert await desk.kinds() == ["client_message", "notice"]
    await desk.pass_minutes(9)
    assert await desk.kinds() == ["client_message", "notice"]
    await desk.pass_minutes(2)
    assert await desk.kinds() == ["client_message", "notice", "notice"]
    told = [each["created_at"] for each in await desk.articles()]
    assert told[1] < told[2]


async def test_a_letter_that_was_cancelled_is_none(sessions: Sessions) -> None:
    desk = shown(sessions, DELAYED)
    await desk.take(mail("Help!"))
    await desk.change(SetStatus(Status.CLOSED))
    await desk.change(SetStatus(Status.OPEN))
    await desk.pass_minutes(20)
    assert await desk.kinds() == ["client_message", "notice"]


async def test_beside_another_desk_nothing_was_told(sessions: Sessions) -> None:
    desk = shown(sessions, replace(ORGANISATION, desk=replace(ORGANISATION.desk, shadow=True)))
    await desk.take(mail("Help!"))
    assert await desk.kinds() == ["client_message"]


async def test_whoever_reads_the_ticket_cannot_rate_it(sessions: Sessions) -> None:
    desk = shown(sessions, WITH_SITE)
    await desk.take(mail("Help!"))
    await desk.change(SetStatus(Status.RESOLVED))
    letter = await desk.rows("SELECT text, html FROM outbox_messages WHERE kind = 'resolved'")
    notice = (await desk.articles())[-1]
    assert all("https://desk.test/rate/" in str(each) and "/rate/…" not in str(each) for each in letter[0])
    for body in (notice["text"], notice["html"]):
        assert body.count("https://desk.test/rate/…") == 5
        assert body.count("https://desk.test/rate/") == 5


@pytest.mark.parametrize("number", [1, 2])
async def test_of_merged_tickets_all_are_there(sessions: Sessions, number: int) -> None:
    desk = shown(sessions, ORGANISATION)
    await desk.take(mail("Help!"))
    await desk.take(mail("Help again!", message_id="second@client.test", subject="And the scanner"))
    await desk.take(reply_of_dana(2, "@merge 1"), verdict=ALIGNED)
    kinds = await desk.kinds(number)
    assert kinds.count("notice") == 2
    assert kinds.count("client_message") == 2
