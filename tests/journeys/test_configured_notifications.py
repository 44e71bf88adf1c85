"""Letters as an operator wants them (C3–C5): other templates, other From addresses, never, and later."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

from tests.journeys.lending import Lender
from tests.journeys.running import Running, letter, reply_to, running
from tests.journeys.telling import by_ticket, kinds_to, set_fields, told
from tests.peers.smtp_peer import SmtpPeer

DANA = "Dana Agent <dana@staff.test>"
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


async def test_a_configured_notification_replaces_the_built_in_of_its_event_and_audience(lend: Lender, tmp_path: Path) -> None:
    """C3–C5: per category, department and language; another template, another From, never; the narrowest counts."""
    write_templates(
        tmp_path, repair="Subject: Repair {{ ticket.number }}\n\nWe repair it.\n", sold="Subject: Thank you\n\nYou are in the shop.\n"
    )
    async with lend(tables=NOTIFICATIONS.replace('"letters"', f'"{tmp_path}/letters"')) as gateway:
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
        assert "she is upset" in note.text
        assert "note" not in await kinds_to(gateway, "dana@staff.test")

        # What answers it stays at the desk, whatever it quotes.
        before = len(gateway.relay.to("support@client.test"))
        await gateway.take(reply_to(note, "Oleg <oleg@staff.test>", "> she is upset\n\nSo am I.\n@tags angry"))
        await gateway.quiet()
        assert len(gateway.relay.to("support@client.test")) == before
        ticket = await gateway.ticket(1)
        assert (ticket["articles"][-1]["kind"], ticket["articles"][-1]["private"]) == ("note", True)
        assert "So am I." in ticket["articles"][-1]["text"]
        assert ticket["tags"] == ["angry"]


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
            got = Counter(each.recipients[0] for each in relay.messages if "is resolved" in each.text)
            assert got == {"c1@client.test": 1, "c2@client.test": 1}
            assert await kinds_to(gateway, "c3@client.test") == ["registered", "closed"]
            assert await kinds_to(gateway, "c4@client.test") == ["registered", "in_progress"]


async def letters_of(gateway: Running, kind: str) -> list[dict[str, Any]]:
    return await gateway.rows("SELECT ticket, state, last_error FROM outbox_messages WHERE kind = :kind ORDER BY id", kind=kind)
