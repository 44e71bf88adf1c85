"""What is past its time goes, batch by batch; what is held stays; and what went can be seen to have gone."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from gateway.desk import retaining
from gateway.desk.retaining import remove_past
from gateway.desk.suppressing import suppress
from gateway.domain.retention import Retention
from gateway.domain.steps import Suppress
from gateway.domain.suppressions import Cause
from storage import holds, outbox, retention
from storage.inbound import partitions
from tests.desk.office import Office, written
from tests.journeys.in_process import run_here
from tests.journeys.running import write_config
from tests.searching import places

Sessions = async_sessionmaker[AsyncSession]

ANNA, BOB = "Anna Nowak <anna@client.test>", "Bob Kowalski <bob@other.test>"
FOR_EVER = Retention(**{name: 30 if name == "links" else 0 for name in Retention.__slots__})
LONG_AGO = "UPDATE inbound_messages SET received_at = received_at - interval '40 days', finished_at = finished_at - interval '40 days'"


def terms(**days: int) -> Retention:
    return Retention(**{name: getattr(FOR_EVER, name) for name in Retention.__slots__} | days)


@pytest.fixture
def office(sessions: Sessions) -> Office:
    return Office(sessions)


async def set_hold(office: Office, **on: Any) -> None:
    async with office.sessions.begin() as session:
        await holds.set_hold(session, reason="a lawsuit", by="root@node", **on)


async def lift(office: Office, **on: Any) -> None:
    async with office.sessions.begin() as session:
        await holds.lift(session, "root@node", **on)


async def kept(office: Office) -> list[int]:
    return [row[0] for row in await office.rows("SELECT inbound_id FROM inbound_contents ORDER BY 1")]


async def test_raw_mail_goes_after_its_days_and_the_row_tells_when(office: Office) -> None:
    old = await office.take(written(ANNA))
    await office.alter(LONG_AGO)
    new = await office.take(written(ANNA, "Another thing"))
    assert await remove_past(office.sessions, FOR_EVER) == {}
    assert await remove_past(office.sessions, terms(raw_mail=41)) == {}
    assert await remove_past(office.sessions, terms(raw_mail=40)) == {"raw_mail": 1}
    assert await kept(office) == [new]
    [row] = await office.rows(
        "SELECT state, outcome, decision IS NOT NULL, subject, raw_removed_why, raw_removed_at > now() - interval '1 min' "
        "FROM inbound_messages WHERE id = :id",
        id=old,
    )
    assert row == ("done", "ticket", True, "A printer", "retention", True)
    assert await remove_past(office.sessions, terms(raw_mail=40)) == {}, "done twice it has nothing to do"


async def test_what_waits_for_a_person_stays_and_what_came_to_nothing_has_a_term_of_its_own(office: Office) -> None:
    states = ("held", "ignored", "buried", "queued")
    ids = [await office.receive(written(ANNA, state)) for state in states]
    for number, state in zip(ids, states, strict=True):
        await office.alter(f"UPDATE inbound_messages SET state = '{state}', finished_at = now() WHERE id = {number}")
    await office.alter(LONG_AGO)
    assert await remove_past(office.sessions, terms(raw_mail=1)) == {}
    assert await remove_past(office.sessions, terms(ignored_mail=1)) == {"raw_mail": 2}
    assert await kept(office) == [ids[0], ids[3]]


@pytest.mark.parametrize("on", [{"ticket": 1}, {"address": "anna@client.test"}])
async def test_a_legal_hold_beats_every_term_until_it_is_lifted(office: Office, on: dict[str, Any]) -> None:
    await office.take(written(ANNA))
    await office.alter(LONG_AGO)
    await office.alter("UPDATE tickets SET status = 'closed', closed_at = now() - interval '9 years'")
    await office.alter("UPDATE outbox_messages SET state = 'sent', created_at = now() - interval '9 years'")
    await set_hold(office, **on)
    all_terms = terms(raw_mail=1, ignored_mail=1, letters=1, closed_tickets=1, spam=1)
    assert await remove_past(office.sessions, all_terms) == {}
    assert await kept(office) == [1]
    await lift(office, **on)
    done = await remove_past(office.sessions, all_terms)
    assert (done["raw_mail"], done["letters"], done["tickets"]) == (1, 2, 1)


async def test_it_goes_in_batches_and_one_that_dies_is_gone_on_with(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(7):
        await office.take(written(ANNA, f"{number}"))
    await office.alter(LONG_AGO)
    raw, calls = retention.raw_mail, 0

    async def dying(*given: Any) -> retention.Batch:
        nonlocal calls
        calls += 1
        done = await raw(*given)
        if calls == 3:
            raise KeyboardInterrupt
        return done

    with monkeypatch.context() as patched:
        patched.setattr(retention, "raw_mail", dying)
        with pytest.raises(KeyboardInterrupt):
            await remove_past(office.sessions, terms(raw_mail=1))
    assert len(await kept(office)) == 3, "two batches of two; the third was rolled back"
    assert await remove_past(office.sessions, terms(raw_mail=1)) == {"raw_mail": 3}
    monkeypatch.setattr(retaining, "MOST_BATCHES", 1)
    assert await remove_past(office.sessions, terms(raw_mail=1)) == {}


async def test_a_message_that_somebody_has_under_lock_is_left_to_the_next_run(office: Office) -> None:
    first, second = await office.take(written(ANNA)), await office.take(written(ANNA, "More"))
    await office.alter(LONG_AGO)
    async with office.sessions.begin() as session:
        await session.execute(text(f"SELECT id FROM inbound_messages WHERE id = {first} FOR UPDATE"))
        assert await remove_past(office.sessions, terms(raw_mail=1)) == {"raw_mail": 1}
        assert await kept(office) == [first]
    assert await remove_past(office.sessions, terms(raw_mail=1)) == {"raw_mail": 1}
    assert second > first


async def test_a_week_that_is_empty_is_dropped_and_one_in_use_is_not_waited_for(office: Office) -> None:
    monday = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(weeks=6)
    monday -= timedelta(days=monday.weekday())
    name = f"inbound_contents_{monday:%G_w%V}"
    async with office.sessions.begin() as session:
        assert await partitions._make(session, name, monday)
    await office.alter(f"INSERT INTO inbound_contents VALUES (1, '{(monday + timedelta(days=1)).isoformat()}', '')")
    assert await remove_past(office.sessions, terms(raw_mail=1)) == {}, "it is not empty"
    await office.alter(f"DELETE FROM {name}")
    async with office.sessions.begin() as session:
        await session.execute(text(f"SELECT FROM {name}"))
        assert await remove_past(office.sessions, terms(raw_mail=1)) == {}
    assert await remove_past(office.sessions, terms(raw_mail=1)) == {"partitions": 1}


async def test_a_look_through_the_letters_is_in_nobodys_way(office: Office) -> None:
    """Whoever suppresses an address passes over letters that somebody has under lock, for those are being sent."""
    await office.take(written(ANNA))
    async with office.sessions() as looking:
        assert (await retention.bodies(looking, await holds.while_none_is_set(looking), 1, 30, 0)).gone == 0
        async with office.sessions.begin() as session:
            await suppress(session, Suppress("anna@client.test", Cause.PERSON, "asked for it", 30))
        assert await office.rows("SELECT state FROM outbox_messages WHERE kind = 'registered'") == [("cancelled",)]


async def test_letters_lose_their_bodies_and_files_and_their_rows_stay(office: Office, engine: AsyncEngine) -> None:
    with_file = written(ANNA)
    with_file.add_attachment(b"a file" * 30, maintype="application", subtype="pdf", filename="a.pdf")
    await office.take(with_file)
    await office.alter(
        "UPDATE outbox_messages SET state = 'sent', sent_at = now() - interval '10 days', created_at = now() - interval '10 days'"
    )
    await office.alter("UPDATE outbox_messages SET state = 'queued', sent_at = NULL WHERE id = 3")
    names = [row[0] for row in await office.rows("SELECT count(*) FROM outbox_messages WHERE attachments <> '[]'")]
    [(refs,)] = await office.rows("SELECT refs FROM blobs")
    assert refs == 1 + names[0]
    assert await remove_past(office.sessions, terms(letters=5)) == {}, "the links to its files still hold"
    assert await remove_past(office.sessions, terms(letters=5, links=7)) == {"letters": 1}
    rows = await office.rows(
        "SELECT id, kind, text = '', html IS NULL, body_removed_at IS NOT NULL, subject <> '' FROM outbox_messages ORDER BY 1"
    )
    assert [row[2:] for row in rows] == [(False, False, False, True), (True, True, True, True), (False, False, False, True)]
    assert rows[0][1] == "registered", "it stands on the ticket, and stays with it"
    assert await office.rows("SELECT refs FROM blobs") == [(refs - 1,)]
    async with office.sessions.begin() as session:
        assert await outbox.retry(session, 2) == "finished", "an empty letter is not sent"
    await office.alter("UPDATE outbox_messages SET state = 'sent', sent_at = created_at WHERE id = 3")
    assert await remove_past(office.sessions, terms(letters=5, links=7)) == {"letters": 1}, "what waited before is not passed over"


async def test_a_ticket_that_ended_long_ago_keeps_its_number_and_no_words(office: Office, engine: AsyncEngine) -> None:
    await office.take(written(ANNA))
    await office.take(written(BOB, "Mine"), "bob@other.test")
    await office.alter("UPDATE tickets SET status = 'spam', closed_at = now() - interval '10 days' WHERE number = 1")
    assert await remove_past(office.sessions, terms(closed_tickets=11, spam=11)) == {}
    assert await remove_past(office.sessions, terms(spam=9)) == {"tickets": 1}
    left = await places(engine, "anna@client.test")
    assert {each.partition(".")[0] for each in left} == {"client_addresses"}, "whom it was of is known until they are erased"
    assert await office.rows("SELECT status, subject, erased_at IS NOT NULL FROM tickets ORDER BY number") == [
        ("spam", "(erased)", True),
        ("new", "A printer", False),
    ]
    [(data,)] = await office.rows("SELECT data FROM ticket_events WHERE kind = 'erased'")
    assert data == {"why": "retention"}
    assert await office.rows("SELECT count(*) FROM articles") == [(1,)]


async def test_operators_are_told_plainly(office: Office, database_url: str, tmp_path: Path) -> None:
    config = str(write_config(tmp_path, database_url, "127.0.0.1:9", desk="[desk.retention]\nraw_mail = 30\nignored_mail = 30"))
    number = await office.take(written(ANNA))
    ignored = await office.receive(written(BOB), "bob@other.test")
    await office.alter(f"UPDATE inbound_messages SET state = 'held', outcome = 'held', finished_at = now() WHERE id = {ignored}")

    async def deskgate(*arguments: str) -> tuple[int, str, str]:
        return await run_here(*arguments, "--config", config)

    assert (await deskgate("inbound", "discard", str(ignored)))[0] == 0
    await office.alter(LONG_AGO)
    status, out, _ = await deskgate("legal-hold", "set", "--client", "Anna@Client.test", "--reason", "file 7", "--json")
    assert (status, json.loads(out)["address"]) == (0, "anna@client.test")
    assert json.loads((await deskgate("retention", "run", "--json"))[1])["raw_mail"] == 1
    status, _, err = await deskgate("erase", "--client", "anna@client.test", "--yes")
    assert status == 1
    assert "legal hold 1 is on anna@client.test" in err
    assert ": file 7\n" in err
    [entry] = json.loads((await deskgate("audit", "list", "--action", "erase", "--json"))[1])
    assert (entry["result"], "file 7" in str(entry), "anna@" in str(entry)) == ("refused", False, False)
    assert "deskgate legal-hold lift --client anna@client.test" in err
    assert "file 7" in (await deskgate("legal-hold", "list"))[1]
    assert (await deskgate("legal-hold", "set", "--client", "nobody@x.test", "--reason", "x"))[0] == 1
    assert (await deskgate("legal-hold", "lift", "--client", "anna@client.test"))[0] == 0
    assert (await deskgate("legal-hold", "lift", "--client", "anna@client.test"))[0] == 1
    assert (await deskgate("retention", "run"))[1] == "raw_mail:  1\n"

    shown = json.loads((await deskgate("inbound", "show", str(number), "--json"))[1])
    assert (shown["state"], shown["raw_removed_why"], shown["decision"] != []) == ("done", "retention", True)
    assert shown["raw_removed_at"] is not None
    for command in (("replay", str(number)), ("show", str(number), "--raw"), ("assign", str(ignored), "--new")):
        status, _, err = await deskgate("inbound", *command)
        assert status == 1, command
        assert "no longer kept" in err

    kept_list = (await deskgate("erasures", "list", "--json"))[1]
    assert json.loads(kept_list) == []
    assert (await deskgate("erase", "--client", "not an address"))[0] == 2
    assert (await deskgate("erase", "--client", "dana@staff.test"))[0] == 1
    assert (await deskgate("erase", "--client", "support@desk.test"))[0] == 1


async def test_after_a_restore_the_kept_list_erases_again_whom_the_database_has_again(
    office: Office, engine: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    config = str(write_config(tmp_path, database_url, "127.0.0.1:9"))
    await office.take(written(ANNA))
    assert (await run_here("erase", "--client", "anna@client.test", "--config", config))[0] == 0
    status, out, _ = await run_here("erasures", "list", "--json", "--config", config)
    assert (status, "anna" in out) == (0, False)
    (tmp_path / "erasures.json").write_text(out)
    again = ("erasures", "repeat", str(tmp_path / "erasures.json"), "--json", "--config", config)
    await office.take(written(ANNA, "I come back as somebody new"))
    assert json.loads((await run_here(*again))[1]) == {"known": 1, "repeated": []}, "it knows of that erasure, so she is new since"
    # As a database that was restored from before the erasure.
    await office.alter("DELETE FROM erasures")
    [done] = json.loads((await run_here(*again))[1])["repeated"]
    assert done["tickets"] == [2]
    assert await places(engine, "anna@client.test", "Anna Nowak") == []
    assert (await run_here("erasures", "repeat", config, "--config", config))[0] == 1
