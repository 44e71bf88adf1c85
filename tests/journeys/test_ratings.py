"""How content clients are (C8–C11, C13): the letter's links, the page behind them over real HTTP, and what a rating does to its ticket."""

import asyncio
import json
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

from gateway.tokens.codec import Keyring
from gateway.tokens.rating import rate_token
from tests.journeys.lending import Lender
from tests.journeys.running import Running, letter, reply_to
from tests.peers.smtp_peer import Received

DANA, ANNA = "Dana Agent <dana@staff.test>", "Anna <anna@client.test>"
LINK = re.compile(r"https?://[^\s\"<>]+/rate/[a-z0-9]+")
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c636060f8ff1f0003030200efbfa7db0000000049454e44ae426082"
)


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    headers: Mapping[str, str]
    body: str


async def fetch(gateway: Running, url: str, method: str = "GET", fields: Mapping[str, str] | None = None, **headers: str) -> Page:
    """As a browser would, but at the port that the gateway under test got."""
    host, _, port = gateway.web.rpartition(":")
    body = urlencode(fields or {}).encode()
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {gateway.web}",
        "Connection: close",
        *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items()),
    ]
    if method == "POST":
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    raw = await reader.read()
    writer.close()
    head, _, content = raw.partition(b"\r\n\r\n")
    status, *fields_of = head.decode("latin-1").split("\r\n")
    found = {name.lower(): value for name, _, value in (each.partition(": ") for each in fields_of)}
    if found.get("transfer-encoding") == "chunked":
        content = b"".join(re.split(rb"(?:^|\r\n)[0-9a-f]+\r\n", content))
    return Page(int(status.split()[1]), found, content.decode("utf-8", "replace"))


async def links(got: Received) -> list[str]:
    """One a level, the lowest first; the same in the text and in the HTML."""
    html = got.message.get_body(("html",))
    assert html is not None
    in_text, in_html = LINK.findall(got.text), LINK.findall(html.get_content().replace("&amp;", "&"))
    assert in_text == list(dict.fromkeys(in_html)), "links work in text and HTML mail"
    return in_text


async def resolved(gateway: Running, number: int, author: str = "anna@client.test", way: str = "terminal") -> Received:
    """The letter that tells the client that the ticket is resolved."""
    before = len(gateway.relay.to(author))
    if way == "terminal":
        assert (await gateway.command("tickets", "set", str(number), "--status", "resolved", "--as", "dana@staff.test"))[0] == 0
    else:
        notified = next(each for each in gateway.relay.to("dana@staff.test") if each.message["X-Deskgate-Ticket"] == str(number))
        await gateway.take(reply_to(notified, DANA, "It is repaired.\n@resolved"))
    return (await gateway.letters_to(author, before + 1))[-1]


async def everything(gateway: Running) -> list[object]:
    """All that a rating could change."""
    tables = ("tickets", "ticket_events", "ratings", "articles", "outbox_messages")
    return [await gateway.rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables]


async def test_a_client_says_how_content_they_are_and_the_ticket_follows(lend: Lender, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PICTURE)
    async with lend(tables=f'[satisfaction]\nlogo = "{tmp_path}/logo.png"') as gateway:
        await gateway.take(letter(ANNA, "support@desk.test", "Printer on fire", Cc="bob@client.test"))
        assert (await gateway.command("tickets", "set", "1", "--assignee", "oleg@staff.test", "--as", "dana@staff.test"))[0] == 0
        await gateway.quiet()
        told = await resolved(gateway, 1)
        await gateway.quiet()
        level = await links(told)
        assert len(level) == 5
        assert [name in told.text for name in ("Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied", "Very satisfied")] == [True] * 5
        assert not [each for each in gateway.relay.messages if "/rate/" in each.content.decode("utf-8", "replace") and each is not told]

        # A scanner follows every link, sends HEAD, prefetches: nothing happens (C9).
        before = await everything(gateway)
        for each in level:
            for method in ("GET", "HEAD"):
                page = await fetch(gateway, each, method, User_Agent="LinkScanner", Sec_Purpose="prefetch")
                assert page.status == 200
        assert await everything(gateway) == before
        page = await fetch(gateway, level[1])
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "default-src" in page.headers["content-security-policy"]
        assert page.body.count("<button") == 1
        assert 'name="comment"' in page.body
        assert not re.findall(r"<script", page.body), "nothing is sent on load"
        assert "Example Desk" in page.body

        # The button: recorded, reopened, the assignee told (C9); thanks with the company's picture (C10).
        oleg = len(gateway.relay.to("oleg@staff.test"))
        thanks = await fetch(gateway, level[1], "POST", {"comment": "Still <b>burning</b> {{7*7}}"})
        assert (thanks.status, "hank" in thanks.body) == (200, True)
        [picture] = re.findall(r"<img[^>]+src=\"([^\"]+)\"", thanks.body)
        shown = await fetch(gateway, urljoin(level[1], picture))
        assert (shown.status, shown.headers["content-type"]) == (200, "image/png")
        ticket = await gateway.ticket(1)
        assert ticket["status"] == "open"
        assert (ticket["rating"]["score"], ticket["rating"]["level"]) == (2, "Dissatisfied")
        assert ticket["rating"]["comment"] == "Still <b>burning</b> {{7*7}}"
        kinds = [each["kind"] for each in ticket["events"]]
        assert {"rated", "reopened"} <= set(kinds)
        reopened = (await gateway.letters_to("oleg@staff.test", oleg + 1))[-1]
        assert reopened.text.startswith("## Пожалуйста")
        assert "Still <b>burning</b> {{7*7}}" in reopened.text
        await gateway.quiet()
        assert len(gateway.relay.to("dana@staff.test")) == 1, "the assignee alone is told"

        # The page shows what was chosen; the same button again has no second effect; another choice replaces it.
        assert "Dissatisfied" in (await fetch(gateway, level[4])).body
        before = await everything(gateway)
        assert (await fetch(gateway, level[1], "POST", {"comment": "Still <b>burning</b> {{7*7}}"})).status == 200
        assert await everything(gateway) == before
        assert (await fetch(gateway, level[1], "POST", {"score": "5", "comment": "Now it is fine."})).status == 200
        ticket = await gateway.ticket(1)
        assert (ticket["rating"]["score"], ticket["rating"]["comment"], ticket["status"]) == (5, "Now it is fine.", "closed")
        ratings = await gateway.json("ratings")
        assert (ratings["count"], ratings["mean"], ratings["counts"]["5"]) == (1, 5.0, 1), "it took the other's place"
        await gateway.quiet()
        assert [each for each in gateway.relay.to("anna@client.test") if "is closed" in each.text] == [], (
            "who closes it by a click is not told of it"
        )


async def test_the_scale_goes_with_the_answer_that_resolves_in_the_tickets_language_and_to_the_requester_alone(lend: Lender) -> None:
    async with lend() as gateway:
        await gateway.take(letter("ania@client.test", "pomoc@desk.test", "Drukarka"))
        await gateway.take(letter("petr@client.test", "help@desk.test", "Принтер"))
        await gateway.quiet()
        notified = next(each for each in gateway.relay.to("dana@staff.test") if each.message["X-Deskgate-Ticket"] == "1")
        await gateway.take(reply_to(notified, DANA, "Naprawione.\n@resolved\n@cc boss@client.test\n@bcc spy@client.test"))
        await gateway.quiet()
        answer = gateway.relay.to("ania@client.test")[-1]
        level = await links(answer)
        assert "Bardzo zadowolony" in answer.text
        for other in ("boss@client.test", "spy@client.test"):
            [got] = gateway.relay.to(other)
            assert "/rate/" not in got.content.decode("utf-8", "replace")
            assert "Naprawione." in got.text
        russian = await resolved(gateway, 2, "petr@client.test", way="mail")
        assert "Очень недоволен" in russian.text
        page = await fetch(gateway, level[0], Accept_Language="en")
        assert "Bardzo niezadowolony" in page.body
        thanks = await fetch(gateway, (await links(russian))[0], "POST", {"comment": "Плохо"})
        assert 'lang="ru"' in thanks.body
        assert (await gateway.ticket(2))["status"] == "open"
        assert (await gateway.ticket(2))["rating"]["level"] == "Очень недоволен"


OWN = """
[satisfaction]
days = 30
replace_days = 7
[[satisfaction.level]]
name = { en = "Bad", ru = "Плохо" }
symbol = "-"
score = 1
status = "open"
[[satisfaction.level]]
name = "So-so"
score = 2
active = false
[[satisfaction.level]]
name = "Good"
score = 3
"""


async def test_links_expire_cannot_be_altered_and_are_used_up(lend: Lender) -> None:
    """C8 and C13: a scale of one's own, of which a level was switched off; a level without a status changes none."""
    async with lend(tables=OWN) as gateway:
        for author in ("anna", "bob", "eve"):
            await gateway.take(letter(f"{author}@client.test", "sales@desk.test", f"Of {author}"))
        await gateway.quiet()
        anna = await links(await resolved(gateway, 1))
        bob = await links(await resolved(gateway, 2, "bob@client.test"))
        eve = await links(await resolved(gateway, 3, "eve@client.test"))
        assert [len(each) for each in (anna, bob, eve)] == [2, 2, 2]

        # Altered in each place: nothing, politely.
        await gateway.quiet()
        before = await everything(gateway)
        token = anna[0].rpartition("/")[2]
        for place in range(0, len(token), 7):
            other = "b" if token[place] != "b" else "c"
            for method in ("GET", "POST"):
                page = await fetch(gateway, f"/rate/{token[:place]}{other}{token[place + 1 :]}", method, {"comment": "Forged"})
                assert page.status == 404, (place, method)
                assert "<h1" in page.body
        for strange in ("/rate/", "/rate/x", f"/rate/{token}/x", f"/rate/{token}x"):
            assert (await fetch(gateway, strange, "POST", {"comment": "Forged"})).status == 404
        # A level that is not offered, and none at all.
        assert (await fetch(gateway, anna[0], "POST", {"score": "2"})).status == 422
        assert (await fetch(gateway, anna[0], "POST", {"score": "99"})).status == 422
        assert await everything(gateway) == before

        assert (await fetch(gateway, anna[1], "POST", {"comment": "Thanks"})).status == 200
        ticket = await gateway.ticket(1)
        assert (ticket["status"], ticket["rating"]["level"]) == ("resolved", "Good")
        # Past the days in which another rating takes its place, the link is used up.
        await gateway.alter("UPDATE ratings SET created_at = created_at - interval '8 days'")
        assert (await fetch(gateway, anna[0])).status == 410
        assert (await fetch(gateway, anna[0], "POST", {"comment": "Changed my mind"})).status == 410
        assert (await gateway.ticket(1))["rating"]["score"] == 3

        assert (await fetch(gateway, bob[0], "POST", {})).status == 200
        assert (await gateway.ticket(2))["status"] == "open"
        ratings = await gateway.json("ratings")
        assert (ratings["count"], ratings["mean"]) == (2, 2.0)
        assert [(each["level"], each["active"], each["count"]) for each in ratings["levels"]] == [
            ("Bad", True, 1),
            ("So-so", False, 0),
            ("Good", True, 1),
        ]
        assert [(each["department"], each["count"]) for each in ratings["by_department"]] == [("sales", 2)]
        assert sum(each["count"] for each in ratings["by_agent"]) == sum(each["count"] for each in ratings["by_month"]) == 2
        status, out, _ = await gateway.command("ratings", "--csv", "--by", "department")
        assert (status, out.splitlines()) == (0, ["by,name,count,mean,1,2,3", "all,,2,2.0,1,0,1", "department,sales,2,2.0,1,0,1"])

        # A level is switched off while its links are under way: it is offered no more, and still names past ratings (C13).
        off = OWN.replace("score = 3", 'score = 3\nactive = false\n[[satisfaction.level]]\nname = "Best"\nscore = 4')
        gateway.config.write_text(gateway.config.read_text("utf-8").replace(OWN, off), "utf-8")
        gateway.process.signal(signal.SIGHUP)
        async with asyncio.timeout(60):
            while "Best" not in (page := await fetch(gateway, eve[1])).body:
                await asyncio.sleep(0.1)
        assert (page.status, "Good" in page.body) == (200, False)
        assert (await fetch(gateway, eve[1], "POST", {"comment": ""})).status == 422, "its own level is switched off"
        assert (await fetch(gateway, eve[1], "POST", {"score": "4"})).status == 200
        assert (await gateway.ticket(1))["rating"]["level"] == "Good"
        gateway.config.write_text(
            gateway.config.read_text("utf-8").replace('name = "Good"\nscore = 3', 'name = "Other"\nscore = 9'), "utf-8"
        )
        _, out, err = await gateway.command("check", "--database")
        assert "Good" in out + err, f"a level in use was deleted: {out} {err}"


async def test_an_expired_link_gets_a_polite_page(lend: Lender) -> None:
    """Time is moved by signing as of long ago: the token is made of this desk's own secret."""
    async with lend(web='base_url = "https://desk.example.com/help/"') as gateway:
        await gateway.take(letter(ANNA, "help@desk.test", "Принтер"))
        await gateway.quiet()
        told = await resolved(gateway, 1)
        assert all(each.startswith("https://desk.example.com/help/rate/") for each in await links(told)), "C11"
        keyring = Keyring((b"a secret of the journeys, long enough",))
        expired = rate_token(keyring, 1, 2, datetime.now(UTC) - timedelta(seconds=2))
        strangers = rate_token(Keyring((b"the secret of another desk",)), 1, 2, datetime.now(UTC) + timedelta(days=1))
        nowhere = rate_token(keyring, 999, 2, datetime.now(UTC) + timedelta(days=1))
        before = await everything(gateway)
        for token, status in ((expired, 410), (strangers, 404), (nowhere, 410)):
            for method in ("GET", "POST"):
                page = await fetch(gateway, f"/rate/{token}", method, {"comment": "Late"})
                assert (page.status, "<h1" in page.body) == (status, True)
        assert 'lang="ru"' in (await fetch(gateway, f"/rate/{expired}")).body
        assert await everything(gateway) == before
        assert json.loads((await gateway.command("ratings", "--json"))[1])["count"] == 0
