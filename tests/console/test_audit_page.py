"""The audit log as administrators read it."""

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.audit import Access, Act, Result, Who
from storage import audit
from tests.console.site import AGENT, ConsoleSite, Sessions, console_site

DANA = Who("dana@staff.test", "dana@host", "cli")
MAIL = Who("oleg@staff.test", "oleg", "console")


async def log(session: AsyncSession, *acts: Act) -> None:
    for each in acts:
        await audit.append(session, each)


async def some(site: ConsoleSite) -> None:
    async with site.sessions.begin() as session:
        await log(
            session,
            Act(DANA, "tickets.set", Access.CHANGE, Result.DONE, None, {"ticket": [7]}, {"status": ("new", "<b>open</b>")}),
            Act(MAIL, "tickets.show", Access.READ, Result.DONE, None, {"ticket": [7, 8, 9, 10, 11, 12, 13, 14]}),
            Act(MAIL, "outbox.retry", Access.CHANGE, Result.REFUSED, "it was sent", {"outbox": [3], "client": [5]}),
        )


async def shown(site: ConsoleSite, query: str = "") -> list[str]:
    """The actions on the page."""
    body = (await site.get(f"/audit?{query}")).body
    return [part.partition("</code>")[0] for part in body.split("<code>")[1:] if "." in part.partition("</code>")[0]]


async def test_entries_are_shown_newest_first_and_lead_to_what_they_are_about(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        await some(site)
        page = await site.get("/audit")
        assert "status: new → <b>open</b>" in page.said
        assert "&lt;b&gt;open&lt;/b&gt;" in page.body
        assert "ticket 12 and 2 more" in page.said
        assert "it was sent" in page.said
        assert {"tickets/7", "outbox/3"} <= set(page.links())
        assert await shown(site) == ["audit.list", "outbox.retry", "tickets.show", "tickets.set"]
        assert (await site.audited())[3] == ("audit.list", "done", "Root", {})


async def test_entries_are_found_by_every_filter_and_nonsense_finds_no_fault(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        await some(site)
        found = {
            "actor=dana": ["tickets.set"],
            "action=tickets": ["tickets.show", "tickets.set"],
            "access=change": ["outbox.retry", "tickets.set"],
            "result=refused": ["outbox.retry"],
            "kind=ticket&id=%237": ["tickets.show", "tickets.set"],
            "kind=client&id=5": ["outbox.retry"],
            "kind=ticket&id=99": [],
            "since=2099-01-01": [],
            "until=2000-01-01": [],
            "actor=dana&since=2026-13-45&until=x&access=x&result=x&kind=x&id=99999999999999999999999&before=-1": ["tickets.set"],
        }
        for query, actions in found.items():
            told = [each for each in await shown(site, query) if each != "audit.list"]
            assert told == actions, query
        assert "No such entries" in (await site.get("/audit?since=2099-01-01")).said


async def test_a_long_log_is_turned_over_page_by_page_with_its_filters(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        async with site.sessions.begin() as session:
            await log(session, *(Act(DANA, f"trial.n{n}", Access.READ, Result.DONE) for n in range(120)))
        seen: list[str] = []
        query = "actor=dana"
        for _ in range(3):
            page = await site.get(f"/audit?{query}")
            seen += await shown(site, query)
            [query] = [each.partition("?")[2] for each in page.links() if "before=" in each][-1:] or [""]
        assert seen == [f"trial.n{n}" for n in reversed(range(120))]
        assert query == ""


async def test_nobody_else_reads_it(sessions: Sessions) -> None:
    async with console_site(sessions, AGENT) as site:
        assert (await site.get("/audit")).status == 403
        assert await site.audited() == []


async def test_it_speaks_each_language(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        await some(site)
        pages = await site.in_each_language("/audit")
        assert "отклонено" in pages["ru"].said
        assert "odmowa" in pages["pl"].said


ACCOUNTS = {
    "Dana (session 7) from 192.0.2.1": "Dana, сеанс 7, с адреса 192.0.2.1",
    "A (b) from c (session 12) from 2001:db8::1": "A (b) from c, сеанс 12, с адреса 2001:db8::1",
    "somebody from 192.0.2.1": "somebody, с адреса 192.0.2.1",
    "what nobody writes": "what nobody writes",
}


async def test_who_came_through_the_console_is_told_in_the_readers_language(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        async with site.sessions.begin() as session:
            await log(session, *(Act(Who("dana", each, "console"), "trial", Access.READ, Result.DONE) for each in ACCOUNTS))
            await log(session, Act(Who("root", "root (session 1) from host", "command"), "trial", Access.READ, Result.DONE))
        told = (await site.in_each_language("/audit"))["ru"].said
        assert all(each in told for each in ACCOUNTS.values())
        assert "root (session 1) from host" in told, "what a command wrote down is a name of its machine's"
