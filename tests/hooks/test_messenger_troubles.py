"""Receivers that fail, messengers that die, and what is erased or past its time before it was told."""

import asyncio
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from gateway.desk.retaining import remove_past
from gateway.desk.watching import watch
from gateway.domain.alarms import AlarmBounds
from gateway.domain.retention import Retention
from gateway.domain.states import Status
from gateway.domain.steps import SetStatus
from storage import webhooks
from storage.erasure import tickets
from tests.desk.office import Office, written
from tests.desk.values import ORGANISATION
from tests.hooks.receiver import about_the_first, hook, receiver
from tests.hooks.site import IN_DAYS, Site
from tests.searching import places
from tests.waiting import until

Sessions = async_sessionmaker[AsyncSession]


async def test_a_receiver_that_is_out_of_order_is_left_alone_but_for_one_attempt(site: Site) -> None:
    site.peer.fallback = 503
    await site.subscribed()
    for number in range(12):
        await site.open(f"call {number}")
    async with site.telling():
        await site.until("SELECT 1 FROM webhooks WHERE failures > 0 AND paused_until > now()")
        await site.alter("UPDATE webhooks SET paused_until = now() + interval '1 hour'")
        await site.until("SELECT 1 WHERE NOT EXISTS (SELECT FROM webhook_deliveries WHERE state = 'leased')")
        hurt = len(site.peer.got)
        site.peer.holding.clear()
        await site.alter("UPDATE webhooks SET paused_until = now()")
        await site.peer.taken(hurt + 1)
        assert await site.messenger("another").claim(16) == []
        site.peer.fallback = 204
        site.peer.holding.set()
        await site.make_due()
        await site.delivered(12)
    assert len(site.peer.got) == hurt + 12


async def test_after_three_days_without_an_answer_the_webhook_is_disabled_and_what_waited_is_kept(site: Site) -> None:
    site.peer.fallback = None
    async with site.telling():
        await site.open()
        await site.attempted()
        await site.grow_old()
        await site.until("SELECT 1 FROM webhooks WHERE disabled_at IS NOT NULL")
        await site.open("unheard")
        tried = len(site.peer.got)
    found = await site.webhook()
    assert found.disabled_why.startswith("it has taken nothing for 72 h: 127.0.0.1")
    assert await site.deliveries() == [("queued", tried, None)]
    site.peer.fallback = 204
    async with site.sessions.begin() as session:
        since = await webhooks.enable(session, "crm")
        assert since is not None
        assert await webhooks.missed(session, "crm", since) == 1
    async with site.telling():
        await site.delivered()
        async with site.sessions.begin() as session:
            assert await webhooks.replay_since(session, since, ["crm"]) == 1
        await site.delivered(2)
    assert (await site.webhook()).failing_since is None


async def test_one_event_that_is_refused_for_three_days_is_given_up_and_the_others_go_on(site: Site) -> None:
    site.peer.refuses = about_the_first
    async with site.telling():
        await site.open("bad")
        await site.attempted()
        await site.open("good")
        await site.delivered()
        await site.grow_old(failing=False)
        await site.until("SELECT 1 FROM webhook_deliveries WHERE state = 'failed'")
        site.peer.refuses = lambda _got: False
        await site.change(SetStatus(Status.CLOSED))
        await site.delivered(2)
    assert (await site.webhook()).disabled_at is None


async def test_a_time_without_anything_to_tell_is_not_one_of_failing(site: Site) -> None:
    """Given up on long ago, and nothing happened since: the first failure after that disables nothing."""
    async with site.telling():
        await site.open()
        await site.delivered()
        await site.alter("UPDATE webhooks SET failing_since = now() - make_interval(secs => :s)", s=IN_DAYS)
        site.peer.fallback = 500
        await site.change(SetStatus(Status.CLOSED))
        await site.until("SELECT 1 FROM webhooks WHERE failures > 0")
    assert (await site.webhook()).disabled_at is None


async def test_gone_is_believed_at_once(site: Site) -> None:
    site.peer.fallback = 410
    async with site.telling():
        await site.open()
        await site.until("SELECT 1 FROM webhooks WHERE disabled_why LIKE '%410%'")
    assert len(site.peer.got) == 1


async def test_a_messenger_that_died_in_the_midst_of_it_is_followed_by_another(site: Site) -> None:
    """After the receiver had it and before that was recorded: it comes twice, under one id."""
    await site.subscribed()
    await site.open()
    dead = site.messenger("dead")
    [item] = await dead.claim(1)
    site.peer.holding.clear()
    work = asyncio.create_task(dead.work(item))
    await site.peer.taken(1)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    site.peer.holding.set()
    await site.alter("UPDATE webhook_deliveries SET lease_until = now() - interval '1 second'")
    async with site.telling():
        await site.delivered()
    assert len({each.id for each in site.peer.got}) == 1
    assert len(site.peer.got) == 2
    assert await site.deliveries() == [("delivered", 2, 204)]


async def test_who_lost_the_lease_records_nothing(site: Site) -> None:
    await site.subscribed()
    await site.open()
    slow = site.messenger("slow")
    [item] = await slow.claim(1)
    await site.alter("UPDATE webhook_deliveries SET lease_until = now() - interval '1 second'")
    assert await slow.sweep() == 1
    await slow.work(item)
    assert await site.deliveries() == [("queued", 1, None)]


async def test_a_database_from_elsewhere_tells_nobody(site: Site) -> None:
    await site.subscribed()
    await site.open()
    await site.alter("INSERT INTO controls (name, value) VALUES ('outbox', '{\"foreign\": true}')")
    messenger = site.messenger()
    assert await messenger.claim(5) == []
    assert await messenger.next_due_in() is None


async def test_what_was_erased_before_it_was_told_is_told_as_erased(site: Site) -> None:
    await site.subscribed()
    await site.open()
    async with site.sessions.begin() as session:
        await tickets.empty(session, [1], "erased", {"why": "erasure"})
    async with site.telling():
        await site.delivered()
    assert site.peer.types == ["ticket.erased"]
    assert b"burns" not in site.peer.got[0].body
    assert b"Printer" not in site.peer.got[0].body


async def test_an_erasure_waits_for_what_is_on_the_wire(site: Site) -> None:
    """Else a receiver might read that all was erased before it reads what was."""

    async def in_hand() -> bool:
        async with site.sessions() as session:
            return bool(await tickets.in_hand(session, [1]))

    site.peer.holding.clear()
    async with site.telling():
        await site.open()
        await site.peer.taken(1)
        assert await in_hand()
        site.peer.holding.set()
        await site.delivered()
        assert not await in_hand()


async def test_what_is_past_its_time_goes_and_what_waits_stays(site: Site) -> None:
    async with site.telling():
        await site.open()
        await site.delivered()
        site.peer.fallback = 503
        await site.change(SetStatus(Status.CLOSED))
        await site.attempted(2)
    await site.alter("UPDATE webhook_deliveries SET created_at = now() - interval '31 days'")
    await site.alter("UPDATE webhook_deliveries SET finished_at = now() - interval '31 days' WHERE state = 'delivered'")
    terms = Retention(0, 0, 0, 0, 0, 0, 0, webhooks=30)
    assert await remove_past(site.sessions, terms) == {"webhook_deliveries": 1}
    assert [state for state, *_ in await site.deliveries()] == ["queued"]
    async with site.sessions.begin() as session:
        await webhooks.disable(session, "crm", "for good")
    assert await remove_past(site.sessions, terms) == {"webhook_deliveries": 1}


async def test_a_refused_address_is_a_failure_like_others_and_says_the_remedy(site: Site) -> None:
    site.hooks = {"crm": hook(site.peer.url, allow_private=False)}
    async with site.telling():
        await site.open()
        await site.attempted()
    assert site.peer.got == []
    assert "`allow_private = true` would let it be" in (await site.webhook()).last_error


async def test_whom_an_erasure_forgets_stands_in_no_message_that_is_kept(sessions: Sessions, engine: AsyncEngine) -> None:
    """Neither of their own tickets nor of others'; a message of others' that waits says the rest."""
    office = Office(sessions)
    async with receiver() as peer:
        site = Site(sessions, peer)
        await site.subscribed()
        await office.take(written("Bob Kowalski <bob@other.test>", "Ask Anna Nowak, anna@client.test"), "bob@other.test")
        await office.take(written("Anna Nowak <anna@client.test>"))
        peer.fallback = 503
        async with site.telling():
            await site.attempted(2)
        assert [place for place in await places(engine, "anna@client.test") if "webhook_deliveries" in str(place)]
        await office.erase("anna@client.test")
        assert await places(engine, "anna@client.test", "Anna Nowak") == []
        peer.fallback = 204
        peer.got.clear()
        await site.make_due()
        async with site.telling():
            await until(lambda: {"ticket.created", "ticket.erased"} <= set(peer.types))
    assert b"anna" not in b"".join(each.body for each in peer.got).lower()
    assert any("bob@other.test" in each.body.decode() for each in peer.got)


async def test_operators_are_written_to_when_a_webhook_is_disabled_and_when_that_is_over(site: Site) -> None:
    desk = replace(ORGANISATION, alarms=AlarmBounds(to=("ops@example.net",)))
    site.peer.fallback = 410
    async with site.telling():
        await site.open()
        await site.until("SELECT 1 FROM webhooks WHERE disabled_at IS NOT NULL")
    async with site.sessions.begin() as session:
        assert await watch(session, desk) == 1
        assert await watch(session, desk) == 0
    async with site.sessions.begin() as session:
        await webhooks.enable(session, "crm")
        assert await watch(session, desk) == 1
    letters = "SELECT subject, text FROM outbox_messages WHERE kind = 'alarm' ORDER BY id"
    (up, remedy), (over, _) = await site.rows(letters)
    assert "a webhook was disabled, and hears nothing of tickets any more: crm (it answered 410 Gone" in str(up)
    assert "`deskgate webhooks enable crm`" in str(remedy)
    assert "no webhook is disabled any more" in str(over)


async def test_what_a_person_disabled_is_no_alarm(site: Site) -> None:
    await site.subscribed()
    async with site.sessions.begin() as session:
        await webhooks.disable(session, "crm", "the CRM moves house")
        assert await watch(session, replace(ORGANISATION, alarms=AlarmBounds(to=("ops@example.net",)))) == 0
