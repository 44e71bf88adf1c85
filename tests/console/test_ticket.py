"""A ticket's page: what it shows and to whom, and what each of its forms does."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.deeds import tickets
from gateway.deeds.deed import Deed
from gateway.deeds.hand import Hand
from gateway.deeds.wishes import Answer, Opening, file_of
from gateway.domain.actor import Actor
from gateway.domain.audit import Access, Who
from gateway.domain.operators import Operator, Rank
from gateway.domain.organisation import CannedReply
from gateway.domain.states import Role
from gateway.domain.steps import Person
from tests.console.site import AGENT, CLERK, SALES, VIEWER, ConsoleSite, console_site
from tests.desk.values import ORGANISATION

Sessions = async_sessionmaker[AsyncSession]
OLEG = Actor(Role.AGENT, "Олег Агентов", "oleg@staff.test")


def oleg(effect: str) -> Hand:
    return Hand(OLEG, ORGANISATION, Deed("tests", Access.CHANGE, Who("oleg", "oleg", "tests"), ORGANISATION), effect)


async def open_one(sessions: Sessions, text: str = "It burns.", client: str = "anna@client.test", gateway: str | None = None) -> int:
    async with sessions.begin() as session:
        done = await tickets.open_by_hand(session, oleg(f"{text}{client}"), Opening(Person("Anna", client), "Printer <b>", text, gateway))
    return done.ticket


@pytest.fixture
async def site(sessions: Sessions) -> AsyncIterator[ConsoleSite]:
    await open_one(sessions)
    async with console_site(sessions, AGENT) as made:
        yield made


async def answer(site: ConsoleSite, number: int = 1, **fields: str) -> dict[str, Any]:
    """The fields of the page's own form, but for these."""
    page = await site.get(f"/tickets/{number}")
    return {"effect": page.hidden("effect"), "seen": page.hidden("seen"), "way": "reply", "do": "send"} | fields


async def test_the_page_tells_everything_in_each_language(site: ConsoleSite) -> None:
    pages = await site.in_each_language("/tickets/1")
    for word in ("Printer <b>", "It burns.", "anna@client.test", "support@desk.test"):
        assert all(word in each.said or word.replace("<b>", "&lt;b&gt;") in each.body for each in pages.values()), word
    assert "<b>" not in pages["en"].body.replace("&lt;b&gt;", "")
    assert "Клиент" in pages["ru"].said
    assert "Właściwości" in pages["pl"].said


async def test_a_reply_goes_to_the_client_once_however_often_its_form_is_sent(site: ConsoleSite) -> None:
    fields = await answer(site, text="Use water.\r\nMuch of it.", status="pending")
    first = await site.post("/tickets/1/answer", follow=True, **fields)
    assert (first.status, "Your reply is on its way." in first.said) == (200, True)
    again = await site.post("/tickets/1/answer", **fields)
    assert again.status == 303
    assert await site.rows("SELECT text, author_address, private FROM articles WHERE kind = 'agent_reply'") == [
        ("Use water.\nMuch of it.", "dana@staff.test", False)
    ]
    assert await site.rows(
        "SELECT r.address FROM outbox_messages o JOIN outbox_recipients r ON outbox_id = o.id WHERE kind = 'agent_reply'"
    ) == [("anna@client.test",)]
    assert await site.rows("SELECT status FROM tickets") == [("pending",)]
    assert site.woken == ["outbox"]
    assert ("tickets.reply", "done", "dana@staff.test", {"ticket": [1]}) in await site.audited()


async def test_two_sends_at_the_same_moment_are_one_reply(site: ConsoleSite) -> None:
    fields = await answer(site, text="Use water.")
    answers = await asyncio.gather(*(site.post("/tickets/1/answer", **fields) for _ in range(4)))
    assert {each.status for each in answers} == {303}
    assert await site.rows("SELECT count(*) FROM articles WHERE kind = 'agent_reply'") == [(1,)]
    assert await site.rows("SELECT count(*) FROM outbox_messages WHERE kind = 'agent_reply'") == [(1,)]


async def test_an_answer_that_somebody_overtook_is_kept_and_warned_of_and_then_sent(site: ConsoleSite) -> None:
    fields = await answer(site, text="Use water.")
    async with site.sessions.begin() as session:
        await tickets.reply(session, oleg("meanwhile"), 1, Answer("Use <sand>."))
    kept = await site.post("/tickets/1/answer", **fields)
    assert kept.status == 409
    assert "Somebody wrote on this ticket while you were writing." in kept.said
    assert "Use &lt;sand&gt;." in kept.body
    assert "Use water.</textarea>" in kept.body
    assert re.search(r'class="article agent_reply fresh"', kept.body)
    assert await site.rows("SELECT count(*) FROM articles WHERE kind = 'agent_reply'") == [(1,)]
    sent = await site.post("/tickets/1/answer", **fields | {"seen": kept.hidden("seen"), "effect": kept.hidden("effect")})
    assert sent.status == 303
    assert await site.rows("SELECT count(*) FROM articles WHERE kind = 'agent_reply'") == [(2,)]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"text": "  "}, "There are no words."),
        ({"cc": "nobody at all"}, "“nobody at all” is not an address."),
        ({"cc": "support@desk.test"}, "support@desk.test is an address of our own"),
        ({"to": "ina@staff.test"}, "ina@staff.test is not active"),
        ({"way": "private", "bcc": "boss@staff.test"}, "A private reply goes to those in To."),
        ({"way": "private", "to": "anna@client.test"}, "The client gets no private reply."),
        ({"sender": "ceo@else.test"}, "ceo@else.test is not an address of ours."),
        ({"way": "note", "text": "x" * 500_001}, "The text is too long: 500,001 characters"),
    ],
)
async def test_what_cannot_be_sent_is_told_and_given_back(site: ConsoleSite, changes: dict[str, Any], why: str) -> None:
    fields = await answer(site, text="Use water.") | changes
    told = await site.post("/tickets/1/answer", **fields)
    assert (told.status, why in told.said) == (409, True), told.said[:600]
    assert f"{fields['text'].strip()}</textarea>" in told.body
    assert await site.rows("SELECT count(*) FROM articles") == [(1,)]
    site.speak("pl")
    assert why not in (await site.post("/tickets/1/answer", **fields)).said, "in the reader's language"


async def test_a_private_reply_never_reaches_the_client_and_a_note_nobody(site: ConsoleSite) -> None:
    letters = (
        "SELECT kind, r.address FROM outbox_messages o JOIN outbox_recipients r ON outbox_id = o.id WHERE o.id > :last ORDER BY r.address"
    )
    [(last,)] = await site.rows("SELECT max(id) FROM outbox_messages")
    await site.post("/tickets/1/answer", **await answer(site, way="note", text="He is rude."))
    await site.post("/tickets/1/answer", **await answer(site, way="private", text="Between us."))
    assert await site.rows(letters, last=last) == []
    await site.post("/tickets/1/answer", **await answer(site, way="private", text="Can you?", to="maker@works.test, anna@client.test"))
    assert await site.rows(letters, last=last) == [("agent_reply", "maker@works.test")]
    page = await site.get("/tickets/1")
    for label in ("Note · for colleagues only", "Private reply · not for the client"):
        assert label in page.said
    assert await site.rows("SELECT kind, private FROM articles ORDER BY id OFFSET 1") == [
        ("note", True), ("agent_reply", True), ("agent_reply", True),
    ]  # fmt: skip
    assert await site.rows("SELECT status FROM tickets") == [("new",)]


async def test_files_go_with_the_reply_and_come_down_without_a_cookie_as_nothing_but_files(site: ConsoleSite) -> None:
    hostile = b"<script>alert(document.cookie)</script>"
    fields = await answer(site, text="See the file.")
    files = [("file", ("отчёт.html", hostile, "text/html")), ("file", ("b.pdf", b"%PDF", "application/pdf; x=y"))]
    assert (await site.post("/tickets/1/answer", files=files, **fields)).status == 303
    assert await site.rows("SELECT filename, content_type FROM attachments ORDER BY id") == [
        ("отчёт.html", "text/html"), ("b.pdf", "application/pdf"),
    ]  # fmt: skip
    assert await site.rows("SELECT jsonb_array_length(attachments) FROM outbox_messages WHERE kind = 'agent_reply'") == [(2,)]
    link = next(each for each in (await site.get("/tickets/1")).links() if "attachment/" in each)
    site.operator = None
    got = await site.get("/" + link.removeprefix("../"))
    assert (got.status, got.content) == (200, hostile)
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]
    assert got.headers["content-disposition"].startswith("attachment;")
    assert "set-cookie" not in got.headers
    altered = link.removeprefix("../")[:-1] + ("a" if link[-1] != "a" else "b")
    assert (await site.get("/" + altered)).status == 404


async def test_a_link_to_a_file_ends_and_a_picture_is_no_page(site: ConsoleSite) -> None:
    files = [("file", ("a.svg", b"<svg onload=alert(1)>", "image/svg+xml")), ("file", ("a.png", b"\x89PNG", "image/png"))]
    await site.post("/tickets/1/answer", files=files, **await answer(site, text="Two."))
    svg, png = ("/" + each.removeprefix("../") for each in (await site.get("/tickets/1")).links() if "attachment/" in each)
    assert (await site.get(svg + "/image")).status == 404, "it runs scripts where it is opened as what it is"
    picture = await site.get(png + "/image")
    assert (picture.status, picture.headers["content-type"], picture.headers["x-content-type-options"]) == (200, "image/png", "nosniff")
    assert "sandbox" in picture.headers["content-security-policy"]
    site.later = timedelta(hours=12, seconds=1)
    assert (await site.get(png)).status == 404


async def test_a_canned_reply_comes_into_the_words_without_scripts_by_its_scope(sessions: Sessions) -> None:
    canned = (
        CannedReply("Thanks", "Thank you for waiting.", everyone=True),
        CannedReply("Sold", "It is sold.", department="sales"),
        CannedReply("Mine", "Dana's <own>.", agent="dana@staff.test"),
    )
    await open_one(sessions)
    async with console_site(sessions, AGENT, replace(ORGANISATION, canned_replies=canned)) as site:
        page = await site.get("/tickets/1")
        assert re.findall(r'<option value="([^"]+)" data-text', page.body) == ["Mine", "Thanks"]
        inserted = await site.post("/tickets/1/answer", **await answer(site, do="insert", canned="Mine", text="Bye"))
        assert inserted.status == 200
        assert "Dana&#39;s &lt;own&gt;.\n\nBye</textarea>" in inserted.body
        assert (await site.rows("SELECT count(*) FROM articles")) == [(1,)]


async def test_settings_change_only_what_the_form_changed(site: ConsoleSite) -> None:
    stale: dict[str, Any] = {
        "was_status": "new",
        "status": "new",
        "was_priority": "normal",
        "priority": "high",
        "effect": "one",
        "do": "set",
    }
    await site.alter("UPDATE tickets SET status = 'pending'")
    done = await site.post("/tickets/1/set", follow=True, **stale)
    assert "Saved." in done.said
    assert await site.rows("SELECT status, priority FROM tickets") == [("pending", "high")], "a colleague's change stays"
    await site.post("/tickets/1/set", do="take", effect="two")
    assert await site.rows("SELECT assignee FROM tickets") == [("dana@staff.test",)]
    nothing = await site.post("/tickets/1/set", follow=True, was_status="new", status="new", effect="three")
    assert "nothing was changed" in nothing.said
    events = await site.rows("SELECT kind, actor FROM ticket_events WHERE kind <> 'created' ORDER BY id")
    assert events == [("priority_changed", "dana@staff.test"), ("assigned", "dana@staff.test")]


async def test_whoever_is_no_agent_acts_under_their_own_name(site: ConsoleSite) -> None:
    site.operator = CLERK
    await site.post("/tickets/1/set", was_status="new", status="closed", effect="one")
    await site.post("/tickets/1/answer", **await answer(site, text="Done."))
    assert await site.rows("SELECT DISTINCT actor_role, actor FROM ticket_events WHERE kind <> 'created'") == [("agent", "Clerk")]
    page = await site.get("/tickets/1")
    assert "Reply Clerk" in page.said
    assert "Status new → closed · Clerk" in page.said


async def test_tags_and_copies_come_and_go(site: ConsoleSite) -> None:
    await site.post("/tickets/1/tags", add="VIP, #new #big", effect="1")
    await site.post("/tickets/1/tags", remove="vip", effect="2")
    assert await site.rows("SELECT tag FROM ticket_tags ORDER BY tag") == [("big",), ("new",)]
    await site.post("/tickets/1/cc", add="Boss <boss@client.test>, second@client.test", effect="3")
    await site.post("/tickets/1/cc", remove="boss@client.test", effect="4")
    page = await site.get("/tickets/1")
    assert "Cc − boss@client.test" in page.said
    await site.post("/tickets/1/answer", **await answer(site, text="Hello."))
    assert await site.rows(
        "SELECT r.address FROM outbox_messages o JOIN outbox_recipients r ON outbox_id = o.id WHERE kind = 'agent_reply' ORDER BY 1"
    ) == [("anna@client.test",), ("second@client.test",)]
    assert await site.rows("SELECT kind, data FROM ticket_events WHERE data ? 'removed' ORDER BY id") == [
        ("tagged", {"removed": ["VIP"]}),
        ("cc_changed", {"removed": ["boss@client.test"]}),
    ]


async def test_a_ticket_is_merged_into_another_of_its_client_and_leads_there(site: ConsoleSite) -> None:
    await open_one(site.sessions, "Again!")
    await open_one(site.sessions, "Mine!", "eve@client.test")
    for into, why in (("3", "another client's"), ("1", "one ticket already"), ("x", "Give the number"), ("99", None)):
        told = await site.post("/tickets/1/merge", into=into, effect=into)
        assert told.status == (404 if why is None else 409), into
        assert why is None or why in told.said
    done = await site.post("/tickets/1/merge", into="#2", effect="m", follow=True)
    assert "The tickets are one now." in done.said
    assert "It burns." in done.said
    led = await site.get("/tickets/1", follow=True)
    assert (led.status, "was merged into this one" in led.said) == (200, True)
    assert (await site.post("/tickets/1/merge", into="2", effect="m")).status == 303, "sent twice, it is done once"
    assert await site.rows("SELECT count(*) FROM ticket_events WHERE kind = 'merged'") == [(2,)]


@pytest.mark.parametrize("operator", [SALES, Operator("Nobody", Rank.ADMIN, ())], ids=["of another department", "of none"])
async def test_a_ticket_of_another_department_is_not_there(site: ConsoleSite, operator: Operator) -> None:
    await site.alter("UPDATE articles SET html = '<p>secret</p>'")
    fields = await answer(site, text="I am in.")
    [(article,)] = await site.rows("SELECT id FROM articles")
    site.operator = operator
    absent = await site.get("/tickets/99")
    for path in ("/tickets/1", f"/tickets/1/articles/{article}/html"):
        answered = await site.get(path)
        assert (answered.status, answered.said) == (404, absent.said), path
    changes: dict[str, dict[str, Any]] = {
        "answer": fields,
        "set": {"status": "closed", "was_status": "new"},
        "tags": {"add": "x"},
        "cc": {"add": "x@y.test"},
    }
    for form, sent in (changes | {"merge": {"into": "1"}}).items():
        assert (await site.post(f"/tickets/1/{form}", **sent)).status == 404, form
    assert await site.rows("SELECT count(*) FROM articles") == [(1,)]


async def test_into_a_department_that_is_not_seen_nothing_is_merged(sessions: Sessions) -> None:
    await open_one(sessions)
    await open_one(sessions, "A sale", gateway="sales@desk.test")
    async with console_site(sessions, AGENT) as site:
        assert (await site.post("/tickets/1/merge", into="2", effect="m")).status == 404
        page = await site.get("/tickets/1")
        assert "/2" not in " ".join(page.links()), "of the client's other tickets only those that are seen"
        moved = await site.post("/tickets/1/set", was_department="support", department="sales", effect="s")
        assert moved.location == "../../tickets?said=ticket.done_moved"
        assert (await site.get("/tickets/1")).status == 404


async def test_a_viewer_reads_and_changes_nothing(site: ConsoleSite) -> None:
    fields = await answer(site, text="I only look.")
    site.operator = VIEWER
    page = await site.get("/tickets/1")
    assert (page.status, "It burns." in page.said) == (200, True)
    assert 'action="../tickets/1/answer"' not in page.body
    assert (await site.post("/tickets/1/answer", **fields)).status == 403
    assert await site.rows("SELECT count(*) FROM articles") == [(1,)]


async def test_quotes_are_folded_and_a_mails_own_pictures_are_shown_by_links_that_need_no_cookie(site: ConsoleSite) -> None:
    remote = '<img class="remote-image" data-src="https://spy.test/p.png?a=1&amp;b=2" alt="x">'
    html = f'<p>Look</p><img src="cid:Logo@x"><img src="cid:other">{remote}'
    await site.alter("UPDATE articles SET html = :html, quoted_text = 'As you said'", html=html)
    file = file_of("logo.png", "image/png", b"\x89PNG")
    async with site.sessions.begin() as session:
        await tickets.note(session, oleg("n"), 1, "with a file", (file,))
    await site.alter("UPDATE attachments SET article_id = (SELECT min(id) FROM articles), inline = true, content_id = 'logo@x'")
    page = await site.get("/tickets/1")
    assert re.search(r'<details class="quoted"><summary>Quoted text</summary><pre>As you said</pre>', page.body)
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.body
    frame, *_ = re.findall(r'<iframe [^>]*src="\.\./([^"]+)"', page.body)
    shown = await site.get("/" + frame)
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "img-src 'self' data:;" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "script" not in policy
    assert 'src="https://spy.test' not in shown.body.replace("data-src", "kept")
    [picture] = re.findall(r'<img src="([^"]+)">', shown.body)
    site.operator = None
    assert (await site.get("/" + picture.replace("../", ""))).content == b"\x89PNG"
    site.operator = AGENT
    asked = await site.get("/" + frame, images="1")
    assert '<img class="remote-image" src="https://spy.test/p.png?a=1&amp;b=2" alt="x">' in asked.body
    assert "img-src 'self' data: https: http:;" in asked.headers["content-security-policy"]


async def test_who_complained_or_sent_mail_back_is_told_of_before_one_answers(site: ConsoleSite) -> None:
    await site.alter("INSERT INTO suppressions (address, cause, why) VALUES ('anna@client.test', 'bounce', '550 5.1.1 no such user')")
    assert "Mail to anna@client.test came back on" in (await site.get("/tickets/1")).said
    done = await site.post("/tickets/1/answer", follow=True, **await answer(site, text="Hello?"))
    assert "may not reach everybody" in done.said


async def test_who_sees_a_department_and_is_an_agent_of_another_one_is_told_that_they_may_only_read(sessions: Sessions) -> None:
    await open_one(sessions, gateway="sales@desk.test")
    async with console_site(sessions, replace(AGENT, departments=("support", "sales"))) as site:
        page = await site.get("/tickets/1")
        assert "You are no active agent of this department" in page.said
        assert "<textarea" not in page.body
        refused = await site.post("/tickets/1/tags", add="x", effect="1")
        assert (refused.status, "is not of the department" in refused.said) == (409, True)


async def test_nothing_that_anybody_wrote_becomes_part_of_the_page(site: ConsoleSite) -> None:
    bad = "<img src=x onerror=alert(1)>\"'"
    for statement in (
        "UPDATE tickets SET subject = :bad, category = :bad",
        "UPDATE clients SET name = :bad",
        (
            "UPDATE articles SET text = :bad, quoted_text = :bad, signature = :bad, author_name = :bad, author_address = :bad,"
            " \"to\" = jsonb_build_array(jsonb_build_object('name', CAST(:bad AS text), 'address', CAST(:bad AS text)))"
        ),
        "INSERT INTO ticket_tags (ticket, key, tag) VALUES (1, :bad, :bad)",
        "INSERT INTO ticket_participants (ticket, key, address, name, part) VALUES (1, 'x@y.test', :bad, :bad, 'cc')",
        (
            "INSERT INTO ticket_events (ticket, kind, actor_role, actor, data)"
            " VALUES (1, 'rule_applied', 'client', :bad, jsonb_build_object('rule', CAST(:bad AS text)))"
        ),
    ):
        await site.alter(statement, bad=bad)
    files = [("file", ("<img src=x onerror=alert(1)>", b"x", "text/plain"))]
    await site.post("/tickets/1/answer", files=files, **await answer(site, text=bad))
    for page in (await site.get("/tickets/1"), await site.post("/tickets/1/answer", **await answer(site, text=bad, cc=bad, sender=bad))):
        assert page.body.count("&lt;img src=x") > 12
        assert "<img" not in page.body
        assert "onerror=alert(1)>" not in page.body
