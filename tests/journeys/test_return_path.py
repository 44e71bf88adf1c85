"""What comes back of our letters: who is told, what is suppressed, and what a forger gets for it (X7)."""

import asyncio
import json
import urllib.request
from collections import Counter
from typing import Any

from tests.auth.nameserver import Zone
from tests.journeys.lending import Lender
from tests.journeys.reports import IN_WORDS, arf, dsn, in_words
from tests.journeys.running import TOKEN_IS_ENOUGH, Running, letter, reply_to, written
from tests.peers.smtp_peer import Received, reply

DANA = "Dana Agent <dana@staff.test>"
ANNA = "Anna <anna@client.test>"
QUICKLY = "[outbound.retry]\nfirst_delay = 0.3\nmax_delay = 0.3"
VERP: dict[str, Any] = {"outbound": 'bounce_domain = "bounce.test"', "trust": TOKEN_IS_ENOUGH, "tables": QUICKLY}
PROVEN: Zone = {("client.test", "TXT"): ["v=spf1 ip4:127.0.0.0/8 -all"]}


async def ask(gateway: Running, author: str = ANNA, subject: str = "Printer on fire") -> Received:
    """Opens a ticket of Dana's; her notification."""
    before = len(gateway.relay.to("dana@staff.test"))
    await gateway.take(letter(author, "sales@desk.test", subject, "It burns."))
    return (await gateway.letters_to("dana@staff.test", before + 1))[-1]


async def answered(gateway: Running, author: str = ANNA, words: str = "Use the extinguisher.") -> tuple[Received, Received]:
    """A ticket with an agent's reply: the registration letter and the reply as the client got them."""
    notified = await ask(gateway, author)
    await gateway.take(reply_to(notified, DANA, words))
    registered, answer = await gateway.letters_to(author.partition("<")[2].rstrip(">"), 2)
    await gateway.quiet()
    return registered, answer


async def listed(gateway: Running) -> dict[str, dict[str, Any]]:
    code, out, err = await gateway.command("suppressions", "--json")
    assert code == 0, err
    return {each["address"]: each for each in json.loads(out)}


async def events(gateway: Running, number: int, kind: str) -> list[dict[str, Any]]:
    return [each for each in (await gateway.ticket(number))["events"] if each["kind"] == kind]


async def states(gateway: Running) -> dict[str, str]:
    """Of the latest recipient of each kind of letter."""
    query = "SELECT o.kind, r.state FROM outbox_messages o JOIN outbox_recipients r ON r.outbox_id = o.id ORDER BY r.id"
    return {row["kind"]: row["state"] for row in await gateway.rows(query)}


async def page(gateway: Running, path: str) -> str:
    def read() -> str:
        with urllib.request.urlopen(f"http://{gateway.web}{path}", timeout=60) as answer:
            return str(answer.read().decode())

    return await asyncio.to_thread(read)


async def test_a_report_marks_its_recipient_and_tells_the_agent_in_plain_words_once(lend: Lender) -> None:
    async with lend(**VERP) as gateway:
        registered, answer = await answered(gateway)
        paths = {each.reverse_path for each in gateway.relay.messages}
        assert len(paths) == len(gateway.relay.messages) == 3, "each recipient of each letter has a return address of its own"
        for each in gateway.relay.messages:
            fields = {name.lower() for name, _ in each.message.items()}
            assert ("auto-submitted" in fields) is ("x-auto-response-suppress" in fields) is (each is not answer)
            assert not fields & {"list-unsubscribe", "return-path", "bcc"}
        assert all(each.startswith("b+") and each.endswith("@bounce.test") and len(each.partition("@")[0]) <= 64 for each in paths)

        for _ in range(2):
            late = await gateway.take(
                dsn(answer, "anna@client.test", "delayed", "4.4.1", "smtp; 450 busy"), answer.reverse_path, reverse_path=""
            )
            assert (late["outcome"], late["ticket"], late["state"]) == ("bounce", 1, "done")
        _, told = await gateway.letters_to("dana@staff.test", 2)
        assert told.subject.startswith("A reply is late")
        assert (await states(gateway))["agent_reply"] == "sent"

        arrived = dsn(answer, "anna@client.test", "relayed", "2.0.0", "smtp; 250 fine")
        assert (await gateway.take(arrived, answer.reverse_path, reverse_path=""))["state"] == "done"

        gone = dsn(answer, "anna@client.test", message_id="<gone@mx.client.test>")
        for report in (gone, gone, dsn(answer, "anna@client.test", "delayed", "4.4.1"), dsn(answer, "anna@client.test", returned=False)):
            row = await gateway.take(report, answer.reverse_path, reverse_path="")
            assert row["state"] == "done"
        *_, told = await gateway.letters_to("dana@staff.test", 3)
        assert told.subject.startswith("A reply did not reach the client")
        assert "anna@client.test" in told.text
        assert "550 5.1.1 no such user here" in told.text
        assert "There is no mailbox at this address. Ask the client for the right address" in " ".join(told.text.split())
        lost = await gateway.take(dsn(registered, "anna@client.test", status="5.7.1"), registered.reverse_path, reverse_path="")
        assert lost["outcome"] == "bounce"
        await gateway.quiet()

        assert len(gateway.relay.to("dana@staff.test")) == 3, "nobody wrote the notice, so no letter tells of it"
        assert (await states(gateway))["agent_reply"] == (await states(gateway))["registered"] == "bounced"
        told_of = Counter(each["kind"] for each in (await gateway.ticket(1))["events"])
        assert (told_of["delivery_delayed"], told_of["bounced"]) == (1, 2)
        assert len(await gateway.rows("SELECT number FROM tickets")) == 1


async def test_a_forged_report_changes_nothing(lend: Lender) -> None:
    async with lend(**VERP) as gateway:
        registered, answer = await answered(gateway)
        notified = gateway.relay.to("dana@staff.test")[0]
        await gateway.command("outbox", "hold")
        await gateway.take(letter("Bob <bob@client.test>", "sales@desk.test", "Another"))
        [waiting] = await gateway.rows("SELECT r.verp FROM outbox_recipients r WHERE r.address = 'bob@client.test'")
        [other] = await gateway.rows("SELECT o.id FROM outbox_messages o WHERE o.kind = 'new_ticket' AND o.state = 'queued'")
        assert (await gateway.command("outbox", "cancel", str(other["id"])))[0] == 0
        [cancelled] = await gateway.rows(f"SELECT r.verp FROM outbox_recipients r WHERE r.outbox_id = {other['id']}")
        local, _, domain = answer.reverse_path.partition("@")
        of_reply = notified.message["Reply-To"].partition("+")[2].partition("@")[0]
        unnamed = arf(answer, "sales@desk.test", path=False).replace(answer.message_id.encode(), b"<x@y.test>")
        forged = {
            "no token, the right id": (dsn(answer, "anna@client.test"), "sales@desk.test"),
            "no token, the id, at postmaster": (dsn(answer, "anna@client.test"), "postmaster@desk.test"),
            "another last letter": (dsn(answer, "anna@client.test"), f"{local[:-1]}{'b' if local[-1] == 'a' else 'a'}@{domain}"),
            "a token of nothing": (dsn(answer, "anna@client.test"), f"b+{'a' * 44}@bounce.test"),
            "a reply token": (dsn(answer, "anna@client.test"), f"b+{of_reply}@bounce.test"),
            "a letter that has not left": (dsn(answer, "bob@client.test"), waiting["verp"]),
            "a letter that was cancelled": (dsn(answer, "dana@staff.test"), cancelled["verp"]),
            "a complaint about nothing": (unnamed, "sales@desk.test"),
        }
        for what, (report, to) in forged.items():
            row = await gateway.take(report, to, reverse_path="")
            assert (row["state"], row["outcome"], row["ticket"]) == ("ignored", "ignored", None), f"{what}: {row['why']}"
            assert row["why"], what
        assert await listed(gateway) == {}
        assert not [each for number in (1, 2) for kind in ("bounced", "complained") for each in await events(gateway, number, kind)]
        found = await gateway.rows("SELECT state FROM outbox_recipients WHERE state = 'bounced'")
        assert found == []
        assert await gateway.command("outbox", "release")

        # Whoever got one letter has the token of that one alone.
        row = await gateway.take(dsn(registered, "dana@staff.test"), registered.reverse_path, reverse_path="")
        assert (row["state"], row["outcome"]) == ("ignored", "ignored"), row["why"]
        row = await gateway.take(dsn(registered, "anna@elsewhere.test"), registered.reverse_path, reverse_path="")
        assert row["outcome"] == "bounce", "her mail is passed on to where it came back from"
        [marked] = await gateway.rows("SELECT address FROM outbox_recipients WHERE state = 'bounced'")
        assert marked["address"] == "anna@client.test"


async def test_reports_in_words_count_and_what_people_and_programs_write_to_the_return_address_does_not(lend: Lender) -> None:
    async with lend(**VERP) as gateway:
        for number, (address, (author, subject, words)) in enumerate(IN_WORDS.items(), 1):
            await ask(gateway, address, subject=f"Question {number}")
            [registered] = await gateway.letters_to(address)
            await gateway.quiet()
            row = await gateway.take(in_words(author, registered.reverse_path, subject, words), registered.reverse_path, reverse_path="")
            assert (row["state"], row["outcome"], row["ticket"]) == ("done", "bounce", number), f"{address}: {row['why']}"
            assert len(await events(gateway, number, "bounced")) == 1
        assert set(await listed(gateway)) == set(IN_WORDS) - {"odd@six.test"}

        notified = await ask(gateway)
        [registered] = await gateway.letters_to("anna@client.test")
        await gateway.quiet()
        sent = len(gateway.relay.messages)
        for fields in ({"Auto_Submitted": "auto-replied"}, {}):
            away = letter(ANNA, registered.reverse_path, "Automatic reply: Printer on fire", "I am away.", **fields)
            row = await gateway.take(away, registered.reverse_path, reverse_path="" if fields else "anna@client.test")
            assert row["outcome"] in ("ignored", "auto_reply"), row
        assert await events(gateway, 7, "bounced") == []
        human = letter(ANNA, registered.reverse_path, "My printer", "It still burns, and my program answers the envelope.")
        row = await gateway.take(human, registered.reverse_path)
        assert (row["outcome"], row["ticket"]) == ("client_reply", 7)
        stranger = letter("Eve <eve@else.test>", registered.reverse_path, "Me too", "Hello")
        row = await gateway.take(stranger, registered.reverse_path)
        assert (row["outcome"], row["ticket"]) == ("stranger_reply", 7)
        forged = await gateway.take(letter(ANNA, "b+aaaa@bounce.test", "Hi"), "b+aaaa@bounce.test")
        assert forged["state"] == "ignored"
        await gateway.quiet()
        assert {each.recipients for each in gateway.relay.messages[sent:]} == {("dana@staff.test",)}, "nobody is answered by itself"
        assert "It still burns" in [each["text"] for each in written(await gateway.ticket(7))][1]
        assert notified.reverse_path != registered.reverse_path


async def test_automatic_letters_do_not_go_where_mail_comes_back_from_and_replies_do_with_a_warning(lend: Lender) -> None:
    async with lend(zone=PROVEN, **VERP) as gateway:
        notified = await ask(gateway)
        [registered] = await gateway.letters_to("anna@client.test")
        await gateway.quiet()
        await gateway.take(dsn(registered, "Anna@Client.test"), registered.reverse_path, reverse_path="")
        found = (await listed(gateway))["anna@client.test"]
        assert (found["cause"], found["ticket"], found["agent"]) == ("bounce", 1, None)
        assert found["expires_at"] is not None
        assert "no such user here" in found["why"]

        assert (await gateway.command("tickets", "set", "1", "--status", "closed", "--as", "dana@staff.test"))[0] == 0
        [silenced] = await events(gateway, 1, "silenced")
        assert (silenced["data"]["kind"], silenced["data"]["to"]) == ("closed", ["anna@client.test"])
        assert "came back on" in silenced["data"]["why"]
        assert "no such user here" in silenced["data"]["why"]
        assert [each["kind"] for each in (await gateway.ticket(1))["articles"]] == ["client_message", "notice"], (
            "what was not sent is no article"
        )

        code, _, err = await gateway.command("tickets", "reply", "1", "--as", "dana@staff.test", "--text", "Try another printer.")
        assert code == 0
        assert "may not reach anna@client.test" in err
        await gateway.letters_to("anna@client.test", 2)
        _, warned = await gateway.letters_to("dana@staff.test", 2)
        assert warned.subject.startswith("Your reply may not arrive")
        assert "550 5.1.1 no such user here" in warned.text

        await gateway.take(reply_to(notified, DANA, "And one more.\n\n@tags fire\n@colour red"))
        *_, receipt = await gateway.letters_to("dana@staff.test", 3)
        assert "may not arrive" in receipt.text, "by mail she is warned in a receipt"
        await gateway.letters_to("anna@client.test", 3)

        # Her own mail shows that she exists, where it is authenticated.
        await gateway.take(letter("Anna <anna@client.test>", "sales@desk.test", "Here I am"))
        await gateway.letters_to("anna@client.test", 4)
        assert await listed(gateway) == {}


async def test_an_operator_lists_adds_and_lifts_suppressions(lend: Lender) -> None:
    async with lend(**VERP) as gateway:
        code, out, _ = await gateway.command("suppressions")
        assert (code, out) == (0, "no suppressions: automatic letters go to everybody\n")
        await gateway.command("outbox", "hold")
        await ask_quietly(gateway)
        code, out, err = await gateway.command("suppressions", "add", "Anna@Client.test", "--why", "asked for it", "--days", "30", "--json")
        assert code == 0, err
        assert json.loads(out)["address"] == "anna@client.test"
        assert (await states(gateway))["registered"] == "cancelled", "what waited for her is not sent"
        assert [each["kind"] for each in (await gateway.ticket(1))["articles"]] == ["client_message"]
        [silenced] = await events(gateway, 1, "silenced")
        assert (silenced["data"]["kind"], silenced["data"]["to"]) == ("registered", ["anna@client.test"])
        code, out, _ = await gateway.command("suppressions", "list")
        assert (code, "asked for it" in out, "person" in out) == (0, True, True)
        assert (await gateway.command("suppressions", "lift", "bob@client.test"))[0] == 1
        assert (await gateway.command("suppressions", "add", "nobody", "--why", "x"))[0] == 2
        assert (await gateway.command("suppressions", "lift", "anna@client.test"))[0] == 0
        assert await listed(gateway) == {}
        await gateway.command("outbox", "release")
        await gateway.take(letter(ANNA, "sales@desk.test", "Once more"))
        assert len(await gateway.letters_to("anna@client.test")) == 1, "a lifted address is written to at once"


async def ask_quietly(gateway: Running) -> None:
    row = await gateway.take(letter(ANNA, "sales@desk.test", "Printer on fire"))
    assert row["outcome"] == "ticket"


async def test_a_complaint_is_told_and_suppresses_for_good_though_it_hides_who_complained(lend: Lender) -> None:
    async with lend(zone=PROVEN, **VERP) as gateway:
        registered, answer = await answered(gateway)
        for kind in ("not-spam", "auth-failure"):
            row = await gateway.take(arf(answer, "sales@desk.test", kind=kind), "sales@desk.test", reverse_path="fbl@provider.test")
            assert (row["outcome"], row["ticket"]) == ("complaint", 1)
        assert await listed(gateway) == {}
        for number in range(2):
            row = await gateway.take(arf(answer, "sales@desk.test"), "sales@desk.test", reverse_path="fbl@provider.test")
            assert (row["outcome"], row["ticket"]) == ("complaint", 1), number
        _, told = await gateway.letters_to("dana@staff.test", 2)
        assert told.subject.startswith("A client complained of a reply")
        assert len(await events(gateway, 1, "complained")) == 1
        found = (await listed(gateway))["anna@client.test"]
        assert (found["cause"], found["expires_at"]) == ("complaint", None)
        await gateway.take(letter(ANNA, "sales@desk.test", "Here I am"))
        await gateway.quiet()
        assert len(gateway.relay.to("anna@client.test")) == 2, "her writing does not take back that she complained"
        assert len(gateway.relay.to("dana@staff.test")) == 3, "the complaint is told once, and the new ticket"
        assert registered.reverse_path != answer.reverse_path


async def test_a_dead_mailbox_of_an_agent_is_spared_and_somebody_else_is_told(lend: Lender) -> None:
    async with lend(**VERP) as gateway:
        gateway.relay.on("RCPT", reply("550 5.1.1 no such user"), matching=lambda address: address == "oleg@staff.test")
        await gateway.take(letter(ANNA, "support@desk.test", "Printer on fire"))
        await gateway.letters_to("dana@staff.test")
        await gateway.quiet()
        assert (await listed(gateway))["oleg@staff.test"]["agent"] == "Олег Агентов"
        code, out, _ = await gateway.command("status", "--json")
        told = json.loads(out)
        assert code == 0
        assert "oleg@staff.test" in told["degraded"]
        assert told["unreached_agents"] == ["oleg@staff.test"]
        assert "suppressions lift oleg@staff.test" in told["degraded"]
        assert "degraded: mail to agents comes back, and they are told nothing: Олег Агентов" in await page(gateway, "/healthz")

        await gateway.command("tickets", "set", "1", "--assignee", "oleg@staff.test", "--as", "dana@staff.test")
        asked = letter(
            ANNA, "support@desk.test", "Re: Printer on fire [#1]", "Hello?", answers=gateway.relay.to("anna@client.test")[0].message_id
        )
        assert (await gateway.take(asked))["outcome"] == "client_reply"
        assert "Hello?" in (await gateway.letters_to("dana@staff.test", 2))[-1].text, "somebody has to read the client"
        [of_reply] = [each for each in await events(gateway, 1, "silenced") if each["data"]["kind"] == "client_reply"]
        assert of_reply["data"]["instead"] == ["dana@staff.test"]
        gateway.relay.heal()
        assert (await gateway.command("suppressions", "lift", "oleg@staff.test"))[0] == 0
        await gateway.take(letter(ANNA, "support@desk.test", "Another"))
        await gateway.letters_to("oleg@staff.test")
        assert json.loads((await gateway.command("status", "--json"))[1])["degraded"] is None


async def test_without_a_bounce_domain_the_letters_id_has_to_do(lend: Lender) -> None:
    async with lend(zone=PROVEN, tables=QUICKLY, trust=TOKEN_IS_ENOUGH) as gateway:
        registered, answer = await answered(gateway)
        assert answer.reverse_path == "sales@desk.test"
        mail = letter(ANNA, "sales@desk.test", "For two", "Hello", Cc="Bob <bob@client.test>, Eve <eve@else.test>")
        await gateway.take(mail, "sales@desk.test")
        notified = (await gateway.letters_to("dana@staff.test", 2))[-1]
        await gateway.take(reply_to(notified, DANA, "To all of you."))
        await gateway.letters_to("eve@else.test")
        await gateway.quiet()
        [shared] = [each for each in gateway.relay.messages if "eve@else.test" in each.recipients and "To all of you." in each.text]
        assert {"anna@client.test", "bob@client.test"} <= set(shared.recipients), "one letter for all"

        forged_by_eve = dsn(shared, "zoe@else.test").replace(b"mx.client.test", b"mx.else.test")
        row = await gateway.take(forged_by_eve, "sales@desk.test", reverse_path="")
        assert (row["state"], row["ticket"]) == ("ignored", None), row["why"]
        row = await gateway.take(dsn(shared, "eve@else.test"), "sales@desk.test", reverse_path="")
        assert row["state"] == "ignored", "nothing proves that the server of else.test says so"
        assert "bounce_domain" in row["why"]
        assert not await gateway.rows("SELECT id FROM outbox_recipients WHERE state = 'bounced'")

        row = await gateway.take(dsn(answer, "anna@client.test"), "sales@desk.test", reverse_path="")
        assert (row["state"], row["ticket"]) == ("done", 1), row["why"]
        assert set(await listed(gateway)) == {"anna@client.test"}
        assert registered.message_id != answer.message_id
