"""Forgetting somebody while the desk is at work, interrupted, twice, under a legal hold, and of whom only part is known."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from gateway.desk import erasing
from gateway.desk.erasing import Erased, OnHold, StillWaitingError, erase
from gateway.desk.process import Busy, Processed
from gateway.mail.mentions import ERASED
from storage import blobs, holds, inbound
from storage.changes import ADD_BLOBS
from storage.erasure import arrived, everywhere, records
from storage.models import metadata
from tests.desk.office import Office, written
from tests.desk.values import ORGANISATION
from tests.searching import places

Sessions = async_sessionmaker[AsyncSession]

ANNA, BOB = "Anna Nowak <anna@client.test>", "Bob Kowalski <bob@other.test>"
HER = ("anna@client.test", "Anna Nowak")


@pytest.fixture
def office(sessions: Sessions) -> Office:
    return Office(sessions)


async def erased(office: Office, key: str = "anna@client.test", *, dry: bool = False) -> Erased:
    found = await office.erase(key, dry=dry)
    assert isinstance(found, Erased), found
    return found


async def test_her_mail_that_waits_is_erased_with_the_rest_and_what_waits_of_others_is_decided_on(
    office: Office, engine: AsyncEngine
) -> None:
    await office.take(written(ANNA))
    waiting = await office.receive(written(ANNA, "And another thing"))
    hers_by_from = await office.receive(written(ANNA, "By a list"), "bounces@list.test")
    bobs = await office.receive(written(BOB, "Hello"), "bob@other.test")
    done = await erased(office)
    assert await places(engine, *HER) == []
    states = await office.rows("SELECT id, state, outcome, raw_removed_why FROM inbound_messages WHERE id > 1 ORDER BY id")
    assert states == [
        (waiting, "ignored", "erased", "erased"),
        (hers_by_from, "ignored", "erased", "erased"),
        (bobs, "queued", None, None),
    ]
    assert done.tickets == (1,)
    [claimed] = await office.claim()
    assert isinstance(await office.work(claimed), Processed)


async def test_mail_of_hers_that_is_in_hand_has_no_effect_any_more(office: Office, engine: AsyncEngine) -> None:
    await office.receive(written(ANNA))
    [claimed] = await office.claim()
    await erased(office)
    with pytest.raises((inbound.LeaseLost, AssertionError)):
        await office.work(claimed)
    assert await places(engine, *HER) == []
    assert await office.rows("SELECT count(*) FROM tickets") == [(0,)]


async def test_while_it_lasts_no_mail_of_hers_is_decided_on(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.take(written(ANNA))
    outcomes: list[object] = []
    finish = records.finish

    async def meanwhile(*given: Any) -> None:
        await office.receive(written(ANNA, "I write again"))
        outcomes.extend([await office.work(each) for each in await office.claim()])
        await finish(*given)

    monkeypatch.setattr(records, "finish", meanwhile)
    await erased(office)
    assert outcomes == [Busy()]
    await office.alter("UPDATE inbound_messages SET state = 'queued', lease_until = NULL WHERE state = 'leased'")
    [claimed] = await office.claim()
    again = await office.work(claimed)
    assert isinstance(again, Processed)
    assert again.ticket == 2
    assert await office.rows("SELECT name FROM clients WHERE NOT nobody") == [("Anna Nowak",)]


async def test_mail_of_others_that_names_her_is_waited_for_and_then_loses_its_bytes(
    office: Office, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "PATIENCE", 0.3)
    await office.take(written(ANNA))
    await office.receive(written(BOB, "Ask anna@client.test", Cc=ANNA), "bob@other.test")
    with pytest.raises(StillWaitingError, match="wait for the intake"):
        await office.erase()
    [claimed] = await office.claim()
    assert isinstance(await office.work(claimed), Processed)
    done = await erased(office)
    assert await places(engine, *HER) == []
    assert done.others == (2,)
    assert await office.rows("SELECT trim(text, E'\\n') FROM articles") == [(f"Ask {ERASED}",)]
    assert len(await office.rows("SELECT id FROM erasures WHERE finished_at IS NOT NULL")) == 1, "the same erasure, gone on with"


async def test_held_mail_of_others_that_names_her_goes_and_is_told(office: Office, engine: AsyncEngine) -> None:
    number = await office.receive(written(BOB, "Ask anna@client.test"), "bob@other.test")
    await office.alter("UPDATE inbound_messages SET state = 'held', outcome = 'held', author = 'bob@other.test', finished_at = now()")
    done = await erased(office)
    assert done.unsorted == (number,)
    assert await places(engine, *HER) == []


async def test_a_letter_on_the_wire_is_waited_for(office: Office, engine: AsyncEngine) -> None:
    await office.take(written(ANNA))
    await office.alter("UPDATE outbox_messages SET state = 'leased', leased_by = 's', lease_until = now() + interval '1 min' WHERE id = 1")
    erasure = asyncio.create_task(erased(office))
    done, _ = await asyncio.wait([erasure], timeout=0.5)
    assert not done
    await office.alter("UPDATE outbox_messages SET state = 'sent', lease_until = NULL WHERE id = 1")
    await erasure
    assert await places(engine, *HER) == []


async def test_killed_anywhere_it_is_finished_by_doing_it_again(
    office: Office, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.take(written(ANNA))
    await office.take(written(ANNA, "And another thing"))
    await office.take(written(BOB, "Ask anna@client.test", Cc=ANNA), "bob@other.test")
    left, do = 0, erasing.Work.do

    async def dying(work: erasing.Work, step: Callable[[AsyncSession], Awaitable[Any]]) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return await do(work, step)

    monkeypatch.setattr(erasing.Work, "do", dying)
    deaths = 0
    while True:
        left = deaths
        try:
            await erased(office)
        except KeyboardInterrupt:
            deaths += 1
            assert await office.rows("SELECT count(*) FROM client_addresses WHERE key = 'anna@client.test'") == [(1,)], "found again"
        else:
            break
    assert deaths > 3
    assert await places(engine, *HER) == []
    assert [row[0] for row in await office.rows("SELECT name FROM clients WHERE NOT nobody")] == ["Bob Kowalski"]
    assert len(await office.rows("SELECT id FROM erasures")) == 1


async def test_trying_it_out_changes_nothing_and_foretells_the_counts(office: Office, engine: AsyncEngine) -> None:
    await office.take(written(ANNA))
    await office.take(written(BOB, "Ask anna@client.test", Cc=ANNA), "bob@other.test")
    before = await places(engine, *HER)
    tried = await erased(office, dry=True)
    assert await places(engine, *HER) == before
    assert tried.counts == (await erased(office)).counts
    assert tried.number is None


async def test_whoever_is_no_client_can_be_forgotten_too(office: Office, engine: AsyncEngine) -> None:
    await office.take(written(BOB, "Ask anna@client.test", Cc=ANNA), "bob@other.test")
    done = await erased(office)
    assert (done.tickets, done.others) == ((), (1,))
    assert await places(engine, *HER) == []
    assert await office.rows("SELECT name FROM clients") == [("Bob Kowalski",)]


async def test_others_whose_address_is_nearly_hers_keep_everything(office: Office, engine: AsyncEngine) -> None:
    for author in ("Joanna <joanna@client.test>", "Anna Nowak <anna+news@client.test>", "Anna <anna@client.test.pl>"):
        await office.take(written(author, f"From {author}"), author.partition("<")[2].rstrip(">"))
    names = await places(engine, "joanna@client.test", "anna+news@client.test", "anna@client.test.pl")
    await office.take(written(ANNA))
    await erased(office)
    assert await places(engine, "joanna@client.test", "anna+news@client.test", "anna@client.test.pl") == names
    assert await office.rows("SELECT count(*) FROM inbound_contents") == [(3,)]


async def test_who_calls_themselves_as_an_agent_does_not_take_the_agents_name_away(office: Office, engine: AsyncEngine) -> None:
    await office.take(written("Dana Agent <anna@client.test>"))
    await office.take(written(BOB, "Dana Agent and anna@client.test were here", Cc="Dana Agent <anna@client.test>"), "bob@other.test")
    await erased(office)
    assert await places(engine, "anna@client.test") == []
    assert await office.rows("SELECT trim(text, E'\\n') FROM articles") == [(f"Dana Agent and {ERASED} were here",)]


async def test_a_client_beyond_ascii_is_found_in_every_form_of_the_address(office: Office, engine: AsyncEngine) -> None:
    raw = (
        "From: Иван Петров <Иван@Пример.test>\r\nTo: support@desk.test\r\nSubject: Здравствуйте\r\nMessage-ID: <i@x.test>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        "Пишите на ИВАН@ПРИМЕР.TEST или иван@xn--e1afmkfd.test.\r\n"
    ).encode()
    await office.take(raw, "иван@пример.test")
    await office.take(written(BOB, "Это иван@пример.test и Иван@xn--e1afmkfd.TEST", Cc="bob2@other.test"), "bob@other.test")
    await erased(office, "иван@xn--e1afmkfd.test")
    assert await places(engine, "иван@пример.test", "иван@xn--e1afmkfd.test", "Иван Петров") == []


async def set_hold(office: Office, **on: Any) -> holds.Hold:
    async with office.sessions.begin() as session:
        return await holds.set_hold(session, reason="file 7 O 12/26", by="root@node", **on)


HOLDS: tuple[dict[str, Any], ...] = (
    {"address": "anna@client.test"},
    {"address": "anna@home.test"},
    {"ticket": 1},
    {"ticket": 2},
    {"address": "bob@other.test"},
)


async def test_a_legal_hold_on_anything_of_hers_or_that_names_her_refuses_the_whole(office: Office, engine: AsyncEngine) -> None:
    await office.take(written(ANNA))
    await office.alter("INSERT INTO client_addresses (key, address, client_id) VALUES ('anna@home.test', 'anna@home.test', 1)")
    await office.take(written(BOB, "Ask anna@client.test"), "bob@other.test")
    before = await places(engine, *HER)
    for on in HOLDS:
        hold = await set_hold(office, **on)
        assert await office.erase(dry=on is HOLDS[0]) == OnHold((hold,)), on
        async with office.sessions.begin() as session:
            assert await holds.lift(session, "root@node", **on) is not None
    assert [each for each in await places(engine, *HER) if "legal_holds" not in each] == before
    await erased(office)
    assert await places(engine, *HER, "anna@home.test") == []


async def test_a_hold_on_something_else_refuses_nothing(office: Office, engine: AsyncEngine) -> None:
    await office.take(written(ANNA))
    await office.take(written(BOB), "bob@other.test")
    await set_hold(office, ticket=2)
    await erased(office)
    assert await places(engine, *HER) == []


async def test_a_hold_set_twice_is_one_and_lifted_twice_is_told(office: Office) -> None:
    await office.take(written(ANNA))
    first, second = await set_hold(office, ticket=1), await set_hold(office, ticket=1)
    assert first == second
    async with office.sessions.begin() as session:
        assert await holds.lift(session, "x", ticket=1) is not None
        assert await holds.lift(session, "x", ticket=1) is None
        assert [each.lifted_by for each in await holds.listed(session, lifted=True)] == ["x"]
        assert await holds.listed(session) == []


async def test_a_ticket_that_was_erased_takes_no_mail_any_more(office: Office) -> None:
    await office.take(written(ANNA, cc="x@y.test"))
    await erased(office)
    await office.take(written(ANNA, "Again", "Re: A printer [#1]"))
    assert await office.rows("SELECT number, status, subject, erased_at IS NOT NULL FROM tickets ORDER BY 1") == [
        (1, "closed", "(erased)", True),
        (2, "new", "Re: A printer [#1]", False),
    ]


def test_every_table_is_looked_through_or_left_out_for_a_reason() -> None:
    looked = {each.name for each in everywhere.searched()}
    assert looked.isdisjoint(everywhere.APART)
    without_words = {table.name for table in metadata.tables.values()} - looked - everywhere.APART.keys()
    assert without_words <= {"effects", "message_ids", "search_due", "health_samples"}, "numbers, times and digests alone"
    assert everywhere.APART.keys() <= metadata.tables.keys()


async def test_a_table_of_many_pages_is_looked_through_to_its_end(
    office: Office, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(everywhere, "PAGE", 7)
    await office.take(written(BOB), "bob@other.test")
    async with office.sessions.begin() as session:
        for number in range(40):
            said = "anna@client.test" if number % 5 == 0 else "nobody"
            note = text("INSERT INTO ticket_events (ticket, kind, actor_role, data) VALUES (1, 'held', 'system', CAST(:data AS jsonb))")
            await session.execute(note, {"data": json.dumps({"why": said.upper()})})
    done = await erased(office)
    assert done.counts["ticket_events"]["redacted"] == 8
    assert await places(engine, *HER) == []


async def test_the_greylist_forgets_who_knocked(office: Office) -> None:
    await office.take(written(ANNA))
    await office.alter(
        "INSERT INTO greylist (key, source, kind) VALUES ('mine', '192.0.2.0/24', 'triplet'), ('net', '192.0.2.0/24', 'source')"
    )
    asked = []

    def knocks(knocked: arrived.Knocked) -> list[bytes]:
        asked.append(knocked)
        return [b"mine", b"net"]

    found = await erase(office.sessions, "anna@client.test", ORGANISATION, knocks)
    assert isinstance(found, Erased)
    assert asked == [arrived.Knocked("192.0.2.1", "client.test", "anna@client.test", ("support@desk.test",))]
    assert await office.rows("SELECT key FROM greylist") == [(b"net",)], "a network is others' as well"


async def test_a_file_that_somebody_attaches_at_this_moment_is_not_let_go(office: Office) -> None:
    with_file = written(ANNA)
    with_file.add_attachment(b"a file" * 30, maintype="application", subtype="pdf", filename="a.pdf")
    await office.take(with_file)
    [(sha256, refs)] = await office.rows("SELECT sha256, refs FROM blobs")

    async def let_go() -> list[bytes]:
        async with office.sessions.begin() as session:
            return await blobs.let_go(session, [sha256] * refs)

    async with office.sessions.begin() as session:
        await session.execute(ADD_BLOBS, {"sha256": [sha256], "content": [b"a file" * 30]})
        letting = asyncio.create_task(let_go())
        done, _ = await asyncio.wait([letting], timeout=0.3)
        assert not done, "it waits for whoever names the file"
        await session.execute(text("UPDATE blobs SET refs = refs + 1"))
    assert await letting == []
    assert await office.rows("SELECT refs FROM blobs") == [(1,)]
