"""What an operator does to letters that wait: several at once, by ticket, in JSON; and what they see of a server that is down."""

import asyncio
import json

from tests.journeys.lending import Lender
from tests.journeys.running import letter
from tests.peers.smtp_peer import reply, slow
from tests.waiting import until

QUICKLY = "[outbound.retry]\nfirst_delay = 600\nmax_delay = 600"
UNDER_WAY = "SELECT id FROM outbox_messages WHERE state = 'leased' OR attempts = 0"


async def test_an_operator_holds_finds_retries_and_cancels_letters(lend: Lender) -> None:
    async with lend(tables=QUICKLY) as gateway:

        async def told(*command: str, status: int = 0) -> dict[str, object]:
            got, out, err = await gateway.command("outbox", *command, "--json")
            assert got == status, err
            found: dict[str, object] = json.loads(out)
            return found

        assert await told("hold", "--why", "an incident") == {"held": True, "why": "an incident", "on_the_wire": 0}
        await gateway.take(letter("anna@client.test", "sales@desk.test", "Printer on fire", "It burns."))
        listed = await gateway.json("outbox", "list", "--ticket", "1")
        by_kind = {each["kind"]: each for each in listed}
        registered, new = by_kind["registered"]["id"], by_kind["new_ticket"]["id"]
        assert all(each["next_attempt_at"] and each["destination"] == "relay" for each in listed)
        assert [each["id"] for each in await gateway.json("outbox", "list", "--to", "Anna@client.test")] == [registered]
        assert [each["id"] for each in await gateway.json("outbox", "list", "--kind", "new_ticket", "--destination", "relay")] == [new]
        assert await gateway.json("outbox", "list", "--ticket", "2") == []

        assert (await gateway.command("outbox", "cancel"))[0] == 2, "which ones it does not say"
        assert await told("cancel", str(registered)) == {"done": [registered], "refused": []}
        why = "there is no such letter"
        assert await told("cancel", str(new), "999", status=1) == {"done": [new], "refused": [{"id": 999, "why": why}]}
        assert await told("retry", "--failed") == {"done": [], "refused": []}
        assert await told("retry", str(new)) == {"done": [new], "refused": []}
        await gateway.letters_to("dana@staff.test")
        await gateway.quiet()
        assert await told("release") == {"held": False, "why": None}

        gateway.relay.on("RCPT", reply("550 5.1.1 no such user"), times=1)
        assert await told("retry", str(registered)) == {"done": [registered], "refused": []}
        await gateway.quiet()
        assert await told("retry", "--failed", "--ticket", "1") == {"done": [registered], "refused": []}
        await gateway.letters_to("anna@client.test")
        await gateway.quiet()
        assert await told("retry", str(registered), status=1) == {
            "done": [], "refused": [{"id": registered, "why": "it was sent already"}],
        }  # fmt: skip


async def test_what_is_on_the_wire_is_finished_and_nothing_else_begins_once_sending_is_held(lend: Lender) -> None:
    async with lend(tables=QUICKLY) as gateway:
        gateway.relay.on("END", slow(10.0))
        await gateway.take(letter("anna@client.test", "sales@desk.test", "One", "It burns."))
        await until(lambda: len(gateway.relay.unanswered) == 2)
        [status, out, _] = await gateway.command("outbox", "hold", "--json")
        on_the_wire = json.loads(out)["on_the_wire"]
        assert (status, on_the_wire) == (0, 2)
        await gateway.letters_to("anna@client.test")
        await gateway.letters_to("dana@staff.test")
        assert (await gateway.command("outbox", "release"))[0] == 0


async def test_status_says_which_server_is_down_and_since_when(lend: Lender) -> None:
    async with lend(tables=QUICKLY) as gateway:
        gateway.relay.on("CONNECT", reply("421 4.3.2 too busy"))
        await gateway.take(letter("anna@client.test", "sales@desk.test"))
        async with asyncio.timeout(60):
            while not await gateway.rows("SELECT name FROM destinations_down") or await gateway.rows(UNDER_WAY):
                await asyncio.sleep(0.1)
        [relay] = (await gateway.json("status"))["destinations"]
        assert (relay["name"], relay["queued"]) == ("relay", 2)
        assert "421" in relay["last_error"]
        assert relay["down_since"] is not None
        gateway.relay.heal()
        status, out, _ = await gateway.command("outbox", "retry", "--ticket", "1", "--json")
        assert (status, len(json.loads(out)["done"])) == (0, 2)
        await gateway.letters_to("anna@client.test")
        await gateway.quiet()
        async with asyncio.timeout(60):
            while (await gateway.json("status"))["destinations"]:
                await asyncio.sleep(0.1)
