"""`deskgate tickets import`: tables of three desks onto a database, each once, without a letter, with what is wrong named."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage import ticket_views
from storage.engine import sessions
from tests.desk.importing import tables
from tests.journeys.in_process import run_here
from tests.journeys.running import write_config


class Desk:
    """A configured desk without a gateway that runs."""

    def __init__(self, folder: Path, url: str, engine: AsyncEngine) -> None:
        self.folder, self.engine = folder, engine
        self.config = write_config(folder, url, "127.0.0.1:9")

    def file(self, name: str, content: str | bytes) -> str:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    async def run(self, *arguments: str, stdin: bytes | None = None) -> tuple[int, str, str]:
        return await run_here("tickets", "import", *arguments, "--config", str(self.config), stdin=stdin)

    async def taken(self, *arguments: str, stdin: bytes | None = None) -> tuple[int, dict[str, Any]]:
        status, out, err = await self.run(*arguments, "--json", stdin=stdin)
        assert not err, err
        found: dict[str, Any] = json.loads(out)
        return status, found

    async def ticket(self, number: int) -> dict[str, Any]:
        async with sessions(self.engine)() as session:
            found = await ticket_views.show_ticket(session, number)
        assert found is not None
        return found

    async def count(self, table: str) -> int:
        async with self.engine.connect() as connection:
            return int(await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


@pytest.fixture
def desk(tmp_path: Path, database_url: str, engine: AsyncEngine) -> Desk:
    return Desk(tmp_path, database_url, engine)


def faults(report: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(each["line"], each["column"], each["value"]) for each in report["faults"]]


async def test_zammad(desk: Desk) -> None:
    table, users = desk.file("tickets.csv", tables.ZAMMAD), desk.file("users.csv", tables.ZAMMAD_USERS)
    articles = desk.file("articles.csv", tables.ZAMMAD_ARTICLES)
    status, report = await desk.taken(table, "--clients", users, "--articles", articles)
    assert (status, report["from"], report["rows"], report["made"], report["ended"], report["clients"]) == (1, "zammad", 5, 2, 1, 2)
    assert faults(report) == [
        (5, "Customer", "Jan Kowalski"),
        (6, "State", "waiting for parts"),
        (6, "Group", "Warehouse"),
    ], "everything that is wrong with a row is told at once"
    assert "several clients have this name" in report["faults"][0]["why"]
    assert "status:waiting for parts=open" in report["faults"][1]["remedy"]
    assert [(each["column"], each["value"], each["count"]) for each in report["warnings"]] == [("Owner", "Gone Person", 1)]
    assert report["articles"] == {"rows": 4, "made": 3, "known": 0, "strangers": 1}

    first = await desk.ticket(1)
    assert {name: first[name] for name in ("subject", "status", "priority", "department", "gateway", "assignee", "language")} == {
        "subject": "Printer on fire", "status": "open", "priority": "high", "department": "support", "gateway": "support@desk.test",
        "assignee": "dana@staff.test", "language": "en",
    }  # fmt: skip
    assert (first["client"]["name"], first["client"]["addresses"]) == ("Anna Nowak", ["anna@client.test"])
    assert (first["tags"], first["created_at"].isoformat()) == (["printer", "vip", "zammad#67001"], "2026-10-01T08:00:00+00:00")
    assert [(each["kind"], each["actor"], each["data"]) for each in first["events"]] == [
        ("created", "system", {"imported": {"from": "zammad", "number": "67001"}})
    ]
    assert first["imported"] == {"from": "zammad", "number": "67001"}
    written = [(each["kind"], each["author"]["role"], each["private"], each["verified"], each["text"]) for each in first["articles"]]
    assert written == [
        ("client_message", "client", False, True, "It burns."),
        ("agent_reply", "agent", False, True, "Use the extinguisher."),
        ("note", "agent", True, True, "They always say that."),
    ]
    assert "script" not in first["articles"][1]["html"]
    second = await desk.ticket(2)
    assert (second["status"], second["department"], second["assignee"]) == ("pending", "sales", None)
    assert second["events"][0]["data"]["lost"] == {"Owner": "Gone Person"}

    again = (await desk.taken(table, "--clients", users, "--articles", articles))[1]
    assert (again["made"], again["known"], again["clients"], again["articles"]["made"], again["articles"]["known"]) == (0, 2, 0, 0, 3)
    mended = ("--map", "waiting for parts=pending", "--map", "Warehouse=sales", "--map", "Jan Kowalski=")
    status, report = await desk.taken(table, *mended, "--clients", users)
    assert (status, report["made"], report["known"], faults(report)) == (1, 1, 2, [(5, "Customer", "Jan Kowalski")])
    assert (await desk.ticket(3))["subject"] == "Parts", "numbers run on: what is refused or known draws none"
    assert (await desk.taken(table, "--all", *mended, "--clients", users))[1]["made"] == 1
    assert (await desk.ticket(4))["status"] == "closed"
    assert [await desk.count(each) for each in ("outbox_messages", "automatic_letters", "digest_items")] == [0, 0, 0]
    assert await desk.count("tickets WHERE client_waiting_since IS NOT NULL") == 0, "no rule on unanswered tickets fires"


async def test_people_of_the_old_desk_are_found_by_their_ids_too(desk: Desk) -> None:
    """As in tables that a script wrote from the database: clients and owners by number, and no name anywhere."""
    users = tables.ZAMMAD_USERS + "9,dagent,D.,Agent,dana@staff.test,,,,,true,Agent\n"
    table = "id,number,title,state,group,owner_id,customer_id,created_at\n11,67001,Printer,open,Support,9,3,2026-10-01T08:00:00Z\n"
    status, report = await desk.taken(desk.file("t.csv", table), "--from", "zammad", "--clients", desk.file("u.csv", users))
    assert (status, report["made"], report["warnings"]) == (0, 1, [])
    found = await desk.ticket(1)
    assert (found["assignee"], found["client"]["name"], found["imported"]["id"]) == ("dana@staff.test", "Anna Nowak", "11")


async def test_osticket(desk: Desk) -> None:
    """With the mark and semicolons that it writes, and as a Russian Windows would save it again."""
    for name, content in (("marked.csv", tables.OSTICKET.encode("utf-8-sig")), ("windows.csv", tables.OSTICKET.encode("cp1251"))):
        status, report = await desk.taken(desk.file(name, content), "--timezone", "Europe/Moscow")
        assert (status, report["from"], report["rows"], report["ended"], report["faults"]) == (0, "osticket", 2, 1, [])
    found = await desk.ticket(1)
    assert (found["subject"], found["priority"], found["category"], found["assignee"]) == (
        "Не печатает",
        "urgent",
        "Hardware",
        "dana@staff.test",
    )
    assert found["created_at"].isoformat() == "2026-10-01T05:00:00+00:00"
    assert [each["text"] for each in found["articles"]] == ["Совсем не печатает.\nВторая строка; с точкой с запятой."]
    assert await desk.count("tickets") == 1


async def test_zoho(desk: Desk) -> None:
    contacts = desk.file("contacts.csv", tables.ZOHO_CONTACTS)
    threads = desk.file("threads.csv", tables.ZOHO_THREADS)
    status, report = await desk.taken(desk.file("tickets.csv", tables.ZOHO), "--clients", contacts, "--articles", threads)
    assert (status, report["from"], report["made"]) == (1, "zoho", 2)
    assert faults(report) == [(3, "Contact Name", "Nomail")]
    assert report["articles"] == {"rows": 3, "made": 2, "known": 1, "strangers": 0}
    found = await desk.ticket(1)
    assert found["events"][0]["data"]["imported"] == {"from": "zoho", "number": "101", "id": "8900000000101"}
    assert [(each["kind"], each["text"]) for each in found["articles"]] == [
        ("client_message", "I cannot log in."),
        ("agent_reply", "Try again, please."),
        ("note", "NULL"),
    ], "the description is the first thread, and stands there once"
    assert ((await desk.ticket(2))["subject"], (await desk.ticket(2))["created_at"].isoformat()) == ("Kept", "2026-10-01T08:00:00+00:00")


async def test_a_dry_run_tells_the_same_and_leaves_nothing(desk: Desk) -> None:
    table, articles = desk.file("tickets.csv", tables.ZAMMAD), desk.file("articles.csv", tables.ZAMMAD_ARTICLES.replace("67001", "67002"))
    status, report = await desk.taken(table, "--articles", articles, "--dry-run")
    assert (status, report["dry_run"], report["made"], report["first"]) == (1, True, 1, None)
    assert report["articles"] == {"rows": 4, "made": 3, "known": 0, "strangers": 1}
    assert [await desk.count(each) for each in ("tickets", "clients", "effects", "message_ids")] == [0, 0, 0, 0]
    await desk.taken(table)
    assert (await desk.ticket(1))["number"] == 1, "no number was drawn"


async def test_people_read_what_was_done_and_what_is_to_be_done(desk: Desk) -> None:
    status, out, err = await desk.run(desk.file("tickets.csv", tables.ZAMMAD))
    assert status == 1
    assert ("1 imported, #1 to #1" in out, "1 × Owner 'Gone Person'" in out, "--map 'assignee:Gone Person=ADDRESS'" in out) == (
        True,
        True,
        True,
    )
    assert "3 row(s) are not imported" in err
    assert (
        "tickets.csv, line 2, Customer 'Anna Nowak': it is no address, and no client of this name has one; give the old desk's users" in err
    )


async def test_any_table_with_headings_and_maps_is_read(desk: Desk) -> None:
    table = "Sprawa,Temat,Kto,Stan\nA-17,Nie działa,ewa@client.test,czeka\n"
    said = ("--map", "Sprawa=number", "--map", "Kto=client_address", "--map", "czeka=pending")
    status, report = await desk.taken("-", *said, stdin=table.encode("utf-16"))
    assert (status, report["from"], report["made"]) == (0, "other", 1)
    assert ((await desk.ticket(1))["status"], (await desk.ticket(1))["tags"]) == ("pending", ["other#a-17"])


@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        (("--map", "x"), 2, "THEIRS=OURS is expected"),
        (("--map", "Waiting=someday"), 2, "someday is no status (new, open"),
        (("--map", "department:Warehouse=moon"), 2, "moon is no department (support, sales)"),
        (("--department", "moon"), 2, "no such department; the configuration has support, sales"),
        (("--charset", "klingon"), 2, "no such charset"),
        (("--timezone", "Mars/Base"), 2, "no such zone"),
        (("--articles", "absent.csv"), 1, "absent.csv cannot be read"),
        (("--clients", "tickets.csv"), 1, "must name the column email"),
    ],
)
async def test_what_cannot_be_understood_is_refused_before_anything_is_done(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], status: int, why: str
) -> None:
    monkeypatch.chdir(desk.folder)
    desk.file("tickets.csv", "number,client\n1,a@client.test\n")
    found, out, err = await desk.run("tickets.csv", *arguments)
    assert (found, out, why in err) == (status, "", True), err


@pytest.mark.parametrize(
    ("row", "column", "why"),
    [
        ("1,a@client.test", "", "it has 2 fields, and there are 5 headings"),
        ("1.2E+15,s,a@client.test,open,", "number", "a spreadsheet has rounded it"),
        (",s,a@client.test,open,", "number", "it has no number"),
        ("1,s,support@desk.test,open,", "client", "nobody's account"),
        ("1,s,nobody,open,", "client", "no client of this name"),
        ("1,s,,open,", "client", "it has no client"),
        ("1,s,a@client.test,open,05/06/2026", "created", "no time that can be told for certain"),
    ],
)
async def test_a_row_is_refused_with_its_line_column_and_remedy(desk: Desk, row: str, column: str, why: str) -> None:
    status, report = await desk.taken(desk.file("t.csv", f"number,subject,client,status,created\n{row}\n2,s,b@client.test,open,\n"))
    [fault] = report["faults"]
    assert (status, report["made"], fault["line"], fault["column"], why in fault["why"], bool(fault["remedy"])) == (
        1,
        1,
        2,
        column,
        True,
        True,
    )


async def test_an_address_beyond_ascii_needs_a_charset_that_is_certain(desk: Desk) -> None:
    content = "number,subject,client\n1,Тема письма для проверки,почта@пример.рф\n".encode("cp1251")
    status, report = await desk.taken(desk.file("t.csv", content))
    assert (status, faults(report)[0][:2], "--charset" in report["faults"][0]["remedy"]) == (1, (2, "client"), True)
    assert (await desk.taken(desk.file("t.csv", content), "--charset", "windows-1251"))[1]["made"] == 1


async def test_what_was_erased_does_not_come_back_by_another_import(desk: Desk) -> None:
    table = desk.file("t.csv", "number,client\n1,a@client.test\n")
    await desk.taken(table)
    async with desk.engine.begin() as connection:
        await connection.execute(text("DELETE FROM tickets"))
    assert (await desk.taken(table))[1]["known"] == 1
    assert await desk.count("tickets") == 0


async def test_nothing_is_written_onto_a_ticket_that_was_emptied(desk: Desk) -> None:
    """Its number is known still, and the old desk still has what was written there."""
    await desk.taken(desk.file("t.csv", "number,client\n67001,anna@client.test\n"), "--from", "zammad")
    async with desk.engine.begin() as connection:
        await connection.execute(text("INSERT INTO ticket_events (ticket, kind, actor_role) VALUES (1, 'erased', 'system')"))
    again = ("--from", "zammad", "--articles", desk.file("articles.csv", tables.ZAMMAD_ARTICLES))
    report = (await desk.taken(desk.file("t.csv", "number,client\n67001,anna@client.test\n"), *again))[1]
    assert (report["known"], report["articles"]["made"], report["articles"]["strangers"]) == (1, 0, 4)
    assert [await desk.count(each) for each in ("articles", "message_ids WHERE relation <> 'tag'")] == [0, 0]


async def test_a_large_table_is_imported_in_batches_and_goes_on_where_it_was_killed(desk: Desk) -> None:
    """A thousand rows and a bit; a broken end after the first batches is as if somebody had killed it."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(("number", "subject", "client", "status", "text"))
    for number in range(1, 1203):
        rows.writerow((number, f"Ticket {number}", f"client{number % 300}@client.test", "open", "words\n" * 20))
    whole = out.getvalue().encode()
    cut = whole + b'1203,x,a@client.test,open,"' + b"y" * (17 * 1024 * 1024)
    status, _, err = await desk.run(desk.file("t.csv", cut))
    assert (status, "a field begins there that never ends" in err, "the rows before it are imported" in err) == (1, True, True)
    assert await desk.count("tickets") == 1000
    status, report = await desk.taken(desk.file("t.csv", whole))
    assert (status, report["made"], report["known"], report["first"], report["last"]) == (0, 202, 1000, 1001, 1202)
    assert [await desk.count(each) for each in ("tickets", "clients", "articles", "ticket_events")] == [1202, 300, 1202, 1202]


async def test_clients_of_another_desk_are_imported_as_it_writes_them_out(desk: Desk) -> None:
    """People who can be no clients do not stand in the way of the others; a line of one's own table that is wrong still does."""
    users = tables.ZAMMAD_USERS + "7,dana,Dana,Agent,dana@staff.test,,,,,true,Agent\n8,desk,Our,Desk,support@desk.test,,,,,true,Customer\n"
    command = ("clients", "import", "-", "--json", "--config", str(desk.config))
    status, out, err = await run_here(*command, stdin=users.encode("utf-16"))
    found = json.loads(out)
    assert (status, err, found["added"], found["faults"]) == (0, "", 3, [])
    assert found["skipped"] == [
        {"line": 5, "why": "has no address"},
        {"line": 6, "why": "dana@staff.test is staff"},
        {"line": 7, "why": "support@desk.test is an address of our own"},
    ]
    status, out, _ = await run_here(*command, stdin=b"name,email\nNobody,\n")
    assert (status, json.loads(out)["faults"]) == (1, [{"line": 2, "why": "no address"}])
