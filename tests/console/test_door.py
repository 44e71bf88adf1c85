"""Who comes into the console, and who does not."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest

from gateway.console.login import own_path
from gateway.deeds.passwords import Passwords
from gateway.domain.operators import Entry, TrustedProxy
from storage.web_sessions import MOST_OF_ONE, Tries
from tests.console.entering import PASSWORD, Browser, DoorSite, cookies_of, door_site, entry, with_password
from tests.console.site import ADMIN, AGENT, VIEWER, Sessions

HTTPS = entry(origin="https://desk.test")


async def test_somebody_logs_in_comes_where_they_wanted_to_and_logs_out(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        browser = site.browser()
        sent = await browser.get("/audit?action=tickets&since=2026-11-01")
        assert (sent.status, sent.location) == (303, "login?next=audit%3Faction%3Dtickets%26since%3D2026-11-01")
        page = await browser.get(f"/{sent.location}")
        assert page.hidden("next") == "audit?action=tickets&since=2026-11-01"
        came = await browser.log_in("rOOt ", next=page.hidden("next"))
        assert (came.status, came.location) == (303, "./audit?action=tickets&since=2026-11-01")
        assert (await browser.get("/audit")).status == 200
        left = await browser.post("/logout", follow=True)
        assert "You are logged out." in left.said
        assert not await browser.is_in()
        assert await site.audited() == [
            ("web.login", "done", "Root", "Root (session 1) from 127.0.0.1"),
            ("audit.list", "done", "Root", "Root (session 1) from 127.0.0.1"),
            ("web.logout", "done", "Root", "Root (session 1) from 127.0.0.1"),
        ]


async def test_a_cookie_that_somebody_stole_is_worth_nothing_after_log_out(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        browser, thief = site.browser(), site.browser("203.0.113.9")
        await browser.log_in("Dana")
        thief.client.cookies = browser.client.cookies
        assert await thief.is_in()
        thief.client.cookies = type(browser.client.cookies)(browser.client.cookies)
        await browser.post("/logout")
        assert not await thief.is_in()
        assert await site.rows("SELECT count(*) FROM web_sessions") == [(0,)]


async def test_what_the_database_holds_lets_nobody_in(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        browser = site.browser()
        await browser.log_in("Dana")
        [(token,)] = await site.rows("SELECT encode(token, 'hex') FROM web_sessions")
        secret = browser.client.cookies["deskgate_session"]
        digest = str(token)
        for forged in (digest, urlsafe_b64encode(bytes.fromhex(digest)).decode().rstrip("="), secret[:-1], secret.swapcase(), ""):
            other = site.browser()
            other.client.cookies.set("deskgate_session", forged)
            assert not await other.is_in()


async def test_cookies_are_for_this_host_and_no_script_and_over_tls_alone_where_the_world_sees_tls(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        browser = site.browser()
        [proof] = cookies_of(await browser.get("/login"))
        [cookie] = cookies_of(await browser.log_in("Dana"))
        assert proof.startswith("deskgate_entry=")
        assert cookie.startswith("deskgate_session=")
        for each in (proof, cookie):
            assert each.partition("; ")[2] == "HttpOnly; Path=/; SameSite=lax"
        site.entry = HTTPS
        page = await browser.get("/login")
        [proof] = cookies_of(page)
        assert proof.startswith("__Host-deskgate-entry=")
        assert proof.endswith("; HttpOnly; Path=/; SameSite=lax; Secure")
        fields = {"csrf": page.hidden("csrf"), "name": "Dana", "password": PASSWORD}
        given = await browser.ask("POST", "/login", data=fields, headers={"Cookie": proof.partition(";")[0]})
        [cookie] = cookies_of(given)
        assert cookie.startswith("__Host-deskgate=")
        assert cookie.endswith("; HttpOnly; Path=/; SameSite=lax; Secure")


async def test_coming_in_makes_a_session_of_its_own_and_ends_the_one_before(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        browser = site.browser()
        browser.client.cookies.set("deskgate_session", "chosen by somebody else", domain="127.0.0.1")
        before: list[str | None] = []
        for name in ("Dana", "Root"):
            await browser.log_in_again(name) if before else await browser.log_in(name)
            before.append(browser.client.cookies.get("deskgate_session", domain="127.0.0.1"))
        assert len({*before, "chosen by somebody else"}) == 3
        assert await site.rows("SELECT operator FROM web_sessions") == [("Root",)]


@pytest.mark.parametrize(
    ("later", "stays"),
    [(timedelta(hours=3, minutes=59), True), (timedelta(hours=4, minutes=2), False)],
    ids=["idle for less", "idle for longer"],
)
async def test_who_does_nothing_for_long_is_out(sessions: Sessions, later: timedelta, stays: bool) -> None:
    async with door_site(sessions) as site:
        browser = site.browser()
        await browser.log_in("Dana")
        site.later = later
        assert await browser.is_in() is stays


async def test_who_is_never_idle_is_out_at_the_end_of_the_day(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        browser = site.browser()
        await browser.log_in("Dana")
        seen = []
        for hour in range(1, 18):
            site.later = timedelta(hours=hour, minutes=-1)
            seen.append(await browser.is_in())
        assert seen == [True] * 16 + [False]


CHANGES: dict[str, Callable[[Entry], Entry]] = {
    "taken out": lambda first: replace(first, operators=first.operators[:1]),
    "another password": lambda first: replace(first, operators=(first.operators[0], with_password(AGENT, "another one entirely"))),
    "another rank": lambda first: replace(first, operators=(replace(first.operators[1], rank=VIEWER.rank),)),
    "other departments": lambda first: replace(first, operators=(replace(first.operators[1], departments=("sales",)),)),
    "another agent": lambda first: replace(first, operators=(replace(first.operators[1], agent="oleg@staff.test"),)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
async def test_who_is_changed_in_the_configuration_is_out_at_once(sessions: Sessions, change: Callable[[Entry], Entry]) -> None:
    async with door_site(sessions) as site:
        browser, other = site.browser(), site.browser()
        await browser.log_in("Dana")
        await other.log_in("Root")
        site.entry = change(site.entry)
        assert not await browser.is_in()
        site.entry = entry()
        assert not await browser.is_in()
        assert await other.is_in()


async def test_another_language_in_the_configuration_ends_no_session(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        browser = site.browser()
        await browser.log_in("Dana")
        site.entry = Entry(tuple(replace(each, language="pl") for each in site.entry.operators))
        assert '<html lang="pl">' in (await browser.get("/me")).body


async def test_a_wrong_name_and_a_wrong_password_are_told_alike(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        told = []
        for name, password in (
            ("Dana", "wrong"),
            ("Nobody", "wrong"),
            ("", ""),
            ("Dana", "x" * 5000),
            ("Dana", "a\0b\ud800".encode("utf-8", "replace").decode()),
        ):
            answer = await site.browser().log_in(name, password)
            told.append((answer.status, answer.said))
        assert set(told) == {(403, told[0][1])}
        assert "The name or the password is wrong." in told[0][1]
        refused = await site.audited()
        assert refused[0] == ("web.login", "refused", "dana@staff.test", "Dana from 127.0.0.1")
        assert refused[1] == ("web.login", "refused", "somebody", "somebody from 127.0.0.1")
        assert "Nobody" not in str(await site.rows("SELECT * FROM audit_log")) + str(await site.rows("SELECT * FROM login_attempts"))


async def test_a_name_that_is_nobodys_costs_as_much_as_one_that_is_somebodys(sessions: Sessions) -> None:
    asked: list[str] = []

    class Counting(Passwords):
        async def match(self, password_hash: str, password: str) -> bool:
            asked.append(password_hash)
            return await super().match(password_hash, password)

    async with door_site(sessions, passwords=Counting()) as site:
        for name in ("Nobody", "nobody", "Dana"):
            await site.browser().log_in(name, "wrong")
    hashes = {each.password for each in entry().operators}
    assert len(asked) == 3
    assert set(asked) <= hashes
    assert asked[0] == asked[1]


async def test_passwords_are_tried_a_few_times_by_name_and_network_then_not_even_the_right_one_counts(sessions: Sessions) -> None:
    async with door_site(sessions, tries=Tries(of_both=3, of_network=5, of_name=8)) as site:

        async def tried(name: str, network: str, password: str = "wrong") -> int:
            return (await site.browser(network).log_in(name, password)).status

        assert [await tried("Dana", "198.51.100.1") for _ in range(4)] == [403, 403, 403, 429]
        assert await tried("Dana", "198.51.100.1", PASSWORD) == 429
        assert [await tried("Root", "198.51.100.1") for _ in range(3)] == [403, 403, 429]
        assert await tried("Dana", "198.51.100.2", PASSWORD) == 303
        assert [await tried("Nobody", "198.51.100.3") for _ in range(4)] == [403, 403, 403, 429]
        browser = site.browser("198.51.100.1")
        told = await browser.log_in("Dana", PASSWORD)
        assert "Too many attempts. Please try again in 15 minutes." in told.said
        assert 0 < int(told.headers["retry-after"]) <= 900
        assert "Dana" in told.body
        site.later = timedelta(minutes=15, seconds=1)
        assert await tried("Dana", "198.51.100.1", PASSWORD) == 303
        assert await site.rows("SELECT count(*) FROM login_attempts") == [(0,)]


async def test_a_name_is_not_guessed_from_many_networks_either(sessions: Sessions) -> None:
    async with door_site(sessions, tries=Tries(of_both=3, of_network=5, of_name=4)) as site:
        answers = [(await site.browser(f"198.51.100.{each}").log_in("Dana", "wrong")).status for each in range(6)]
        assert answers == [403, 403, 403, 403, 429, 429]


async def test_many_tries_at_once_are_no_more_than_in_turn(sessions: Sessions) -> None:
    async with door_site(sessions, tries=Tries(of_both=3)) as site:
        answers = await asyncio.gather(*(site.browser("198.51.100.1").log_in("Dana", "wrong") for _ in range(12)))
        assert sorted(each.status for each in answers) == [403] * 3 + [429] * 9


async def test_who_cannot_have_a_turn_soon_is_sent_away(sessions: Sessions) -> None:
    class Slow(Passwords):
        held = asyncio.Event()
        waits = asyncio.Event()

        async def match(self, password_hash: str, password: str) -> bool:
            if password == "slow":
                async with self._turns:
                    self._asked += 1
                    self.waits.set()
                    await self.held.wait()
                    self._asked -= 1
                    return False
            return await super().match(password_hash, password)

    passwords = Slow(at_once=1, most_waiting=0)
    async with door_site(sessions, passwords=passwords) as site:
        slow = asyncio.create_task(site.browser("198.51.100.1").log_in("Root", "slow"))
        await passwords.waits.wait()
        told = await site.browser("198.51.100.2").log_in("Dana")
        assert (told.status, told.headers["retry-after"]) == (503, "5")
        passwords.held.set()
        assert (await slow).status == 403
        assert (await site.browser("198.51.100.2").log_in("Dana")).status == 303


async def test_another_sites_form_changes_nothing_and_brings_nobody_in(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        foreign = (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.test"},
            {"Origin": "null"},
            {"Referer": "https://evil.test/desk"},
        )
        for headers in foreign:
            assert (await site.browser().log_in("Dana", headers=headers)).status == 403
        stranger = site.browser()
        assert (await stranger.ask("POST", "/login", data={"name": "Dana", "password": PASSWORD})).status == 403
        browser = site.browser()
        await browser.log_in("Dana", headers={"Origin": site.url, "Sec-Fetch-Site": "same-origin"})
        for headers in foreign:
            answer = await browser.post("/keys", keys="off", headers=headers)
            assert (answer.status, answer.headers.get("set-cookie")) == (403, None)
            assert (await browser.post("/logout", headers=headers)).status == 403
        assert (await browser.ask("POST", "/keys", data={"keys": "off"})).status == 403
        assert await browser.is_in()
        assert (await browser.post("/keys", keys="off", headers={"Origin": site.url})).status == 303
        assert (await browser.post("/keys", keys="off", headers={"Referer": f"{site.url}/keys"})).status == 303


async def test_a_proxy_with_tls_that_keeps_no_host_is_our_origin_by_base_url(sessions: Sessions) -> None:
    async with door_site(sessions, entry(origin="http://desk.test")) as site:
        browser = site.browser()
        assert (await browser.log_in("Dana", headers={"Origin": "http://desk.test"})).status == 303
        assert (await site.browser().log_in("Dana", headers={"Origin": "http://desk.test.evil.test"})).status == 403


OWN = ["tickets/5", "tickets?status=new&q=a%20b", "inbound", "me", "tickets?next=https://evil.test"]
FOREIGN = [
    "https://evil.test", "//evil.test", "/\\evil.test", "\\\\evil.test", "javascript:alert(1)", "data:text/html,x", "/etc",
    "./..//evil.test", "../evil", "a/../../evil", "tickets\r\nSet-Cookie: a=b", "evil.test:80/", "logout", "http:evil.test",
    "\thttps://evil.test", "т", "x" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("path", OWN)
def test_paths_of_ours_are_gone_on_to(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize("path", FOREIGN)
def test_nothing_leads_elsewhere(path: str) -> None:
    assert own_path(path) == ""


async def test_log_in_leads_nowhere_but_to_us(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        browser = site.browser()
        page = await browser.get("/login?next=https://evil.test/")
        assert page.hidden("next") == ""
        assert (await browser.log_in("Dana", next="//evil.test")).location == "./"


PROXIED = entry(proxy=TrustedProxy("X-Who", (ip_network("127.0.0.0/8"),)))


async def test_a_trusted_proxys_word_is_enough_as_long_as_it_stands(sessions: Sessions) -> None:
    async with door_site(sessions, replace(PROXIED, operators=(replace(ADMIN, password=None), AGENT))) as site:
        browser = site.browser()
        answer = await browser.get("/login?next=me", X_Who="root")
        assert (answer.status, answer.location) == (303, "./me")
        assert (await browser.get("/me", X_Who="Root")).status == 200
        assert (await browser.get("/me")).status == 303
        assert (await browser.get("/me", X_Who="Dana")).status == 303
        assert (await browser.get("/me", X_Who="Root")).status == 200
        left = await browser.ask(
            "POST", "/logout", data={"csrf": (await browser.get("/me", X_Who="Root")).hidden("csrf")}, headers={"X-Who": "Root"}
        )
        shown = await browser.get(f"/{left.location}", X_Who="Root")
        assert "You are signed in as Root." in shown.said
        assert 'type="password"' not in shown.body
        fields = {"csrf": shown.hidden("csrf"), "way": "proxy", "next": "me"}
        assert (await browser.ask("POST", "/login", data=fields, headers={"X-Who": "Root"})).location == "./me"
        assert [row[0] for row in await site.audited()] == ["web.login", "web.logout", "web.login"]


async def test_a_header_from_elsewhere_and_two_of_them_count_for_nothing(sessions: Sessions) -> None:
    elsewhere = replace(PROXIED, proxy=TrustedProxy("X-Who", (ip_network("192.0.2.0/24"),)))
    async with door_site(sessions, elsewhere) as site:
        assert (await site.browser().get("/login", X_Who="Root")).status == 200
        site.entry = PROXIED
        assert (await site.browser().get("/login", X_Who="Stranger")).status == 200
        twice = await site.browser().ask("GET", "/login", headers=[("X-Who", "Root"), ("X-Who", "Root")])
        assert twice.status == 200
        assert (await site.browser().get("/login", X_Who="Root")).status == 303


async def test_sessions_of_one_are_bounded(sessions: Sessions) -> None:
    async with door_site(sessions, PROXIED) as site:
        first = site.browser()
        await first.get("/login", X_Who="Root")
        await asyncio.gather(*(site.browser().get("/login", X_Who="Root") for _ in range(MOST_OF_ONE + 3)))
        assert await site.rows("SELECT count(*) FROM web_sessions") == [(MOST_OF_ONE,)]


async def in_two_browsers(site: DoorSite, name: str) -> tuple[Browser, Browser]:
    first, second = site.browser("198.51.100.1"), site.browser("198.51.100.2")
    for each in (first, second):
        assert (await each.log_in(name)).status == 303
    return first, second


async def test_somebody_sees_where_they_are_logged_in_and_ends_the_rest(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        first, second = await in_two_browsers(site, "Dana")
        other = site.browser()
        await other.log_in("Vera")
        page = await first.get("/me")
        assert page.said.count("Firefox, Linux") == 2
        assert "198.51.100.2" in page.said
        assert "127.0.0.1" not in page.said
        assert (await first.post("/me/sessions/end", session="3")).status == 404
        done = await first.post("/me/sessions/end", which="others", follow=True)
        assert "One session was ended." in done.said
        assert [await each.is_in() for each in (first, second, other)] == [True, False, True]
        await first.post("/me/sessions/end", session="1")
        assert not await first.is_in()
        assert (await other.get("/sessions")).status == 403
        assert (await other.post("/sessions/end", session="3")).status == 403


async def test_an_administrator_ends_anybodys(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        admin, dana = site.browser(), site.browser()
        await admin.log_in("Root")
        await dana.log_in("Dana")
        assert "Dana" in (await admin.get("/sessions")).said
        await admin.post("/sessions/end", session="2")
        assert not await dana.is_in()
        assert await site.rows("SELECT about FROM audit_log WHERE action = 'web.sessions.revoke' AND result = 'done'") == [
            ({"session": [2]},)
        ]


async def test_a_form_that_comes_after_the_session_is_not_lost(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        browser = site.browser()
        await browser.log_in("Dana")
        site.later = timedelta(hours=5)
        fields = {"csrf": "of yesterday", "keys": "off", "words": "  Dear Anna,\n<b>wait</b>"}
        lapsed = await browser.ask("POST", "/keys", data=fields)
        assert lapsed.status == 403
        assert "what you wrote is still here" in lapsed.said
        assert '<textarea name="words" hidden>\n  Dear Anna,\n&lt;b&gt;wait&lt;/b&gt;</textarea>' in lapsed.body
        assert "of yesterday" not in lapsed.body
        await browser.log_in("Dana")
        stale = await browser.ask("POST", "/keys", data={"keys": "off", "words": fields["words"]})
        assert stale.status == 403
        assert '<textarea name="keys" hidden>\noff</textarea>' in stale.body
        assert (await browser.ask("POST", "/keys", data={"csrf": stale.hidden("csrf"), "keys": "off"})).status == 303
        foreign = await browser.ask("POST", "/keys", data=fields, headers={"Origin": "https://evil.test"})
        assert "Dear Anna" not in foreign.body
