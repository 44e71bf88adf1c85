"""*Inbound*: strangers' mail is sorted beside what would come of it, each department's by its own people."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.operators import Operator
from tests.console.site import ADMIN, AGENT, SALES, VIEWER, ConsoleSite, console_site
from tests.desk.office import Office, written
from tests.desk.values import ORGANISATION

Sessions = async_sessionmaker[AsyncSession]

HOLDING = replace(ORGANISATION, desk=replace(ORGANISATION.desk, unknown_clients="hold"))
"""Keeps strangers' mail for a person."""


@asynccontextmanager
async def desk(sessions: Sessions, operator: Operator = ADMIN) -> AsyncIterator[tuple[ConsoleSite, Office]]:
    async with console_site(sessions, operator, HOLDING) as site:
        yield site, Office(sessions, HOLDING)


async def worked_off(office: Office) -> None:
    for each in await office.claim():
        await office.work(each)


async def states(site: ConsoleSite) -> list[tuple[object, ...]]:
    return await site.rows("SELECT id, state, outcome, ticket FROM inbound_messages ORDER BY id")


async def test_a_strangers_mail_is_assigned_to_a_new_client_and_becomes_a_ticket(sessions: Sessions) -> None:
    async with desk(sessions) as (site, office):
        number = await office.take(written("Anna <anna@client.test>", "The printer burns.", "Fire"))
        listed = await site.get("/inbound")
        assert "Fire" in listed.said
        assert "anna@client.test" in listed.said
        shown = await site.get(f"/inbound/{number}")
        assert "The printer burns." in shown.said
        assert "would become a client" in shown.said
        assert "opens a ticket in the department 'support'" in shown.said
        assert "It becomes a new ticket" in shown.said
        assert "ticket registered → anna@client.test" in shown.said
        done = await site.post(f"/inbound/{number}/assign", follow=True, client="new")
        assert "1 message was assigned" in done.said
        assert site.woken == ["inbound"]
        await worked_off(office)
        assert await states(site) == [(number, "done", "ticket", 1)]
        assert ("inbound.assign", "done", "Root", {"inbound": [number]}) in await site.audited()


async def test_what_would_happen_is_only_told_and_leaves_no_trace(sessions: Sessions) -> None:
    async with desk(sessions) as (site, office):
        number = await office.take(written("Anna <anna@client.test>"))
        count = "SELECT " + ", ".join(f"(SELECT count(*) FROM {each})" for each in ("tickets", "clients", "effects", "outbox_messages"))
        before = await site.rows(count), await states(site)
        for _ in range(2):
            assert (await site.get(f"/inbound/{number}")).status == 200
        assert (await site.rows(count), await states(site)) == before
        assert before[1] == [(number, "held", "held", None)]


async def test_a_client_is_found_by_name_and_given_the_mail_with_all_else_of_its_writer(sessions: Sessions) -> None:
    async with desk(sessions) as (site, office):
        await site.alter("INSERT INTO clients (id, name) VALUES (7, 'Zofia 100% Nowak')")
        await site.alter("INSERT INTO client_addresses (key, address, client_id) VALUES ('zofia@work.test', 'Zofia@work.test', 7)")
        first = await office.take(written("Zo <zo@home.test>", "one"))
        await office.take(written("Zo <zo@home.test>", "two"))
        other = await office.take(written("Bob <bob@client.test>", "three"))
        page = await site.get(f"/inbound/{first}", find="100%")
        assert "Zofia@work.test" in page.said
        assert "also 1 more held message from the same address" in page.said
        assert "No client is found" in (await site.get(f"/inbound/{first}", find="100_")).said
        done = await site.post(f"/inbound/{first}/assign", follow=True, client="7", others="1")
        assert "2 messages were assigned" in done.said
        await worked_off(office)
        assert await site.rows("SELECT client_id FROM tickets ORDER BY number") == [(7,), (7,)]
        assert (await states(site))[2] == (other, "held", "held", None)


@pytest.mark.parametrize(("act", "outcome"), [("new", "ticket"), ("discard", "discarded")])
async def test_all_of_a_domain_are_sorted_at_once_and_nobody_else(sessions: Sessions, act: str, outcome: str) -> None:
    async with desk(sessions) as (site, office):
        for number in range(3):
            await office.take(written(f"P{number} <p{number}@bulk.test>", f"words {number}"))
        await office.take(written("Bob <bob@client.test>", "leave me"))
        listed = await site.get("/inbound?from=@bulk.test")
        assert "All 3 held messages from @bulk.test" in listed.said
        assert "bob@client.test" not in listed.said
        fields: dict[str, Any] = {"from": "@bulk.test", "all": "1", "act": act}
        done = await site.post("/inbound/sort", follow=True, **fields)
        assert "3 messages were" in done.said
        assert "bob@client.test" in done.said
        await worked_off(office)
        assert [row[2] for row in await states(site)] == [outcome] * 3 + ["held"]


async def test_those_that_were_ticked_are_discarded_and_may_be_assigned_after_all(sessions: Sessions) -> None:
    async with desk(sessions) as (site, office):
        numbers = [await office.take(written(f"P{each} <p{each}@bulk.test>", f"words {each}")) for each in range(3)]
        await site.post("/inbound/sort", act="discard", state="held", ids=[str(each) for each in numbers[:2]])
        assert [row[1] for row in await states(site)] == ["ignored", "ignored", "held"]
        again = await site.post(f"/inbound/{numbers[0]}/discard", follow=True)
        assert "it had been done before" in again.said
        assert "It was discarded. You can still assign it." in again.said
        await site.post(f"/inbound/{numbers[0]}/assign", client="new")
        await worked_off(office)
        assert (await states(site))[0] == (numbers[0], "done", "ticket", 1)
        refused = await site.post(f"/inbound/{numbers[0]}/discard")
        assert refused.status == 409
        assert f"Message {numbers[0]} has been dealt with already." in refused.said


async def test_nothing_ticked_changes_nothing(sessions: Sessions) -> None:
    async with desk(sessions) as (site, office):
        await office.take(written("Anna <anna@client.test>"))
        assert (await site.post("/inbound/sort", act="discard")).status == 409
        assert (await site.post("/inbound/1/assign", client="")).status == 409
        assert (await site.post("/inbound/1/assign", client="new", department="nowhere")).status == 409
        assert [row[1] for row in await states(site)] == ["held"]


async def test_a_department_sees_and_sorts_what_was_written_to_it_alone(sessions: Sessions) -> None:
    async with desk(sessions, SALES) as (site, office):
        for_sales = written("Anna <anna@client.test>", subject="For sales")
        for_sales.replace_header("To", "sales+spring@desk.test")
        theirs = await office.take(for_sales, to="sales+spring@desk.test")
        others = await office.take(written("Bob <bob@client.test>", subject="For support"), to="support@desk.test")
        caught = await office.take(written("Carl <carl@client.test>", subject="Caught"), to="whatever@any.test")
        listed = await site.get("/inbound", state="all")
        assert "For sales" in listed.said
        assert "For support" not in listed.said
        assert "Caught" not in listed.said
        for number in (others, caught):
            for path in (f"/inbound/{number}", f"/inbound/{number}/raw", f"/inbound/{number}/html"):
                assert (await site.get(path)).status == 404
            for act in ("assign", "discard", "replay"):
                assert (await site.post(f"/inbound/{number}/{act}", client="new")).status == 404
        assert (await site.post("/inbound/sort", act="discard", ids=[str(theirs), str(others)])).status == 404
        assert (await site.post(f"/inbound/{theirs}/assign", client="new", department="support")).status == 409
        assert [row[1] for row in await states(site)] == ["held"] * 3
        assert (await site.get(f"/inbound/{theirs}")).status == 200
        site.operator = AGENT
        assert [(await site.get(f"/inbound/{each}")).status for each in (theirs, others, caught)] == [404, 200, 200]


async def test_mail_to_a_ticket_of_another_department_is_not_told_of(sessions: Sessions) -> None:
    async with desk(sessions) as (site, office):
        first = written("Anna <anna@client.test>", "to support", "Secret matter")
        number = await office.take(first)
        await site.post(f"/inbound/{number}/assign", client="new")
        await worked_off(office)
        reply = written("Eve <eve@client.test>", "to sales", "Hm", **{"In-Reply-To": first["Message-ID"]})
        held = await office.receive(reply, to="sales@desk.test")
        await site.alter("UPDATE inbound_messages SET state = 'held', outcome = 'held', why = 'for the test' WHERE id = :id", id=held)
        site.operator = SALES
        page = await site.get(f"/inbound/{held}")
        assert page.status == 200
        assert "Secret matter" not in page.body
        assert (await site.get(f"/inbound/{number}")).status == 404


async def test_a_viewer_looks_and_does_not_sort(sessions: Sessions) -> None:
    async with desk(sessions, VIEWER) as (site, office):
        number = await office.take(written("Anna <anna@client.test>"))
        page = await site.get(f"/inbound/{number}")
        assert page.status == 200
        assert f"inbound/{number}/assign" not in page.body
        assert (await site.post(f"/inbound/{number}/discard")).status == 403
        assert (await site.post("/inbound/sort", act="discard", ids=str(number))).status == 403
        assert await states(site) == [(number, "held", "held", None)]


async def test_what_failed_is_decided_again_and_what_is_done_is_not(sessions: Sessions) -> None:
    async with desk(sessions) as (site, office):
        number = await office.receive(written("Anna <anna@client.test>"))
        await site.alter(
            "UPDATE inbound_messages SET state = 'buried', outcome = 'buried', why = 'every attempt failed', error = 'KeyError'"
        )
        assert "KeyError" in (await site.get(f"/inbound/{number}")).said
        assert "decided on again" in (await site.post(f"/inbound/{number}/replay", follow=True)).said
        await worked_off(office)
        assert (await states(site))[0][1] == "held"
        await site.post(f"/inbound/{number}/assign", client="new")
        await worked_off(office)
        assert "Nothing was changed" in (await site.post(f"/inbound/{number}/replay", follow=True)).said


async def test_the_bytes_are_a_download_and_the_html_a_frame_that_does_nothing(sessions: Sessions) -> None:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Anna <anna@client.test>", "support@desk.test", "<script>alert(1)</script>"
    made.set_content("plain")
    made.add_alternative('<p>Dear <b>desk</b><script>alert(2)</script><img src="https://track.test/x"></p>', subtype="html")
    async with desk(sessions) as (site, office):
        number = await office.take(made)
        page = await site.get(f"/inbound/{number}")
        assert "<script>alert" not in page.body
        assert "&lt;script&gt;alert(1)" in page.body
        raw = await site.get(f"/inbound/{number}/raw")
        assert raw.content == made.as_bytes()
        assert raw.headers["content-disposition"] == f'attachment; filename="inbound-{number}.eml"'
        assert raw.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in raw.headers["content-security-policy"]
        frame = await site.get(f"/inbound/{number}/html")
        assert "Dear" in frame.said
        assert "alert(2)" not in frame.body
        assert "default-src 'none'" in frame.headers["content-security-policy"]
        assert "sandbox" in frame.headers["content-security-policy"]
        assert ' src="https://track.test' not in frame.body


async def test_bytes_that_are_gone_are_told_and_not_promised(sessions: Sessions) -> None:
    async with desk(sessions) as (site, office):
        number = await office.take(written("Anna <anna@client.test>"))
        await site.alter("DELETE FROM inbound_contents")
        await site.alter("UPDATE inbound_messages SET raw_removed_at = now(), raw_removed_why = 'retention'")
        assert "no longer kept" in (await site.get(f"/inbound/{number}")).said
        assert (await site.get(f"/inbound/{number}/raw")).status == 404
        for act in ("assign", "discard", "replay"):
            assert (await site.post(f"/inbound/{number}/{act}", client="new")).status == 409


async def test_rows_of_an_older_release_are_shown_with_what_they_have(sessions: Sessions) -> None:
    async with desk(sessions) as (site, office):
        number = await office.take(written("Anna <anna@client.test>", "The printer burns."))
        await site.alter("""UPDATE inbound_messages SET peer = '{}', verdict = '{"spf": "pass"}', writer = NULL, decision = NULL""")
        shown = await site.get(f"/inbound/{number}")
        assert shown.status == 200
        assert "a program on this machine" in shown.said
        assert "would become a client" in shown.said


async def test_lists_turn_page_by_page_in_both_directions(sessions: Sessions) -> None:
    async with desk(sessions) as (site, _):
        await site.alter(
            "INSERT INTO inbound_messages (state, reverse_path, recipients, entry, peer, size, redelivery_key, trace_id, subject, author)"
            " SELECT 'held', '', '{support@desk.test}', 'smtp', '{}', 1, '', '', 'Mail ' || n || '.', 'a@b.test'"
            " FROM generate_series(1, 120) n"
        )
        first = await site.get("/inbound")
        assert "Mail 120." in first.said
        assert "Mail 71." in first.said
        assert "Mail 70." not in first.said
        [older] = [each for each in first.links() if "before=" in each]
        second = await site.get("/" + older)
        assert "Mail 70." in second.said
        assert "Mail 20." not in second.said
        last = await site.get("/" + next(each for each in second.links() if "before=" in each))
        assert "Mail 1." in last.said
        assert not [each for each in last.links() if "before=" in each]
        back = await site.get("/" + next(each for each in last.links() if "after=" in each))
        assert back.said.count("Mail ") == second.said.count("Mail ")
        assert "Mail 70." in back.said


async def test_every_state_of_it_speaks_three_languages(sessions: Sessions) -> None:
    async with desk(sessions) as (site, office):
        await site.in_each_language("/inbound")
        number = await office.take(written("Anna <anna@client.test>"))
        await office.take(written("Anna <anna@client.test>", "more"))
        for path in ("/inbound", "/inbound?state=done", "/inbound?from=anna@client.test", "/inbound?from=@none.test", f"/inbound/{number}"):
            await site.in_each_language(path)
        await site.in_each_language(f"/inbound/{number}?find=nobody")
        site.speak("ru")
        assert "Назначено 1 письмо" in (await site.post(f"/inbound/{number}/assign", follow=True, client="new")).said
        await worked_off(office)
        await site.in_each_language(f"/inbound/{number}")


async def test_numbers_and_parameters_that_are_none_are_answered_for(sessions: Sessions) -> None:
    async with desk(sessions) as (site, _):
        assert (await site.get(f"/inbound/{2**70}")).status == 404
        assert (await site.get("/inbound/1")).status == 404
        for query in ("before=x", f"before={2**70}", "state=none", "from=%00", "from=@"):
            assert (await site.get(f"/inbound?{query}")).status == 200
