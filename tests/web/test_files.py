"""/file/TOKEN over real HTTP, on a real database: the very bytes under their name, and nothing that a browser would run."""

import asyncio
import http.client
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import unquote

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.language import Language
from gateway.domain.letter import AttachmentRef
from gateway.tokens.codec import Keyring, Purpose
from gateway.tokens.file import file_token
from gateway.web.download import ascii_name, disposition, safe_name, span_of
from gateway.web.file_words import WORDS
from gateway.web.files import PIECE, Limits
from gateway.web.throttle import Throttle
from storage import outbox
from storage.engine import connect
from tests.desk.values import KEYRING
from tests.outbound.letters import make_ticket, new_letter
from tests.waiting import PATIENCE
from tests.web.site import Site, site

Sessions = async_sessionmaker[AsyncSession]

NAME = "Отчёт «ноябрь» 2026.pdf"
CONTENT = bytes(range(256)) * (10 * PIECE // 1024 + 3)
ANY = Throttle(1000, 1)


@pytest.fixture
async def pages(sessions: Sessions) -> AsyncIterator[Site]:
    async with site(sessions, downloads=Limits(ANY)) as made:
        yield made


async def keep(pages: Site, content: bytes = CONTENT, name: str = NAME, ticket: int | None = None) -> int:
    """A letter of the outbox whose second attachment this is."""
    digest = sha256(content)
    refs = (AttachmentRef("00" * 32, "gone.txt", "text/plain", 9), AttachmentRef(digest.hexdigest(), name, "text/html", len(content)))
    async with pages.sessions.begin() as session:
        added = "INSERT INTO blobs (sha256, content, size) VALUES (:sha256, :content, :size) ON CONFLICT DO NOTHING"
        await session.execute(text(added), {"sha256": digest.digest(), "content": content, "size": len(content)})
        [made] = await outbox.add(session, [new_letter(attachments=refs, ticket=ticket)])
    return made


def link(letter: int, position: int = 1, days: float = 30, keyring: Keyring = KEYRING) -> str:
    return f"/file/{file_token(keyring, letter, position, datetime.now(UTC) + timedelta(days=days))}"


async def download(pages: Site, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    def converse() -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(*pages.at, timeout=60)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        told = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        connection.close()
        return told

    return await asyncio.to_thread(converse)


async def test_the_very_bytes_come_under_their_name_and_nothing_of_them_runs(pages: Site) -> None:
    path = link(await keep(pages))
    status, headers, body = await download(pages, path)
    assert (status, sha256(body).hexdigest()) == (200, sha256(CONTENT).hexdigest())
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-length"] == str(len(CONTENT))
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "private, no-store"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert "set-cookie" not in headers
    shown = headers["content-disposition"]
    assert shown.startswith('attachment; filename="')
    assert unquote(shown.rpartition("UTF-8''")[2]) == NAME
    assert (await download(pages, path.upper().replace("/FILE/", "/file/")))[2] == CONTENT, "some programs change the case of a link"


async def test_who_only_looks_gets_the_headers_as_often_as_they_like(pages: Site) -> None:
    path = link(await keep(pages))
    for _ in range(3):
        status, headers, body = await download(pages, path, "HEAD")
        assert (status, body, headers["content-length"]) == (200, b"", str(len(CONTENT)))
        assert headers["content-disposition"].startswith("attachment; ")
    assert (await download(pages, path, "POST"))[0] == 405


async def test_a_download_that_broke_goes_on_where_it_was(pages: Site) -> None:
    path = link(await keep(pages))
    _, headers, _ = await download(pages, path, "HEAD")
    at = PIECE + 77
    status, rest, body = await download(pages, path, Range=f"bytes={at}-", If_Range=headers["etag"])
    assert (status, body) == (206, CONTENT[at:])
    assert rest["content-range"] == f"bytes {at}-{len(CONTENT) - 1}/{len(CONTENT)}"
    assert (await download(pages, path, Range="bytes=0-9"))[2] == CONTENT[:10]
    assert (await download(pages, path, Range="bytes=-5"))[2] == CONTENT[-5:]
    assert (await download(pages, path, Range=f"bytes={at}-", If_Range='"another"'))[0] == 200
    status, none, _ = await download(pages, path, Range=f"bytes={len(CONTENT)}-")
    assert (status, none["content-range"]) == (416, f"bytes */{len(CONTENT)}")


async def test_an_empty_file_is_a_file(pages: Site) -> None:
    status, headers, body = await download(pages, link(await keep(pages, b"")))
    assert (status, headers["content-length"], body) == (200, "0", b"")


@pytest.mark.parametrize("language", ["en", "ru", "pl"])
async def test_when_its_time_is_over_the_page_says_what_to_do(pages: Site, language: Language) -> None:
    path = link(await keep(pages))
    pages.later = timedelta(days=30, seconds=1)
    over = await pages.get(path, Accept_Language=f"de, {language};q=0.8")
    assert over.status == 410
    assert WORDS[language].expired.title in over.body
    assert WORDS[language].expired.text in over.body
    assert f'<html lang="{language}">' in over.body
    assert over.headers["cache-control"] == "no-store"


WRONG: dict[str, Callable[[int], str]] = {
    "somebody else's secret": lambda letter: link(letter, keyring=Keyring((b"somebody else's secret, long too",))),
    "another purpose": lambda letter: "/file/" + KEYRING.sign(Purpose.RATE, letter.to_bytes(4, "big") + b"\0\1\xff\xff\xff\xff"),
    "one letter changed": lambda letter: (path := link(letter))[:-3] + ("b" if path[-3] == "a" else "a") + path[-2:],
    "nothing like one": lambda _letter: "/file/passwd",
    "far too long": lambda _letter: "/file/" + "a" * 4000,
}


async def test_a_wrong_link_is_404_and_looks_like_any_other(pages: Site) -> None:
    letter = await keep(pages)
    await pages.alter("ALTER TABLE outbox_messages RENAME TO not_asked")
    answers = {what: await pages.get(make(letter)) for what, make in WRONG.items()}
    await pages.alter("ALTER TABLE not_asked RENAME TO outbox_messages")
    assert {each.status for each in answers.values()} == {404}, "and the database was not asked"
    assert len({each.body for each in answers.values()}) == 1
    assert len({tuple(sorted((name, value) for name, value in each.headers.items() if name != "date")) for each in answers.values()}) == 1
    assert WORDS["en"].unknown.text in answers["nothing like one"].body


async def test_what_was_erased_is_told_to_be_gone(pages: Site) -> None:
    async with pages.sessions.begin() as session:
        ticket = await make_ticket(session)
    letter = await keep(pages, ticket=ticket)
    assert (await pages.get(link(letter, 0))).status == 410, "its bytes are not there"
    assert (await pages.get(link(letter, 2))).status == 410, "the letter has no such attachment"
    assert (await download(pages, link(letter)))[0] == 200
    await pages.alter("DELETE FROM tickets WHERE number = :n", n=ticket)
    gone = await pages.get(link(letter), Accept_Language="ru")
    assert (gone.status, WORDS["ru"].gone.title in gone.body) == (410, True)


async def test_a_link_of_the_secret_before_still_works(pages: Site) -> None:
    old = Keyring((b"the secret of last year, long too",))
    path = link(await keep(pages), keyring=old)
    assert (await pages.get(path)).status == 404
    desk = pages.organisation.desk
    pages.organisation = replace(pages.organisation, desk=replace(desk, secrets=(*desk.secrets, *old.secrets)))
    assert (await download(pages, path))[0] == 200


async def test_a_database_that_is_away_is_no_reason_to_throw_the_link_away() -> None:
    engine = connect("postgresql+asyncpg://nobody@127.0.0.1:1/none", pool_size=1)
    try:
        async with site(async_sessionmaker(engine), downloads=Limits(ANY)) as pages:
            away = await pages.get(link(1), Accept_Language="pl")
    finally:
        await engine.dispose()
    assert (away.status, away.headers["retry-after"]) == (503, "30")
    assert WORDS["pl"].away.text in away.body


class Reader:
    """Asks for a file, and then reads nothing of it."""

    def __init__(self, pages: Site, path: str) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.connect(pages.at)
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: desk.test\r\n\r\n".encode())

    async def begun(self) -> None:
        """The answer has begun: the place is taken."""
        self._socket.settimeout(60)
        assert await asyncio.to_thread(self._socket.recv, 12) == b"HTTP/1.1 200"

    async def read_all(self) -> bytes:
        def read() -> bytes:
            self._socket.settimeout(60)
            found = b""
            while chunk := self._socket.recv(1 << 20):
                found += chunk
            return found

        return await asyncio.to_thread(read)

    def close(self) -> None:
        self._socket.close()


async def answered(pages: Site, path: str, status: int) -> dict[str, str]:
    async with asyncio.timeout(PATIENCE):
        while True:
            found, headers, _ = await download(pages, path)
            if found == status:
                return headers
            await asyncio.sleep(0.02)


async def test_few_download_at_once_and_who_reads_nothing_loses_their_place(sessions: Sessions) -> None:
    large = bytes(8 * 1024 * 1024)
    async with site(sessions, downloads=Limits(ANY, most=2, most_of_one=2, seconds=5.0)) as pages:
        path = link(await keep(pages, large))
        stuck = [Reader(pages, path), Reader(pages, path)]
        await asyncio.gather(*(each.begun() for each in stuck))
        busy = await answered(pages, path, 503)
        assert busy["retry-after"] == "30"
        assert (await download(pages, path, "HEAD"))[0] == 200, "a scanner takes no place"
        assert (await pages.get(link(1)[:-1])).status == 404, "other pages go on"
        await answered(pages, path, 200)
        for each in stuck:
            assert len(await each.read_all()) < len(large), "and what it got is told to be incomplete by its length"
            each.close()


async def test_a_peer_has_no_more_than_its_share(sessions: Sessions) -> None:
    async with site(sessions, downloads=Limits(ANY, most=10, most_of_one=1, seconds=20.0)) as pages:
        path = link(await keep(pages, bytes(8 * 1024 * 1024)))
        stuck = Reader(pages, path)
        await stuck.begun()
        await answered(pages, path, 503)
        assert (await download(pages, path, X_Forwarded_For="192.0.2.7"))[0] == 200, "another one has its own"
        stuck.close()
        await answered(pages, path, 200)


async def test_who_asks_too_often_waits(sessions: Sessions) -> None:
    async with site(sessions, downloads=Limits(Throttle(2, 60))) as pages:
        assert [(await pages.get("/file/nothing")).status for _ in range(3)] == [404, 404, 429]


@pytest.mark.parametrize(
    ("name", "plain", "ascii"),
    [
        ("report.pdf", "report.pdf", "report.pdf"),
        ("отчёт.pdf", "отчёт.pdf", "file.pdf"),
        ("zażółć gęślą.tar.gz", "zażółć gęślą.tar.gz", "zazo_c gesla.tar.gz"),
        ("../../etc/passwd", "_.._etc_passwd", "file._etc_passwd"),
        ("C:\\temp\\a.txt", "C__temp_a.txt", "C__temp_a.txt"),
        ('a";\r\nSet-Cookie: x=1.txt', "a_;Set-Cookie_ x=1.txt", "a__Set-Cookie_ x=1.txt"),
        ("100%.txt", "100%.txt", "100_.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe", "invoicefdp.exe"),
        ("...", "file", "file"),
        ("", "file", "file"),
    ],
)
def test_a_name_is_safe_in_a_header_and_in_a_folder(name: str, plain: str, ascii: str) -> None:
    assert (safe_name(name), ascii_name(safe_name(name))) == (plain, ascii)
    assert disposition(name).isascii()
    assert disposition(name).isprintable()


def test_a_long_name_keeps_its_suffix() -> None:
    name = safe_name("ж" * 300 + ".pdf")
    assert name.endswith("ж.pdf")
    assert len(name.encode()) <= 180


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=90-200", 90, 100),
        ("bytes=-200", 0, 100),
        ("BYTES=5-", 5, 100),
        ("bytes=9-5", 0, 100),
        ("bytes=0-1,5-6", 0, 100),
        ("pages=1-2", 0, 100),
        ("bytes=-", 0, 100),
        ("bytes=1" + "0" * 40 + "-", 0, 100),
    ],
)
def test_what_of_a_file_is_asked_for(wanted: str, start: int, end: int) -> None:
    found = span_of(wanted, None, '"tag"', 100)
    assert found is not None
    assert (found.start, found.end) == (start, end)


@pytest.mark.parametrize("wanted", ["bytes=100-", "bytes=-0", "bytes=999-1000"])
def test_what_a_file_does_not_have_cannot_be_had(wanted: str) -> None:
    assert span_of(wanted, None, '"tag"', 100) is None
