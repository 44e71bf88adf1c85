"""Relays that write a Message-ID of their own: the client's answer names an id that we never wrote, and finds its ticket."""

from tests.journeys.lending import Lender
from tests.journeys.running import letter, reply_to
from tests.peers.smtp_peer import reply

ANNA, DANA = "Anna <anna@client.test>", "Dana Agent <dana@staff.test>"
OF_SES = "0102018f3a5b7c2d-1c6f2a90-7d3e-4b1a-9c55-0a1b2c3d4e5f-000000"
OF_EXCHANGE = "AM0PR01MB4321@AM0PR01MB4321.eurprd01.prod.outlook.test"


async def test_an_answer_to_the_id_that_a_relay_gave_finds_its_ticket(lend: Lender) -> None:
    async with lend() as gateway:
        relay = gateway.relay
        await gateway.take(letter(ANNA, "sales@desk.test", "Printer on fire"))
        [notified] = await gateway.letters_to("dana@staff.test")
        await gateway.quiet()
        for number, (answer, seen) in enumerate(
            (
                (f"250 Ok {OF_SES}", f"<{OF_SES}@email.amazonses.com>"),
                (f"250 2.0.0 OK <{OF_EXCHANGE}> [Hostname=AM0PR01MB4321.eurprd01.prod.outlook.test]", f"<{OF_EXCHANGE}>"),
            ),
            1,
        ):
            relay.heal()
            relay.on("END", reply(answer), times=1)
            await gateway.take(reply_to(notified, DANA, f"Try remedy {number}."))
            sent = (await gateway.letters_to("anna@client.test", number + 1))[-1]
            await gateway.quiet()
            # As iOS answers: what the server wrote is named, and nothing else of the letter is left.
            back = letter(ANNA, "sales@desk.test", "It works", f"Remedy {number} helped.", In_Reply_To=seen, References=seen)
            # Without the line breaks of the standard library, which makes encoded words of long ids.
            octets = back.as_bytes(policy=back.policy.clone(max_line_length=None))
            row = await gateway.take(octets, "sales@desk.test", reverse_path="anna@client.test")
            assert (row["outcome"], row["ticket"]) == ("client_reply", 1), row
            assert sent.message_id != seen
            await gateway.quiet()
        remembered = await gateway.rows("SELECT count(*) AS n FROM message_ids WHERE relation = 'sent'")
        assert remembered == [{"n": 2}]

        stranger = letter("Eve <eve@evil.test>", "sales@desk.test", "Hello", In_Reply_To="<0102018f-never-given@email.amazonses.com>")
        assert (await gateway.take(stranger))["ticket"] == 2


async def test_what_a_relay_repeats_of_the_letter_is_no_new_id(lend: Lender) -> None:
    async with lend() as gateway:
        gateway.relay.on("END", reply("250 2.0.0 <anna@client.test> saved for <dana@staff.test>"))
        await gateway.take(letter(ANNA, "sales@desk.test"))
        await gateway.quiet()
        [count] = await gateway.rows("SELECT count(*) AS n FROM message_ids WHERE relation = 'sent'")
        # Each letter is one person's: the other's address is in no way known to be none.
        assert count["n"] <= 2
        gateway.relay.heal()
        gateway.relay.on("END", reply("250 " + "<x@y.test>" * 300))
        await gateway.take(letter("Ben <ben@client.test>", "sales@desk.test", "Lift"))
        await gateway.quiet()
        assert {row["state"] for row in await gateway.rows("SELECT state FROM outbox_messages")} == {"sent"}
