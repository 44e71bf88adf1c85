"""Every command as operators and their scripts use it: exit statuses, and the names of CONTRACT's JSON."""

import asyncio
import json
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.conftest import named, plain
from tests.journeys.in_process import run_here
from tests.journeys.lending import Lender
from tests.journeys.running import Running, deskgate, letter, reply_to, write_config, written
from tests.waiting import PATIENCE

AGENT = ("--as", "dana@staff.test")
EXPLAIN = """
    file error kind reason message_id subject date from reply_to to cc in_reply_to references language text new_text quoted_text
    signature html attachments commands ignored_commands reply_body forwarded bounce gateway route_reason decision warnings
"""
LISTED_TICKET = """
    number subject status category priority department gateway language client assignee cc tags rating created_at updated_at
"""
TICKET = f"{LISTED_TICKET} articles events"
ARTICLE = "id kind author message_id text html quoted_text private to cc attachments created_at"
INBOUND = """
    id state outcome why received_at reverse_path recipients peer message_id subject from size attempts ticket auth decision error
"""
OUTBOX = """
    id state kind ticket reverse_path recipients message_id subject attempts next_attempt_at expires_at last_error created_at sent_at
"""
STATUS = "inbound outbox tickets oldest_queued_seconds connections version schema"
ATTACHMENT = "filename content_type size sha256 inline content_id"
ODD = Path(__file__).parents[3] / "shared" / "corpora" / "odd"
NASTY = "\x1b[2J\x1b]0;owned\x07 Принтер"


def has(document: dict[str, Any], names: str) -> None:
    assert [name for name in names.split() if name not in document] == [], f"missing in {sorted(document)}"


def words_of(document: dict[str, Any], *names: str) -> Counter[str]:
    """Cutting hides words and loses none."""
    return Counter(word for name in names for word in document[name].split())


def moment(text: str) -> bool:
    """ISO 8601 in UTC."""
    return text.endswith("Z") and "T" in text


async def answered(gateway: Running) -> None:
    """A ticket with an attachment and an agent's reply."""
    question = letter("Anna <anna@client.test>", "support@desk.test", "Printer on fire", "It burns.", Cc="bob@client.test")
    question.add_attachment(b"smoke", maintype="image", subtype="png", filename="Снимок №1.png")
    await gateway.take(question)
    [notified] = await gateway.letters_to("dana@staff.test")
    await gateway.take(reply_to(notified, "Dana Agent <dana@staff.test>", "Use the extinguisher."))
    await gateway.letters_to("anna@client.test", 2)
    await gateway.quiet()


async def test_what_arrived_what_became_of_it_and_what_went_out_is_shown_in_the_names_of_the_contract(lend: Lender) -> None:
    async with lend() as gateway:
        await answered(gateway)

        ticket = await gateway.json("tickets", "show", "1")
        has(ticket, TICKET)
        shown = tuple(ticket[name] for name in ("number", "status", "priority", "assignee", "rating"))
        assert shown == (1, "open", "normal", None, None)
        assert {"id", "name", "addresses"} <= set(ticket["client"])
        assert (ticket["client"]["name"], ticket["client"]["addresses"]) == ("Anna", ["anna@client.test"])
        assert moment(ticket["created_at"])
        assert moment(ticket["updated_at"])
        for article in ticket["articles"]:
            has(article, ARTICLE)
            assert set(article["author"]) == {"role", "name", "address"}
            assert moment(article["created_at"])
        [file] = ticket["articles"][0]["attachments"]
        has(file, ATTACHMENT)
        assert (file["filename"], file["size"]) == ("Снимок №1.png", 5)
        assert [set(each) >= {"kind", "actor", "data", "at"} for each in ticket["events"]] == [True] * len(ticket["events"])
        [listed] = await gateway.json("tickets", "list")
        has(listed, LISTED_TICKET)
        assert await gateway.json("tickets", "list", "--status", "closed") == []

        shown = await gateway.json("inbound", "show", "1")
        has(shown, INBOUND)
        assert (shown["state"], shown["outcome"], shown["ticket"], shown["from"]) == ("done", "ticket", 1, "anna@client.test")
        assert (shown["reverse_path"], shown["recipients"]) == ("anna@client.test", ["support@desk.test"])
        assert set(shown["auth"]) == {"spf", "dkim", "dmarc", "arc"}
        assert shown["peer"]["address"] == "127.0.0.1"
        assert shown["decision"][-1] == shown["why"]
        assert [each["id"] for each in await gateway.json("inbound", "list", "--state", "done")] == [2, 1]
        status, raw, _ = await gateway.command("inbound", "show", "1", "--raw")
        assert (status, raw.splitlines()[0], "Subject: Printer on fire" in raw) == (0, "Return-Path: <anna@client.test>", True)

        letters = await gateway.json("outbox", "list")
        for each in letters:
            has(each, OUTBOX)
        [reply] = [each for each in letters if each["kind"] == "agent_reply"]
        reply = await gateway.json("outbox", "show", str(reply["id"]))
        assert (reply["state"], reply["ticket"], reply["attempts"], reply["next_attempt_at"]) == ("sent", 1, 1, None)
        assert [(each["address"], each["state"]) for each in reply["recipients"]] == [("anna@client.test", "sent")]
        assert reply["recipients"][0]["reply"].startswith("250")
        assert moment(reply["sent_at"])
        status, raw, _ = await gateway.command("outbox", "show", str(reply["id"]), "--raw")
        assert status == 0
        assert raw.replace("\r\n", "\n").encode() == gateway.relay.to("anna@client.test")[-1].content.replace(b"\r\n", b"\n")
        assert await gateway.command("outbox", "cancel", str(reply["id"])) == (
            1, "", f"deskgate: letter {reply['id']}: it is finished already\n",
        )  # fmt: skip

        gateway.config.write_text(
            gateway.config.read_text("utf-8").replace('[web]\nlisten = "127.0.0.1:0"', f'[web]\nlisten = "{gateway.web}"')
        )
        async with asyncio.timeout(PATIENCE):
            while (told := await gateway.json("status"))["connections"]:
                await asyncio.sleep(0.05)  # the session that brought the last mail is just being closed
        has(told, STATUS)
        assert set(told["inbound"]) == {"queued", "leased", "done", "held", "ignored", "buried"}
        assert set(told["outbox"]) == {"scheduled", "queued", "leased", "sent", "failed", "bounced", "cancelled"}
        assert (told["inbound"]["done"], told["tickets"].get("open"), told["oldest_queued_seconds"], told["connections"]) == (2, 1, None, 0)

        for command in (
            ("tickets", "list"),
            ("inbound", "list"),
            ("outbox", "list"),
            ("clients", "list"),
            ("status",),
            ("tickets", "show", "1"),
        ):
            status, out, err = await deskgate(*command, "--config", str(gateway.config))
            assert (status, err) == (0, ""), command
            assert "{" not in out, "a table, for people"


async def test_agents_work_on_tickets_from_the_terminal_as_they_do_by_mail(lend: Lender) -> None:
    async with lend() as gateway:
        new = ("tickets", "new", "--client", "anna@client.test", "--name", "Anna", "--subject", "A  call", "--gateway", "pomoc@desk.test")
        made = await gateway.json(*new, "--text", "She said it burns.", *AGENT)
        has(made, TICKET)
        assert (made["number"], made["gateway"], made["language"], made["subject"]) == (1, "pomoc@desk.test", "pl", "A call")
        assert made["articles"][0]["author"] == {"role": "client", "name": "Anna", "address": "anna@client.test"}
        [registered] = await gateway.letters_to("anna@client.test")
        assert registered.message["From"].addresses[0].addr_spec == "pomoc@desk.test"
        await gateway.letters_to("oleg@staff.test")

        changed = await gateway.command(
            "tickets",
            "set",
            "1",
            "--status",
            "pending",
            "--category",
            "fire",
            "--assignee",
            "dana@home.test",
            "--department",
            "sales",
            *AGENT,
        )
        assert changed == (0, "#1: done\n", "")
        status, out, _ = await gateway.command("tickets", "reply", "1", "--text", "-", *AGENT, stdin="Wody!\r\nDużo.\r\n".encode())
        assert (status, out) == (0, "#1: answered\n")
        _, answer = await gateway.letters_to("anna@client.test", 2)
        assert "Wody!\nDużo." in answer.text
        assert await gateway.command("tickets", "reply", "1", "--from", "sales@desk.test", "--text", "More.", *AGENT) == (
            0,
            "#1: answered\n",
            "",
        )
        *_, another = await gateway.letters_to("anna@client.test", 3)
        assert another.message["From"].addresses[0].addr_spec == "sales@desk.test"
        ticket = await gateway.ticket(1)
        kept = tuple(ticket[name] for name in ("status", "category", "assignee", "department"))
        assert kept == ("pending", "fire", "dana@staff.test", "sales")
        await gateway.quiet()
        assert gateway.relay.to("dana@staff.test") == [], "nobody is told of what they did themselves"

        refusals = {
            ("tickets", "show", "99"): (1, "there is no ticket #99"),
            ("tickets", "show", "99999999999999999999"): (2, "no number that anything here has"),
            ("tickets", "set", "1", *AGENT): (2, "nothing to set"),
            ("tickets", "set", "1", "--status", "done", *AGENT): (2, "invalid choice"),
            ("tickets", "set", "1", "--department", "moon", *AGENT): (1, "there is no department 'moon'"),
            ("tickets", "set", "1", "--assignee", "oleg@staff.test", *AGENT): (1, "not of the department 'sales'"),
            ("tickets", "set", "1", "--status", "open", "--as", "eve@staff.test"): (1, "no such agent"),
            ("tickets", "reply", "1", "--text", "No.", "--as", "oleg@staff.test"): (1, "is not of the department"),
            ("tickets", "reply", "1", "--text", " ", *AGENT): (2, "the text is empty"),
            ("tickets", "reply", "1", "--text", "x", "--from", "ceo@else.test", *AGENT): (1, "not an address of ours"),
            ("tickets", "new", "--client", "help@desk.test", "--subject", "S", "--text", "x", *AGENT): (1, "nobody's account"),
            ("tickets", "new", "--client", "not one", "--subject", "S", "--text", "x", *AGENT): (1, "is not an address"),
            ("outbox", "list", "--limit", "-1"): (2, "a number from 1 up"),
            ("inbound", "show", "9"): (1, "no inbound message 9"),
            ("outbox", "retry", "99"): (1, "there is no such letter"),
            ("nonsense",): (2, "invalid choice"),
        }
        for command, (status, why) in refusals.items():
            got, out, err = await gateway.command(*command)
            assert (got, out, why in err, "Traceback" in err) == (status, "", True, False), f"{command}: {err}"


async def test_clients_can_be_known_before_they_write(database_url: str, tmp_path: Path) -> None:
    config = ("--config", str(write_config(tmp_path, database_url, "127.0.0.1:9")))
    added = await run_here("clients", "add", "Anna@Client.test", "anna@home.test", "--name", "Anna", "--json", *config)
    assert (added[0], added[2]) == (0, "")
    client = json.loads(added[1])
    assert (client["id"], client["name"], client["addresses"], client["tickets"]) == (1, "Anna", ["Anna@Client.test", "anna@home.test"], 0)
    for asked in ("1", "ANNA@client.TEST", "anna@home.test"):
        assert json.loads((await run_here("clients", "show", asked, "--json", *config))[1]) == client
    taken = await run_here("clients", "add", "anna@home.test", *config)
    assert (taken[0], taken[1], "belongs to client 1 already" in taken[2]) == (1, "", True)

    table = "Name;Address\nBób;bob@client.test b@home.test\nAgain;anna@home.test\nOurs;support@desk.test\nNone;nobody\n".encode()
    status, out, err = await deskgate("clients", "import", "-", "--json", *config, stdin=b"\xef\xbb\xbf" + table)
    assert (status, err) == (1, "")
    imported = json.loads(out)
    assert (imported["added"], imported["known"], [each["line"] for each in imported["faults"]]) == (0, 0, [4, 5]), "all or nothing"
    good = b"".join(table.splitlines(keepends=True)[:3])
    status, out, err = await run_here("clients", "import", "-", "--json", *config, stdin=good + b"Twice;bob@client.test more@client.test\n")
    imported = json.loads(out)
    assert (status, imported["added"], imported["extended"], imported["known"]) == (0, 1, 1, 1), err
    assert imported["repeated"] == [{"line": 4, "address": "bob@client.test", "first": 2}]
    two = await run_here("clients", "import", "-", *config, stdin=b"address\nbob@client.test anna@home.test\n")
    assert (two[0], two[1], "line 2" in two[2], "another client" in two[2]) == (1, "", True, True)
    listed = json.loads((await run_here("clients", "list", "--json", *config))[1])
    assert [(each["name"], each["addresses"]) for each in listed] == [
        ("Anna", client["addresses"]),
        ("Bób", ["bob@client.test", "b@home.test", "more@client.test"]),
    ]
    assert (await run_here("clients", "import", "-", *config, stdin=b"address\n\xff@client.test\n"))[0] == 1
    assert (await run_here("clients", "show", "²", *config))[0] == 1


async def test_a_message_from_a_pipe_is_durable_and_exits_75_when_it_cannot_be(lend: Lender, tmp_path: Path) -> None:
    async with lend() as gateway:
        content = b"From: anna@client.test\nTo: support@desk.test\nSubject: By a pipe\n\nBare line feeds are normal here.\n"
        config = ("--config", str(gateway.config))
        status, out, err = await deskgate("inject", "--from", "anna@client.test", "--to", "support@desk.test", "-", *config, stdin=content)
        assert (status, out, err) == (0, "1\n", "")
        [row] = await gateway.settled(1)
        assert (row["outcome"], row["ticket"]) == ("ticket", 1)
        (tmp_path / "mail.eml").write_bytes(content.replace(b"By a pipe", b"From a file"))
        assert (await gateway.command("inject", "--to", "support@desk.test", str(tmp_path / "mail.eml")))[:2] == (0, "2\n")
        refused = await gateway.command("inject", "--to", "not an address", "-", stdin=content)
        assert (refused[0], refused[1]) == (1, "")

    away = tmp_path / "away"
    away.mkdir()
    config = ("--config", str(write_config(away, "postgresql://nobody@127.0.0.1:9/none", "127.0.0.1:9")))
    for command in (
        ("tickets", "list"),
        ("status", "--json"),
        ("migrate",),
        ("check", "--database"),
        ("inject", "--to", "support@desk.test", "-"),
    ):
        ask = deskgate if command[0] == "inject" else run_here
        status, out, err = await ask(*command, *config, stdin=content)
        assert (status, "Traceback" in err) == (75, False), f"{command}: {err}"
        assert out == "" or command[0] == "check"


async def test_a_wrong_configuration_is_told_with_every_fault_and_2(tmp_path: Path, database_url: str) -> None:
    config = write_config(tmp_path, database_url, "127.0.0.1:9")
    right = await run_here("check", "--config", str(config))
    assert right[0] == 0, right[2]
    assert "6 gateway(s), 2 department(s), 2 agent(s)" in right[1]
    config.write_text(
        config.read_text("utf-8").replace("default = true", 'defualt = true\nlanguage = "xx"', 1).replace('language = "en"\n', "", 1)
    )
    for command, ask in {"check": run_here, "serve": deskgate, "status": deskgate}.items():
        status, out, err = await ask(command, "--config", str(config))
        assert (status, out) == (2, ""), command
        for said in ("gateway[0].defualt", "gateway[0].language", "xx", str(config)):
            assert said in err, command
    absent = await run_here("check", "--config", str(tmp_path / "absent.toml"))
    assert (absent[0], absent[1], "absent.toml" in absent[2]) == (2, "", True)
    builtin = await deskgate("check", cwd=tmp_path, env={"DESKGATE_CONFIG": ""})
    assert (builtin[0], "example" in builtin[2]) == (0, True), "without any, the built-in example, said on stderr"


async def test_check_lists_what_the_database_names_and_the_configuration_no_longer_has(database_url: str, tmp_path: Path) -> None:
    config = write_config(tmp_path, database_url, "127.0.0.1:9")
    given = ("--config", str(config))
    who = ("--client", "anna@client.test", "--gateway", "sales@desk.test", *AGENT)
    new = ("tickets", "new", *who, "--subject", "S", "--text", "x", *given)
    assert (await run_here(*new))[0] == 0
    assert (await run_here("tickets", "set", "1", "--assignee", "dana@staff.test", *AGENT, *given))[0] == 0
    clean = await run_here("check", "--database", *given)
    assert (clean[0], "database: every department" in clean[1]) == (0, True)
    text = config.read_text("utf-8").replace('"sales@desk.test"', '"trade@desk.test"').replace("dana@staff.test", "eve@staff.test")
    config.write_text(text.replace('"sales"', '"trade"'), "utf-8")
    status, out, _ = await deskgate("check", "--database", *given)
    assert status == 1
    assert [name for name in ("sales@desk.test", "dana@staff.test", "sales ") if name not in out] == []
    shown = json.loads((await run_here("tickets", "show", "1", "--json", *given))[1])
    assert (shown["department"], shown["assignee"]) == ("support", None)


async def test_migrate_makes_the_schema_that_serve_will_not_do_without(server_url: str, tmp_path: Path) -> None:
    name = f"empty_{uuid.uuid4().hex[:12]}"
    connection = await asyncpg.connect(plain(server_url))
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
        config = ("--config", str(write_config(tmp_path, named(server_url, name), "127.0.0.1:9")))
        status, out, err = await deskgate("serve", *config)
        assert (status, out, "deskgate migrate" in err) == (1, "", True), err
        for _ in range(2):
            status, out, err = await deskgate("migrate", *config)
            assert (status, out.startswith("the schema is "), err) == (0, True, "")
        assert json.loads((await deskgate("status", "--json", *config))[1])["schema"] == out.split()[-1]
    finally:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.close()


async def test_explain_says_how_a_message_would_be_understood_without_any_database(tmp_path: Path) -> None:
    config = ("--config", str(write_config(tmp_path, "postgresql://nobody@127.0.0.1:9/none", "127.0.0.1:9")))
    mail = letter("Anna <anna@client.test>", "support@desk.test", NASTY.replace("\x1b", "\\x1b"), "It burns.\n\n> quoted\n")
    mail.add_attachment(b"smoke", maintype="image", subtype="png", filename="smoke.png")
    raw = mail.as_bytes()
    (tmp_path / "one.eml").write_bytes(raw)
    status, out, err = await deskgate("explain", "--json", str(tmp_path / "one.eml"), *config)
    assert (status, err) == (0, "")
    document = json.loads(out)
    has(document, EXPLAIN)
    assert (document["file"], document["error"], document["kind"]) == (str(tmp_path / "one.eml"), None, "message")
    assert document["from"] == {"name": "Anna", "address": "anna@client.test"}
    assert (document["gateway"], document["new_text"].strip()) == ("support@desk.test", "It burns.")
    assert words_of(document, "new_text", "quoted_text", "signature") == words_of(document, "text")
    has(document["attachments"][0], ATTACHMENT)
    assert any(each.startswith("assumed: ") for each in document["decision"])
    assert "sends the letter 'registered' in en to anna@client.test" in document["decision"]

    absent = str(tmp_path / "absent.eml")
    lines = await deskgate("explain", "--jsonl", absent, "-", str(tmp_path / "one.eml"), *config, stdin=raw)
    documents = [json.loads(line) for line in lines[1].splitlines()]
    assert (lines[0], [each["file"] for each in documents]) == (1, [absent, "-", str(tmp_path / "one.eml")])
    assert [each["error"] is None for each in documents] == [False, True, True]
    for each in documents:
        has(each, EXPLAIN)
    told = await run_here("explain", "-", *config, stdin=raw)
    assert (told[0], "What would happen:" in told[1], "\x1b" in told[1]) == (0, True, False)


async def test_explain_knows_the_facts_of_the_database_and_changes_nothing(lend: Lender) -> None:
    async with lend() as gateway:
        await answered(gateway)
        answer = gateway.relay.to("anna@client.test")[-1]
        reply = reply_to(answer, "Anna <anna@client.test>", "Thanks!").as_bytes()
        status, out, err = await gateway.command("explain", "--database", "--json", "-", stdin=reply)
        assert (status, err) == (0, "")
        document = json.loads(out)
        assert document["new_text"].strip() == "Thanks!"
        assert "the client's reply goes onto ticket #1" in document["decision"]
        assert len(written(await gateway.ticket(1))) == 2
        assert len(await gateway.rows("SELECT id FROM inbound_messages")) == 2


async def test_what_strangers_write_reaches_the_terminal_without_control_characters(lend: Lender) -> None:
    async with lend() as gateway:
        content = (
            f"From: \"{NASTY}\" <anna@client.test>\nTo: support@desk.test\nSubject: {NASTY}\nMIME-Version: 1.0\n"
            f'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n{NASTY}\u202e\x9b2J\n'
            f'--b\nContent-Type: image/png; name="{NASTY}.png"\nContent-Disposition: attachment\n\nsmoke\n--b--\n'
        ).encode()  # fmt: skip
        await gateway.take(content, "support@desk.test", reverse_path="anna@client.test")
        await gateway.quiet()
        commands = [
            ("tickets", "list"), ("tickets", "show", "1"), ("inbound", "list"), ("inbound", "show", "1"), ("outbox", "list"),
            ("outbox", "show", "1"), ("clients", "list"), ("clients", "show", "1"), ("explain", "-"),
        ]  # fmt: skip
        for command in commands:
            status, out, err = await gateway.command(*command, stdin=content)
            assert status == 0, err
            assert [each for each in out + err if not each.isprintable() and each != "\n"] == [], command
            assert "Принтер" in out or command == ("outbox", "show", "1"), command


@pytest.mark.skipif(not ODD.is_dir(), reason="the shared corpora are not here")
async def test_every_odd_file_is_explained_in_one_go(tmp_path: Path) -> None:
    files = sorted(map(str, ODD.iterdir()))
    config = write_config(tmp_path, "embedded", "127.0.0.1:9")
    status, out, err = await deskgate("explain", "--jsonl", *files, "--config", str(config))
    assert (status, err) == (0, "")
    documents = [json.loads(line) for line in out.splitlines()]
    assert [each["file"] for each in documents] == files
    assert [each["file"] for each in documents if each["error"] is not None] == []
    for each in documents:
        has(each, EXPLAIN)
        assert words_of(each, "new_text", "quoted_text", "signature") == words_of(each, "text"), each["file"]
