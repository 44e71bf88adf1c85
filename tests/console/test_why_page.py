"""*Why*: a lost message is found, and a file is explained without being believed."""

import os
import signal

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from tests.console.site import ADMIN, AGENT, CLERK, SALES, console_site
from tests.desk.office import Office, written

Sessions = async_sessionmaker[AsyncSession]
MAIL = b"""From: Eve <eve@client.test>
To: support@desk.test
Subject: Where is my order?
Message-ID: <lost@client.test>

It was due on Monday.
"""


@pytest.mark.parametrize(
    "given", ["<{message_id}>", "{message_id}", "trace", "inbound:{number}", "{number}", "#1", "ticket:1", "outbox:{letter}"]
)
async def test_a_messages_whole_way_is_found_by_whatever_somebody_has_of_it(sessions: Sessions, given: str) -> None:
    async with console_site(sessions) as site:
        mail = written("Anna <anna@client.test>", "The printer burns.", "Fire")
        number = await Office(sessions).take(mail)
        [(letter,)] = await site.rows("SELECT id FROM outbox_messages WHERE kind = 'registered'")
        page = await site.get("/why", id=given.format(message_id=mail["Message-ID"].strip("<>"), number=number, letter=letter))
        assert page.status == 200
        assert "Fire" in page.said
        assert "the peer read “250 … queued as trace”" in page.said
        assert "on ticket #1" in page.said
        assert f"letter {letter} (ticket registered) to anna@client.test was written" in page.said
        assert "letter" in page.said
        assert page.said.index("were kept") < page.said.index("on ticket #1") < page.said.index("was written")


async def test_what_nobody_knows_is_said_with_what_to_do_next(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        page = await site.get("/why", id="<never@seen.test>")
        assert page.status == 404
        assert "Nothing is known of <never@seen.test>" in page.said
        assert "Ask the sender" in page.said
        for given in ("inbound:99999999999999999999", "#x"):
            assert (await site.get("/why", id=given)).status == 409
        assert (await site.get("/why", id="\x00")).status == 200


async def test_the_way_of_anothers_mail_is_nobodys_to_see(sessions: Sessions) -> None:
    async with console_site(sessions, AGENT) as site:
        mail = written("Anna <anna@client.test>", "secret words", "Fire")
        number = await Office(sessions).take(mail)
        for given in (mail["Message-ID"], str(number), "trace", "#1"):
            site.operator = AGENT
            assert "Fire" in (await site.get("/why", id=given)).said
            site.operator = SALES
            other = await site.get("/why", id=given)
            assert other.status == 404
            assert "Fire" not in other.said
            assert "anna@client.test" not in other.said


async def test_a_file_is_explained_on_its_own_words_or_with_what_is_known(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        files = [("file", ("lost.eml", MAIL, "message/rfc822"))]
        alone = await site.post("/why/explain", files=files)
        assert alone.status == 200
        assert "It was due on Monday." in alone.said
        assert "opens a ticket in the department 'support'" in alone.said
        assert "its author is not a known client" in alone.said
        assert "From the mail alone" in alone.said
        await Office(sessions).take(MAIL, "eve@client.test")
        known = await site.post("/why/explain", files=files, database="1")
        assert "With what the database knows" in known.said
        assert "had its effect, as message 1, on ticket #1" in known.said
        assert await site.rows("SELECT count(*) FROM inbound_messages") == [(1,)]
        assert [(row[0], row[1]) for row in await site.audited()] == [("explain", "done")] * 2


async def test_who_does_not_see_all_is_not_told_what_the_database_knows(sessions: Sessions) -> None:
    async with console_site(sessions, SALES) as site:
        await Office(sessions).take(MAIL, "eve@client.test")
        assert 'name="database"' not in (await site.get("/why")).body
        page = await site.post("/why/explain", files=[("file", ("lost.eml", MAIL, "message/rfc822"))], database="1")
        assert "From the mail alone" in page.said
        assert "#1" not in page.said
        site.operator = CLERK
        assert 'name="database"' in (await site.get("/why")).body


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff" * 500,
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n" * 2000,
        b"From: <script>alert(1)</script>\n\nx",
    ],
    ids=["nothing", "no mail", "a thousand empty parts", "a script"],
)
async def test_no_file_whatsoever_breaks_the_page(sessions: Sessions, content: bytes) -> None:
    async with console_site(sessions) as site:
        page = await site.post("/why/explain", files=[("file", ('a"<b>.eml', content, "message/rfc822"))], database="1")
        assert page.status == 200
        assert "<script>alert" not in page.body
        assert "<b>.eml" not in page.body


async def test_it_is_read_in_a_child_that_may_die(sessions: Sessions) -> None:
    """And the next is read in another."""
    async with console_site(sessions) as site:
        files = [("file", ("lost.eml", MAIL, "message/rfc822"))]
        await site.post("/why/explain", files=files)
        [pid] = site.console.reader.pids
        os.kill(pid, signal.SIGKILL)
        assert "It was due on Monday." in (await site.post("/why/explain", files=files)).said
        assert site.console.reader.pids != (pid,)


async def test_without_a_file_it_says_what_to_do(sessions: Sessions) -> None:
    async with console_site(sessions, ADMIN) as site:
        refused = await site.post("/why/explain")
        assert refused.status == 409
        assert "Choose a file first" in refused.said


async def test_it_speaks_three_languages(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        await site.in_each_language("/why")
        await Office(sessions).take(written("Anna <anna@client.test>", "words", "Fire"))
        found = await site.in_each_language("/why?id=inbound:1")
        assert "в заявке #1" in found["ru"].said
        assert "w zgłoszeniu #1" in found["pl"].said
        for language in ("ru", "pl", "en"):
            site.speak(language)
            assert (await site.post("/why/explain", files=[("file", ("lost.eml", MAIL, "message/rfc822"))])).status == 200
