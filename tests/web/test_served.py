"""Ratings in the whole gateway: `deskgate serve` has the page, its senders tell staff, and commands add it all up."""

import asyncio
import csv
import io
import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import text

from gateway.tokens.codec import Keyring
from gateway.tokens.rating import rate_token
from storage.engine import connect
from tests.journeys.running import Running, deskgate, running, write_config
from tests.web.site import CLIENT, REQUESTER, TICKET

KEYRING = Keyring((b"a secret of the journeys, long enough",))


def link(running: Running, ticket: int, score: int) -> str:
    expires_at = datetime.now(UTC) + timedelta(days=30)
    return f"http://{running.web}/rate/{rate_token(KEYRING, ticket, score, expires_at)}"


async def ask(url: str, **fields: str) -> str:
    """GET, or with fields POST."""
    body = urlencode(fields).encode() if fields else None

    def converse() -> str:
        with urlopen(Request(url, body), timeout=60) as answer:
            return str(answer.read().decode())

    return await asyncio.to_thread(converse)


async def resolved(url: str, *assignees: str | None) -> None:
    """A resolved ticket of Anna's for each."""
    engine = connect(url)
    async with engine.begin() as connection:
        await connection.execute(text(CLIENT))
        for assignee in assignees:
            number = (await connection.execute(TICKET, {"subject": "Printer", "language": "en", "agent": assignee})).scalar_one()
            await connection.execute(text(REQUESTER), {"number": number})
    await engine.dispose()


async def test_a_client_rates_the_assignee_is_told_by_mail_and_the_ticket_shows_it(tmp_path: Path, database_url: str) -> None:
    await resolved(database_url, "dana@staff.test")
    async with running(database_url, tmp_path) as gateway:
        page = link(gateway, 1, 2)
        assert "Example Desk" in await ask(page)
        assert "Thank you!" in await ask(page, comment="It burns again")
        [told] = await gateway.letters_to("dana@staff.test")
        assert "#1" in told.message["Subject"]
        shown = await gateway.json("tickets", "show", "1")
        assert shown["status"] == "open"
        assert (shown["rating"]["score"], shown["rating"]["level"], shown["rating"]["comment"]) == (2, "Dissatisfied", "It burns again")
        assert [each["kind"] for each in shown["events"]] == ["rated", "status_changed", "reopened"]
        await commands_know_the_port_that_the_service_got(gateway)


async def commands_know_the_port_that_the_service_got(gateway: Running) -> None:
    status, _, err = await gateway.command("tickets", "set", "1", "--status", "resolved", "--as", "dana@staff.test")
    assert status == 0, err
    [asked] = [each for each in await gateway.letters_to("anna@client.test") if "/rate/" in each.text]
    assert asked.text.count(f"http://{gateway.web}/rate/") == asked.text.count("http://") == 5
    status, _, err = await gateway.command("templates", "preview", "resolved", "--ticket", "1", "--language", "pl")
    [at] = [word for word in err.split() if word.startswith(f"http://{gateway.web}/preview/")]
    assert status == 0, err
    assert "zostało rozwiązane" in await ask(at)


async def test_a_reload_reaches_the_pages(tmp_path: Path, database_url: str) -> None:
    await resolved(database_url, None)
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    async with running(database_url, tmp_path, arguments=("--role", "listener", "--role", "web")) as gateway:
        page = link(gateway, 1, 3)
        before = await ask(page)
        assert "<img" not in before
        config = gateway.config.read_text("utf-8").replace('"Example Desk"', '"Another Desk"')
        gateway.config.write_text(f"[satisfaction]\nlogo = '{tmp_path}/logo.png'\n{SCALE}{config}", "utf-8")
        gateway.process.signal(signal.SIGHUP)
        seen = [before]
        async with asyncio.timeout(60):
            while "Another Desk" not in seen[-1]:
                seen.append(await ask(page))
        assert "<img" in seen[-1]
        assert "Hm" in seen[-1]
        assert "Neutral" not in seen[-1]


SCALE = """
[[satisfaction.level]]
name = "Hm"
symbol = "?"
score = 3
[[satisfaction.level]]
name = "Yes"
symbol = "!"
score = 4
"""


class Desk:
    """Commands on a database with ratings."""

    def __init__(self, config: Path) -> None:
        self.config = config

    async def __call__(self, *arguments: str) -> tuple[int, str, str]:
        return await deskgate(*arguments, "--config", str(self.config))


@pytest.fixture
async def desk(tmp_path: Path, database_url: str) -> Desk:
    await resolved(database_url, "dana@staff.test", "dana@staff.test", None)
    engine = connect(database_url)
    async with engine.begin() as connection:
        await connection.execute(RATINGS)
    await engine.dispose()
    return Desk(write_config(tmp_path, database_url, "127.0.0.1:9"))


RATINGS = text(
    """
    INSERT INTO ratings (ticket, score, level, comment, agent, department, link_expires_at, created_at, replaced_at) VALUES
        (1, 1, 'Very dissatisfied', '', 'dana@staff.test', 'support', '2026-05-01Z', '2026-04-30 23:59Z', '2026-05-01Z'),
        (1, 5, 'Very satisfied', 'Good', 'dana@staff.test', 'support', '2026-05-01Z', '2026-04-30 23:59Z', NULL),
        (2, 4, 'Satisfied', '', 'dana@staff.test', 'sales', '2026-05-01Z', '2026-05-01 00:00Z', NULL),
        (3, 2, 'Dissatisfied', '', NULL, 'support', '2026-05-01Z', '2026-05-31 12:00Z', NULL)
    """
)
NONE = dict.fromkeys("12345", 0)


async def test_ratings_are_added_up_by_agent_department_and_month(desk: Desk) -> None:
    status, out, err = await desk("ratings", "--json")
    assert status == 0, err
    found = json.loads(out)
    assert (found["count"], found["mean"], found["counts"]) == (3, 3.67, NONE | {"2": 1, "4": 1, "5": 1})
    assert [(each["score"], each["level"], each["count"]) for each in found["levels"]][3:] == [
        (4, "Satisfied", 1),
        (5, "Very satisfied", 1),
    ]
    assert [(each["agent"], each["count"], each["mean"]) for each in found["by_agent"]] == [("dana@staff.test", 2, 4.5), (None, 1, 2.0)]
    assert [(each["department"], each["count"], each["mean"]) for each in found["by_department"]] == [
        ("sales", 1, 4.0),
        ("support", 2, 3.5),
    ]
    assert [(each["month"], each["counts"]) for each in found["by_month"]] == [
        ("2026-04", NONE | {"5": 1}),
        ("2026-05", NONE | {"2": 1, "4": 1}),
    ]
    status, out, _ = await desk("ratings", "--json", "--since", "2026-05-01", "--by", "month")
    found = json.loads(out)
    assert (found["count"], found["since"]) == (2, "2026-05-01T00:00:00Z")
    assert "by_agent" not in found
    assert [each["month"] for each in found["by_month"]] == ["2026-05"]


async def test_ratings_are_printed_as_a_table_that_lines_up_and_as_csv(desk: Desk) -> None:
    status, out, _ = await desk("ratings", "--by", "department")
    assert status == 0
    assert "3 ratings, mean 3.67" in out
    assert out.splitlines()[-3:] == [
        "department  ratings  mean  1  2  3  4  5",
        "sales       1        4.00  0  0  0  1  0",
        "support     2        3.50  0  1  0  0  1",
    ]
    status, out, _ = await desk("ratings", "--csv")
    rows = list(csv.reader(io.StringIO(out)))
    assert rows[:3] == [
        ["by", "name", "count", "mean", "1", "2", "3", "4", "5"],
        ["all", "", "3", "3.67", "0", "1", "0", "1", "1"],
        ["agent", "dana@staff.test", "2", "4.5", "0", "0", "0", "1", "1"],
    ]
    assert len({len(row) for row in rows}) == 1
    status, out, _ = await desk("ratings", "--since", "2030-01-01T00:00+03:00")
    assert (status, out) == (0, "no ratings: clients are asked when their ticket is resolved\n")
    status, _, err = await desk("ratings", "--since", "yesterday")
    assert status == 2
    assert "2026-11-21" in err


async def test_a_level_that_was_used_may_be_switched_off_and_is_missed_when_deleted(desk: Desk) -> None:
    status, out, err = await desk("check", "--database")
    assert status == 0, out + err
    config = desk.config.read_text("utf-8")
    more = '[[satisfaction.level]]\nname = "{0}"\nsymbol = "x"\nscore = {1}\nactive = {2}\n'
    used = "".join(more.format(name, score, active) for name, score, active in (("Bad", 1, "true"), ("So", 2, "true"), ("Ok", 5, "false")))
    desk.config.write_text(used + config, "utf-8")
    status, out, err = await desk("check", "--database")
    assert status == 1, out + err
    assert "rating" in out
    assert "4 Satisfied" in out
    assert "5 Very satisfied" not in out
    assert "active = false" in out
    status, out, _ = await desk("ratings")
    assert "Satisfied" in out, "still counted, by its last name"


async def test_the_web_role_takes_ratings_where_no_sender_is(tmp_path: Path, database_url: str) -> None:
    """Other machines send what it writes."""
    await resolved(database_url, "dana@staff.test")
    async with running(database_url, tmp_path, arguments=("--role", "listener", "--role", "web")) as gateway:
        assert "Thank you!" in await ask(link(gateway, 1, 1), comment="x")
        assert await gateway.rows("SELECT kind, state FROM outbox_messages") == [{"kind": "reopened", "state": "queued"}]
