"""A ticket for a client who telephoned: opened once, by whoever may, with the letters of one that came by mail."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.console.site import AGENT, CLERK, SALES, VIEWER, ConsoleSite, console_site
from tests.desk.values import ORGANISATION
from tests.search.opening import Sessions, open_one

WORDS = {"address": "New@Client.test", "name": "Nina Nowak", "subject": "Called about the printer", "text": "It smokes.\nShe hurries."}


@pytest.fixture
async def site(sessions: Sessions) -> AsyncIterator[ConsoleSite]:
    async with console_site(sessions, CLERK) as made:
        yield made


async def filled(site: ConsoleSite, **fields: str) -> dict[str, str]:
    return WORDS | {"effect": (await site.get("/tickets/new")).hidden("effect"), "gateway": "support@desk.test"} | fields


async def test_it_is_opened_with_its_letters_and_shown(site: ConsoleSite) -> None:
    page = await site.post("/tickets/new", await filled(site), follow=True)
    assert page.status == 200
    for said in ("The ticket is open", "Called about the printer", "It smokes.", "Nina Nowak", "New@Client.test"):
        assert said in page.said
    assert await site.rows("SELECT DISTINCT kind FROM outbox_messages ORDER BY kind") == [("new_ticket",), ("registered",)]
    assert "outbox" in site.woken
    [(action, result, actor, about)] = [each for each in await site.audited() if each[0] == "tickets.new"]
    assert (action, result, actor) == ("tickets.new", "done", "Clerk")
    assert about["ticket"] == [1]  # type: ignore[index]
    assert await site.rows("SELECT actor FROM ticket_events WHERE kind = 'created'") == [("Clerk",)]


async def test_a_form_that_is_sent_twice_opens_one(site: ConsoleSite) -> None:
    fields = await filled(site)
    first, second = await site.post("/tickets/new", fields), await site.post("/tickets/new", fields)
    assert first.location.partition("?")[0] == second.location.partition("?")[0]
    assert await site.rows("SELECT count(*) FROM tickets") == [(1,)]
    await site.post("/tickets/new", await filled(site))
    assert await site.rows("SELECT count(*) FROM tickets") == [(2,)]


async def test_what_is_wrong_is_said_in_the_operators_language_and_nothing_written_is_lost(site: ConsoleSite) -> None:
    for language, address, said in (
        ("en", "nobody", "'nobody' is not an address"),
        ("ru", "support@desk.test", None),
        ("pl", "", None),
    ):
        site.speak(language)  # type: ignore[arg-type]
        page = await site.post("/tickets/new", await filled(site, address=address))
        assert page.status == 409
        assert said is None or said in page.said
        assert "It smokes.\nShe hurries.</textarea>" in page.body
        assert 'value="Called about the printer"' in page.body
        assert 'role="alert"' in page.body
    site.speak("en")
    for missing in ("subject", "text"):
        assert (await site.post("/tickets/new", await filled(site, **{missing: " "}))).status == 409
    assert await site.rows("SELECT count(*) FROM tickets") == [(0,)]


async def test_only_addresses_of_the_operators_departments_are_offered_and_taken(site: ConsoleSite) -> None:
    site.operator = SALES
    page = await site.get("/tickets/new")
    assert "sales@desk.test" in page.said
    assert "support@desk.test" not in page.said
    assert (await site.post("/tickets/new", await filled(site, gateway="support@desk.test"))).status == 409
    assert (await site.post("/tickets/new", await filled(site, gateway="sales@desk.test"))).status == 303
    assert await site.rows("SELECT department FROM tickets") == [("sales",)]


async def test_whoever_may_only_look_opens_nothing(site: ConsoleSite) -> None:
    fields = await filled(site)
    site.operator = VIEWER
    assert (await site.get("/tickets/new")).status == 403
    assert (await site.post("/tickets/new", fields)).status == 403
    assert 'href="tickets/new"' not in (await site.get("/tickets")).body
    assert await site.rows("SELECT count(*) FROM tickets") == [(0,)]


async def test_a_known_client_is_filled_in_for_those_alone_who_see_a_ticket_of_theirs(site: ConsoleSite) -> None:
    await open_one(site.sessions, client="anna@client.test", name="Anna Known")
    site.operator = AGENT
    page = await site.get("/tickets/new", client="1")
    assert 'value="anna@client.test"' in page.body
    assert 'value="Anna Known"' in page.body
    site.operator = SALES
    for client in ("1", "77"):
        assert (await site.get("/tickets/new", client=client)).status == 404


async def test_the_form_is_whole_in_each_language_and_says_where_there_is_no_address(site: ConsoleSite) -> None:
    await site.in_each_language("/tickets/new")
    site.organisation = replace(ORGANISATION, gateways=tuple(each for each in ORGANISATION.gateways if each.default))
    site.operator = SALES
    for page in (await site.in_each_language("/tickets/new")).values():
        assert "<textarea" not in page.body
        assert 'class="empty"' in page.body
