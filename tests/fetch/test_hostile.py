"""Servers that hang, lie, never stop or lack everything: the mailbox fails with a sentence, soon, and in little memory."""

import asyncio
import contextlib
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.domain.fetch import Fetch
from gateway.fetch.imap_dialogue import Selected, windows
from gateway.fetch.kinds import open_mailbox
from gateway.fetch.mailbox import Mailbox, MailboxError, TooLargeError
from tests.fetch.fake import IMAP, POP3, Answers, endless, fake, hang_up, silence, trickle
from tests.fetch.polling import Sessions, organisation, polling

MIB = 1 << 20


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Minutes become moments."""
    for name, seconds in (("ANSWER_SECONDS", 0.5), ("COMMAND_SECONDS", 1.5), ("SLOW_SECONDS", 0.7), ("CONNECT_SECONDS", 0.5)):
        monkeypatch.setattr(f"gateway.fetch.wire.{name}", seconds)
    monkeypatch.setattr("gateway.fetch.backoff.FIRST", 0.05)
    monkeypatch.setattr("gateway.workers.poller.PATIENCE", 0.2)


def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For servers that are too much before they are too slow: on a busy machine a megabyte takes its time."""
    for name in ("ANSWER_SECONDS", "COMMAND_SECONDS", "SLOW_SECONDS"):
        monkeypatch.setattr(f"gateway.fetch.wire.{name}", 9.0)


@contextlib.asynccontextmanager
async def opened(fetch: Fetch) -> AsyncIterator[Mailbox]:
    mailbox = await open_mailbox(fetch)
    try:
        yield mailbox
    finally:
        await mailbox.aclose()


async def read_all(fetch: Fetch, largest: int = 10_000) -> list[bytes]:
    """Everything that the mailbox offers, read and marked."""
    found = []
    async with opened(fetch) as mailbox:
        async for page in mailbox.pages():
            for each in page:
                content = bytearray()

                def take(octets: bytes, content: bytearray = content) -> None:
                    if len(content) + len(octets) > largest:
                        raise TooLargeError
                    content.extend(octets)

                if await mailbox.read(each.key, take):
                    found.append(bytes(content))
            await mailbox.mark([each.key for each in page])
    return found


FULL: Answers = {**IMAP, "UID STORE": "{tag} OK\r\n"}
BODY = "UID FETCH 11 (UID BODY.PEEK[])"

HOSTILE_IMAP: list[tuple[str, Answers, str]] = [
    ("a line without end", {"": endless(b"x" * 65536, b"* OK ")}, "a line of more than 128 KiB"),
    ("no greeting", {"": silence}, "said nothing for 0.5 s"),
    ("another protocol", {"": "HTTP/1.1 400 Bad Request\r\n"}, "no greeting of an IMAP server"),
    ("goodbye", {"": "* BYE too many connections\r\n"}, "no greeting of an IMAP server"),
    ("talk without end", {"SELECT": endless(b"* 1 EXISTS\r\n" * 1000)}, "answered one command with more than 1024 KiB"),
    ("talk without end, in strings", {"SELECT": endless(b"* OK {5}\r\nhello" * 1000)}, "answered one command with more than 1024 KiB"),
    ("a word at a time", {"SELECT": trickle(b"* 1 EXISTS\r\n", 0.1)}, "did not come to the end of an answer in time"),
    ("silence", {"LOGIN": silence}, "said nothing for 0.5 s"),
    ("hanging up", {"LOGIN": hang_up}, "the server closed the connection"),
    ("goodbye later", {"SELECT": "* BYE shutting down\r\n"}, "the server says goodbye: shutting down"),
    ("a string nobody asked for", {"UID SEARCH": "* 1 FETCH (X {{999999999}}\r\n"}, "999999999 octets that nobody asked for"),
    ("no numbers", {"UID SEARCH": "* SEARCH one two\r\n{tag} OK\r\n"}, "a search result that is no list of numbers"),
    ("another message", {BODY: "* 1 FETCH (UID 12 BODY[] {{5}}\r\nhello)\r\n{tag} OK\r\n"}, "another message than UID 11"),
    ("several messages", {BODY: "* 1 FETCH (UID 11 BODY[] {{2}}\r\nab)\r\n" * 2 + "{tag} OK\r\n"}, "another message than UID 11"),
    ("a list without end", {BODY: "* 1 FETCH (UID 11 BODY[] {{2}}\r\nab\r\n{tag} OK\r\n"}, "a list without end"),
    ("half a message", {BODY: hang_up}, "the server closed the connection"),
    ("a stop in the middle", {BODY: "* 1 FETCH (UID 11 BODY[] {{50}}\r\nab"}, "stopped for 0.5 s within a message"),
    ("a message in drops", {BODY: trickle(b"x", 0.05, b"* 1 FETCH (UID 11 BODY[] {5000}\r\n")}, "octets of a message"),
    ("read-only", {"SELECT": "* OK [UIDVALIDITY 7]\r\n{tag} OK [READ-ONLY]\r\n"}, "the folder INBOX is read-only for ann"),
    ("a folder of all mail", {"SELECT": "* 4294967295 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n{tag} OK\r\n"}, "more than 10000000 are not"),
    ("no UIDVALIDITY", {"SELECT": "* 1 EXISTS\r\n{tag} OK\r\n"}, "does not tell the UIDVALIDITY"),
    ("no passwords", {"CAPABILITY": "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n{tag} OK\r\n"}, "takes no passwords on this connection"),
    ("a parrot", {"LOGIN": '{tag} BAD LOGIN "ann" "open-sesame"\r\n'}, "does not understand the login of ann"),
    ("marks refused", {"UID STORE": "{tag} NO over quota\r\n"}, "the server refuses to mark messages: over quota"),
]


@pytest.mark.parametrize(("answers", "told"), [pytest.param(answers, told, id=name) for name, answers, told in HOSTILE_IMAP])
async def test_an_imap_server_that_misbehaves_is_left_with_a_sentence(answers: Answers, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if "more than" in told:
        patient(monkeypatch)
    async with fake({**FULL, **answers}) as server:
        with pytest.raises(MailboxError) as failure:
            await asyncio.wait_for(read_all(server.fetch()), 60)
    assert told in str(failure.value)
    assert "open-sesame" not in str(failure.value)


HOSTILE_POP3: list[tuple[str, Answers, str]] = [
    ("another protocol", {"": "SSH-2.0-x\r\n"}, "no greeting of a POP3 server"),
    ("a list without end", {"UIDL": endless(b"1 one\r\n" * 5000, b"+OK\r\n")}, "answered one command with more than"),
    ("twins", {"UIDL": "+OK\r\n1 one\r\n2 one\r\n.\r\n"}, "gives several messages the same UIDL"),
    ("no UIDL", {"UIDL": "-ERR unknown\r\n"}, "refuses to number its messages for good (UIDL): unknown"),
    ("nonsense", {"UIDL": "+OK\r\nhello\r\n.\r\n"}, "no answer to UIDL"),
    ("a stop in the middle", {"RETR": "+OK\r\nhel"}, "stopped for 0.5 s within a message"),
    ("a message in drops", {"RETR": trickle(b"x", 0.05, b"+OK\r\n")}, "octets of a message"),
    ("a parrot", {"PASS": "-ERR PASS open-sesame is wrong\r\n"}, "the server refuses the login of ann: PASS … is wrong"),
]


@pytest.mark.parametrize(("answers", "told"), [pytest.param(answers, told, id=name) for name, answers, told in HOSTILE_POP3])
async def test_a_pop3_server_that_misbehaves_is_left_with_a_sentence(answers: Answers, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.fetch.pop3.LONGEST_LIST", 100_000)
    if "more than" in told:
        patient(monkeypatch)
    async with fake({**POP3, **answers}) as server:
        with pytest.raises(MailboxError) as failure:
            await asyncio.wait_for(read_all(server.fetch("pop3")), 60)
    assert told in str(failure.value)
    assert "open-sesame" not in str(failure.value)


@pytest.mark.parametrize(
    ("protocol", "answers"),
    [
        ("imap", {BODY: endless(b"x" * 65536, b"* 1 FETCH (UID 11 BODY[] {99999999999}\r\n")}),
        ("pop3", {"RETR": endless(b"x" * 65536, b"+OK\r\n")}),
    ],
)
async def test_a_message_without_end_takes_no_memory(protocol: str, answers: Answers) -> None:
    async with fake({**(FULL if protocol == "imap" else POP3), **answers}) as server:
        tracemalloc.start()
        try:
            with pytest.raises(TooLargeError):
                await asyncio.wait_for(read_all(server.fetch(protocol), largest=MIB), 60)
            assert tracemalloc.get_traced_memory()[1] < 8 * MIB
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize(
    ("protocol", "answers", "told"),
    [
        ("imap", {"": "* PREAUTH welcome\r\n"}, "leaves no room for STARTTLS"),
        ("imap", {}, "the server offers no STARTTLS"),
        ("imap", {"CAPABILITY": "* CAPABILITY STARTTLS\r\n{tag} OK\r\n", "STARTTLS": "{tag} OK\r\n* 1 EXISTS\r\n"}, "talking in the clear"),
        ("imap", {"CAPABILITY": "* CAPABILITY STARTTLS\r\n{tag} OK\r\n", "STARTTLS": "{tag} NO busy\r\n"}, "the server refuses STARTTLS"),
        ("pop3", {}, "the server offers no STLS"),
        ("pop3", {"CAPA": "+OK\r\nSTLS\r\n.\r\n", "STLS": "+OK\r\n+OK injected\r\n"}, "talking in the clear"),
    ],
)
async def test_without_tls_nothing_is_told_where_tls_was_asked_for(protocol: str, answers: Answers, told: str) -> None:
    async with fake({**(IMAP if protocol == "imap" else POP3), **answers}) as server:
        with pytest.raises(MailboxError, match=told):
            await open_mailbox(server.fetch(protocol, security="starttls"))
    assert not [each for each in server.told if each.startswith(("LOGIN", "AUTHENTICATE", "USER", "PASS"))]


async def test_a_server_that_cannot_be_reached_is_named() -> None:
    async with fake(IMAP) as server:
        fetch = server.fetch()
    with pytest.raises(MailboxError, match=rf"127\.0\.0\.1:{server.port} cannot be reached"):
        await open_mailbox(fetch)


@pytest.mark.parametrize(
    ("said", "content"),
    [
        ('* 1 FETCH (BODY[] "hel\\"lo" UID 11)\r\n{tag} OK\r\n', [b'hel"lo']),
        ("* 1 EXISTS\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* 1 FETCH (BODY[] {{2}}\r\nab UID 11)\r\n{tag} OK\r\n", [b"ab"]),
        ("* 1 FETCH (UID 11 BODY[] NIL)\r\n{tag} OK\r\n", []),
        ("{tag} OK\r\n", []),
    ],
)
async def test_a_message_is_read_however_it_is_written(said: str, content: list[bytes]) -> None:
    async with fake({**FULL, BODY: said}) as server:
        assert await read_all(server.fetch()) == content


BARE: Answers = {
    **FULL,
    "CAPABILITY": "* CAPABILITY IMAP4rev1\r\n{tag} OK\r\n",
    "UID COPY": "{tag} OK\r\n",
    "UID EXPUNGE": "{tag} OK\r\n",
}


@pytest.mark.parametrize(
    ("how", "capabilities", "told"),
    [
        ({"delete": True}, "", ["UID STORE 11 +FLAGS.SILENT (\\Seen \\Deleted)"]),
        ({"delete": True}, "UIDPLUS", ["UID STORE 11 +FLAGS.SILENT (\\Seen \\Deleted)", "UID EXPUNGE 11"]),
        ({"move_to": "Done"}, "UIDPLUS", ['UID COPY 11 "Done"', "UID STORE 11 +FLAGS.SILENT (\\Seen \\Deleted)", "UID EXPUNGE 11"]),
        ({"move_to": "Done"}, "", ['UID COPY 11 "Done"', "UID STORE 11 +FLAGS.SILENT (\\Seen \\Deleted)"]),
    ],
)
async def test_an_old_server_is_asked_for_no_more_than_it_has(how: dict[str, Any], capabilities: str, told: list[str]) -> None:
    async with fake({**BARE, "CAPABILITY": f"* CAPABILITY IMAP4rev1 {capabilities}\r\n{{tag}} OK\r\n"}) as server:
        await read_all(server.fetch(**how))
    assert server.told[server.told.index(BODY) + 1 : -1] == told


async def test_a_server_that_refuses_to_idle_is_asked_by_the_interval() -> None:
    async with fake({**FULL, "IDLE": "{tag} NO not today\r\n"}) as server, opened(server.fetch()) as mailbox:
        told = [mailbox.tells]
        await mailbox.wait(5)
        assert [*told, mailbox.tells] == [True, False]
        began = asyncio.get_running_loop().time()
        await mailbox.wait(0.2)
        assert asyncio.get_running_loop().time() - began >= 0.2


async def test_mail_that_came_before_idle_began_is_not_waited_for() -> None:
    async with fake({**FULL, "IDLE": "* 2 EXISTS\r\n+ idling\r\n", "DONE": "{tag} OK\r\n"}) as server, opened(server.fetch()) as mailbox:
        async for _ in mailbox.pages():
            pass
        await asyncio.wait_for(mailbox.wait(3600), 60)


def test_windows_over_a_big_folder_follow_what_is_expunged() -> None:
    folder, seen = Selected(exists=25_000), []
    for first, last in windows(folder):
        seen.append((first, last))
        if len(seen) == 1:
            folder.exists, folder.expunged = folder.exists - 4_000, 4_000
    assert seen == [(1, 10_000), (6_001, 16_000), (16_001, 21_000)]
    assert list(windows(Selected())) == []


async def test_a_message_that_breaks_every_connection_is_left_and_the_others_come(sessions: Sessions) -> None:
    answers: Answers = {
        **FULL,
        "SELECT": "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n{tag} OK [READ-WRITE]\r\n",
        "UID SEARCH": "* SEARCH 11 12\r\n{tag} OK\r\n",
        "UID FETCH 11,12": "* 1 FETCH (UID 11 RFC822.SIZE 5)\r\n* 2 FETCH (UID 12 RFC822.SIZE 5)\r\n{tag} OK\r\n",
        BODY: hang_up,
        "UID FETCH 12 (UID BODY.PEEK[])": "* 2 FETCH (UID 12 BODY[] {{5}}\r\nhello)\r\n{tag} OK\r\n",
    }
    async with fake(answers) as server, polling(sessions, organisation(server.fetch(idle=False))) as polled:
        await polled.kept(1)
        found = await polled.stands(lambda found: found.left == 1 and not found.failures)
    assert found.left_why == "reading it failed 3 times: the server closed the connection"


async def test_a_server_that_lies_about_a_size_is_found_out_once(sessions: Sessions) -> None:
    answers: Answers = {**FULL, BODY: endless(b"x" * 65536, b"* 1 FETCH (UID 11 BODY[] {99999999999}\r\n")}
    async with fake(answers) as server, polling(sessions, organisation(server.fetch(idle=False))) as polled:
        found = await polled.stands(lambda found: found.left == 1 and not found.failures)
    assert found.left_why is not None
    assert found.left_why.startswith("it was said to have 5 octets and has more than limits.max_message_size")
    assert server.told.count(BODY) == 1
    assert await polled.kept(0) == []


async def test_a_connection_that_is_closed_while_it_waits_is_no_failure(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.workers.poller.RECONNECT_SECONDS", 0.05)
    answers: Answers = {**FULL, "UID SEARCH": "* SEARCH\r\n{tag} OK\r\n", "IDLE": hang_up}
    async with fake(answers) as server, polling(sessions, organisation(server.fetch(idle=True))) as polled:
        await polled.looked(4)
        found = await polled.standing()
    assert found is not None
    assert (found.failures, found.error) == (0, None)
