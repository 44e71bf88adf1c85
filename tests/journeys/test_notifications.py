"""Who is told of what, when and from which address (C1–C5, C7, U5, U11, Z6, Z12, B2): over real SMTP, from the terminal and by mail."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.running import Running, letter, reply_to, running
from tests.peers.smtp_peer import Received, SmtpPeer

DANA, OLEG, ANNA = "Dana Agent <dana@staff.test>", "Олег Агентов <oleg@staff.test>", "Anna <anna@client.test>"
AS_DANA = ("--as", "dana@staff.test")
RELAYED = 'agent_authentication = "token"\nrelays = ["127.0.0.1"]\nauthserv_id = "mx.relay.test"'
SAM = """
[[agent]]
name = "Sam Seller"
address = "sam@staff.test"
departments = ["sales"]
"""


def proven(mail: EmailMessage, domain: str = "client.test") -> bytes:
    """As the relay in front of us hands it on: with what it found out about the author's domain."""
    return f"Authentication-Results: mx.relay.test; spf=pass smtp.mailfrom={domain}\n".encode() + mail.as_bytes()


async def by_ticket(gateway: Running, kind: str, agent: str) -> dict[int, Received]:
    """The letters of this kind that the agent got, by their tickets."""
    query = """SELECT m.ticket, r.message_id FROM outbox_messages m JOIN outbox_recipients r ON r.outbox_id = m.id
                WHERE m.kind = :kind AND r.address = :agent ORDER BY m.id"""
    known = {each.message_id: each for each in gateway.relay.to(agent)}
    return {row["ticket"]: known[row["message_id"]] for row in await gateway.rows(query, kind=kind, agent=agent)}


async def told(gateway: Running, *addresses: str) -> dict[int, list[tuple[str, str]]]:
    """By ticket, which letters went to whom, in order; to these addresses, or to all outside."""
    query = """SELECT m.ticket, m.kind, r.address FROM outbox_messages m JOIN outbox_recipients r ON r.outbox_id = m.id
                WHERE m.state = 'sent' ORDER BY m.id, r.position"""
    found = defaultdict(list)
    for row in await gateway.rows(query):
        if row["address"] in addresses or not (addresses or row["address"].endswith("@staff.test")):
            found[row["ticket"]].append((row["kind"], row["address"]))
    return dict(found)


async def kinds_to(gateway: Running, address: str) -> list[str]:
    return [kind for letters in (await told(gateway, address)).values() for kind, _ in letters]


async def set_fields(gateway: Running, number: int, *arguments: str, agent: str = "dana@staff.test") -> None:
    status, out, err = await gateway.command("tickets", "set", str(number), *arguments, "--as", agent)
    assert (status, out) == (0, f"#{number}: done\n"), err


STATUSES = {
    "open": "in_progress",
    "pending": None,
    "resolved": "resolved",
    "closed": "closed",
    "cancelled": "cancelled",
    "spam": None,
    "trash": None,
}
TOLD_IN_A_REPLY = {"resolved": "is now resolved", "closed": "is now closed", "cancelled": "is now cancelled"}


async def test_the_client_is_told_of_every_status_once_however_it_was_set(database_url: str, tmp_path: Path) -> None:
    """C1: by the terminal and by a command alone in a letter of its own; with a reply, in the reply."""
    async with running(database_url, tmp_path) as gateway:
        cases = [(way, status) for way in ("terminal", "command", "reply") for status in STATUSES]
        for way, status in cases:
            await gateway.send(letter(f"{way}-{status}@client.test", "sales@desk.test", f"About {way} {status}"))
        await gateway.letters_to("dana@staff.test", len(cases))
        await gateway.settled(len(cases))
        await gateway.quiet()
        numbers = {
            row["subject"].removeprefix("About "): row["number"] for row in await gateway.rows("SELECT number, subject FROM tickets")
        }
        notified = await by_ticket(gateway, "new_ticket", "dana@staff.test")
        for way, status in cases:
            number = numbers[f"{way} {status}"]
            if way != "terminal":
                words = f"@{status}" if way == "command" else f"We looked into it.\n\n@{status}"
                await gateway.send(reply_to(notified[number], DANA, words))
        await asyncio.gather(*(set_fields(gateway, numbers[f"terminal {status}"], "--status", status) for status in STATUSES))
        await gateway.settled(len(cases) + 2 * len(STATUSES))
        await gateway.quiet()

        letters = await told(gateway)
        for way, status in cases:
            number = numbers[f"{way} {status}"]
            address = f"{way}-{status}@client.test"
            assert (await gateway.ticket(number))["status"] == status, (way, status)
            second = "agent_reply" if way == "reply" else STATUSES[status]
            wanted = [("registered", address), *([(second, address)] if second else [])]
            assert letters[number] == wanted, (way, status)
            if second is None:
                continue
            got = gateway.relay.to(address)[-1]
            assert got.subject == f"Re: About {way} {status} [#{number}]"
            assert got.message["From"] == "Dana Agent <sales@desk.test>" if way == "reply" else "Sales Team <sales@desk.test>"
            assert (got.message["Auto-Submitted"] is None) == (way == "reply")
            assert got.message["X-Deskgate-Ticket"] == str(number)
            assert got.text.startswith("## Please type your reply above this line ##")
            for each, words in TOLD_IN_A_REPLY.items():
                assert (words in got.text) == (way == "reply" and each == status), got.text
            assert ("/rate/" in got.text) == (status == "resolved"), "C9: whoever tells of it carries the scale"


async def test_work_begins_once_and_not_by_an_answer(database_url: str, tmp_path: Path) -> None:
    """`in_progress` is `new` → `open` by anything but a reply; what was open before is not begun again."""
    async with running(database_url, tmp_path) as gateway:
        for number in (1, 2, 3):
            await gateway.send(letter(f"c{number}@client.test", "sales@desk.test", f"Number {number}"))
        await gateway.letters_to("dana@staff.test", 3)
        await gateway.settled(3)
        tickets = {row["subject"][-1]: row["number"] for row in await gateway.rows("SELECT number, subject FROM tickets")}
        notified = await by_ticket(gateway, "new_ticket", "dana@staff.test")
        await gateway.send(reply_to(notified[tickets["1"]], DANA, "@in progress"))
        await gateway.send(reply_to(notified[tickets["2"]], DANA, "Use the extinguisher."))
        await gateway.send(reply_to(notified[tickets["3"]], DANA, "@me\n@pending"))
        await gateway.settled(6)
        await gateway.send(reply_to(notified[tickets["3"]], DANA, "@open"))
        await gateway.settled(7)
        await set_fields(gateway, tickets["2"], "--status", "open")
        await gateway.quiet()
        assert [(await gateway.ticket(each))["status"] for each in tickets.values()] == ["open"] * 3
        assert await kinds_to(gateway, "c1@client.test") == ["registered", "in_progress"]
        assert await kinds_to(gateway, "c2@client.test") == ["registered", "agent_reply"]
        assert await kinds_to(gateway, "c3@client.test") == ["registered"], "it was pending before it was opened"


OTHERS = [f"guest{number}@other.test" for number in range(12)]
RECIPIENTS = {
    # What notify_recipients says, and who is told of a proven mail, of an unproven one, and of one that DMARC disowns.
    "authenticated": (True, False),
    "always": (True, True),
    "never": (False, False),
}


@pytest.mark.parametrize("mode", RECIPIENTS)
async def test_the_recipients_of_the_original_mail_are_told_as_well(mode: str, database_url: str, tmp_path: Path) -> None:
    """C2: those in To and Cc, ten at most; never our gateways, agents, or who was only in Bcc."""
    of_proven, of_unproven = RECIPIENTS[mode]
    async with running(database_url, tmp_path, trust=RELAYED, desk=f'notify_recipients = "{mode}"') as gateway:
        to = f"sales@desk.test, Guest Zero <{OTHERS[0]}>, help@desk.test, oleg@staff.test"
        cc = ", ".join([ANNA, *OTHERS[1:]])
        asked = letter(ANNA, to, "Proven", "The secret is 4711.", Cc=cc, Bcc="blind@other.test")
        row = await gateway.take(proven(asked), "sales@desk.test", "pomoc@desk.test", reverse_path="anna@client.test")
        assert (row["outcome"], row["ticket"]) == ("ticket", 1)
        forged = letter("eve@forged.test", "sales@desk.test, victim@other.test", "Forged", "Buy now at http://x.test")
        row = await gateway.take(forged, "sales@desk.test")
        assert (row["outcome"], row["ticket"]) == ("ticket", 2)
        await asyncio.gather(*(set_fields(gateway, number, "--status", "resolved") for number in (1, 2)))
        await gateway.quiet()

        letters = await told(gateway)
        guests = [(kind, each) for kind in ("registered",) for each in OTHERS[:10]]
        registered = [each for each in letters[1] if each[0] == "registered" and each[1] != "anna@client.test"]
        assert registered == (guests if of_proven else [])
        resolved = [address for kind, address in letters[1] if kind == "resolved"]
        assert resolved == ["anna@client.test", *(OTHERS[:10] if of_proven else [])]
        assert Counter(address for kind, address in letters[2] if kind == "registered") == Counter(
            ["eve@forged.test", *(["victim@other.test"] if of_unproven else [])]
        )
        everybody = {address for each in gateway.relay.messages for address in each.recipients}
        assert not everybody & {"blind@other.test", "sales@desk.test", "pomoc@desk.test", "help@desk.test"}
        for each in gateway.relay.to(OTHERS[0]):
            assert "/rate/" not in each.text, "C9: the scale goes to the requester alone"
            assert "4711" not in each.text
        for each in gateway.relay.to("victim@other.test"):
            assert "x.test" not in each.text, "an unproven author's words are not passed on"
        assert "blind" not in str([[each.message["To"], each.message["Cc"]] for each in gateway.relay.messages])
        if of_proven:
            [to_guest] = [each for each in gateway.relay.to(OTHERS[0]) if each.message["Auto-Submitted"] == "auto-replied"]
            assert to_guest.message["From"].addresses[0].addr_spec == "sales@desk.test"


NOTIFICATIONS = """
[[notification]]
on = "registered"
to = "client"
send = "never"
[[notification]]
on = "registered"
to = "client"
language = "ru"
from = "pomoc@desk.test"
[[notification]]
on = "registered"
to = "client"
category = "Repair"
template = "repair"
[[notification]]
on = "registered"
to = "client"
department = "sales"
template = "sold"
[[notification]]
on = "resolved"
to = ["client", "oleg@staff.test", "department"]
[[notification]]
on = "closed"
to = "client"
send = "delayed"
delay_minutes = 30
[[notification]]
on = "client_reply"
to = "department"
[[notification]]
on = "note"
to = "department"
[templates]
directory = "letters"
[[gateway]]
address = "repair@desk.test"
department = "support"
category = "repair"
language = "en"
"""


def write_templates(folder: Path, **templates: str) -> None:
    (folder / "letters" / "en").mkdir(parents=True)
    for name, source in templates.items():
        (folder / "letters" / "en" / f"{name}.txt").write_text(source, "utf-8")


async def test_a_configured_notification_replaces_the_built_in_of_its_event_and_audience(database_url: str, tmp_path: Path) -> None:
    """C3–C5: per category, department and language; another template, another From, never; the narrowest counts."""
    write_templates(
        tmp_path, repair="Subject: Repair {{ ticket.number }}\n\nWe repair it.\n", sold="Subject: Thank you\n\nYou are in the shop.\n"
    )
    async with running(database_url, tmp_path, tables=NOTIFICATIONS) as gateway:
        for to in ("support", "help", "repair", "sales", "pomoc"):
            await gateway.take(letter(f"{to}@client.test", f"{to}@desk.test", f"To {to}"))
        await gateway.quiet()
        assert gateway.relay.to("support@client.test") == [], "never"
        assert gateway.relay.to("pomoc@client.test") == []
        [russian] = gateway.relay.to("help@client.test")
        assert russian.message["From"].addresses[0].addr_spec == "pomoc@desk.test"
        assert russian.text.startswith("## Пожалуйста")
        [repair] = gateway.relay.to("repair@client.test")
        assert repair.subject.startswith("Repair 3")
        assert "We repair it." in repair.text
        [sold] = gateway.relay.to("sales@client.test")
        assert "You are in the shop." in sold.text
        assert "[#4]" in sold.subject
        assert len(await by_ticket(gateway, "new_ticket", "dana@staff.test")) == 5, "other audiences are told as ever"

        await set_fields(gateway, 4, "--status", "resolved")
        await set_fields(gateway, 1, "--status", "resolved")
        await gateway.quiet()
        letters = await told(gateway, "support@client.test", "dana@staff.test", "oleg@staff.test")
        resolved = [each for each in letters[1] if each[0] == "resolved"]
        assert sorted(resolved) == [("resolved", "oleg@staff.test"), ("resolved", "support@client.test")], "who acts is not told"
        assert ("resolved", "oleg@staff.test") in letters[4], "an agent named in the configuration, of whatever department"

        # To the department, and not to the assignee alone, for that is what was configured besides.
        await set_fields(gateway, 1, "--assignee", "oleg@staff.test")
        await gateway.take(reply_to(gateway.relay.to("support@client.test")[-1], "support@client.test", "It burns again."))
        await gateway.quiet()
        letters = await told(gateway, "dana@staff.test", "oleg@staff.test")
        replies = Counter(address for kind, address in letters[1] if kind == "client_reply")
        assert replies == {"dana@staff.test": 1, "oleg@staff.test": 1}

        notified = (await by_ticket(gateway, "new_ticket", "dana@staff.test"))[1]
        await gateway.take(reply_to(notified, DANA, "@note she is upset"))
        await gateway.quiet()
        [note] = [each for each in gateway.relay.to("oleg@staff.test") if each.message_id in await ids_of_kind(gateway, "note")]
        assert "upset" not in note.text, "a note stands in no letter"
        assert "note" not in await kinds_to(gateway, "dana@staff.test")


async def ids_of_kind(gateway: Running, kind: str) -> set[str]:
    query = "SELECT r.message_id FROM outbox_messages m JOIN outbox_recipients r ON r.outbox_id = m.id WHERE m.kind = :kind"
    return {row["message_id"] for row in await gateway.rows(query, kind=kind)}


DELAYED = """
[[notification]]
on = "resolved"
to = "client"
send = "delayed"
delay_minutes = 45
[[notification]]
on = "in_progress"
to = "client"
send = "delayed"
delay_minutes = 5
"""


async def test_a_delayed_letter_waits_goes_once_and_not_at_all_when_its_status_was_left(database_url: str, tmp_path: Path) -> None:
    """C5, over a restart; time is moved in the database."""
    async with SmtpPeer() as relay:
        async with running(database_url, tmp_path, relay=relay, tables=DELAYED) as gateway:
            for number in range(1, 5):
                await gateway.take(letter(f"c{number}@client.test", "sales@desk.test", f"Number {number}"))
            await asyncio.gather(*(set_fields(gateway, number, "--status", "resolved") for number in (1, 2, 3)))
            await set_fields(gateway, 4, "--status", "open")
            await gateway.quiet()
            listed = await gateway.json("outbox", "list", "--state", "scheduled")
            assert Counter(each["kind"] for each in listed) == {"resolved": 3, "in_progress": 1}
            [[minutes]] = {
                tuple(row.values())
                for row in await gateway.rows(
                    "SELECT round(extract(epoch FROM due_at - created_at) / 60)::int FROM outbox_messages WHERE kind = 'resolved'"
                )
            }
            assert minutes == 45
            shown = await gateway.json("outbox", "show", str(listed[0]["id"]))
            assert (shown["state"], shown["sent_at"], shown["attempts"]) == ("scheduled", None, 0)

            # 1 stays resolved; 2 is reopened by its client, 3 closed by an agent; 4 is answered, and stays open.
            await gateway.take(reply_to(relay.to("c2@client.test")[0], "c2@client.test", "It burns again."))
            await set_fields(gateway, 3, "--status", "closed")
            await gateway.quiet()
            states = {row["ticket"]: row["state"] for row in await letters_of(gateway, "resolved")}
            assert states == {1: "scheduled", 2: "cancelled", 3: "cancelled"}
            assert all(
                "left the status resolved" in row["last_error"] for row in await letters_of(gateway, "resolved") if row["ticket"] != 1
            )
            # Resolved a second time, it is told of again.
            await set_fields(gateway, 2, "--status", "resolved")
            assert [row["state"] for row in await letters_of(gateway, "resolved") if row["ticket"] == 2] == ["cancelled", "scheduled"]
            assert not [each for each in relay.messages if "is resolved" in each.text]
        async with running(database_url, tmp_path, relay=relay, tables=DELAYED, server="processes = 2") as gateway:
            await gateway.quiet()
            assert not [each for each in relay.messages if "is resolved" in each.text], "a restart does not make it early"
            await gateway.alter("UPDATE outbox_messages SET due_at = now() - interval '1 s' WHERE state = 'scheduled'")
            await gateway.alter("NOTIFY outbox")
            await gateway.letters_to("c1@client.test", 2, seconds=60)
            await gateway.letters_to("c2@client.test", 2, seconds=60)
            await gateway.letters_to("c4@client.test", 2, seconds=60)
            await gateway.quiet()
        async with running(database_url, tmp_path, relay=relay, tables=DELAYED) as gateway:
            await gateway.quiet()
            got = Counter(each.recipients[0] for each in relay.messages if "is resolved" in each.text)
            assert got == {"c1@client.test": 1, "c2@client.test": 1}
            assert await kinds_to(gateway, "c3@client.test") == ["registered", "closed"]
            assert await kinds_to(gateway, "c4@client.test") == ["registered", "in_progress"]


async def letters_of(gateway: Running, kind: str) -> list[dict[str, Any]]:
    return await gateway.rows("SELECT ticket, state, last_error FROM outbox_messages WHERE kind = :kind ORDER BY id", kind=kind)


async def test_staff_letters_go_to_the_departments_agents_and_a_new_assignee_is_told(database_url: str, tmp_path: Path) -> None:
    """B2 and C7."""
    async with running(database_url, tmp_path, tables=SAM) as gateway:
        await gateway.take(letter(ANNA, "support@desk.test", "Printer on fire"))
        await gateway.take(letter(ANNA, "sales@desk.test", "A new printer"))
        await gateway.quiet()
        agents = ("dana@staff.test", "oleg@staff.test", "sam@staff.test")
        letters = await told(gateway, *agents)
        assert {address for _, address in letters[1]} == {"dana@staff.test", "oleg@staff.test"}
        assert {address for _, address in letters[2]} == {"dana@staff.test", "sam@staff.test"}

        # By the terminal; by a command; by oneself; and again to whom it belongs already.
        await set_fields(gateway, 1, "--assignee", "oleg@staff.test")
        notified = await by_ticket(gateway, "new_ticket", "dana@staff.test")
        await gateway.take(reply_to(notified[2], DANA, "@assignee Sam Seller"))
        await gateway.quiet()
        [to_oleg] = (await by_ticket(gateway, "assigned", "oleg@staff.test")).values()
        [to_sam] = (await by_ticket(gateway, "assigned", "sam@staff.test")).values()
        assert to_oleg.text.startswith("## Пожалуйста")
        assert "Dana Agent" in to_oleg.text
        assert "Printer on fire" in to_oleg.subject
        assert to_sam.subject == "Yours now: A new printer [#2]"
        assert to_sam.text.startswith("## Please type")
        assert str(to_sam.message["Reply-To"]).startswith("r+"), "an answer to it goes to the client"
        await gateway.take(reply_to(to_sam, "Sam Seller <sam@staff.test>", "It costs 100."))
        await gateway.quiet()
        assert "It costs 100." in gateway.relay.to("anna@client.test")[-1].text
        before = len(gateway.relay.messages)
        await set_fields(gateway, 2, "--assignee", "sam@staff.test")
        await set_fields(gateway, 2, "--assignee", "dana@staff.test")
        await gateway.quiet()
        assert len(gateway.relay.messages) == before, "nobody is told of what they did, nor of what was so before"

        # What the client adds goes to the assignee alone.
        await gateway.take(reply_to(gateway.relay.to("anna@client.test")[-1], ANNA, "Too much."))
        await gateway.quiet()
        assert [each for each in (await told(gateway, *agents))[2] if each[0] == "client_reply"] == [("client_reply", "dana@staff.test")]
        # A ticket that moves is the new department's.
        await set_fields(gateway, 1, "--department", "sales")
        await gateway.quiet()
        before = len(gateway.relay.to("oleg@staff.test"))
        first = next(each for each in gateway.relay.to("anna@client.test") if "Printer on fire" in each.subject)
        await gateway.take(reply_to(first, ANNA, "Still burning."))
        await gateway.quiet()
        assert len(gateway.relay.to("oleg@staff.test")) == before


FROM = """
[[from_address]]
address = "help@desk.test"
name = "Help of Support"
department = "support"
default = true
[[from_address]]
address = "unverified@elsewhere.test"
department = "sales"
default = true
"""


@pytest.mark.parametrize("show", [True, False])
async def test_letters_come_from_where_the_client_wrote_to_in_its_language(show: bool, database_url: str, tmp_path: Path) -> None:
    """U5, U11, C3, O12, Z6, Z12."""
    desk = f"show_agent_name = {str(show).lower()}"
    async with running(database_url, tmp_path, desk=desk, tables=FROM) as gateway:
        languages: Mapping[str, tuple[str, str, str]] = {
            "support": ("Support Team", "## Please type", "en"),
            "pomoc": ("Zespół pomocy", "## Proszę pisać", "pl"),
            "help": ("Служба поддержки", "## Пожалуйста", "ru"),
            "sales": ("Sales Team", "## Please type", "en"),
        }
        for number, (to, (name, above, language)) in enumerate(languages.items(), 1):
            await gateway.take(letter(f"{to}@client.test", f"{to}@desk.test", f"To {to}"))
            [got] = await gateway.letters_to(f"{to}@client.test")
            author = got.message["From"].addresses[0]
            assert (author.display_name, author.addr_spec) == (name, f"{to}@desk.test")
            assert got.text.startswith(above)
            assert (await gateway.ticket(number))["language"] == language
        status, out, err = await gateway.command(
            "tickets", "new", "--client", "tel@client.test", "--subject", "By telephone", "--text", "Ring", *AS_DANA
        )
        assert (status, out) == (0, "#5\n"), err
        [by_telephone] = await gateway.letters_to("tel@client.test")
        assert by_telephone.message["From"].addresses[0].addr_spec == "support@desk.test", "C3: else the default gateway"
        status, out, err = await gateway.command(
            "tickets", "new", "--client", "tel2@client.test", "--subject", "T", "--text", "R", *AS_DANA, "--gateway", "pomoc@desk.test"
        )  # fmt: skip
        [by_telephone] = await gateway.letters_to("tel2@client.test")
        assert by_telephone.message["From"].addresses[0].addr_spec == "pomoc@desk.test"

        # An agent's reply: @from, else the department's default From address that we may use, else the ticket's gateway.
        notified = await by_ticket(gateway, "new_ticket", "dana@staff.test")
        await gateway.take(reply_to(notified[1], DANA, "By the default."))
        await gateway.take(reply_to(notified[2], DANA, "By my choice.\n@from support@desk.test"))
        await gateway.take(reply_to(notified[4], DANA, "By the gateway."))
        assert (await gateway.command("tickets", "reply", "3", *AS_DANA, "--text", "From the terminal."))[0] == 0
        await gateway.quiet()
        froms = {to: gateway.relay.to(f"{to}@client.test")[-1].message["From"].addresses[0] for to in languages}
        assert {to: each.addr_spec for to, each in froms.items()} == {
            "support": "help@desk.test", "pomoc": "support@desk.test", "sales": "sales@desk.test", "help": "help@desk.test",
        }  # fmt: skip
        names = {to: each.display_name for to, each in froms.items()}
        if show:
            assert set(names.values()) == {"Dana Agent"}
        else:
            assert (names["pomoc"], names["sales"]) == ("Support Team", "Sales Team")
            assert not [each for each in gateway.relay.messages if each.recipients[0].endswith("@client.test") and b"Dana" in each.content]
        # The answer comes to us, wherever the reply came from.
        row = await gateway.take(reply_to(gateway.relay.to("support@client.test")[-1], "support@client.test", "Thanks."))
        assert (row["outcome"], row["ticket"]) == ("client_reply", 1)


async def test_whoever_joins_later_gets_nothing_older_than_their_joining(database_url: str, tmp_path: Path) -> None:
    async with running(database_url, tmp_path) as gateway:
        await gateway.take(letter(ANNA, "sales@desk.test", "Salaries", "My salary is 4711."))
        await gateway.quiet()
        [notified] = gateway.relay.to("dana@staff.test")
        await gateway.take(reply_to(notified, DANA, "We will see to it: 0815."))
        await gateway.take(reply_to(notified, DANA, "Here is my boss.\n@cc boss@other.test"))
        await set_fields(gateway, 1, "--status", "resolved")
        await gateway.quiet()
        letters = gateway.relay.to("boss@other.test")
        assert await kinds_to(gateway, "boss@other.test") == ["agent_reply", "resolved"]
        for each in letters:
            assert b"4711" not in each.content
            assert b"0815" not in each.content
            assert "/rate/" not in each.text
        assert "/rate/" in gateway.relay.to("anna@client.test")[-1].text
