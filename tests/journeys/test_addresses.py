"""Addresses of ours and of clients, told by the mail that comes and goes (U4, B6–B9, Z3, Z10–Z13)."""

import json
import re
from email.message import EmailMessage

from tests.journeys.lending import Lender
from tests.journeys.running import Running, letter, reply_to, written
from tests.journeys.telling import AS_DANA, by_ticket
from tests.peers.smtp_peer import Received

DANA = "Dana Agent <dana@staff.test>"
MORE = """
[[from_address]]
address = "info@outside.test"
name = "Info"
[[department]]
key = "quiet"
name = "Quiet"
auto_cc = false
client_identity = "reply-to"
[[gateway]]
address = "quiet@desk.test"
department = "quiet"
[[agent]]
name = "Quinn"
address = "quinn@staff.test"
departments = ["quiet"]
"""


def without(mail: EmailMessage | bytes, *names: str, **others: str) -> bytes:
    """As a forwarder hands it on that leaves fields out and writes some anew."""
    lines = bytes(mail).replace(b"\r\n", b"\n")
    head, _, body = lines.partition(b"\n\n")
    dropped = {each.lower().encode() for each in (*names, *(name.replace("_", "-") for name in others))}
    fields = re.split(rb"\n(?![ \t])", head)
    kept = [each for each in fields if each.partition(b":")[0].lower() not in dropped]
    kept += [f"{name.replace('_', '-')}: {value}".encode() for name, value in others.items()]
    return b"\n".join(kept) + b"\n\n" + body


async def agent_replies(gateway: Running, ticket: int, words: str) -> Received:
    """What the client gets."""
    await gateway.quiet()
    notified = await by_ticket(gateway, "new_ticket", "dana@staff.test")
    row = await gateway.take(reply_to(notified[ticket], DANA, words))
    assert row["outcome"] == "agent_reply", row
    await gateway.quiet()
    return letters_of(gateway)[-1]


def letters_of(gateway: Running) -> list[Received]:
    """Without those that verify the From address, which a job sends when its minute comes."""
    return [each for each in gateway.relay.messages if each.recipients != ("info@outside.test",)]


def copied(got: Received) -> list[str]:
    return [each.addr_spec for each in got.message["Cc"].addresses] if got.message["Cc"] else []


async def test_the_address_that_was_written_to_gets_a_copy_of_each_reply_which_has_no_effect_when_it_comes_back(lend: Lender) -> None:
    """Z10."""
    async with lend(desk="auto_cc = true", tables=MORE) as gateway:
        ways = (
            ("a@client.test", letter("a@client.test", "support@desk.test"), "support@desk.test"),
            ("b@client.test", letter("b@client.test", "info@outside.test"), "info@outside.test"),
            ("c@client.test", letter("c@client.test", "box@outside.test", Delivered_To="box@outside.test"), "box@outside.test"),
            ("d@client.test", letter("d@client.test", "stranger@else.test"), "support@desk.test"),
            ("e@client.test", letter("e@client.test", "quiet@desk.test"), None),
        )  # fmt: skip
        for number, (client, mail, copy) in enumerate(ways, 1):
            recipient = "quiet@desk.test" if copy is None else "support@desk.test"
            assert (await gateway.take(mail, recipient, reverse_path=client))["ticket"] == number
            if copy is None:
                assert (await gateway.command("tickets", "reply", str(number), "--as", "quinn@staff.test", "--text", "No copy."))[0] == 0
                await gateway.quiet()
                assert copied(gateway.relay.to(client)[-1]) == []
                continue
            got = await agent_replies(gateway, number, f"Answer {number}.")
            assert (copied(got), sorted(got.recipients)) == ([copy], sorted([client, copy])), client
            ticket = await gateway.ticket(number)
            assert ticket["cc"] == []
        before = [(each["number"], len(each["articles"]), each["updated_at"]) for each in [await gateway.ticket(n) for n in range(1, 5)]]
        letters = len(letters_of(gateway))

        # The copies come back: as they went out, with another id, and with hardly a field left.
        for got in [each for each in gateway.relay.messages if copied(each)]:
            content = got.content
            bare = without(content, "X-Deskgate-Ticket", "References", "In-Reply-To", "Auto-Submitted", Message_ID="<new@outside.test>")
            for number, way in enumerate((content, without(content, Message_ID="<other@outside.test>"), bare)):
                footer = way if number < 2 else way.rstrip() + b"\n\n-- \nScanned by outside.test\n"
                row = await gateway.take(footer, "support@desk.test", reverse_path="srs0=x=y=client.test=a@outside.test")
                assert (row["state"], row["ticket"]) == ("ignored", None), row
        await gateway.quiet()
        after = [(each["number"], len(each["articles"]), each["updated_at"]) for each in [await gateway.ticket(n) for n in range(1, 5)]]
        assert (after, len(letters_of(gateway))) == (before, letters)

        # The client answers all: the address is nobody who takes part.
        answered = gateway.relay.to("b@client.test")[-1].message_id
        answer = letter("b@client.test", "support@desk.test", "Re: Printer on fire", "Thanks.", answers=answered, Cc="info@outside.test")
        assert (await gateway.take(answer))["outcome"] == "client_reply"
        [participants] = await gateway.rows("SELECT count(*) AS n FROM ticket_participants WHERE address LIKE '%@outside.test'")
        assert participants["n"] == 0

        # An @to forward has it too, a private word has nobody.
        notified = await by_ticket(gateway, "new_ticket", "dana@staff.test")
        await gateway.take(reply_to(notified[2], DANA, "Can you help?\n\n@to expert@else.test"))
        await gateway.quiet()
        [forwarded] = gateway.relay.to("expert@else.test")
        assert copied(forwarded) == ["info@outside.test"]


async def test_one_mail_to_two_departments_is_a_ticket_of_each_where_that_is_wanted(lend: Lender) -> None:
    """`desk.duplicates`: decision 3."""
    async with lend(desk='duplicates = "per-department"') as gateway:
        both = ("support@desk.test", "sales@desk.test")
        mail = letter("anna@client.test", "Support <support@desk.test>, sales@desk.test, pomoc@desk.test", "For both")
        first = await gateway.take(mail)
        assert (first["outcome"], first["ticket"]) == ("ticket", 1)
        tickets = [await gateway.ticket(n) for n in (1, 2)]
        assert [(each["department"], each["gateway"]) for each in tickets] == [("support", both[0]), ("sales", both[1])]
        assert len({each["client"]["id"] for each in tickets}) == 1
        await gateway.quiet()
        registered = [each.message["From"].addresses[0].addr_spec for each in gateway.relay.to("anna@client.test")]
        assert sorted(registered) == sorted(both)
        # Again, by another way, and to one of them alone: nothing new.
        for content, recipients in ((bytes(mail), both), (b"X-Hop: 2\n" + bytes(mail), both), (b"X-Hop: 3\n" + bytes(mail), both[1:])):
            row = await gateway.take(content, *recipients, reverse_path="anna@client.test")
            assert row["outcome"] == "duplicate", row

        # Two copies by two paths.
        copy = letter("boris@client.test", "info@outside.test", "By two paths")
        rows = [await gateway.take(bytes(copy), each, reverse_path="boris@client.test") for each in both]
        assert [(each["outcome"], each["ticket"], each["gateway"]) for each in rows] == [("ticket", 3, both[0]), ("ticket", 4, both[1])]

        # Each thread's answers are on its own ticket, and so is what the author adds to their own mail.
        for got in gateway.relay.to("anna@client.test"):
            number = int(str(got.message["X-Deskgate-Ticket"]))
            answer = letter("anna@client.test", str(got.message["From"]), "Re: For both", "More.", answers=got.message_id)
            assert (await gateway.take(answer))["ticket"] == number
        for number, to in enumerate(both, 1):
            added = letter("anna@client.test", to, "And more", f"For {to}", answers=str(mail["Message-ID"]))
            assert (await gateway.take(added))["ticket"] == number
        # An answer to both is one answer.
        answer = letter(
            "anna@client.test", ", ".join(both), "Re: For both", "To all.", answers=gateway.relay.to("anna@client.test")[0].message_id
        )
        assert (await gateway.take(answer))["outcome"] == "client_reply"
        assert len(await gateway.rows("SELECT number FROM tickets")) == 4


async def test_strangers_mail_waits_to_be_sorted_and_then_counts_as_if_it_had_come_now(lend: Lender) -> None:
    """B7."""
    async with lend(desk='unknown_clients = "hold"') as gateway:
        known = await gateway.json("clients", "add", "known@client.test", "--name", "Known")
        held: dict[str, list[int]] = {}
        for author in ("anna@new.test", "boris@new.test", "anna@new.test", "eve@spam.test", "ivan@home.test", "zoe@else.test"):
            row = await gateway.take(letter(f"{author.partition('@')[0].title()} <{author}>", "support@desk.test", f"Of {author}"))
            assert (row["state"], row["ticket"]) == ("held", None)
            held.setdefault(author, []).append(row["id"])
        assert gateway.relay.messages == []
        listed = await gateway.json("inbound", "list", "--state", "held")
        assert len(listed) == 6
        assert {each["from"] for each in listed} == set(held)

        # To one who is known; twice, and at once.
        [ivan] = held["ivan@home.test"]
        to_known = ("inbound", "assign", str(ivan), "--client", "KNOWN@client.test", "--department", "sales")
        for _ in range(2):
            status, _, err = await gateway.command(*to_known)
            assert status == 0, err
            await gateway.settled(6)
        ticket = await gateway.ticket(1)
        assert (ticket["client"]["id"], ticket["department"], ticket["client"]["addresses"]) == (
            known["id"], "sales", ["known@client.test", "ivan@home.test"],
        )  # fmt: skip
        assert ticket["articles"][0]["author"]["address"] == "ivan@home.test"
        await gateway.quiet()
        assert [str(each.message["From"]) for each in gateway.relay.to("ivan@home.test")] == ["Support Team <support@desk.test>"]
        assert gateway.relay.to("known@client.test") == []
        later = await gateway.take(letter("ivan@home.test", "support@desk.test", "Later"))
        assert (later["state"], (await gateway.ticket(later["ticket"]))["client"]["id"]) == ("done", known["id"])

        # In bulk: an author, a domain.
        assert await gateway.json("inbound", "discard", "--domain", "spam.test") == {"discarded": held["eve@spam.test"], "before": []}
        done = await gateway.json("inbound", "assign", "--domain", "NEW.test", "--new")
        assert done["queued"] == sorted((*held["anna@new.test"], *held["boris@new.test"]))
        rows = {each["id"]: each for each in await gateway.settled(7)}
        assert {rows[each]["outcome"] for each in done["queued"]} == {"ticket"}
        assert rows[held["eve@spam.test"][0]]["state"] == "ignored"
        clients = {each["name"]: each for each in await gateway.json("clients", "list")}
        assert (clients["Anna"]["tickets"], clients["Boris"]["tickets"], "Eve" in clients) == (2, 1, False)
        assert (await gateway.take(letter("eve@spam.test", "support@desk.test", "Again")))["state"] == "held"

        # What cannot be.
        [zoe] = held["zoe@else.test"]
        refused = {
            ("assign", str(zoe), "--client", "nobody@else.test"): (1, "there is no client nobody@else.test"),
            ("assign", str(zoe), "--new", "--department", "none"): (1, "there is no department 'none'"),
            ("assign", "999", "--new"): (1, "there is no inbound message 999"),
            ("assign", str(ivan), "--new"): (1, "is done already (ticket, on ticket #1)"),
            ("assign", "--author", "none@else.test", "--new"): (1, "no held mail is of none@else.test"),
            ("assign", "--new"): (2, "give ID, --author or --domain"),
            ("discard", str(ivan)): (1, "is done already"),
        }
        for arguments, (status, why) in refused.items():
            said = await gateway.command("inbound", *arguments)
            assert (said[0], said[1], why in said[2]) == (status, "", True), said
        assert (await gateway.command("inbound", "assign", str(zoe)))[0] == 2

        # Staff and whoever has a thread's proof are not strangers to be held.
        got = gateway.relay.to("ivan@home.test")[0]
        answer = letter("assistant@else.test", "support@desk.test", f"Re: {got.subject}", "For him.", answers=got.message_id)
        assert (await gateway.take(answer))["outcome"] == "stranger_reply"
        notified = await by_ticket(gateway, "new_ticket", "dana@staff.test")
        assert (await gateway.take(reply_to(notified[1], DANA, "We look into it.")))["outcome"] == "agent_reply"

        # Mail that claims to be an agent's is nobody's client; it may be given to one all the same.
        forged = await gateway.take(letter("dana@staff.test", "support@desk.test", "Forged"))
        assert forged["state"] == "held"
        status, _, err = await gateway.command("inbound", "assign", str(forged["id"]), "--new")
        assert (status, "is an agent's address" in err) == (1, True)
        assert (await gateway.command("inbound", "assign", str(forged["id"]), "--client", str(known["id"])))[0] == 0
        row = next(each for each in await gateway.settled(1) if each["id"] == forged["id"])
        assert (row["outcome"], (await gateway.ticket(row["ticket"]))["client"]["id"]) == ("ticket", known["id"])
        assert (await gateway.json("clients", "show", str(known["id"])))["addresses"] == ["known@client.test", "ivan@home.test"]


async def test_who_the_client_is(lend: Lender) -> None:
    """Z11, B9, IDN, subaddresses, people in Cc; all on one gateway."""
    async with lend(tables=MORE, desk='notify_recipients = "always"') as gateway:
        # Z11 in one department: Reply-To's first, never one of ours.
        asked = {
            "visitor@form.test, second@form.test": "visitor@form.test",
            "support@desk.test": "robot@site.test",
            "dana@staff.test": "robot@site.test",
        }
        for replies_to, client in asked.items():
            row = await gateway.take(letter("robot@site.test", "quiet@desk.test", f"By {replies_to}", Reply_To=replies_to))
            assert (await gateway.ticket(row["ticket"]))["client"]["addresses"] == [client]
        row = await gateway.take(letter("robot@site.test", "sales@desk.test", "From counts there", Reply_To="visitor@form.test"))
        assert (await gateway.ticket(row["ticket"]))["client"]["addresses"] == ["robot@site.test"]
        await gateway.quiet()
        got = gateway.relay.to("visitor@form.test")[0]
        for author in ("visitor@form.test", "robot@site.test"):
            answer = letter(author, "quiet@desk.test", f"Re: {got.subject}", f"Of {author}.", answers=got.message_id)
            assert (await gateway.take(answer))["ticket"] == 1

        # One person in two scripts and cases; dots and subaddresses are others.
        rows = [
            await gateway.take(
                letter(author, "support@desk.test", f"Of {author}").as_bytes(), "support@desk.test", reverse_path="x@client.test"
            )
            for author in (
                "ivan@xn--e1afmkfd.xn--p1ai",
                "IVAN@XN--E1AFMKFD.xn--p1ai",
                "i.van@client.test",
                "ivan+a@client.test",
                "ivan@client.test",
            )
        ]
        mail = letter("x@client.test", "support@desk.test", "In Cyrillic")
        content = without(mail, From="Иван <ivan@пример.рф>")
        async with gateway.session() as smtp:
            await smtp.mail("ivan@пример.рф", options=["SMTPUTF8", "BODY=8BITMIME"], encoding="utf-8")
            await smtp.rcpt("support@desk.test", encoding="utf-8")
            await smtp.data(content.replace(b"\n", b"\r\n"))
        rows.append((await gateway.settled(len(rows) + 7))[-1])
        clients = [(await gateway.ticket(each["ticket"]))["client"]["id"] for each in rows]
        assert (clients[0], clients[0]) == (clients[1], clients[5])
        assert len(set(clients)) == 4

        # B9: without text and file it is no ticket; a signature, a picture, a winmail.dat is something.
        empty = letter("anna@client.test", "support@desk.test", "Only a subject", "\n \n")
        assert (await gateway.take(empty))["state"] == "ignored"
        for subject, words in (("Signature", "-- \nAnna"), ("Quotation", "> You wrote")):
            assert (await gateway.take(letter("anna@client.test", "support@desk.test", subject, words)))["outcome"] == "ticket"
        picture = letter("anna@client.test", "support@desk.test", "Picture", "")
        picture.add_attachment(b"smoke", maintype="image", subtype="png", disposition="inline", cid="<a@b>")
        assert (await gateway.take(picture))["outcome"] == "ticket"

        # Sixty people in Cc: fifty are known to the ticket, none is a client.
        many = letter("anna@client.test", "support@desk.test", "Many", Cc=", ".join(f"p{n}@many.test" for n in range(60)))
        number = (await gateway.take(many))["ticket"]
        more = letter("anna@client.test", "support@desk.test", "More", answers=str(many["Message-ID"]), Cc="late@many.test")
        assert (await gateway.take(more))["ticket"] == number
        [people] = await gateway.rows("SELECT count(*) AS n FROM ticket_participants WHERE ticket = :n AND part <> 'requester'", n=number)
        assert people["n"] == 50
        assert [each for each in await gateway.rows("SELECT key FROM client_addresses") if each["key"].endswith("@many.test")] == []


async def test_a_gateway_is_switched_off_and_on_while_it_serves(lend: Lender) -> None:
    """Z3, Z2, U4."""
    async with lend() as gateway:
        text = gateway.config.read_text("utf-8")
        sales = 'address = "sales@desk.test"\n'

        async def configured(extra: str) -> None:
            gateway.config.write_text(text.replace(sales, sales + extra), "utf-8")
            await gateway.process.reload()

        await configured("enabled = false\n")
        row = await gateway.take(letter("anna@client.test", "sales@desk.test", "While it is off"))
        assert (row["state"], "sales@desk.test is switched off" in row["why"]) == ("ignored", True)
        both = await gateway.take(letter("anna@client.test", "sales@desk.test, support@desk.test", "To both"))
        assert (both["outcome"], both["gateway"]) == ("ticket", "support@desk.test")
        await configured('enabled = false\nwhen_disabled = "defer"\n')
        async with gateway.session() as client:
            await client.mail("anna@client.test")
            said = [await client.execute_command(b"RCPT", b"TO:<%b@desk.test>" % each) for each in (b"sales", b"support", b"nobody")]
            assert [each.code for each in said] == [450, 250, 550]
        await configured("")
        assert (await gateway.take(letter("anna@client.test", "sales@desk.test", "On again")))["gateway"] == "sales@desk.test"

        # U4: an address of ours is nobody's account, however it is written or comes.
        for address in ("support@desk.test", "Support+vip@DESK.test", "anybody@any.test", "r@desk.test"):
            for command in (
                ("clients", "add", address),
                ("tickets", "new", "--client", address, "--subject", "S", "--text", "T", *AS_DANA),
            ):
                status, out, err = await gateway.command(*command)
                assert (status, out, "nobody's account" in err) == (1, "", True), (command, err)
            assert (await gateway.take(letter(address, "support@desk.test", f"From {address}")))["ticket"] is None
        table = "Имя;Эл. почта\nИван;ivan@client.test, i@home.test\nМы;support+x@desk.test\n"
        status, out, err = await gateway.command("clients", "import", "-", "--json", stdin=table.encode("cp1251"))
        assert (status, json.loads(out)["faults"][0]["line"]) == (1, 3), err
        assert [each["addresses"] for each in await gateway.json("clients", "list")] == [["anna@client.test"]]
        good = table.partition("Мы")[0].encode("cp1251")
        for counts in ((1, 0), (0, 1)):
            status, out, err = await gateway.command("clients", "import", "-", "--json", stdin=good)
            assert (status, json.loads(out)["added"], json.loads(out)["known"]) == (0, *counts), err
        assert [(each["name"], each["addresses"]) for each in await gateway.json("clients", "list")][1:] == [
            ("Иван", ["ivan@client.test", "i@home.test"])
        ]
        added = await gateway.json("clients", "add", "third@home.test", "--to", "ivan@client.test")
        assert added["addresses"] == ["ivan@client.test", "i@home.test", "third@home.test"]
        assert (await gateway.command("clients", "add", "anna@client.test", "--to", "ivan@client.test"))[0] == 1
        assert len(written(await gateway.ticket(both["ticket"]))) == 1


async def test_what_an_agent_passes_on_is_its_authors_and_the_agent_is_told(lend: Lender) -> None:
    """Z13, for one department, while strangers' mail is held."""
    department = '[[department]]\nkey = "passing"\nrequester_from_forward = true\n'
    gateway_table = '[[gateway]]\naddress = "passing@desk.test"\ndepartment = "passing"\n'
    agent = '[[agent]]\nname = "Паша"\naddress = "pasha@staff.test"\ndepartments = ["passing"]\nlanguage = "ru"\n'
    zone = {("staff.test", "TXT"): ["v=spf1 ip4:127.0.0.1 -all"]}
    tables = department + gateway_table + agent
    async with lend(trust="", zone=zone, desk='unknown_clients = "hold"', tables=tables) as gateway:
        words = (
            "Разберитесь, пожалуйста.\n\n-------- Перенаправленное сообщение --------\nТема: Принтер\n"
            "Дата: Sat, 21 Nov 2026 12:00:00 +0300\nОт: Анна <anna@client.test>\nКому: pasha@staff.test\n\nГорит!\n"
        )
        row = await gateway.take(letter("Паша <pasha@staff.test>", "passing@desk.test", "Fwd: Принтер", words))
        assert row["outcome"] == "ticket", row
        ticket = await gateway.ticket(row["ticket"])
        assert (ticket["client"]["addresses"], ticket["client"]["name"], ticket["subject"]) == (["anna@client.test"], "Анна", "Принтер")
        first, note = written(ticket)
        assert (first["text"].strip(), first["author"]["address"]) == ("Горит!", "anna@client.test")
        assert (note["kind"], note["text"].strip(), note["private"]) == ("note", "Разберитесь, пожалуйста.", True)
        await gateway.quiet()
        [told] = gateway.relay.to("pasha@staff.test")
        assert told.subject == f"Открыто для клиента Анна <anna@client.test>: Принтер [#{ticket['number']}]"
        assert "стало обращением его автора: Анна <anna@client.test>" in told.text
        [registered] = gateway.relay.to("anna@client.test")
        assert "Разберитесь" not in registered.text
        # It bears the agent's own token: an answer to it is the client's.
        assert (await gateway.take(reply_to(told, "Паша <pasha@staff.test>", "Едем.")))["outcome"] == "agent_reply"
        # Another department's forward is the agent's own; a forged one is held.
        elsewhere = await gateway.take(letter("dana@staff.test", "support@desk.test", "Fwd: Принтер", words))
        assert (await gateway.ticket(elsewhere["ticket"]))["client"]["addresses"] == ["dana@staff.test"]
        forged = letter("pasha@home.test", "passing@desk.test", "Fwd: Принтер", words)
        forged.replace_header("From", "Паша <oleg@staff.test>")
        assert (await gateway.take(forged, reverse_path="eve@evil.test"))["state"] == "held"
