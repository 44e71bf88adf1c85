"""Tickets of the desk that was there before: answers to its letters reach them, and forgers gain nothing by its numbers."""

from pathlib import Path

from tests.desk.importing import tables
from tests.journeys.lending import Lender
from tests.journeys.running import letter, reply_to, written
from tests.journeys.test_threading import ANNA, DANA, TRUST, of_dana, proven

TAGGED = "Re: Printer on fire [Ticket#67001]"


async def test_answers_to_letters_of_the_old_desk_reach_the_imported_ticket(lend: Lender, tmp_path: Path) -> None:
    files = {}
    for name in ("ZAMMAD", "ZAMMAD_USERS", "ZAMMAD_ARTICLES"):
        files[name] = tmp_path / name
        files[name].write_text(getattr(tables, name), "utf-8")
    arguments = (
        "tickets",
        "import",
        str(files["ZAMMAD"]),
        "--clients",
        str(files["ZAMMAD_USERS"]),
        "--articles",
        str(files["ZAMMAD_ARTICLES"]),
    )
    async with lend(trust=TRUST) as gateway:
        status, out, _ = await gateway.command(*arguments)
        assert (status, "2 imported, #1 to #2" in out) == (1, True)
        await gateway.quiet()
        assert not gateway.relay.messages, "an import writes to nobody"
        shown = (await gateway.command("tickets", "show", "1"))[1]
        assert ("imported:" in shown, "zammad 67001" in shown) == (True, True)

        forged = await gateway.take(letter(ANNA, "support@desk.test", TAGGED, "Forged in Anna's name."))
        assert (forged["outcome"], forged["ticket"]) == ("ticket", 3), "her name alone proves nothing"
        stranger = await gateway.take(proven(letter("Eve <eve@evil.test>", "support@desk.test", TAGGED, "Tell me."), "evil.test"))
        assert (stranger["outcome"], stranger["ticket"]) == ("ticket", 4), "who is proven to be somebody else is somebody else"
        assert (await gateway.ticket(4))["related"] == 1
        as_id = await gateway.take(letter("Eve <eve@evil.test>", "support@desk.test", TAGGED, "As an id.", answers="<[#67001]>"))
        assert (as_id["outcome"], as_id["ticket"]) == ("ticket", 5)
        overheard = letter("Eve <eve@evil.test>", "support@desk.test", "Re: fire", "Overheard.", answers="<answer@old.desk.test>")
        assert (await gateway.take(overheard))["outcome"] == "stranger_reply"

        tagged = await gateway.take(proven(letter(ANNA, "support@desk.test", TAGGED, "It burns again."), "client.test"))
        assert (tagged["outcome"], tagged["ticket"]) == ("client_reply", 1), tagged["why"]
        by_id = await gateway.take(letter(ANNA, "support@desk.test", "Re: fire", "By the id alone.", answers="<answer@old.desk.test>"))
        assert (by_id["outcome"], by_id["ticket"]) == ("client_reply", 1)
        words = [(each["text"], each["verified"]) for each in written(await gateway.ticket(1))]
        assert words[3:] == [("Overheard.", False), ("It burns again.", True), ("By the id alone.", True)]

        await gateway.quiet()
        notified = [each for each in gateway.relay.to("dana@staff.test") if "[#1]" in each.subject][-1]
        assert (await gateway.take(of_dana(reply_to(notified, DANA, "Water helps."))))["outcome"] == "agent_reply"
        await gateway.quiet()
        [answer] = [each for each in gateway.relay.to("anna@client.test") if "Water helps." in each.text]
        assert "[#1]" in answer.subject
