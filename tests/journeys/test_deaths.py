"""Messages whose earlier attempts ended with their process: most were killed by somebody else, and lose nothing by it."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.workers.intake import MOST_DEATHS
from storage import inbound
from tests.journeys.lending import Lender
from tests.journeys.running import letter


async def test_deaths_count_apart_from_failures_and_the_last_attempt_is_content_with_less(lend: Lender) -> None:
    async with lend() as gateway:
        for deaths in (6, MOST_DEATHS - 1, MOST_DEATHS):
            mail = letter("ann@client.test", "support@desk.test", f"After {deaths} deaths", "Is it wet?")
            envelope = Envelope("ann@client.test", ("support@desk.test",), Peer(Entry.SMTP, "192.0.2.1", 1234, "client.test"))
            async with AsyncSession(gateway.engine) as session, session.begin():
                [number] = await inbound.receive(session, [inbound.Arrival(envelope, mail.as_bytes(), b"%d" % deaths)])
                await session.execute(
                    text("UPDATE inbound_messages SET attempts = :deaths WHERE id = :id"), {"deaths": deaths, "id": number}
                )
        whole, bare, none = await gateway.settled(3)
        assert [each["state"] for each in (whole, bare, none)] == ["done", "done", "buried"]
        files = [
            [file["filename"] for file in (await gateway.ticket(each["ticket"]))["articles"][0]["attachments"]] for each in (whole, bare)
        ]
        assert files == [[], ["message.eml"]]
        shown = await gateway.json("inbound", "show", str(none["id"]))
        assert shown["error"] == f"{MOST_DEATHS} attempts ended with the process that made them"
        assert (await gateway.command("inbound", "replay", str(none["id"])))[0] == 0
        assert (await gateway.settled(3))[-1]["outcome"] == "ticket"
