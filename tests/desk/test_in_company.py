"""Messages that are decided together: each has the effect that it has alone, and what cannot be done in company is begun anew."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.desk.process import Arrived, Busy, Postponed, Processed, process
from gateway.domain.organisation import Organisation
from gateway.domain.verdict import Verdict
from gateway.mail.message import Attachment, Body, Bounce, BounceRecipient, Message
from storage.company import Apart, Unit, in_company
from tests.desk.values import ALIGNED, NOTHING, ORGANISATION, agent_letter_id, box, client_letter_id, envelope, mail, token_address

Sessions = async_sessionmaker[AsyncSession]
Outcome = Processed | Postponed | Busy
TABLES = (
    "tickets", "clients", "client_addresses", "ticket_participants", "ticket_tags", "articles", "attachments", "blobs", "ticket_events",
    "message_ids", "effects", "automatic_letters", "outbox_messages", "outbox_recipients",
)  # fmt: skip
# What differs from run to run: times, and ids that nothing outside the database ever sees.
PASSING = {
    "at", "id", "outbox_id", "article_id", "notice_id", "created_at", "updated_at", "joined_at", "due_at", "expires_at", "closed_at",
    "finished_at", "client_waiting_since",
}  # fmt: skip


class Desk:
    def __init__(self, sessions: Sessions, organisation: Organisation = ORGANISATION) -> None:
        self.sessions = sessions
        self.organisation = organisation

    def work(self, number: int, message: Message, verdict: Verdict = NOTHING) -> Callable[[AsyncSession], Coroutine[Any, Any, Outcome]]:
        reverse_path = message.author.address if message.author is not None else ""
        arrived = Arrived(number, envelope(reverse_path, *(each.address for each in message.to)), str(number).encode())
        return lambda session: process(session, arrived, message, verdict, self.organisation)

    async def alone(self, number: int, message: Message, verdict: Verdict = NOTHING) -> Outcome:
        async with self.sessions.begin() as session:
            return await self.work(number, message, verdict)(session)

    async def together(self, messages: Sequence[tuple[Message, Verdict]], first: int = 100) -> list[Outcome | Apart]:
        async with self.sessions.begin() as session:
            return await in_company(session, [Unit(self.work(first + n, *each)) for n, each in enumerate(messages)])

    async def one_by_one(self, messages: Sequence[tuple[Message, Verdict]], first: int = 100) -> list[Outcome]:
        """Each in an ordinary session, and then undone."""
        async with self.sessions() as session:
            done = [await self.work(first + n, *each)(session) for n, each in enumerate(messages)]
            self.written = await written(session)
            await session.rollback()
        return done

    async def execute(self, statement: str) -> None:
        async with self.sessions.begin() as session:
            await session.execute(text(statement))

    async def rows(self, query: str) -> list[tuple[object, ...]]:
        async with self.sessions() as session:
            return [tuple(row) for row in (await session.execute(text(query))).all()]


@pytest.fixture
def desk(sessions: Sessions) -> Desk:
    return Desk(sessions)


async def written(session: AsyncSession) -> dict[str, list[dict[str, object]]]:
    found = {}
    for table in TABLES:
        rows = (await session.execute(text(f"SELECT * FROM {table}"))).mappings()
        found[table] = sorted(({name: value for name, value in row.items() if name not in PASSING} for row in rows), key=repr)
    return found


def from_bob(words: str = "It does not work.", **changes: Any) -> Message:
    return mail(words, **{"author": box("bob@other.test", "Bob"), "subject": "My screen is black", **changes})


def a_file(name: str) -> Attachment:
    content = b"the same logo"
    return Attachment(name, "image/png", content, hashlib.sha256(content).hexdigest())


async def test_what_is_decided_in_company_is_what_is_decided_alone(desk: Desk) -> None:
    for number, author in enumerate(("anna", "carl", "dora"), 1):
        await desk.alone(number, mail(author=box(f"{author}@client.test", author.title()), message_id=f"{author}@client.test"))
    await desk.execute("UPDATE tickets SET status = 'pending' WHERE number = 1")
    await desk.execute("UPDATE outbox_messages SET state = 'scheduled', while_status = 'pending' WHERE ticket = 1 AND kind = 'registered'")
    dana, answered = box("dana@staff.test", "Dana"), (agent_letter_id(2),)
    messages = [
        (mail("Any news?", in_reply_to=(client_letter_id(1),), attachments=(a_file("a.png"),)), ALIGNED),
        (from_bob(attachments=(a_file("b.png"), a_file("c.png")), cc=(box("eve@other.test"), box("dora@client.test"))), NOTHING),
        (mail("Use water.\n@closed\n@tags fire", author=dana, to=(box(token_address(2)),), in_reply_to=answered), NOTHING),
        (mail("I am away.", author=box("dora@client.test"), automatic="auto-replied", in_reply_to=("dora@client.test",)), ALIGNED),
        (mail("", author=box("fay@client.test"), kind="empty"), NOTHING),
        (
            mail("And mine.", author=box("gil@client.test", "Gil\u2028Blas"), body=Body("And mine.", "And mine.", html="<p>«И моё»</p>")),
            ALIGNED,
        ),
    ]
    expected = await desk.one_by_one(messages)
    await desk.execute("SELECT setval('tickets_number_seq', 3), setval('clients_id_seq', 3)")
    done = await desk.together(messages)
    assert done == expected
    async with desk.sessions() as session:
        assert await written(session) == desk.written
    assert await desk.rows("SELECT kind, ticket FROM outbox_messages WHERE state = 'cancelled'") == [("registered", 1)]
    # … and twice is once.
    again = [each.decision.outcome for each in await desk.together(messages, 200) if isinstance(each, Processed)]
    assert again == [*["duplicate"] * 4, "ignored", "duplicate"]


async def test_of_two_mails_of_one_author_the_second_is_set_apart(desk: Desk) -> None:
    first, second, other = await desk.together([(mail(), NOTHING), (mail("Again."), NOTHING), (from_bob(), NOTHING)])
    assert isinstance(first, Processed)
    assert isinstance(other, Processed)
    assert isinstance(second, Apart)
    assert (first.ticket, other.ticket) == (1, 2)
    assert await desk.rows("SELECT count(*) FROM articles") == [(2,)]


async def test_of_two_mails_about_one_ticket_the_second_is_set_apart(desk: Desk) -> None:
    await desk.alone(1, mail())
    replies = [
        (mail("Of Anna.", in_reply_to=(client_letter_id(1),)), ALIGNED),
        (from_bob("Of Bob.", subject="Re: Printer on fire [#1]"), ALIGNED),
    ]
    first, second = await desk.together(replies)
    assert isinstance(first, Processed)
    assert isinstance(second, Apart)
    assert await desk.rows("SELECT text FROM articles ORDER BY id") == [("It does not work.",), ("Of Anna.",)]


async def test_nobody_in_company_waits_for_a_ticket_that_somebody_holds(desk: Desk) -> None:
    await desk.alone(1, mail())
    async with desk.sessions.begin() as holder:
        await holder.execute(text("SELECT FROM tickets WHERE number = 1 FOR UPDATE"))
        async with asyncio.timeout(60):
            reply, new = await desk.together([(mail(in_reply_to=(client_letter_id(1),)), ALIGNED), (from_bob(), NOTHING)])
    assert isinstance(reply, Apart)
    assert isinstance(new, Processed)


async def test_a_ticket_that_there_is_not_is_none_that_somebody_holds(desk: Desk) -> None:
    [done] = await desk.together([(mail(subject="Re: [#77]"), NOTHING)])
    assert isinstance(done, Processed)
    assert done.decision.outcome == "ticket"


async def test_a_reply_to_a_merged_ticket_holds_the_one_that_it_was_merged_into(desk: Desk) -> None:
    await desk.alone(1, mail(author=box("carl@client.test")))
    await desk.alone(2, mail(author=box("dora@client.test")))
    await desk.execute("UPDATE tickets SET merged_into = 1 WHERE number = 2")
    first, second = await desk.together(
        [
            (mail("Of Dora.", author=box("dora@client.test"), in_reply_to=(client_letter_id(2),)), ALIGNED),
            (mail("Of Carl.", author=box("carl@client.test"), in_reply_to=(client_letter_id(1),)), ALIGNED),
        ]
    )
    assert isinstance(first, Processed)
    assert first.ticket == 1
    assert isinstance(second, Apart)


async def test_two_copies_to_one_address_are_not_counted_past_each_other(desk: Desk) -> None:
    copied = (box("eve@other.test"),)
    first, second = await desk.together([(mail(cc=copied), NOTHING), (from_bob(cc=copied), NOTHING)])
    assert isinstance(first, Processed)
    assert isinstance(second, Apart)


async def test_a_mail_that_makes_two_tickets_leaves_the_company_before_it_writes(desk: Desk) -> None:
    desk.organisation = replace(ORGANISATION, desk=replace(ORGANISATION.desk, duplicates="per-department"))
    message = from_bob(to=(box("support@desk.test"), box("sales@desk.test")))
    other, apart = await desk.together([(mail(), NOTHING), (message, NOTHING)])
    assert isinstance(other, Processed)
    assert isinstance(apart, Apart)
    assert await desk.rows("SELECT count(*) FROM tickets") == [(1,)]
    assert isinstance(await desk.alone(101, message), Processed)
    assert await desk.rows("SELECT count(*) FROM tickets") == [(3,)]


async def test_a_report_on_a_letter_leaves_the_company_before_it_writes(desk: Desk) -> None:
    desk.organisation = replace(ORGANISATION, desk=replace(ORGANISATION.desk, bounce_domain="bounce.test"))
    await desk.alone(1, mail())
    await desk.execute("UPDATE outbox_messages SET state = 'sent'")
    await desk.execute("UPDATE outbox_recipients SET state = 'sent'")
    [(path,)] = await desk.rows("SELECT verp FROM outbox_recipients WHERE address = 'anna@client.test'")
    gone = Bounce((BounceRecipient("anna@client.test", "failed", "5.1.1", "no such user"),), permanent=True)
    message = mail("", kind="bounce", bounce=gone, author=box("mailer-daemon@mx.client.test"), to=(box(str(path)),))
    other, apart = await desk.together([(from_bob(), NOTHING), (message, NOTHING)])
    assert isinstance(other, Processed)
    assert isinstance(apart, Apart)
    assert await desk.rows("SELECT count(*) FROM outbox_recipients WHERE state = 'bounced'") == [(0,)]


async def test_a_narrow_budget_is_given_out_one_by_one(desk: Desk) -> None:
    desk.organisation = replace(ORGANISATION, budget=replace(ORGANISATION.budget, per_author_domain_hour=1))
    done = await desk.together([(mail(), NOTHING), (mail(author=box("carl@client.test")), NOTHING)])
    assert all(isinstance(each, Apart) for each in done)
    await desk.alone(1, mail())
    await desk.alone(2, mail(author=box("carl@client.test")))
    assert await desk.rows("SELECT count(*) FROM automatic_letters") == [(1,)]


async def test_in_company_as_well_whoever_decides_on_the_same_mail_elsewhere_is_left_alone(desk: Desk) -> None:
    message = mail()
    async with desk.sessions.begin() as elsewhere:
        assert isinstance(await desk.work(1, message)(elsewhere), Processed)
        busy, other = await desk.together([(message, NOTHING), (from_bob(), NOTHING)])
    assert busy == Busy()
    assert isinstance(other, Processed)
