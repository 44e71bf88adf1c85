"""What is to be told is written down in the ticket's own commit, whichever the door; a real database."""

import re
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

import storage
from gateway.domain.actor import SYSTEM
from gateway.domain.states import EventKind, Status
from gateway.domain.steps import SetDepartment, SetStatus
from gateway.domain.webhooks import Webhook
from gateway.workers.webhooks import subscriptions
from storage import suppressions, webhooks
from storage.changes import Attached, attach
from storage.erasure import files, tickets
from storage.webhooks.writing import QUEUED
from tests.desk.test_change import Telephone
from tests.desk.test_process import Desk
from tests.desk.values import client_letter_id, mail
from tests.hooks.receiver import NOBODY, hook

Sessions = async_sessionmaker[AsyncSession]


class Told(Telephone):
    """A desk whose tickets webhooks hear of."""

    async def subscribe(self, *hooks: Webhook) -> None:
        async with self.sessions.begin() as session:
            await webhooks.subscribe(session, subscriptions({each.name: each for each in hooks}))

    async def queued(self) -> list[tuple[object, ...]]:
        return await self.rows(
            "SELECT d.webhook, e.kind, d.ticket FROM webhook_deliveries d JOIN ticket_events e ON e.id = d.event_id ORDER BY d.id"
        )


@pytest.fixture
def desk(sessions: Sessions) -> Told:
    return Told(sessions)


CRM = hook(NOBODY)


async def test_mail_and_changes_write_down_what_is_to_be_told(desk: Told) -> None:
    await desk.subscribe(CRM)
    mailbox = Desk(desk.sessions)
    await mailbox.take(mail("Help!"))
    await mailbox.take(mail("Please!", in_reply_to=(client_letter_id(1),)))
    await desk.change(SetStatus(Status.CLOSED))
    told = [("crm", kind, 1) for kind in ("created", "client_replied", "status_changed")]
    assert await desk.queued() == told


async def test_a_transaction_that_is_rolled_back_leaves_nothing_to_tell(desk: Told) -> None:
    await desk.subscribe(CRM)
    await desk.open()
    before = await desk.queued()
    async with desk.sessions.begin() as session:
        await session.execute(text("ALTER TABLE outbox_messages ADD CONSTRAINT ck_never CHECK (ticket IS NULL) NOT VALID"))
    with pytest.raises(DBAPIError):
        await desk.change(SetStatus(Status.CLOSED))
    assert await desk.queued() == before


async def test_without_a_webhook_nothing_is_written(desk: Told) -> None:
    await desk.open()
    await desk.subscribe(CRM)
    await desk.subscribe()
    await desk.change(SetStatus(Status.CLOSED))
    assert await desk.queued() == []


async def test_each_is_told_of_the_kinds_that_it_wants(desk: Told) -> None:
    await desk.subscribe(hook(NOBODY, "births", kinds=(EventKind.CREATED,)), hook(NOBODY, "moods", kinds=(EventKind.STATUS_CHANGED,)))
    await desk.open()
    await desk.change(SetStatus(Status.CLOSED))
    assert await desk.queued() == [("births", "created", 1), ("moods", "status_changed", 1)]


async def test_each_is_told_of_its_departments_and_of_what_leaves_them(desk: Told) -> None:
    await desk.subscribe(hook(NOBODY, "sales", departments=("sales",)), hook(NOBODY, "support", departments=("support",)))
    await desk.open()
    await desk.change(SetDepartment("sales"), effect="move")
    await desk.change(SetStatus(Status.PENDING), actor=SYSTEM, effect="wait")
    assert await desk.queued() == [
        ("support", "created", 1),
        ("sales", "department_changed", 1),
        ("support", "department_changed", 1),
        ("sales", "status_changed", 1),
    ]


async def test_what_another_desk_had_is_not_told(desk: Told) -> None:
    await desk.subscribe(CRM)
    await desk.open()
    imported = {
        "ticket": 1,
        "kind": "created",
        "actor_role": "system",
        "actor": None,
        "data": {"imported": {"desk": "x"}},
        "inbound_id": None,
    }
    async with desk.sessions.begin() as session:
        await attach(session, Attached(events=[imported]))
    assert await desk.queued() == [("crm", "created", 1)]


async def test_erasures_are_told_and_take_what_was_to_be_told_with_them(desk: Told) -> None:
    await desk.subscribe(CRM)
    await desk.open()
    async with desk.sessions.begin() as session:
        removed = await tickets.empty(session, [1], "erased", {"why": "erasure"})
    assert removed.counts()["webhook_deliveries"] == {"removed": 1, "redacted": 0}
    async with desk.sessions.begin() as session:
        await files.note(session, [1], '{"why": "erasure"}')
    assert await desk.queued() == [("crm", "erased", 1)] * 2


async def test_letters_that_are_kept_back_are_told(desk: Told) -> None:
    await desk.subscribe(CRM)
    await desk.open()
    async with desk.sessions.begin() as session:
        await suppressions.cancel_waiting(session, "anna@client.test", {"anna@client.test"}, "her mailbox is full")
    assert await desk.queued() == [("crm", "created", 1), ("crm", "silenced", 1)]


WRITES_EVENTS = re.compile(r"INSERT INTO ticket_events(.*?)\"\"\"", re.DOTALL)


def test_every_statement_that_writes_events_writes_down_whom_to_tell() -> None:
    """So that no door is forgotten, whoever builds the next one."""
    statements = [found for path in Path(storage.__path__[0]).rglob("*.py") for found in WRITES_EVENTS.findall(path.read_text("utf-8"))]
    assert len(statements) >= 4
    assert [each for each in statements if "{EVENTS_RETURNED}" not in each or "{QUEUED}" not in each] == []


async def test_a_webhook_that_is_disabled_has_nothing_written_down(desk: Told) -> None:
    await desk.subscribe(CRM)
    async with desk.sessions.begin() as session:
        assert await webhooks.disable(session, "crm", "a test")
    await desk.open()
    assert await desk.queued() == []


async def test_who_was_left_out_and_comes_back_is_as_it_was(desk: Told) -> None:
    await desk.subscribe(CRM)
    async with desk.sessions.begin() as session:
        await webhooks.disable(session, "crm", "a test")
    await desk.subscribe()
    await desk.subscribe(hook(NOBODY, kinds=(EventKind.CREATED,)))
    assert await desk.rows("SELECT active, kinds, disabled_why FROM webhooks") == [(True, ["created"], "a test")]


async def test_what_is_missing_is_completed_and_the_rest_left_alone(desk: Told) -> None:
    await desk.subscribe(hook(NOBODY, kinds=(EventKind.CREATED,)))
    async with desk.sessions.begin() as session:
        assert await webhooks.complete(session, subscriptions({"crm": CRM, "chat": hook(NOBODY, "chat")})) == 1
    assert await desk.rows("SELECT name, cardinality(kinds) FROM webhooks ORDER BY name") == [("chat", len(EventKind)), ("crm", 1)]


async def test_the_look_at_who_is_to_be_told_reads_no_ticket_where_nobody_is(desk: Told, engine: AsyncEngine) -> None:
    """What every event costs a desk without webhooks: an empty table is read, and nothing else."""
    await desk.open()
    statement = f"EXPLAIN (ANALYZE, FORMAT TEXT) WITH events AS (SELECT id, ticket, kind, data FROM ticket_events) {QUEUED}"
    async with engine.connect() as connection:
        plan = "\n".join((await connection.execute(text(statement))).scalars())
    assert "never executed" in next(line for line in plan.splitlines() if " on tickets" in line)
