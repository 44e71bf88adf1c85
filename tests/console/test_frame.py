"""The frame of the console: what every page has, and an answer for whatever goes wrong."""

import httpx
import pytest
from starlette.responses import Response
from starlette.routing import Route

from gateway.console.console import Absent, Console
from gateway.console.forms import Form
from gateway.console.visit import Visit
from gateway.deeds.refused import Refused
from gateway.domain.language import Language
from gateway.domain.operators import Operator, Right
from storage.engine import DatabaseAwayError
from tests.console.site import ADMIN, AGENT, CSRF_OF_SITE, SALES, VIEWER, ConsoleSite, Sessions, console_site

POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self';"


async def missing(visit: Visit) -> Response:
    raise Absent


async def away(visit: Visit) -> Response:
    raise DatabaseAwayError("gone")


async def broken(visit: Visit) -> Response:
    raise RuntimeError("a defect")


async def refused(visit: Visit, form: Form) -> Response:
    async with visit.changing("test.refused") as (_session, deed):
        deed.about("ticket", 7)
        raise Refused("ticket #7 <cannot> be had")


async def done(visit: Visit, form: Form) -> Response:
    return visit.back("trial/deep/page", "me.done_ended", n=len(form.all("n")))


def trial(console: Console) -> list[Route]:
    """Pages that do what no page should."""
    return [
        console.get("/trial/missing", missing),
        console.get("/trial/away", away),
        console.get("/trial/broken", broken),
        console.post("/trial/refused", refused, Right.ACT),
        console.post("/trial/deep/done", done, Right.SEE),
    ]


SAID: dict[Language, dict[int, str]] = {
    "en": {404: "There is nothing here", 403: "This is not yours to do", 409: "This cannot be done", 503: "The database does not answer"},
    "ru": {404: "Здесь ничего нет", 403: "У вас нет на это прав", 409: "Это сделать нельзя", 503: "База данных не отвечает"},
    "pl": {404: "Nic tu nie ma", 403: "Nie masz do tego uprawnień", 409: "Tego nie można zrobić", 503: "Baza danych nie odpowiada"},
}
BROKEN: dict[Language, str] = {"en": "Something went wrong here", "ru": "Что-то сломалось", "pl": "Coś się zepsuło"}


@pytest.mark.parametrize("language", SAID)
async def test_whatever_goes_wrong_is_a_page_in_the_visitors_language(sessions: Sessions, language: Language) -> None:
    async with console_site(sessions, more=trial) as site:
        site.speak(language)
        answers = [await site.get("/trial/missing"), await site.get("/no/such/page"), await site.post("/trial/refused")]
        answers += [await site.get("/trial/away")]
        site.operator = AGENT
        answers += [await site.get("/audit")]
        assert [each.status for each in answers] == [404, 404, 409, 503, 403]
        for answer in answers:
            assert SAID[language][answer.status] in answer.said
            assert f'<html lang="{language}">' in answer.body
            assert answer.headers["content-security-policy"].startswith(POLICY)
        assert "ticket #7 <cannot> be had" in answers[2].said
        assert answers[3].headers["retry-after"] == "10"
        failed = await site.get("/trial/broken")
        assert (failed.status, BROKEN[language] in failed.said) == (500, True)
        assert "a defect" not in failed.body
    assert await site.audited() == [("test.refused", "refused", "Root", {"ticket": [7]})]


async def test_every_page_says_that_nothing_of_it_is_kept_framed_or_guessed(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        answer = await site.get("/keys")
        wanted = {
            "cache-control": "no-store", "x-frame-options": "DENY", "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin", "cross-origin-opener-policy": "same-origin",
        }  # fmt: skip
        assert wanted.items() <= answer.headers.items()
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "style=" not in answer.body
        assert not [each for each in ("<style", "<script>", "onclick", "javascript:") if each in answer.body]


async def test_style_and_script_have_names_that_change_with_them_and_are_kept_for_ever(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        page = (await site.get("/keys")).body
        for begins, kind in (('href="assets/console.', "text/css"), ('src="assets/console.', "text/javascript")):
            path = page.partition(begins)[2].partition('"')[0]
            asset = await site.get(f"/assets/console.{path}")
            assert (asset.status, asset.headers["content-type"].partition(";")[0]) == (200, kind)
            assert "immutable" in asset.headers["cache-control"]
        assert (await site.get("/assets/console.000000000000.css")).status == 404


async def test_pages_find_each_other_below_any_path(sessions: Sessions) -> None:
    async with console_site(sessions, more=trial) as site:
        assert (await site.get("/")).location == "inbound"
        back = await site.post("/trial/deep/done", n=["1", "2", "3"])
        assert (back.status, back.location) == (303, "../../trial/deep/page?n=3&said=me.done_ended")
        deep = await site.get("/no/such/page")
        assert 'href="../../tickets"' in deep.body
        assert 'href="../../assets/' in deep.body


async def test_a_page_says_what_was_done_and_nothing_that_somebody_else_put_there(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        assert "2 sessions were ended." in (await site.get("/keys?said=me.done_ended&n=2")).said
        for other in ("common.away_text", "me.done_nothing", "You have won", "<b>", "me.done_ended.one", "done_"):
            assert 'role="status"' not in (await site.get("/keys", said=other)).body


async def test_who_has_not_come_in_sees_nothing(sessions: Sessions) -> None:
    async with console_site(sessions, None, more=trial) as site:
        for path in ("/", "/audit", "/keys", "/events", "/trial/missing"):
            assert ((await site.get(path)).status, (await site.get(path)).location.partition("?")[0].lstrip("./")) == (303, "login")
        stranger = await site.get("/no/such/page")
        assert (stranger.status, "nav" in stranger.body) == (404, False)
        assert (await site.post("/trial/refused")).status == 403
        assert await site.audited() == []


async def test_what_is_no_page_is_answered_in_two_words_to_whoever_wants_none(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        plain = await site.get("/no/such", headers={"Accept": "application/json"})
        assert (plain.status, plain.body) == (404, "Not Found")
        posted = await site.post("/audit")
        assert (posted.status, posted.body, set(posted.headers["allow"].split(", "))) == (405, "Method Not Allowed", {"GET", "HEAD"})
        assert (await site.get("/trial")).status == 404


@pytest.mark.parametrize(("operator", "may"), [(ADMIN, True), (AGENT, True), (VIEWER, False)], ids=["admin", "agent", "viewer"])
async def test_a_viewer_changes_nothing(sessions: Sessions, operator: Operator, may: bool) -> None:
    async with console_site(sessions, operator, more=trial) as site:
        assert (await site.post("/trial/refused")).status == (409 if may else 403)
        assert ("Audit" in (await site.get("/keys")).said) is (operator is ADMIN)


async def test_a_form_without_its_proof_changes_nothing(sessions: Sessions) -> None:
    async with console_site(sessions, more=trial) as site:
        for proof in ("", "wrong", CSRF_OF_SITE.upper(), CSRF_OF_SITE + "\u00e9"):
            assert (await site.ask("POST", "/trial/refused", data={"csrf": proof})).status == 403
        assert (await site.ask("POST", "/trial/refused", content=b"{}", headers={"Content-Type": "application/json"})).status == 415
        assert (await site.ask("POST", "/trial/refused", content=b"a=" + b"x" * (3 << 20), headers=ENCODED)).status == 413
        assert await site.audited() == []


ENCODED = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_counts_stand_beside_the_pages_names_as_far_as_one_sees_them(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        await some_mail(site)
        counted = {}
        for operator in (ADMIN, AGENT, SALES):
            site.operator = operator
            counted[operator.name] = (await site.get("/keys")).said.partition("Addresses")[0].rpartition("Desk ")[2]
        assert counted["Root"] == "Inbound held: 3 Tickets new: 3 Outbox not delivered: 1 "
        assert counted["Dana"] == "Inbound held: 1 Tickets new: 1 Outbox not delivered: 1 "
        assert counted["Sales"] == "Inbound held: 1 Tickets new: 2 Outbox "


async def test_whoever_changes_something_sees_the_counts_change(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        await some_mail(site)
        assert "Tickets new: 3" in (await site.get("/tickets")).said
        await site.post("/tickets/1/set", effect="ab" * 16, was_status="new", status="closed")
        assert "Tickets new: 2" in (await site.get("/tickets")).said


async def some_mail(site: ConsoleSite) -> None:
    await site.alter(
        """
        WITH client AS (INSERT INTO clients (name) VALUES ('Anna') RETURNING id)
        INSERT INTO tickets (number, subject, status, department, gateway, language, client_id)
        SELECT number, 'a', status, department, 'support@desk.test', 'en', id FROM client,
            (VALUES (1, 'new', 'support'), (2, 'new', 'sales'), (3, 'new', 'sales'), (4, 'open', 'sales')) t (number, status, department)
        """
    )
    await site.alter(
        """
        INSERT INTO outbox_messages (state, kind, ticket, expires_at, message_id, subject, headers, text, effect, created_at) VALUES
            ('failed', 'note', 1, now(), 'a', 'a', '[]', '', '\\x01', now()),
            ('sent', 'note', 1, now(), 'b', 'b', '[]', '', '\\x02', now()),
            ('failed', 'note', 1, now(), 'c', 'c', '[]', '', '\\x03', now() - interval '8 days')
        """
    )
    for address in ("support@desk.test", "sales@desk.test", "nobody@elsewhere.test"):
        await site.alter(HELD, address=address)


HELD = """
    INSERT INTO inbound_messages (state, recipients, reverse_path, size, entry, peer, trace_id, redelivery_key)
    VALUES ('held', ARRAY[CAST(:address AS text)], 'a@b.test', 1, 'smtp', '{}', '', CAST(CAST(:address AS text) AS bytea))
"""


async def test_the_whole_of_a_request_is_bounded_for_whoever_has_not_come_in(sessions: Sessions) -> None:
    async with console_site(sessions, None, more=trial) as site:
        with_files = [("file", ("a.bin", b"x" * (1 << 20), "application/octet-stream"))]
        lapsed = await site.post("/trial/refused", files=with_files, words="Dear Anna")
        assert (lapsed.status, "Dear Anna" in lapsed.body) == (403, False)
        async with httpx.AsyncClient(base_url=site.url, trust_env=False, verify=False) as client:
            assert (await client.post("/trial/refused", data={"words": "Dear Anna"})).text.count("Dear Anna") == 1
