"""The audit log on a real database: nothing but appending, one chain however many append, and retention that says so."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.desk.retaining import remove_past
from gateway.domain.audit import FORGET, START, Access, Act, Broken, Entry, Link, Result, Who, digest_of, document, follow
from gateway.domain.retention import Retention
from storage import audit

Sessions = async_sessionmaker[AsyncSession]

WHO = Who("dana@staff.test", "root@node", "cli")
RETENTION = Who("deskgate", "deskgate@node", "schedule")
ACT = Act(WHO, "tickets.set", Access.CHANGE, Result.DONE, about={"ticket": [5]}, changes={"status": ("open", "closed")})


async def written(sessions: Sessions, count: int = 1, act: Act = ACT) -> list[Entry]:
    found = []
    for _ in range(count):
        async with sessions.begin() as session:
            found.append(await audit.append(session, act))
    return found


async def chain(sessions: Sessions, batch: int = 1000) -> Link | Broken:
    """Where the whole log leads."""
    async with sessions() as session:
        place: Link | Broken = await audit.beginning(session)
        async for entries in audit.walk(session, batch=batch):
            assert isinstance(place, Link)
            place = follow(map(document, entries), place)
            if isinstance(place, Broken):
                break
        return place


async def run(sessions: Sessions, *statements: str) -> None:
    async with sessions.begin() as session:
        for each in statements:
            await session.execute(text(each))


async def test_what_is_written_comes_back_to_the_letter(sessions: Sessions) -> None:
    act = replace(
        ACT, why="naïve — 'quoted' \"twice\" \\ \u2028 \x7f 😀", details={"before": [1, 2], "raw": True, "words": "a\tb\nc", "n": 2**60}
    )
    [entry] = await written(sessions, act=act)
    async with sessions() as session:
        [found] = await audit.listed(session, audit.Filter(), 10)
    assert found == entry
    assert await chain(sessions) == Link(1, entry.digest)


async def test_many_who_append_at_once_make_one_chain(sessions: Sessions) -> None:
    """Some of them give up: an act that was rolled back leaves no gap."""

    async def one(number: int) -> None:
        try:
            async with sessions.begin() as session:
                await audit.append(session, replace(ACT, about={"ticket": [number]}))
                if number % 5 == 0:
                    raise LookupError
        except LookupError:
            pass

    await asyncio.gather(*map(one, range(1, 41)))
    end = await chain(sessions, batch=7)
    assert isinstance(end, Link)
    assert end.id == 32
    async with sessions() as session:
        assert await audit.head(session) == end


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'somebody' WHERE id = 2",
        "DELETE FROM audit_log WHERE id = 3",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
    ],
)
async def test_the_log_takes_nothing_but_more(sessions: Sessions, statement: str) -> None:
    await written(sessions, 3)
    with pytest.raises(DBAPIError, match="append-only"):
        await run(sessions, statement)
    assert isinstance(await chain(sessions), Link)


OWNER = "ALTER TABLE audit_log DISABLE TRIGGER USER"
"""What only the tables' owner can do."""


@pytest.mark.parametrize(
    ("statements", "at", "told"),
    [
        (["UPDATE audit_log SET actor = 'somebody@staff.test' WHERE id = 3"], 3, "was changed"),
        (["UPDATE audit_log SET about = '{\"ticket\": [6]}' WHERE id = 2"], 2, "was changed"),
        (["UPDATE audit_log SET at = at + interval '1 microsecond' WHERE id = 4"], 4, "was changed"),
        (["DELETE FROM audit_log WHERE id = 3"], 3, "is missing"),
        (["DELETE FROM audit_log WHERE id IN (2, 3)"], 2, "2 to 3 is missing"),
        (["DELETE FROM audit_log WHERE id = 1"], 1, "the beginning is followed by 2"),
        (["UPDATE audit_log SET digest = sha256('x') WHERE id = 2"], 2, "was changed"),
        (["UPDATE audit_log SET id = 9 WHERE id = 2", "UPDATE audit_log SET id = 2 WHERE id = 3"], 2, "was changed"),
    ],
)
async def test_what_its_owner_does_to_it_is_found_where_it_was_done(sessions: Sessions, statements: list[str], at: int, told: str) -> None:
    await written(sessions, 5)
    await run(sessions, OWNER, *statements)
    end = await chain(sessions)
    assert isinstance(end, Broken)
    assert (end.id, told in end.why) == (at, True), end.why


async def test_an_entry_that_was_forged_with_its_digest_is_betrayed_by_the_next_one(sessions: Sessions) -> None:
    entries = await written(sessions, 3)
    forged = replace(entries[1], actor="oleg@staff.test")
    digest = digest_of(document(forged)).hex()
    await run(sessions, OWNER, f"UPDATE audit_log SET actor = 'oleg@staff.test', digest = decode('{digest}', 'hex') WHERE id = 2")
    end = await chain(sessions)
    assert isinstance(end, Broken)
    assert (end.id, "entry 2 was replaced" in end.why) == (3, True)


async def aged(sessions: Sessions, days: int, through: int) -> None:
    """The chain as it would be had its first entries been written days ago."""
    async with sessions() as session:
        entries = [each async for batch in audit.walk(session) for each in batch]
    await run(sessions, OWNER, "DELETE FROM audit_log", "UPDATE audit_head SET id = 0, digest = decode(repeat('00', 32), 'hex')")
    place = START
    for each in entries:
        moved = replace(each, at=each.at - timedelta(days=days if each.id <= through else 0), previous=place.digest)
        moved = replace(moved, digest=digest_of(document(moved)))
        async with sessions.begin() as session:
            await session.execute(audit._APPEND, audit._values(moved))
        place = Link(moved.id, moved.digest)
    await run(sessions, "ALTER TABLE audit_log ENABLE TRIGGER USER")


async def test_retention_takes_the_oldest_and_the_chain_goes_on_from_what_it_says(sessions: Sessions) -> None:
    await written(sessions, 6)
    await aged(sessions, days=400, through=4)
    async with sessions.begin() as session:
        assert await audit.forget(session, 365, RETENTION) == 4
    async with sessions() as session:
        found = await audit.listed(session, audit.Filter(), 10)
        assert [each.id for each in found] == [7, 6, 5]
        assert (found[0].action, found[0].actor, found[0].details["through"]) == (FORGET, "deskgate", 4)
        assert (await audit.beginning(session)).id == 4
    assert isinstance(await chain(sessions), Link)
    async with sessions.begin() as session:
        assert await audit.forget(session, 365, RETENTION) == 0, "done twice it has one effect, and no entry of its own"
    with pytest.raises(DBAPIError, match="append-only"):
        await run(sessions, "DELETE FROM audit_log WHERE id = 5")


async def test_what_is_much_is_taken_some_at_a_time_and_the_chain_holds_between(sessions: Sessions) -> None:
    await written(sessions, 6)
    await aged(sessions, days=400, through=5)
    gone = []
    for _ in range(4):
        async with sessions.begin() as session:
            gone.append(await audit.forget(session, 365, RETENTION, limit=2))
        assert isinstance(await chain(sessions), Link)
    assert gone == [2, 2, 1, 0]


async def test_the_schedule_takes_all_that_is_past_and_nothing_else(sessions: Sessions) -> None:
    await written(sessions, 6)
    await aged(sessions, days=400, through=5)
    terms = Retention(raw_mail=0, ignored_mail=0, letters=0, closed_tickets=0, spam=0, audit=0, links=30)
    assert await remove_past(sessions, terms) == {}
    assert await remove_past(sessions, replace(terms, audit=401)) == {}
    assert await remove_past(sessions, replace(terms, audit=399)) == {"audit": 5}
    assert await remove_past(sessions, replace(terms, audit=399)) == {}
    assert isinstance(await chain(sessions), Link)


async def test_of_what_retention_left_the_first_entry_must_be_there(sessions: Sessions) -> None:
    await written(sessions, 6)
    await aged(sessions, days=400, through=4)
    async with sessions.begin() as session:
        await audit.forget(session, 365, RETENTION)
    await run(sessions, OWNER, "DELETE FROM audit_log WHERE id = 5")
    end = await chain(sessions)
    assert isinstance(end, Broken)
    assert end.id == 5


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({}, [4, 3, 2, 1]),
        ({"actor": "DANA"}, [4, 2, 1]),
        ({"actor": "node2"}, [3]),
        ({"actor": "%"}, []),
        ({"action": "tickets"}, [4, 2, 1]),
        ({"action": "tickets.set"}, [2, 1]),
        ({"action": "ticket"}, []),
        ({"access": Access.READ}, [4]),
        ({"result": Result.REFUSED}, [2]),
        ({"about": [{"ticket": 5}]}, [4, 1]),
        ({"about": [{"ticket": 5}, {"client": 7}]}, [4, 3, 1]),
        ({"about": [{"ticket": 50}]}, []),
    ],
)
async def test_entries_are_found_by_who_what_and_about_whom(sessions: Sessions, wanted: dict[str, Any], ids: list[int]) -> None:
    await written(sessions, act=ACT)
    await written(sessions, act=replace(ACT, result=Result.REFUSED, why="there is no ticket #55", about={"ticket": [55]}))
    await written(sessions, act=Act(Who("op@node2", "op@node2", "cli"), "clients.add", Access.CHANGE, Result.DONE, about={"client": [7]}))
    await written(sessions, act=Act(WHO, "tickets.show", Access.READ, Result.DONE, about={"ticket": [5], "client": [3]}))
    async with sessions() as session:
        assert [each.id for each in await audit.listed(session, audit.Filter(**wanted), 10)] == ids


def fenced(role: str) -> list[str]:
    """As docs/audit.md has it; `role` is the one that Deskgate connects as."""
    page = (Path(__file__).parents[2] / "docs" / "audit.md").read_text()
    [block] = [each for each in re.findall(r"(?ms)^```sql\n(.*?)^```$", page) if "OWNER TO auditor" in each]
    return [each.strip().replace("deskgate", role) for each in block.split(";") if each.strip()]


async def test_the_log_can_be_given_to_an_owner_whom_deskgate_is_not(sessions: Sessions, database_url: str) -> None:
    name = make_url(database_url).database
    role, auditor = f"desk_{name}", f"auditor_{name}"
    await run(sessions, f"CREATE ROLE {role}", f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
    try:
        await run(sessions, *(each.replace("auditor", auditor) for each in fenced(role)))
        async with sessions.begin() as session:
            await session.execute(text(f"SET LOCAL ROLE {role}"))
            await audit.append(session, ACT)
            await audit.forget(session, 1, RETENTION)
        for refused in (
            "UPDATE audit_log SET actor = 'x'", OWNER, "TRUNCATE audit_log", "DROP TABLE audit_log", "DELETE FROM audit_head",
            "CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        ):  # fmt: skip
            with pytest.raises(DBAPIError, match=r"permission denied|must be owner|append-only"):
                await run(sessions, f"SET LOCAL ROLE {role}", refused)
        assert isinstance(await chain(sessions), Link)
    finally:
        await run(sessions, *(f"REASSIGN OWNED BY {each} TO CURRENT_USER" for each in (role, auditor)))
        await run(sessions, *(f"DROP OWNED BY {each}" for each in (role, auditor)), f"DROP ROLE {role}", f"DROP ROLE {auditor}")
