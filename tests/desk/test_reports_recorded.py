"""Reports and suppressions in a real database: what becomes of recipients, addresses and letters that wait."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.desk.digest import write_digests
from gateway.desk.process import IN_HAND, Arrived, Postponed, process
from gateway.domain.organisation import Agent
from gateway.domain.states import EventKind
from gateway.domain.suppressions import Cause
from gateway.mail.message import Bounce, BounceRecipient, Complaint, Message
from storage import suppressions
from tests.desk.test_process import Desk
from tests.desk.values import ALIGNED, NOTHING, ORGANISATION, box, envelope, mail

Sessions = async_sessionmaker[AsyncSession]

VERPED = replace(ORGANISATION, desk=replace(ORGANISATION.desk, bounce_domain="bounce.test"))
GONE = Bounce((BounceRecipient("anna@client.test", "failed", "5.1.1", "smtp; 550 5.1.1 no such user"),), permanent=True)
RECIPIENTS = "SELECT o.kind, r.state FROM outbox_messages o JOIN outbox_recipients r ON r.outbox_id = o.id"


@pytest.fixture
def desk(sessions: Sessions) -> Desk:
    return Desk(sessions, VERPED)


async def sent(desk: Desk, state: str = "sent") -> str:
    """A ticket of Anna's whose letters are in this state; the reverse-path of hers."""
    await desk.take(mail("Help!"))
    async with desk.sessions.begin() as session:
        lease = ", lease_until = now() + interval '1 minute', leased_by = 'x'" if state == "leased" else ""
        await session.execute(text(f"UPDATE outbox_messages SET state = '{state}', attempts = 1{lease}"))
        if state == "sent":
            await session.execute(text("UPDATE outbox_recipients SET state = 'sent'"))
    [(path,)] = await desk.rows("SELECT verp FROM outbox_recipients WHERE address = 'anna@client.test'")
    return str(path)


def report(path: str, bounce: Bounce = GONE) -> Message:
    return mail("", kind="bounce", bounce=bounce, author=box("mailer-daemon@mx.client.test"), to=(box(path),))


async def test_a_report_that_is_quicker_than_the_sender_waits_for_it(desk: Desk) -> None:
    path = await sent(desk, "leased")
    async with desk.sessions.begin() as session:
        done = await process(session, Arrived(9, envelope("", path), b"key"), report(path), NOTHING, VERPED)
    assert done == Postponed(IN_HAND, "what became of the letter that it reports on is being written down")
    assert await desk.rows("SELECT count(*) FROM outbox_recipients WHERE state = 'bounced'") == [(0,)]


async def test_one_failure_told_by_two_reports_has_one_effect(desk: Desk) -> None:
    path = await sent(desk)
    for _ in range(2):
        done = await desk.take(report(path), envelope("", path))
        assert (done.decision.outcome, done.ticket) == ("bounce", 1)
    late = replace(GONE, recipients=(replace(GONE.recipients[0], action="delayed", status="4.4.1"),), permanent=False)
    await desk.take(report(path, late), envelope("", path))
    assert ("registered", "bounced") in await desk.rows(RECIPIENTS)
    kinds = [kind for (kind,) in await desk.rows("SELECT kind FROM ticket_events")]
    assert (kinds.count(EventKind.BOUNCED), kinds.count(EventKind.DELIVERY_DELAYED)) == (1, 0)
    assert await desk.rows("SELECT address, cause, ticket FROM suppressions") == [("anna@client.test", "bounce", 1)]


async def test_two_reports_of_one_failure_at_once_have_one_effect(desk: Desk) -> None:
    path = await sent(desk)
    async with desk.sessions.begin() as holding:
        await holding.execute(text("SELECT FROM tickets FOR UPDATE"))
        reports = {number: replace(report(path), author=box(f"mailer-daemon@mx{number}.client.test")) for number in (20, 21, 22)}
        taken = [asyncio.create_task(desk.take(each, envelope("", path), inbound_id=number)) for number, each in reports.items()]
        while await desk.rows("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") != [
            (3,)
        ]:
            assert not any(each.done() for each in taken)
            await asyncio.sleep(0.02)
    assert {(await each).decision.outcome for each in taken} == {"bounce"}
    assert await desk.rows("SELECT count(*) FROM ticket_events WHERE kind = 'bounced'") == [(1,)]


async def test_a_report_at_one_recipients_path_that_names_another_changes_nothing(desk: Desk) -> None:
    path = await sent(desk)
    of_dana = replace(GONE, recipients=(replace(GONE.recipients[0], address="Dana@staff.test"),))
    done = await desk.take(report(path, of_dana), envelope("", path))
    assert done.decision.outcome == "ignored"
    assert await desk.rows("SELECT count(*) FROM outbox_recipients WHERE state = 'bounced'") == [(0,)]
    passed_on = replace(GONE, recipients=(replace(GONE.recipients[0], address="anna@elsewhere.test"),))
    done = await desk.take(report(path, passed_on), envelope("", path))
    assert done.decision.outcome == "bounce", "her mail is passed on to where it came back from"


async def test_lateness_is_written_down_once(desk: Desk) -> None:
    path = await sent(desk)
    late = replace(GONE, recipients=(replace(GONE.recipients[0], action="delayed", status="4.4.1"),), permanent=False)
    for _ in range(2):
        await desk.take(report(path, late), envelope("", path))
    assert await desk.rows("SELECT count(*) FROM ticket_events WHERE kind = 'delivery_delayed'") == [(1,)]
    assert ("registered", "sent") in await desk.rows(RECIPIENTS)
    assert await desk.rows("SELECT count(*) FROM suppressions") == [(0,)]


async def test_a_complaint_that_hides_who_it_is_from_is_tied_by_the_enclosed_letters_path(desk: Desk) -> None:
    path = await sent(desk)
    complaint = mail("", kind="complaint", complaint=Complaint("abuse", (path.upper(),)), author=box("fbl@provider.test"))
    for _ in range(2):
        done = await desk.take(complaint, envelope("fbl@provider.test"))
        assert (done.decision.outcome, done.ticket) == ("complaint", 1)
        complaint = replace(complaint, message_id="another@provider.test")
    assert await desk.rows("SELECT count(*) FROM ticket_events WHERE kind = 'complained'") == [(1,)]
    assert await desk.rows("SELECT address, cause, expires_at FROM suppressions") == [("anna@client.test", "complaint", None)]


async def test_the_next_letter_is_kept_back_until_its_reader_writes_provably(desk: Desk) -> None:
    path = await sent(desk)
    await desk.take(report(path), envelope("", path))
    await desk.take(mail("Is anybody there?", subject="A second question"))
    assert await desk.rows("SELECT count(*) FROM outbox_messages WHERE kind = 'registered'") == [(1,)]
    [(data,)] = await desk.rows("SELECT data FROM ticket_events WHERE kind = 'silenced' AND ticket = 2")
    assert isinstance(data, dict)
    assert (data["kind"], data["to"]) == ("registered", ["anna@client.test"])
    assert await desk.rows("SELECT count(*) FROM automatic_letters WHERE ticket = 2") == [(0,)], "no budget is spent on it"
    await desk.take(mail("It is me.", subject="A third question"), verdict=ALIGNED)
    assert await desk.rows("SELECT count(*) FROM outbox_messages WHERE kind = 'registered'") == [(2,)]
    assert await desk.rows("SELECT lifted_by FROM suppressions") == [("its owner has written",)]


async def test_a_digest_waits_while_its_agents_mailbox_is_dead(sessions: Sessions) -> None:
    oleg = Agent("Олег Агентов", "oleg@staff.test", ("support",), digest=timedelta(0))
    organisation = replace(VERPED, agents=(oleg,))
    await Desk(sessions, organisation).take(mail("Help!"))
    async with sessions.begin() as session:
        await suppressions.suppress(session, oleg.address, Cause.BOUNCE, "550", 90)
    assert await write_digests(sessions, organisation, lambda: None) == 0
    async with sessions.begin() as session:
        assert await suppressions.lift(session, oleg.address, "an operator")
    assert await write_digests(sessions, organisation, lambda: None) == 1
