"""What the log is told of a command: nothing that leads to a client's address, whatever went wrong, and together with the change or not at
all."""

import argparse
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from gateway.cli import deed as deeds
from gateway.cli.deed import CommandDeed
from gateway.cli.exits import Exit, Fail
from gateway.cli.work import Work, audited
from gateway.config.convert import organisation
from gateway.deeds.deed import MOST_IDS, shortened
from gateway.domain.audit import Entry
from gateway.domain.organisation import Organisation
from storage import audit, clients, suppressions
from storage.clients import NewClient
from tests.config.reading import WITH_STAFF, settings_of

Sessions = async_sessionmaker[AsyncSession]
SETTINGS = settings_of(WITH_STAFF)
DESK: Organisation = organisation(SETTINGS)


def deed(command: str = "tickets:show", **options: object) -> CommandDeed:
    return CommandDeed(argparse.Namespace(command=command, **options), DESK)


async def logged(sessions: Sessions) -> list[Entry]:
    async with sessions() as session:
        return list(reversed(await audit.listed(session, audit.Filter(), 100)))


async def ended(sessions: Sessions, made: CommandDeed, error: Exception | None = None) -> Entry:
    await made.end(sessions, error)
    return (await logged(sessions))[-1]


@pytest.mark.parametrize(
    ("why", "kept"),
    [
        ("there is no ticket #5", "there is no ticket #5"),
        ("there is no client eve@client.test", "there is no client address:"),
        ("'eve@client.test' is not <eve@client.test>, and (EVE@client.test)", "address:"),
        ("support@example.com is an address of our own", "support@example.com is an address of our own"),
        ("anna@staff.example.com is not active", "anna@staff.example.com is not active"),
        ("no such code: пример@почта.рф", "no such code: address:"),
        ("a@b@c@client.test; eve@[192.0.2.1]", "address:"),
        ('"eve eve@"@client.test is no client; `o\'eve@client.test`.', "is no client; `address:"),
    ],
)
async def test_words_of_a_refusal_are_kept_without_strangers(sessions: Sessions, why: str, kept: str) -> None:
    entry = await ended(sessions, deed(number=5), Fail(why))
    assert entry.why is not None
    assert (entry.result, kept in entry.why) == ("refused", True), entry.why
    assert not any(each in entry.why.casefold() for each in ("eve@", "client.test", "почта", "xn--"))


async def test_of_a_defect_its_name_alone_is_kept(sessions: Sessions) -> None:
    entry = await ended(sessions, deed(number=5), LookupError("eve@client.test wrote: my password is hunter2"))
    assert (entry.result, entry.why) == ("failed", "LookupError")


@pytest.mark.parametrize("error", [None, BrokenPipeError()])
async def test_what_was_read_is_done_however_little_of_it_was_wanted(sessions: Sessions, error: Exception | None) -> None:
    assert (await ended(sessions, deed(number=5), error)).result == "done"


async def test_a_database_that_is_away_hides_nothing_and_is_not_asked_again(sessions: Sessions) -> None:
    await deed(number=5).end(sessions, ConnectionRefusedError())
    assert await logged(sessions) == []


async def test_commands_that_tell_of_nobody_leave_no_entry(sessions: Sessions) -> None:
    await deed("status:status").end(sessions)
    assert await logged(sessions) == []


@pytest.mark.parametrize(
    ("command", "options", "about"),
    [
        ("tickets:show", {"number": 5}, {"ticket": [5]}),
        ("outbox:retry", {"ids": [3, 4, 3], "ticket": None, "failed": False}, {"outbox": [3, 4]}),
        ("clients:show", {"client": "7"}, {"client": [7]}),
        ("clients:show", {"client": "Anna@client.test"}, {"client": [1]}),
        ("senders:verify", {"address": "support@example.com"}, {"address": ["support@example.com"]}),
        ("senders:verify", {"address": "a.nowak@example.net"}, {"address": ["anna@staff.example.com"]}),
        ("sorting:discard", {"ids": [], "author": ["anna@client.test"], "domain": []}, {"client": [1]}),
    ],
)
async def test_options_say_what_it_is_about(sessions: Sessions, command: str, options: dict[str, Any], about: dict[str, Any]) -> None:
    async with sessions.begin() as session:
        assert await clients.add_client(session, NewClient("Anna", (("anna@client.test", "anna@client.test"),))) == 1
    entry = await ended(sessions, deed(command, **options))
    assert (entry.about, entry.details) == (about, {})


@pytest.mark.parametrize(
    ("ids", "named", "more"),
    [
        ([], {"ticket": []}, {}),
        (list(range(MOST_IDS)), {"ticket": list(range(MOST_IDS))}, {}),
        (list(range(9, MOST_IDS + 10)), {}, {"ticket_count": MOST_IDS + 1, "ticket_first": 9, "ticket_last": MOST_IDS + 9}),
        (["a"] * (MOST_IDS + 1), {}, {"ticket_count": MOST_IDS + 1}),
    ],
)
def test_of_many_the_first_and_the_last_are_named(ids: list[int | str], named: dict[str, Any], more: dict[str, Any]) -> None:
    assert shortened({"ticket": ids}) == (named, more)


def working(sessions: Sessions, engine: AsyncEngine, made: CommandDeed) -> Work:
    return Work(SETTINGS, DESK, engine, sessions, made)


async def suppressed(sessions: Sessions) -> list[str]:
    async with sessions() as session:
        return [each.address for each in await suppressions.listed(session)]


ADD = "INSERT INTO suppressions (address, cause, why) VALUES ('eve@client.test', 'person', 'x')"


async def test_a_change_and_its_entry_are_there_together(sessions: Sessions, engine: AsyncEngine) -> None:
    made = deed("suppressions:add", address="eve@client.test", days=0)
    async with audited(made, sessions):
        async with working(sessions, engine, made).changing() as session:
            await session.execute(text(ADD))
            assert await logged(sessions) == []
        assert [each.action for each in await logged(sessions)] == ["suppressions.add"]
    assert len(await logged(sessions)) == 1
    assert await suppressed(sessions) == ["eve@client.test"]


async def test_where_the_log_takes_no_entry_nothing_is_changed(sessions: Sessions, engine: AsyncEngine) -> None:
    async with sessions.begin() as session:
        await session.execute(text("ALTER TABLE audit_log ADD CONSTRAINT ck_audit_log_full CHECK (false) NOT VALID"))
    made = deed("suppressions:add", address="eve@client.test", days=0)
    with pytest.raises(Exception, match="ck_audit_log_full"):
        async with audited(made, sessions), working(sessions, engine, made).changing() as session:
            await session.execute(text(ADD))
    assert await suppressed(sessions) == []


async def test_an_entry_that_was_rolled_back_with_its_change_counts_for_nothing(sessions: Sessions, engine: AsyncEngine) -> None:
    async with sessions.begin() as session:
        await session.execute(text("ALTER TABLE suppressions ADD UNIQUE (why) DEFERRABLE INITIALLY DEFERRED"))
        await session.execute(text(ADD))
    made = deed("suppressions:add", address="ann@client.test", days=0)
    with pytest.raises(IntegrityError):
        async with audited(made, sessions), working(sessions, engine, made).changing() as session:
            await session.execute(text(ADD.replace("eve", "ann")))
    assert [(each.result, each.why, each.details) for each in await logged(sessions)] == [("failed", "IntegrityError", {})]


async def test_what_is_refused_within_a_change_is_recorded_without_it(sessions: Sessions, engine: AsyncEngine) -> None:
    made = deed("suppressions:add", address="eve@client.test", days=0)
    with pytest.raises(Fail):
        async with audited(made, sessions), working(sessions, engine, made).changing() as session:
            await session.execute(text(ADD))
            raise Fail("no", Exit.WRONG)
    assert [(each.result, each.why) for each in await logged(sessions)] == [("refused", "no")]
    assert await suppressed(sessions) == []


async def test_what_goes_wrong_after_a_change_is_an_entry_more(sessions: Sessions, engine: AsyncEngine) -> None:
    made = deed("suppressions:add", address="eve@client.test", days=0)
    with pytest.raises(RuntimeError):
        async with audited(made, sessions):
            async with working(sessions, engine, made).changing() as session:
                await session.execute(text(ADD))
            raise RuntimeError
    assert [(each.result, each.why, each.details) for each in await logged(sessions)] == [
        ("done", None, {}),
        ("failed", "RuntimeError", {"after": 1}),
    ]


async def test_an_agent_acts_under_their_name_and_the_account_stays(sessions: Sessions, engine: AsyncEngine) -> None:
    made = deed("tickets:set_fields", number=5)
    assert working(sessions, engine, made).acting("A.Nowak@example.net").name == DESK.agents[0].name
    entry = await ended(sessions, made)
    assert (entry.actor, entry.account) == ("anna@staff.example.com", deeds.who().account)


@pytest.mark.parametrize(
    ("login", "sudo", "actor"),
    [
        (str(deeds.NOBODY), None, "desk"),
        (str(deeds.NOBODY), "anna", "anna"),
        ("12345", "anna", "12345"),
        ("", "anna", "anna"),
        ("-", None, "desk"),
    ],
)
def test_a_person_is_named_by_their_login_whoever_they_became(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, login: str, sudo: str | None, actor: str
) -> None:
    (tmp_path / "loginuid").write_text(login)
    monkeypatch.setattr(deeds, "LOGIN", tmp_path / "loginuid")
    monkeypatch.setattr("os.geteuid", lambda: 54321)
    monkeypatch.setattr(deeds, "user_name", lambda number: "desk" if number == 54321 else str(number))
    monkeypatch.delenv("SUDO_USER", raising=False)
    if sudo is not None:
        monkeypatch.setenv("SUDO_USER", sudo)
    found = deeds.who()
    assert (found.actor.partition("@")[0], found.account.partition("@")[0]) == (actor, "desk")
