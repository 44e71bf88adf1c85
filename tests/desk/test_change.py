"""The door to a ticket for the command line, the web and the schedule: the same checks, letters and events as mail has (B2)."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.desk.change import Refused, change, open_by_hand, why_refused
from gateway.desk.record import Recorded
from gateway.domain.actor import SYSTEM, Actor
from gateway.domain.states import ArticleKind, Priority, Role, Status
from gateway.domain.steps import AddArticle, Assign, Person, SetCategory, SetDepartment, SetPriority, SetStatus, SetSubject, Step
from tests.desk.values import ORGANISATION, a_ticket

Sessions = async_sessionmaker[AsyncSession]

DANA, OLEG, INA = (Actor(Role.AGENT, each.name, each.address) for each in ORGANISATION.agents)
ANNA = Person("Anna", "anna@client.test")
EVE = Actor(Role.AGENT, "Eve", "eve@evil.test")
REPLY = AddArticle(ArticleKind.AGENT_REPLY, "Use water.")
NOTE = AddArticle(ArticleKind.NOTE, "Check the insurance.", private=True)


@pytest.mark.parametrize(
    ("actor", "department", "steps", "why"),
    [
        (DANA, "support", (SetStatus(Status.CLOSED),), None),
        (SYSTEM, "support", (SetStatus(Status.CLOSED),), None),
        (DANA, "support", (Assign("oleg@staff.test"),), None),
        (DANA, "support", (Assign(None),), None),
        (DANA, "support", (Assign("dana@home.test"),), None),
        (OLEG, "support", (SetDepartment("sales"), Assign("oleg@staff.test")), None),
        (EVE, "support", (SetStatus(Status.CLOSED),), "eve@evil.test is not an agent of the configuration"),
        (INA, "support", (SetStatus(Status.CLOSED),), "ina@staff.test is not active"),
        (DANA, "sales", (SetStatus(Status.CLOSED),), "Dana Agent <dana@staff.test> is not of the department 'sales'"),
        (DANA, "support", (SetDepartment("moon"),), "there is no department 'moon'; the configuration has 'support', 'sales'"),
        (DANA, "support", (Assign("eve@evil.test"),), "cannot assign to eve@evil.test: no such agent in the configuration"),
        (DANA, "support", (Assign("ina@staff.test"),), "cannot assign to ina@staff.test: not active"),
        (
            OLEG,
            "support",
            (SetDepartment("sales"), Assign("dana@staff.test")),
            "cannot assign to dana@staff.test: not of the department 'sales'",
        ),
        (SYSTEM, "sales", (Assign("dana@staff.test"),), "cannot assign to dana@staff.test: not of the department 'sales'"),
        (DANA, "support", (SetSubject("  "),), "a subject cannot be empty"),
    ],
)
def test_who_may_change_what_and_what_is_named_must_exist(actor: Actor, department: str, steps: tuple[Step, ...], why: str | None) -> None:
    assert why_refused(a_ticket(department=department), actor, steps, ORGANISATION) == why


class Telephone:
    """Opens tickets by hand, and changes them."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    async def open(self, effect: str = "call", client: Person = ANNA) -> Recorded | Refused:
        gateway = ORGANISATION.gateways[0]
        async with self.sessions.begin() as session:
            return await open_by_hand(session, client, "Printer", "It burns, she says.", DANA, gateway, ORGANISATION, effect)

    async def change(
        self, *steps: Step, actor: Actor = DANA, effect: str = "change", number: int = 1, sender: str | None = None
    ) -> Recorded | Refused:
        async with self.sessions.begin() as session:
            return await change(session, number, actor, steps, ORGANISATION, effect, sender)

    async def rows(self, query: str) -> list[tuple[object, ...]]:
        async with self.sessions() as session:
            return [tuple(row) for row in (await session.execute(text(query))).all()]

    async def letters(self) -> list[tuple[object, ...]]:
        return await self.rows(
            "SELECT kind, r.address FROM outbox_messages o JOIN outbox_recipients r ON outbox_id = o.id ORDER BY o.id, r.id"
        )

    async def events(self) -> list[object]:
        return [kind for (kind,) in await self.rows("SELECT kind FROM ticket_events ORDER BY id")]


@pytest.fixture
async def telephone(sessions: Sessions) -> Telephone:
    made = Telephone(sessions)
    assert isinstance(await made.open(), Recorded)
    async with sessions.begin() as session:
        await session.execute(text("DELETE FROM outbox_recipients"))
        await session.execute(text("DELETE FROM outbox_messages"))
    return made


async def test_a_ticket_by_telephone_holds_the_clients_words_and_tells_client_and_colleagues(sessions: Sessions) -> None:
    telephone = Telephone(sessions)
    assert await telephone.open() == Recorded(1, letters=True)
    assert await telephone.rows("SELECT kind, author_role, author_address FROM articles") == [
        ("client_message", "client", "anna@client.test")
    ]
    assert await telephone.letters() == [("registered", "anna@client.test"), ("new_ticket", "oleg@staff.test")]
    assert await telephone.rows("SELECT kind, actor FROM ticket_events") == [("created", "dana@staff.test")]


@pytest.mark.parametrize("address", ["support@desk.test", "no address", "", "a@b\r\nBcc: c@d.test", "x@any.test"])
async def test_nobody_gets_a_ticket_by_telephone_who_cannot_be_written_to(sessions: Sessions, address: str) -> None:
    telephone = Telephone(sessions)
    assert isinstance(await telephone.open(client=Person("", address)), Refused)
    assert await telephone.rows("SELECT count(*) FROM tickets") == [(0,)]


async def test_a_second_call_of_a_client_is_a_second_ticket_of_the_same_client(telephone: Telephone) -> None:
    assert await telephone.open("another call", Person("Anna P.", "ANNA@client.test")) == Recorded(2, letters=True)
    assert await telephone.rows("SELECT count(DISTINCT client_id) FROM tickets") == [(1,)]


async def test_a_reply_opens_a_new_ticket_and_goes_to_the_client(telephone: Telephone) -> None:
    assert await telephone.change(REPLY) == Recorded(1, letters=True)
    assert await telephone.letters() == [("agent_reply", "anna@client.test")]
    assert await telephone.rows("""SELECT "to" -> 0 ->> 'address' FROM articles WHERE kind = 'agent_reply'""") == [("anna@client.test",)]
    assert await telephone.rows("SELECT status FROM tickets") == [("open",)]
    assert await telephone.events() == ["created", "replied", "status_changed"]


async def test_a_note_is_private_even_where_nobody_says_so(telephone: Telephone) -> None:
    await telephone.change(AddArticle(ArticleKind.NOTE, "Between us"))
    assert await telephone.rows("SELECT kind, private FROM articles ORDER BY id OFFSET 1") == [("note", True)]


async def test_a_reply_with_a_status_sets_that_and_no_other(telephone: Telephone) -> None:
    await telephone.change(REPLY, SetStatus(Status.PENDING))
    assert await telephone.rows("SELECT status FROM tickets") == [("pending",)]
    assert await telephone.events() == ["created", "replied", "status_changed"]


async def test_a_reply_may_bear_another_address_of_ours(telephone: Telephone) -> None:
    await telephone.change(REPLY, sender="sales@desk.test")
    [(headers,)] = await telephone.rows("SELECT headers::text FROM outbox_messages")
    assert '["From", [["Dana Agent", "sales@desk.test"]]]' in str(headers)


async def test_a_private_note_reaches_nobody_outside_and_opens_nothing(telephone: Telephone) -> None:
    assert await telephone.change(NOTE) == Recorded(1, letters=False)
    assert await telephone.letters() == []
    assert await telephone.rows("SELECT status FROM tickets") == [("new",)]
    assert await telephone.rows("SELECT private FROM articles ORDER BY id") == [(False,), (True,)]


@pytest.mark.parametrize(
    ("before", "words", "after"),
    [(Status.PENDING, REPLY, "pending"), (Status.CLOSED, REPLY, "closed"), (Status.NEW, replace(REPLY, private=True), "new")],
)
async def test_only_a_public_reply_opens_only_a_new_ticket(telephone: Telephone, before: Status, words: AddArticle, after: str) -> None:
    await telephone.change(SetStatus(before), effect="before")
    await telephone.change(words)
    assert await telephone.rows("SELECT status FROM tickets") == [(after,)]
    assert bool(await telephone.letters()) is not words.private


async def test_all_settings_change_together_with_an_event_each(telephone: Telephone) -> None:
    await telephone.change(
        SetStatus(Status.PENDING),
        SetCategory("phones"),
        SetPriority(Priority.HIGH),
        SetSubject("It rings"),
        SetDepartment("sales"),
        Assign("oleg@staff.test"),
        actor=OLEG,
    )
    state = "SELECT status, category, priority, subject, department, assignee FROM tickets"
    assert await telephone.rows(state) == [("pending", "phones", "high", "It rings", "sales", "oleg@staff.test")]
    assert await telephone.rows(
        "SELECT kind, actor, data->>'from', data->>'to' FROM ticket_events WHERE kind <> 'created' ORDER BY id"
    ) == [
        ("status_changed", "oleg@staff.test", "new", "pending"),
        ("category_changed", "oleg@staff.test", None, "phones"),
        ("priority_changed", "oleg@staff.test", "normal", "high"),
        ("subject_changed", "oleg@staff.test", "Printer", "It rings"),
        ("department_changed", "oleg@staff.test", "support", "sales"),
        ("assigned", "oleg@staff.test", None, "oleg@staff.test"),
    ]


@pytest.mark.parametrize(
    ("actor", "gateway", "why"), [(DANA, 1, "is not of the department 'sales'"), (INA, 0, "ina@staff.test is not active")]
)
async def test_only_an_active_agent_of_the_department_opens_a_ticket_by_hand(
    sessions: Sessions, actor: Actor, gateway: int, why: str
) -> None:
    async with sessions.begin() as session:
        refused = await open_by_hand(session, ANNA, "Printer", "Words", actor, ORGANISATION.gateways[gateway], ORGANISATION, "call")
    assert isinstance(refused, Refused)
    assert why in refused.why


async def test_what_is_refused_changes_nothing(telephone: Telephone) -> None:
    assert isinstance(await telephone.change(REPLY, Assign("eve@evil.test")), Refused)
    assert await telephone.rows("SELECT count(*) FROM articles") == [(1,)]
    assert await telephone.events() == ["created"]
    assert await telephone.change(SetStatus(Status.CLOSED), number=99) == Refused("there is no ticket #99")


async def test_the_same_change_given_twice_writes_its_letter_once_and_another_its_own(telephone: Telephone) -> None:
    await telephone.change(REPLY, effect="one")
    await telephone.change(REPLY, effect="one")
    assert len(await telephone.letters()) == 1
    await telephone.change(REPLY, effect="two")
    assert len(await telephone.letters()) == 2


async def test_what_does_not_change_is_no_event_and_reopening_is_told(telephone: Telephone) -> None:
    await telephone.change(SetStatus(Status.CLOSED))
    assert await telephone.rows("SELECT closed_at IS NOT NULL FROM tickets") == [(True,)]
    await telephone.change(SetStatus(Status.CLOSED), effect="again")
    await telephone.change(SetStatus(Status.OPEN), effect="back")
    assert await telephone.events() == ["created", "status_changed", "status_changed", "reopened"]
    assert await telephone.rows("SELECT closed_at FROM tickets") == [(None,)]


async def test_two_changes_at_once_follow_each_other(telephone: Telephone) -> None:
    async with telephone.sessions.begin() as one:
        await change(one, 1, DANA, (SetStatus(Status.PENDING),), ORGANISATION, "one")
        async with telephone.sessions() as two:
            await two.execute(text("SET LOCAL lock_timeout = '200ms'"))
            with pytest.raises(Exception, match="lock timeout"):
                await change(two, 1, OLEG, (SetStatus(Status.CLOSED),), ORGANISATION, "two")
    assert await telephone.rows("SELECT status FROM tickets") == [("pending",)]


@pytest.mark.parametrize(("assignee", "left"), [("dana@staff.test", None), ("oleg@staff.test", "oleg@staff.test")])
async def test_a_ticket_that_moves_to_another_department_leaves_an_assignee_who_is_not_of_it(
    telephone: Telephone, assignee: str, left: str | None
) -> None:
    await telephone.change(Assign(assignee), effect="one")
    await telephone.change(SetDepartment("sales"), effect="two")
    assert await telephone.rows("SELECT department, assignee FROM tickets") == [("sales", left)]
