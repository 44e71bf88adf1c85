"""A whole gateway that tells a receiver what becomes of tickets, by whichever door they change; and its commands."""

import asyncio
import json
import os
import signal

from tests.hooks.receiver import SECRET, Got, Receiver, receiver, table
from tests.journeys.lending import Lender
from tests.journeys.reports import dsn
from tests.journeys.running import Running, letter, reply_to
from tests.journeys.test_ratings import fetch, links, resolved
from tests.waiting import PATIENCE, POLL, until

UNTOLD = "SELECT kind FROM ticket_events e WHERE NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.event_id = e.id)"
DANA = "Dana Agent <dana@staff.test>"


async def known(gateway: Running, name: str = "crm") -> None:
    """Until the sender has begun with the configuration."""
    await happened(gateway, f"SELECT 1 FROM webhooks WHERE name = '{name}' AND active")


async def happened(gateway: Running, query: str) -> None:
    """Until it has a row."""
    async with asyncio.timeout(PATIENCE):
        while not await gateway.rows(query):
            await asyncio.sleep(POLL)


async def heard(peer: Receiver, kind: str) -> Got:
    await until(lambda: kind in peer.types)
    return next(each for each in peer.got if each.type == kind)


async def test_a_receiver_hears_of_tickets_whichever_door_they_change_by(lend: Lender) -> None:
    async with receiver() as peer, lend(tables=table(peer.url)) as gateway:
        await known(gateway)
        await gateway.take(letter("Anna <anna@client.test>", "support@desk.test", "Drukarka płonie", "Pomocy!"))
        told = (await heard(peer, "ticket.created")).verified()
        assert told["data"]["ticket"]["subject"] == "Drukarka płonie"
        assert told["data"]["article"]["text"] == "Pomocy!"
        [notified] = await gateway.letters_to("dana@staff.test")
        await gateway.take(reply_to(notified, DANA, "Use water.\n\n@note She is insured."))
        assert (await heard(peer, "ticket.replied")).verified()["data"]["article"]["text"] == "Use water."
        assert (await heard(peer, "ticket.note_added")).verified()["data"]["article"]["private"] is True
        done = await gateway.command("tickets", "set", "1", "--priority", "high", "--as", "dana@staff.test")
        assert done[0] == 0, done
        changed = (await heard(peer, "ticket.priority_changed")).verified()["data"]
        assert (changed["event"]["data"], changed["event"]["actor"]) == ({"from": "normal", "to": "high"}, "dana@staff.test")
        shown, own = await gateway.json("tickets", "show", "1"), changed["ticket"]
        assert {name: shown[name] for name in own if name != "updated_at"} == {name: own[name] for name in own if name != "updated_at"}
        # Where the report of what the client's server said, and the client herself at the page of ratings, change the ticket.
        told_her = await resolved(gateway, 1)
        await fetch(gateway, (await links(told_her))[3], "POST", {"comment": "Quick"})
        assert (await heard(peer, "ticket.rated")).verified()["data"]["ticket"]["rating"]["comment"] == "Quick"
        await gateway.take(dsn(told_her, "anna@client.test"), told_her.reverse_path, reverse_path="")
        assert (await heard(peer, "ticket.bounced")).verified()["data"]["ticket"]["number"] == 1
        assert await gateway.rows(UNTOLD) == []
        # Receivers' addresses may be secrets.
        assert "hook?desk" not in "".join(gateway.process.log)
        assert (await gateway.command("erase", "--client", "anna@client.test", "--yes"))[0] == 0
        assert (await heard(peer, "ticket.erased")).verified()["data"]["ticket"]["subject"] == "(erased)"
        assert len({each.id for each in peer.got}) == len(peer.got)


async def test_a_killed_sender_loses_nothing(lend: Lender) -> None:
    async with receiver() as peer, lend(tables=table(peer.url, "kill")) as gateway:
        await known(gateway, "kill")
        peer.holding.clear()
        await gateway.take(letter("Anna <anna@client.test>", "support@desk.test", "Before"))
        await peer.taken(1)
        [sender] = [pid for slot, pid in gateway.process.children().items() if slot.startswith("sender")]
        os.kill(sender, signal.SIGKILL)
        peer.hang_up()
        peer.holding.set()
        await gateway.take(letter("Bob <bob@client.test>", "support@desk.test", "Meanwhile"))
        await gateway.alter("UPDATE webhook_deliveries SET lease_until = now() WHERE state = 'leased'")
        await happened(gateway, "SELECT 1 FROM webhook_deliveries WHERE state = 'delivered' HAVING count(*) = 2")
        assert {each.told["data"]["ticket"]["subject"] for each in peer.got} == {"Before", "Meanwhile"}
        assert len({each.id for each in peer.got}) == 2


async def test_an_operator_sees_what_a_webhook_fails_at_and_has_it_told_again(lend: Lender) -> None:
    async with receiver() as peer, lend(tables=table(peer.url, "chat", 'events = ["ticket.created"]')) as gateway:
        assert (await gateway.json("webhooks", "list"))[0]["host"] == "127.0.0.1"
        await known(gateway, "chat")
        assert await gateway.json("webhooks", "test", "chat") == {"name": "chat", "taken": True, "status": 204, "error": None}
        assert peer.got.pop().verified(SECRET)["type"] == "webhook.test"
        peer.fallback = b"HTTP/1.1 422 No\r\nContent-Length: 11\r\nConnection: close\r\n\r\nno customer"
        await gateway.take(letter("Anna <anna@client.test>", "support@desk.test", "Refused"))
        await happened(gateway, "SELECT 1 FROM webhook_deliveries WHERE last_status = 422")
        [listed] = await gateway.json("webhooks", "list")
        assert (listed["state"], listed["queued"], listed["last_error"]) == ("failing", 1, "it answered 422: no customer")
        [delivery] = await gateway.json("webhooks", "show", "chat")
        assert (delivery["ticket"], delivery["type"], delivery["last_status"]) == (1, "ticket.created", 422)
        shown = await gateway.json("webhooks", "show", str(delivery["id"]))
        assert shown["payload"] == peer.got[0].told
        peer.fallback = 204
        assert await gateway.json("webhooks", "replay", str(delivery["id"])) == {"deliveries": 1}
        await happened(gateway, "SELECT 1 FROM webhook_deliveries WHERE state = 'delivered'")
        assert (await gateway.command("webhooks", "disable", "chat", "--why", "the CRM moves house"))[0] == 0
        await gateway.take(letter("Bob <bob@client.test>", "support@desk.test", "Unheard"))
        [listed] = await gateway.json("webhooks", "list")
        assert (listed["state"], listed["disabled_why"]) == ("disabled", "the CRM moves house")
        enabled = await gateway.json("webhooks", "enable", "chat")
        assert enabled["missed"] == 1
        again = ("webhooks", "replay", "--webhook", "chat", "--since", enabled["disabled_at"])
        assert await gateway.json(*again) == {"deliveries": 1}
        await happened(gateway, "SELECT 1 FROM webhook_deliveries WHERE state = 'delivered' HAVING count(*) = 2")
        assert peer.got[-1].told["data"]["ticket"]["subject"] == "Unheard"
        actions = {each["action"] for each in await gateway.json("audit", "list", "--action", "webhooks")}
        assert actions == {"webhooks.test", "webhooks.show", "webhooks.replay", "webhooks.disable", "webhooks.enable"}


async def test_what_is_not_so_is_said_with_the_remedy(lend: Lender) -> None:
    async with receiver() as peer, lend(tables=table(peer.url)) as gateway:
        await known(gateway)
        peer.fallback = 500
        for arguments, status, words in (
            (("test", "crm"), 1, "crm: it answered 500"),
            (("test", "nobody"), 1, "there is no webhook 'nobody'; the configuration has crm"),
            (("show", "nobody"), 1, "there is no webhook 'nobody'; the configuration has crm"),
            (("show", "99"), 1, "there is no delivery 99"),
            (("enable", "crm"), 1, "crm is not disabled"),
            (("replay", "99"), 1, "there is no such delivery, or it is under way at this moment: 99"),
            (("replay",), 2, "give either numbers of deliveries or --since"),
            (("replay", "1", "--webhook", "crm"), 2, "--webhook goes with --since"),
        ):
            done, _, err = await gateway.command("webhooks", *arguments)
            assert (done, words in err) == (status, True), (arguments, done, err)
        done, out, _ = await gateway.command("webhooks", "secret")
        assert (done, out.startswith("whsec_")) == (0, True)
        done, out, _ = await gateway.command("webhooks", "show", "crm")
        assert (done, out) == (0, "no deliveries: nothing has happened that it wants to know\n")
        assert json.loads((await gateway.command("webhooks", "list", "--json"))[1])[0]["state"] == "enabled"
