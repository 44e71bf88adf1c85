"""*Outbox*: what was not sent and why, and mending it."""

from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.suppressions import Cause
from storage import suppressions
from tests.console.site import ADMIN, AGENT, CLERK, SALES, VIEWER, ConsoleSite, console_site
from tests.desk.office import Office, written

Sessions = async_sessionmaker[AsyncSession]
FAILED = "UPDATE outbox_messages SET state = 'failed', last_error = '550 5.1.1 no such user' WHERE id = :id"


async def registered(site: ConsoleSite, sessions: Sessions, who: str = "anna") -> int:
    """A client's mail came in; the letter that answers it."""
    number = await Office(sessions).take(written(f"{who.title()} <{who}@client.test>", f"words of {who}", f"Matter of {who}"))
    [(letter,)] = await site.rows("SELECT id FROM outbox_messages WHERE inbound_id = :id AND kind = 'registered'", id=number)
    assert isinstance(letter, int)
    return letter


async def state(site: ConsoleSite, letter: int) -> object:
    return (await site.rows("SELECT state FROM outbox_messages WHERE id = :id", id=letter))[0][0]


async def test_a_letter_is_shown_with_all_that_is_known_of_it(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        letter = await registered(site, sessions)
        await site.alter("UPDATE outbox_recipients SET reply = '451 4.7.1 greylisted' WHERE outbox_id = :id", id=letter)
        listed = await site.get("/outbox")
        assert "Matter of anna" in listed.said
        assert "anna@client.test" in listed.said
        shown = await site.get(f"/outbox/{letter}")
        assert "451 4.7.1 greylisted" in shown.said
        assert "Auto-Submitted" in shown.said
        assert "Ticket #1" in shown.said
        [(text,)] = await site.rows("SELECT text FROM outbox_messages WHERE id = :id", id=letter)
        assert str(text).splitlines()[-1].strip() in shown.said
        frame = await site.get(f"/outbox/{letter}/html")
        assert frame.status == 200
        assert "sandbox" in frame.headers["content-security-policy"]
        assert ("outbox.show", "done", "Root", {"outbox": [letter], "ticket": [1]}) in [
            (action, result, actor, {name: ids for name, ids in dict(about).items() if name != "client"})  # type: ignore[call-overload]
            for action, result, actor, about in await site.audited()
        ]


async def test_a_letter_that_failed_is_sent_again_and_one_that_was_sent_is_not(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        letter = await registered(site, sessions)
        await site.alter(FAILED, id=letter)
        assert "550 5.1.1 no such user" in (await site.get("/outbox", state="failed")).said
        done = await site.post(f"/outbox/{letter}/retry", follow=True)
        assert "1 letter is due now." in done.said
        assert await state(site, letter) == "queued"
        assert site.woken == ["outbox"]
        await site.alter("UPDATE outbox_messages SET state = 'sent' WHERE id = :id", id=letter)
        refused = await site.post(f"/outbox/{letter}/retry")
        assert refused.status == 409
        assert f"Nothing is left to be done about letter {letter}" in refused.said
        assert [(row[0], row[1]) for row in await site.audited() if row[0] == "outbox.retry"] == [
            ("outbox.retry", "done"),
            ("outbox.retry", "refused"),
        ]


async def test_of_a_ticket_or_somebody_all_letters_are_shown(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        letter = await registered(site, sessions)
        await registered(site, sessions, "bob")
        await site.alter("UPDATE outbox_messages SET state = 'sent' WHERE id = :id", id=letter)
        assert "Matter of anna [#1]" not in (await site.get("/outbox?to=bob@client.test")).said
        for query in ("ticket=1", "to=ANNA@client.test"):
            found = (await site.get(f"/outbox?{query}")).said
            assert "Matter of anna [#1]" in found
            assert "Matter of bob" not in found
        assert "There is no such letter" in (await site.get("/outbox?ticket=1&state=cancelled")).said


async def test_of_those_that_were_ticked_what_can_be_done_is_done(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        letters = [await registered(site, sessions, who) for who in ("anna", "bob", "carl")]
        await site.alter("UPDATE outbox_messages SET state = 'sent' WHERE id = :id", id=letters[2])
        done = await site.post("/outbox/act", follow=True, act="cancel", ids=[str(each) for each in letters])
        assert "2 letters were cancelled; the others could not be." in done.said
        assert [await state(site, each) for each in letters] == ["cancelled", "cancelled", "sent"]
        assert (await site.post("/outbox/act", act="cancel", ids=[str(each) for each in letters])).status == 409
        assert (await site.post("/outbox/act", act="retry")).status == 409


async def test_all_that_failed_are_sent_at_once_and_nobody_elses(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        letters = [await registered(site, sessions, who) for who in ("anna", "bob", "carl")]
        for each in letters:
            await site.alter(FAILED, id=each)
        await site.alter("UPDATE tickets SET department = 'sales' WHERE number = 3")
        site.operator = AGENT
        assert "Send all 2 failed letters now" in (await site.get("/outbox?state=failed")).said
        done = await site.post("/outbox/act", follow=True, all="failed", act="retry")
        assert "2 letters are due now." in done.said
        assert [await state(site, each) for each in letters] == ["queued", "queued", "failed"]
        assert (await site.post("/outbox/act", all="failed", act="retry")).status == 409


async def test_a_letter_under_way_is_left_to_its_sender(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        letter = await registered(site, sessions)
        await site.alter(
            "UPDATE outbox_messages SET state = 'leased', lease_until = now() + interval '1 minute', leased_by = 's' WHERE id = :id",
            id=letter,
        )
        refused = await site.post(f"/outbox/{letter}/cancel")
        assert refused.status == 409
        assert "is being sent at this moment" in refused.said
        assert await state(site, letter) == "leased"


async def test_an_administrator_holds_all_sending_and_lets_letters_go(sessions: Sessions) -> None:
    async with console_site(sessions, CLERK) as site:
        assert "Hold all sending" not in (await site.get("/outbox")).said
        assert (await site.post("/outbox/hold", why="no")).status == 403
        site.operator = ADMIN
        assert (await site.post("/outbox/hold", why=" ")).status == 409
        held = await site.post("/outbox/hold", follow=True, why="the relay moves")
        assert "Sending is held." in held.said
        assert "the relay moves" in held.said
        assert site.woken == ["outbox_control", "outbox"]
        site.operator = CLERK
        page = await site.get("/outbox")
        assert "the relay moves" in page.said
        assert "outbox/release" not in page.body
        site.operator = ADMIN
        assert "Letters go out." in (await site.post("/outbox/release", follow=True)).said
        assert "the relay moves" not in (await site.get("/outbox")).said


async def test_a_database_from_elsewhere_is_adopted_first(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        await site.alter(
            "INSERT INTO controls (name, value)"
            " VALUES ('outbox', jsonb_build_object('foreign', true, 'why_foreign', 'it came from a backup'))"
        )
        page = await site.get("/outbox")
        assert "it came from a backup" in page.said
        assert "outbox/adopt" in page.body
        still = await site.post("/outbox/release", follow=True)
        assert "Something else still holds sending" in still.said
        assert "Letters go out." in (await site.post("/outbox/adopt", follow=True)).said
        assert "it came from a backup" not in (await site.get("/outbox")).said


async def test_a_department_sees_its_own_letters_alone(sessions: Sessions) -> None:
    async with console_site(sessions, AGENT) as site:
        letter = await registered(site, sessions)
        assert "Matter of anna" in (await site.get("/outbox")).said
        site.operator = SALES
        assert "Matter of anna" not in (await site.get("/outbox", state="all")).said
        for path in (f"/outbox/{letter}", f"/outbox/{letter}/html"):
            assert (await site.get(path)).status == 404
        for path in (f"/outbox/{letter}/cancel", f"/outbox/{letter}/retry"):
            assert (await site.post(path)).status == 404
        assert (await site.post("/outbox/act", act="cancel", ids=str(letter))).status == 409
        assert await state(site, letter) == "queued"
        await site.alter("UPDATE outbox_messages SET ticket = NULL WHERE id = :id", id=letter)
        assert (await site.get(f"/outbox/{letter}")).status == 404
        site.operator = replace(SALES, all_departments=True)
        assert (await site.get(f"/outbox/{letter}")).status == 200


async def test_a_viewer_looks_and_mends_nothing(sessions: Sessions) -> None:
    async with console_site(sessions, VIEWER) as site:
        letter = await registered(site, sessions)
        assert f"outbox/{letter}/cancel" not in (await site.get(f"/outbox/{letter}")).body
        for path in (f"/outbox/{letter}/cancel", "/outbox/act", "/outbox/hold", "/outbox/suppressions/lift"):
            assert (await site.post(path, act="cancel", ids=str(letter))).status == 403
        assert await state(site, letter) == "queued"


async def test_a_suppression_is_seen_with_its_cause_and_lifted(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        await registered(site, sessions)
        async with sessions.begin() as session:
            await suppressions.suppress(session, "anna@client.test", Cause.BOUNCE, "550 5.1.1 unknown", 30, ticket=1)
            await suppressions.suppress(session, "eve@client.test", Cause.PERSON, "asked for it", 0)
        page = await site.get("/outbox/suppressions")
        assert "550 5.1.1 unknown" in page.said
        assert "for good" in page.said
        site.operator = AGENT
        theirs = await site.get("/outbox/suppressions")
        assert "anna@client.test" in theirs.said
        assert "eve@client.test" not in theirs.said
        assert (await site.post("/outbox/suppressions/lift", address="eve@client.test")).status == 404
        assert "go there again" in (await site.post("/outbox/suppressions/lift", follow=True, address="anna@client.test")).said
        async with sessions() as session:
            assert [each.address for each in await suppressions.listed(session)] == ["eve@client.test"]


@pytest.mark.parametrize("path", ["/outbox", "/outbox?state=sent", "/outbox?state=all&to=anna@client.test", "/outbox/suppressions"])
async def test_lists_speak_three_languages_with_and_without_letters(sessions: Sessions, path: str) -> None:
    async with console_site(sessions) as site:
        await site.in_each_language(path)
        letter = await registered(site, sessions)
        async with sessions.begin() as session:
            await suppressions.suppress(session, "eve@client.test", Cause.COMPLAINT, "spam", 0)
        await site.alter("UPDATE outbox_messages SET state = 'sent', possible_duplicates = 2 WHERE id = :id", id=letter)
        await site.in_each_language(path)
        await site.in_each_language(f"/outbox/{letter}")
