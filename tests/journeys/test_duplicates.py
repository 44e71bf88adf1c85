"""The same mail again has no second effect: redelivered, by another way, or replayed (promise 2, X2, X3)."""

from email.message import EmailMessage

from tests.journeys.lending import Lender
from tests.journeys.running import Running, letter, written


async def ticket_texts(gateway: Running, number: int) -> list[str]:
    return [each["text"].strip() for each in written(await gateway.ticket(number))]


def by_another_way(mail: EmailMessage, hops: int, delivered_to: str) -> bytes:
    """The same mail as another chain of servers hands it on."""
    received = b"".join(
        b"Received: from hop%d.outside.test ([192.0.2.%d]) by hop%d.outside.test; Sat, 21 Nov 2026 12:00:0%d +0000\n"
        % (number, number, number + 1, number)
        for number in range(1, hops + 1)
    )
    return f"Delivered-To: {delivered_to}\nReturn-Path: <anna@client.test>\n".encode() + received + mail.as_bytes()


async def test_a_mail_that_is_delivered_again_or_by_another_way_has_no_second_effect(lend: Lender) -> None:
    async with lend() as gateway:
        mail = letter("anna@client.test", "info@outside.test", "Printer on fire", "Once.")
        mail.add_attachment(b"smoke", maintype="image", subtype="png", filename="smoke.png")
        ways = {
            "first": (by_another_way(mail, 1, "info@outside.test"), "support@desk.test"),
            "the same bytes": (by_another_way(mail, 1, "info@outside.test"), "support@desk.test"),
            "by other servers": (by_another_way(mail, 3, "info@outside.test"), "support@desk.test"),
            "to another mailbox that forwards to another gateway": (by_another_way(mail, 2, "sales@outside.test"), "sales@desk.test"),
            "to that one again, by yet other servers": (by_another_way(mail, 4, "sales@outside.test"), "sales@desk.test"),
        }
        became = {}
        for way, (content, recipient) in ways.items():
            row = await gateway.take(content, recipient, reverse_path="anna@client.test")
            became[way] = (row["state"], row["outcome"], row["ticket"])
        assert became == {way: ("done", "ticket" if way == "first" else "duplicate", 1) for way in ways}
        assert await ticket_texts(gateway, 1) == ["Once."]
        events = [(each["kind"], each["data"]) for each in (await gateway.ticket(1))["events"]]
        assert [kind for kind, _ in events] == ["created", "also_addressed"]
        assert events[1][1] == {"gateway": "sales@desk.test"}
        await gateway.quiet()
        assert len(gateway.relay.messages) == 3, "one letter to Anna, one to each agent"

        altered = letter("anna@client.test", "support@desk.test", "Printer on fire", "Another text under the same id.")
        altered.replace_header("Message-ID", str(mail["Message-ID"]))
        row = await gateway.take(altered)
        assert row["outcome"] == "ticket", "a Message-ID alone never makes a different mail disappear"


async def test_equal_mails_without_id_and_date_are_one_wish_within_an_hour_and_two_later(lend: Lender) -> None:
    async with lend() as gateway:
        mail = b"From: anna@client.test\nTo: support@desk.test\nSubject: Call me\n\nPlease.\n"
        first = await gateway.take(mail, "support@desk.test", reverse_path="anna@client.test")
        again = await gateway.take(b"X-Hop: 2\n" + mail, "support@desk.test", reverse_path="anna@client.test")
        assert [(each["outcome"], each["ticket"]) for each in (first, again)] == [("ticket", 1), ("duplicate", 1)]
        await gateway.alter("UPDATE effects SET expires_at = expires_at - interval '61 minutes'")
        later = await gateway.take(b"X-Hop: 3\n" + mail, "support@desk.test", reverse_path="anna@client.test")
        assert (later["outcome"], later["ticket"]) == ("ticket", 2)


async def test_replay_repeats_nothing_that_was_done_and_decides_anew_on_what_was_not(lend: Lender) -> None:
    async with lend(desk='unknown_clients = "hold"') as gateway:
        held = await gateway.take(letter("anna@client.test", "support@desk.test", "Printer on fire", "From a stranger, so far."))
        ignored = await gateway.take(letter("anna@client.test", "off@desk.test", "To a switched-off address"), "off@desk.test")
        assert [each["state"] for each in (held, ignored)] == ["held", "ignored"]

        assert await replayed(gateway, held["id"]) == ("held", "held", None)
        assert await replayed(gateway, ignored["id"]) == ("ignored", "ignored", None)

        status, _, err = await gateway.command("clients", "add", "anna@client.test", "--name", "Anna")
        assert status == 0, err
        gateway.config.write_text(gateway.config.read_text("utf-8").replace("enabled = false", "enabled = true"), "utf-8")
        await gateway.process.reload()

        assert await replayed(gateway, held["id"]) == ("done", "ticket", 1)
        assert await replayed(gateway, ignored["id"]) == ("done", "ticket", 2)
        await gateway.quiet()
        letters = len(gateway.relay.messages)
        for row in (held, ignored):
            status, out, err = await gateway.command("inbound", "replay", str(row["id"]))
            assert (status, err) == (0, "")
            assert "no second effect" in out
        await gateway.quiet()
        assert (len(gateway.relay.messages), await ticket_texts(gateway, 1)) == (letters, ["From a stranger, so far."])
        assert (await gateway.ticket(1))["client"]["name"] == "Anna"

        absent = await gateway.command("inbound", "replay", "999")
        assert (absent[0], absent[1]) == (1, "")
        assert "no inbound message 999" in absent[2]


async def replayed(gateway: Running, inbound_id: int) -> tuple[str, str, int | None]:
    """State, outcome and ticket of a message after `inbound replay`."""
    status, out, err = await gateway.command("inbound", "replay", str(inbound_id))
    assert (status, out) == (0, f"{inbound_id}: queued\n"), err
    rows = {row["id"]: row for row in await gateway.settled(1)}
    return rows[inbound_id]["state"], rows[inbound_id]["outcome"], rows[inbound_id]["ticket"]
