"""What people do to tickets through any door: once each, in departments of theirs, with an entry that says what was changed."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.deeds import tickets, wishes
from gateway.deeds.deed import Deed
from gateway.deeds.hand import Done, Hand
from gateway.deeds.refused import Missing, Refused
from gateway.deeds.tickets import Meanwhile
from gateway.deeds.wishes import Answer, Opening, Wished
from gateway.domain.actor import Actor
from gateway.domain.audit import Access, Who
from gateway.domain.organisation import Department, Organisation
from gateway.domain.states import Priority, Role, Status
from gateway.domain.steps import Person
from tests.desk.values import ORGANISATION, agent_letter_id

Sessions = async_sessionmaker[AsyncSession]
Change = Callable[[AsyncSession, Hand], Awaitable[Done]]

DANA = Actor(Role.AGENT, "Dana Agent", "dana@staff.test")
OLEG = Actor(Role.AGENT, "Олег Агентов", "oleg@staff.test")
PROGRAM = Actor(Role.AGENT, "Billing", None, ("support",))
ANNA = Person("Anna", "anna@client.test")
CALL = Opening(ANNA, "Printer", "It burns.")
SALE = Opening(ANNA, "A sale", "How much?", "sales@desk.test")
ANSWERED = """
    SELECT address FROM outbox_recipients WHERE outbox_id = (SELECT max(id) FROM outbox_messages WHERE kind = 'agent_reply') ORDER BY 1
"""


class Counter:
    """Where somebody does things, one transaction each, with an audit entry."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.desk: Organisation = ORGANISATION

    async def do(self, change: Change, effect: str, actor: Actor = DANA, departments: tuple[str, ...] | None = None) -> Done:
        deed = Deed("tests", Access.CHANGE, Who(actor.address or actor.name, "tests", "api"), self.desk)
        async with self.sessions.begin() as session:
            done = await change(session, Hand(actor, self.desk, deed, effect, departments))
            await deed.write(session)
        return done

    async def open(self, opening: Opening = CALL, effect: str = "open", actor: Actor = OLEG) -> Done:
        return await self.do(lambda s, h: tickets.open_by_hand(s, h, opening), effect, actor)

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        async with self.sessions() as session:
            return [tuple(row) for row in (await session.execute(text(query))).all()]


@pytest.fixture
async def counter(sessions: Sessions) -> Counter:
    made = Counter(sessions)
    await made.open()
    return made


async def test_a_ticket_that_is_opened_twice_by_one_wish_is_one(sessions: Sessions) -> None:
    counter = Counter(sessions)
    first, again = await counter.open(), await counter.open()
    assert (first, again) == (Done(1, letters=True), Done(1, repeated=True))
    assert (await counter.open(effect="another call")).ticket == 2
    assert (await counter.open(effect="open", actor=PROGRAM)).ticket == 3, "wishes of others are others"
    assert await counter.rows("SELECT actor FROM ticket_events WHERE ticket = 3") == [("Billing",)]


@pytest.mark.parametrize(
    "change",
    [
        lambda s, h: tickets.reply(s, h, 1, Answer("Use water.")),
        lambda s, h: tickets.note(s, h, 1, "Between us."),
        lambda s, h: tickets.set_fields(s, h, 1, Wished(priority=Priority.HIGH)),
    ],
    ids=["reply", "note", "set"],
)
async def test_every_wish_has_its_effect_once(counter: Counter, change: Change) -> None:
    await counter.do(change, "one")
    seen = await counter.rows(
        "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM ticket_events), (SELECT count(*) FROM outbox_messages)"
    )
    assert (await counter.do(change, "one")).repeated
    assert seen == await counter.rows(
        "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM ticket_events), (SELECT count(*) FROM outbox_messages)"
    )
    [(details,)] = await counter.rows("SELECT details FROM audit_log ORDER BY id DESC LIMIT 1")
    assert details["repeated"] is True


async def test_after_two_days_a_wish_is_another_one(counter: Counter) -> None:
    again: Change = lambda s, h: tickets.note(s, h, 1, "Between us.")  # noqa: E731
    await counter.do(again, "one")
    async with counter.sessions.begin() as session:
        await session.execute(text("UPDATE effects SET expires_at = now()"))
    assert not (await counter.do(again, "one")).repeated
    assert (await counter.do(again, "one")).repeated


async def test_what_was_refused_may_be_asked_for_again(counter: Counter) -> None:
    async def empty(session: AsyncSession, hand: Hand) -> Done:
        return await tickets.reply(session, hand, 1, Answer(" "))

    with pytest.raises(Refused, match="the text is empty"):
        await counter.do(empty, "one")
    assert not (await counter.do(lambda s, h: tickets.reply(s, h, 1, Answer("Words")), "one")).repeated


async def test_a_ticket_of_departments_that_are_not_seen_is_none(counter: Counter) -> None:
    await counter.open(SALE, "sale")
    wishes_of: list[Change] = [
        lambda s, h: tickets.reply(s, h, 2, Answer("Hello")),
        lambda s, h: tickets.note(s, h, 2, "Hello"),
        lambda s, h: tickets.set_fields(s, h, 2, Wished(status=Status.CLOSED)),
        lambda s, h: tickets.merge(s, h, 1, 2),
        lambda s, h: tickets.merge(s, h, 2, 1),
        lambda s, h: tickets.set_fields(s, h, 99, Wished(status=Status.CLOSED)),
    ]
    for change in wishes_of:
        with pytest.raises(Missing, match=r"there is no ticket #\d+$"):
            await counter.do(change, "one", OLEG, ("support",))
    with pytest.raises(Refused, match=r"no such gateway; the configuration has support@desk\.test"):
        await counter.do(lambda s, h: tickets.open_by_hand(s, h, SALE), "two", OLEG, ("support",))
    assert await counter.rows("SELECT count(*) FROM articles") == [(2,)]


async def test_who_sees_a_ticket_may_not_therefore_act_on_it(counter: Counter) -> None:
    await counter.open(SALE, "sale")
    with pytest.raises(Refused, match="is not of the department 'sales'"):
        await counter.do(lambda s, h: tickets.reply(s, h, 2, Answer("Hello")), "one", DANA)
    with pytest.raises(Refused, match="Billing has no part in the department 'sales'"):
        await counter.do(lambda s, h: tickets.note(s, h, 2, "Hello"), "one", PROGRAM)
    with pytest.raises(Refused, match=r"ticket #2: Dana Agent <dana@staff\.test> is not of the department 'sales'"):
        await counter.do(lambda s, h: tickets.merge(s, h, 2, 1), "one", DANA)


async def test_tickets_of_a_removed_department_are_those_of_the_default_one(counter: Counter) -> None:
    await counter.open(SALE, "sale")
    counter.desk = replace(ORGANISATION, departments=(Department("support", "Support"),))
    done = await counter.do(lambda s, h: tickets.set_fields(s, h, 2, Wished(department="support")), "one", DANA, ("support",))
    assert done.ticket == 2
    assert await counter.rows("SELECT department FROM tickets WHERE number = 2") == [("support",)]


async def test_a_reply_that_names_others_goes_to_them_with_copies_that_stay(counter: Counter) -> None:
    answer = Answer("For you.", to=("Boss <boss@client.test>",), cc=("second@client.test",), bcc=("secret@client.test",))
    await counter.do(lambda s, h: tickets.reply(s, h, 1, answer), "one")
    assert await counter.rows(ANSWERED) == [("boss@client.test",), ("second@client.test",), ("secret@client.test",)]
    assert await counter.rows("SELECT \"to\" -> 0 ->> 'address', cc -> 0 ->> 'address' FROM articles ORDER BY id DESC LIMIT 1") == [
        ("boss@client.test", "second@client.test")
    ]
    assert await counter.rows("SELECT address FROM ticket_participants WHERE part = 'cc'") == [("second@client.test",)]


async def test_a_reply_past_the_client_is_private_where_the_desk_says_so(counter: Counter) -> None:
    counter.desk = replace(ORGANISATION, desk=replace(ORGANISATION.desk, private_without_client=True))
    await counter.do(lambda s, h: tickets.reply(s, h, 1, Answer("For you.", to=("boss@client.test",))), "one")
    assert await counter.rows("SELECT private FROM articles ORDER BY id DESC LIMIT 1") == [(True,)]


async def test_an_answer_to_what_is_old_is_told_of_the_newer_words(counter: Counter) -> None:
    [(first,)] = await counter.rows("SELECT max(id) FROM articles")
    await counter.do(lambda s, h: tickets.note(s, h, 1, "A note keeps nobody up."), "note")
    await counter.do(lambda s, h: tickets.reply(s, h, 1, Answer("One", seen=first)), "one")
    with pytest.raises(Meanwhile) as told:
        await counter.do(lambda s, h: tickets.reply(s, h, 1, Answer("Two", seen=first)), "two")
    assert [(told.value.newest,)] == await counter.rows("SELECT max(id) FROM articles")
    await counter.do(lambda s, h: tickets.reply(s, h, 1, Answer("Two", seen=told.value.newest)), "two")
    await counter.do(lambda s, h: tickets.reply(s, h, 1, Answer("Three")), "whatever came")


async def test_merged_tickets_are_answered_as_one_with_all_who_were_in_copy(counter: Counter) -> None:
    await counter.open(effect="again")
    await counter.do(lambda s, h: tickets.set_fields(s, h, 1, Wished(add_cc=("boss@client.test",), add_tags=("hot",))), "cc")
    assert (await counter.do(lambda s, h: tickets.merge(s, h, 1, 2), "merge")).ticket == 2
    assert (await counter.do(lambda s, h: tickets.reply(s, h, 1, Answer("Both.")), "reply")).ticket == 2
    assert await counter.rows(ANSWERED) == [("anna@client.test",), ("boss@client.test",)]
    assert await counter.rows("SELECT status, merged_into FROM tickets ORDER BY number") == [("closed", 2), ("open", None)]
    with pytest.raises(Refused, match="#1 and #2 are one ticket already"):
        await counter.do(lambda s, h: tickets.merge(s, h, 1, 2), "merge more")


async def test_the_entry_says_what_was_changed_and_no_clients_words(counter: Counter) -> None:
    wished = Wished(status=Status.PENDING, subject="My secret subject", category="fire", add_tags=("hot",), add_cc=("eve@else.test",))
    await counter.do(lambda s, h: tickets.set_fields(s, h, 1, wished), "one")
    [(about, changes, details)] = await counter.rows("SELECT about, changes, details FROM audit_log ORDER BY id DESC LIMIT 1")
    assert about["ticket"] == [1]
    assert changes == {"status": {"from": "new", "to": "pending"}, "category": {"from": None, "to": "fire"}}
    assert details["subject"] == "set"
    assert details["tags_added"] == ["hot"]
    assert "eve@else.test" not in str(details)


async def test_words_show_no_reply_token_and_nothing_that_cannot_be_kept(counter: Counter) -> None:
    token = agent_letter_id(1)
    file = wishes.file_of("C:\\mails\\a\x00\u202e.eml", "message/rfc822", f"Message-ID: <{token}>".encode())
    await counter.do(lambda s, h: tickets.reply(s, h, 1, Answer(f"a\0b\r\nc\ud800 {token}", (file,))), "one")
    [(words,)] = await counter.rows("SELECT text FROM articles ORDER BY id DESC LIMIT 1")
    assert words.startswith("ab\nc r.***")
    [(name, content)] = await counter.rows("SELECT filename, content FROM attachments JOIN blobs USING (sha256)")
    assert name == "a\u202e.eml"
    assert token.encode() not in content


@pytest.mark.parametrize(
    ("wished", "steps"),
    [
        (Wished(), []),
        (Wished(category=""), ["SetCategory(category=None)"]),
        (Wished(assignee="dana@home.test"), ["Assign(agent='dana@staff.test')"]),
        (Wished(assignee=""), ["Assign(agent=None)"]),
        (Wished(add_tags=("a, A", "#b #c")), ["AddTags(tags=('a', 'b', 'c'))"]),
        (Wished(remove_tags=("a",)), ["RemoveTags(tags=('a',))"]),
        (Wished(subject=" two\nlines "), ["SetSubject(subject='two lines')"]),
    ],
)
def test_wishes_become_steps(wished: Wished, steps: list[str]) -> None:
    assert [str(each) for each in wishes.steps_of(wished, ORGANISATION)] == steps


@pytest.mark.parametrize(
    ("wished", "why"),
    [
        (Wished(subject=" \n"), "a subject cannot be empty"),
        (Wished(subject="x" * 501), "the subject is too long: 501 characters, where 500 are the most"),
        (Wished(category="x" * 101), "the category is too long"),
        (Wished(add_tags=tuple(map(str, range(51)))), "51 tags at once are too many"),
        (Wished(add_cc=("a@b.test, nonsense",)), "'nonsense' is not an address"),
        (Wished(add_cc=("support@desk.test",)), "support@desk.test is an address of our own"),
        (Wished(add_cc=("ina@staff.test",)), "ina@staff.test is not active"),
        (Wished(add_cc=tuple(f"a{n}@b.test" for n in range(51))), "51 addresses at once are too many"),
    ],
)
def test_wishes_that_make_no_sense_are_refused_with_what_is_wrong(wished: Wished, why: str) -> None:
    with pytest.raises(Refused, match=why):
        wishes.steps_of(wished, ORGANISATION)
