"""Webhooks told by a sender's messenger: what is said, in which order, how often, and by whom."""

from gateway.domain.actor import SYSTEM
from gateway.domain.states import ArticleKind, Priority, Status
from gateway.domain.steps import AddArticle, SetDepartment, SetPriority, SetStatus
from storage import webhooks
from tests.desk.test_process import Desk, reply_of_dana
from tests.desk.values import mail
from tests.hooks.receiver import OLD_SECRET, SECRET, about_the_first, hook
from tests.hooks.site import Site


async def test_a_new_ticket_is_told_as_contract_shows_it(site: Site) -> None:
    async with site.telling():
        await site.open()
        [got] = await site.peer.taken(1)
        await site.delivered()
    told = got.verified()
    assert (told["type"], got.id[:4]) == ("ticket.created", "msg_")
    ticket, article, event = (told["data"][name] for name in ("ticket", "article", "event"))
    assert (ticket["number"], ticket["status"], ticket["department"]) == (1, "new", "support")
    assert ticket["client"]["addresses"] == ["anna@client.test"]
    assert "articles" not in ticket
    assert (article["kind"], article["text"], article["private"]) == ("client_message", "It burns, she says.", False)
    assert event["kind"] == "created"
    assert told["timestamp"] == event["at"]
    assert event["at"].endswith("Z")
    assert await site.deliveries() == [("delivered", 1, 204)]


async def test_replies_and_notes_come_with_their_own_article(site: Site) -> None:
    async with site.telling():
        await site.open()
        await site.change(
            AddArticle(ArticleKind.AGENT_REPLY, "Use water."), AddArticle(ArticleKind.NOTE, "Check the insurance.", private=True)
        )
        await site.delivered(3)
    told = {each.type: each.told["data"]["article"] for each in site.peer.got if each.told["data"]["article"]}
    assert told["ticket.replied"]["text"] == "Use water."
    assert told["ticket.note_added"]["text"] == "Check the insurance."
    assert told["ticket.note_added"]["private"] is True


async def test_mail_of_a_client_comes_with_what_was_written(site: Site) -> None:
    mailbox = Desk(site.sessions)
    async with site.telling():
        await mailbox.take(mail("Help!"))
        await mailbox.take(reply_of_dana(1))
        await site.delivered(2)
    assert site.peer.got[0].told["data"]["article"]["text"] == "Help!"
    assert site.peer.types[0] == "ticket.created"


async def test_events_of_one_ticket_come_in_their_order_while_one_of_them_is_refused(site: Site) -> None:
    site.peer.answers.extend([422, 422])
    async with site.telling():
        await site.open()
        await site.change(SetPriority(Priority.HIGH), effect="a")
        await site.change(SetStatus(Status.CLOSED), effect="b")
        for number in (1, 2):
            await site.peer.taken(number)
            await site.until("SELECT 1 FROM webhook_deliveries WHERE state = 'queued' AND last_status = 422")
            await site.make_due()
        await site.delivered(3)
    assert site.peer.types == ["ticket.created"] * 3 + ["ticket.priority_changed", "ticket.status_changed"]
    assert len({each.id for each in site.peer.got}) == 3


async def test_what_one_ticket_waits_for_does_not_keep_another(site: Site) -> None:
    site.peer.refuses = about_the_first
    async with site.telling():
        await site.open("one")
        await site.attempted()
        await site.open("two")
        await site.delivered()
    assert await site.rows("SELECT state = 'delivered' FROM webhook_deliveries ORDER BY ticket") == [(False,), (True,)]


async def test_an_attempt_that_failed_says_the_same_again_under_the_same_id(site: Site) -> None:
    site.peer.answers.append(500)
    async with site.telling():
        await site.open()
        await site.until("SELECT 1 FROM webhooks WHERE failures = 1")
        await site.alter("UPDATE tickets SET subject = 'Another'")
        await site.make_due()
        await site.delivered()
    first, second = site.peer.got
    assert (first.id, first.body) == (second.id, second.body)
    assert (await site.webhook()).failing_since is None


async def test_what_has_left_its_departments_is_told_by_its_number_alone(site: Site) -> None:
    site.hooks = {"crm": hook(site.peer.url, departments=("support",))}
    await site.subscribed()
    await site.open()
    await site.change(SetDepartment("sales"), effect="move")
    await site.change(SetStatus(Status.CLOSED), actor=SYSTEM, effect="close")
    async with site.telling():
        await site.delivered(2)
    born, moved = (each.told["data"] for each in site.peer.got)
    assert born == {
        "ticket": {"number": 1, "department": "sales"},
        "article": None,
        "event": born["event"] | {"kind": "created", "data": {}},
    }
    assert moved["ticket"] == {"number": 1, "department": "sales"}
    assert moved["event"]["data"] == {"from": "support", "to": "sales"}
    assert b"Printer" not in b"".join(each.body for each in site.peer.got)


async def test_while_a_secret_is_changed_both_sign(site: Site) -> None:
    site.hooks = {"crm": hook(site.peer.url, secrets=(SECRET, OLD_SECRET))}
    async with site.telling():
        await site.open()
        [got] = await site.peer.taken(1)
    assert got.verified(SECRET) == got.verified(OLD_SECRET)


async def test_two_messengers_deliver_everything_once(site: Site) -> None:
    await site.subscribed()
    for number in range(20):
        await site.open(f"call {number}")
    async with site.telling(), site.telling():
        await site.delivered(20)
    assert len({each.id for each in site.peer.got}) == len(site.peer.got) == 20


async def test_a_webhook_that_the_configuration_loses_is_told_nothing_more(site: Site) -> None:
    site.peer.fallback = 503
    async with site.telling():
        await site.open()
        await site.attempted()
        site.hooks = {}
        await site.until("SELECT 1 FROM webhooks WHERE NOT active")
        tried = len(site.peer.got)
        await site.make_due()
        site.hooks = {"crm": hook(site.peer.url)}
        site.peer.fallback = 204
        await site.delivered()
    assert len(site.peer.got) == tried + 1


async def test_told_again_it_says_the_same_under_the_same_id(site: Site) -> None:
    async with site.telling():
        await site.open()
        await site.delivered()
        async with site.sessions.begin() as session:
            assert await webhooks.replay(session, [1, 99]) == [1]
        await site.peer.taken(2)
        await site.delivered()
    first, second = site.peer.got
    assert (first.id, first.body) == (second.id, second.body)


async def test_what_a_person_has_told_again_waits_for_no_pause(site: Site) -> None:
    site.peer.answers.append(503)
    async with site.telling():
        await site.open()
        await site.until("SELECT 1 FROM webhooks WHERE failures > 0")
        await site.alter("UPDATE webhooks SET paused_until = now() + interval '15 minutes'")
        await site.alter("UPDATE webhook_deliveries SET due_at = now() + interval '15 minutes'")
        async with site.sessions.begin() as session:
            assert await webhooks.replay(session, [1]) == [1]
        await site.delivered()
