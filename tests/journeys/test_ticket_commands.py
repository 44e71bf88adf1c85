"""Tags, copies, notes and merging from the terminal."""

from tests.journeys.lending import Lender
from tests.journeys.running import letter, written

AGENT = ("--as", "dana@staff.test")


async def test_what_hangs_on_a_ticket_is_put_on_and_taken_off_and_two_become_one(lend: Lender) -> None:
    async with lend() as gateway:
        for subject in ("Printer on fire", "Still burning"):
            await gateway.take(letter("anna@client.test", "support@desk.test", subject))
        put = ("--tag", "vip, hot", "--tag", "fire", "--cc", "Boss <boss@client.test>", "--cc", "second@client.test")
        assert await gateway.command("tickets", "set", "1", *put, *AGENT) == (0, "#1: done\n", "")
        took = ("--untag", "HOT", "--uncc", "second@client.test")
        assert await gateway.command("tickets", "set", "1", *took, *AGENT) == (0, "#1: done\n", "")
        ticket = await gateway.json("tickets", "show", "1")
        assert (ticket["tags"], ticket["cc"]) == (["fire", "vip"], ["boss@client.test"])
        assert [each["data"] for each in ticket["events"] if "removed" in each["data"]] == [
            {"removed": ["hot"]},
            {"removed": ["second@client.test"]},
        ]
        noted = await gateway.command("tickets", "note", "1", "--text", "-", *AGENT, stdin="Ostrożnie!".encode())
        assert noted == (0, "#1: noted\n", "")
        assert await gateway.command("tickets", "merge", "1", "--into", "2", *AGENT) == (0, "#1: is part of #2 now\n", "")
        merged = await gateway.json("tickets", "show", "1")
        assert (merged["number"], merged["merged"], merged["tags"], merged["cc"]) == (2, [1], ["fire", "vip"], ["boss@client.test"])
        assert [each["kind"] for each in written(merged)] == ["client_message", "client_message", "note"]
        refusals = {
            ("tickets", "merge", "2", "--into", "1", *AGENT): "are one ticket already",
            ("tickets", "merge", "2", "--into", "99", *AGENT): "there is no ticket #99",
            ("tickets", "set", "2", "--cc", "nobody at all", *AGENT): "'nobody at all' is not an address",
            ("tickets", "set", "2", "--cc", "support@desk.test", *AGENT): "an address of our own",
        }
        for command, why in refusals.items():
            status, _, err = await gateway.command(*command)
            assert (status, why in err) == (1, True), err
        await gateway.quiet()
        assert gateway.relay.to("second@client.test") == []
        actions = [
            (each["action"], each["result"])
            for each in await gateway.json("audit", "list")
            if each["action"] in ("tickets.note", "tickets.merge")
        ]
        assert sorted(actions) == [
            ("tickets.merge", "done"),
            ("tickets.merge", "refused"),
            ("tickets.merge", "refused"),
            ("tickets.note", "done"),
        ]
