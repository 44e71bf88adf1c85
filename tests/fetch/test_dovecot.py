"""Polling a real Dovecot: every protocol and protection, marking, paging, idling, two pollers on one mailbox (B5, U12)."""

import asyncio
import contextlib
import imaplib
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from gateway.domain.fetch import Fetch, Protocol
from gateway.domain.login import Login
from gateway.fetch.folders import encode_folder
from gateway.fetch.kinds import open_mailbox
from gateway.fetch.mailbox import MailboxError
from gateway.ingress.accept import Acceptor
from gateway.ingress.limits import Limits
from tests.fetch.polling import Sessions, mail, mailbox, organisation, polling
from tests.peers.dovecot import Dovecot, token


@pytest.mark.parametrize(
    ("protocol", "security", "entry"),
    [
        ("imap", "none", "imap"),
        ("imap", "starttls", "imap"),
        ("imaps", "tls", "imap"),
        ("pop3", "none", "pop3"),
        ("pop3", "starttls", "pop3"),
        ("pop3s", "tls", "pop3"),
    ],
)
async def test_mail_comes_in_by_every_protocol_with_and_without_tls(
    server: Dovecot, sessions: Sessions, protocol: str, security: str, entry: str
) -> None:
    user = f"all-{protocol}-{security}"
    server.deliver(
        user, mail("One", top="Return-Path: <ann@client.test>\r\nDelivered-To: box1@desk.test\r\n"), mail(".dots", body=".\r\n..x")
    )
    async with polling(sessions, organisation(mailbox(server, user, protocol, security), None)) as polled:
        first, second = await polled.kept(2)
    assert (first["entry"], first["reverse_path"], first["recipients"]) == (entry, "ann@client.test", ["box1@desk.test"])
    assert first["peer"] == {"address": None, "port": None, "helo": "", "tls": None, "mailbox": "support@desk.test"}
    assert second["recipients"] == ["support@desk.test"]
    content = await polled.content(second["id"])
    assert content.startswith(b"Return-Path: <ann@client.test>\r\nReceived: by mx.desk.test with " + entry.upper().encode())
    assert content.endswith(b"\r\n\r\n.\r\n..x\r\n")


@pytest.mark.parametrize("protocol", ["imap", "pop3s"])
async def test_an_access_token_is_read_anew_at_each_login(server: Dovecot, sessions: Sessions, tmp_path: Path, protocol: str) -> None:
    user, kept = f"token-{protocol}", tmp_path / "token"
    kept.write_text(f"{token(user, lifetime=-7200)}\n")
    server.deliver(user, mail())
    fetch = mailbox(server, user, protocol, login=Login(user, "xoauth2", token_file=str(kept)))
    async with polling(sessions, organisation(fetch)) as polled:
        failing = await polled.stands(lambda found: found.failures > 0)
        assert failing.error is not None
        assert failing.error.startswith(f"the server refuses the access token of {user} (status 401)")
        assert await polled.kept(0) == []
        kept.write_text(token(user))
        async with sessions.begin() as session:
            await session.execute(text("UPDATE mailboxes SET due_at = now()"))
        await polled.kept(1)
    command = Login(user, "xoauth2", token_command=("echo", token(user)))
    opened = await open_mailbox(mailbox(server, user, protocol, login=command))
    await opened.aclose()


@pytest.mark.parametrize(
    ("login", "told"),
    [
        (Login("refused", password="wrong-one"), "the server refuses the login of refused"),
        (Login("refused", "xoauth2", token_file="/nowhere"), "the access token in /nowhere cannot be read: No such file or directory"),
        (Login("refused", "xoauth2", token_command=("false",)), "token_command false ended with status 1"),
        (Login("refused", "xoauth2", token_command=("no-such-program",)), "token_command no-such-program cannot be run"),
        (Login("refused", "xoauth2", token_command=("true",)), "expected an access token from true"),
        (Login("refused", "xoauth2", token_command=("echo", "пароль")), "expected an access token from echo"),
    ],
)
@pytest.mark.parametrize("protocol", ["imap", "pop3"])
async def test_why_a_login_failed_is_told_without_the_password(server: Dovecot, protocol: str, login: Login, told: str) -> None:
    with pytest.raises(MailboxError) as failure:
        await open_mailbox(mailbox(server, "refused", protocol, login=login))
    assert str(failure.value).startswith(told)
    assert "wrong-one" not in str(failure.value)


@pytest.mark.parametrize(("protocol", "security"), [("imap", "starttls"), ("imaps", "tls"), ("pop3", "starttls"), ("pop3s", "tls")])
async def test_a_certificate_that_nobody_vouches_for_ends_the_connection(server: Dovecot, protocol: str, security: str) -> None:
    fetch = mailbox(server, "nobody", protocol, security)
    assert fetch.server is not None
    stranger = Fetch(fetch.protocol, type(fetch.server)("127.0.0.1", fetch.server.port, security), fetch.login)  # type: ignore[arg-type]
    with pytest.raises(MailboxError, match="is not to be trusted: self-signed certificate; if it is the right one, set ca"):
        await open_mailbox(stranger)
    misnamed = Fetch(fetch.protocol, type(fetch.server)("localhost", fetch.server.port, security, fetch.server.ca), fetch.login)  # type: ignore[arg-type]
    with pytest.raises(MailboxError, match=r"is not to be trusted: Hostname mismatch[^;]*$"):
        await open_mailbox(misnamed)


@pytest.mark.parametrize(
    ("how", "flags", "moved"),
    [
        ({}, ["\\Seen", "\\Seen", "\\Seen"], None),
        ({"delete": True}, [], None),
        ({"move_to": "Разобрано/2026"}, [], ["", "", ""]),
    ],
)
async def test_kept_mail_is_marked_or_deleted_or_moved(
    server: Dovecot, sessions: Sessions, how: dict[str, Any], flags: list[str], moved: list[str] | None
) -> None:
    user = f"kept-{'-'.join(how)}"
    server.deliver(user, *(mail() for _ in range(3)))
    async with polling(sessions, organisation(mailbox(server, user, **how))) as polled:
        await polled.kept(3)
        await polled.looked(2)
        assert server.flags(user) == flags
        if moved is not None:
            assert server.flags(user, encode_folder(how["move_to"]).replace("/", ".")) == moved
        assert len(await polled.kept(3)) == 3
        assert await polled.rows("SELECT key FROM fetched_messages WHERE settled_at IS NULL") == []


@pytest.mark.parametrize("delete", [False, True])
async def test_pop3_remembers_what_was_kept_and_deletes_if_told_to(server: Dovecot, sessions: Sessions, delete: bool) -> None:
    user = "pop3-delete" if delete else "pop3-keep"
    server.deliver(user, mail(), mail())
    async with polling(sessions, organisation(mailbox(server, user, "pop3", delete=delete))) as polled:
        await polled.kept(2)
        await polled.looked(3)
        assert len(server.flags(user)) == (0 if delete else 2)
        server.deliver(user, mail("Third"))
        await polled.kept(3)
        await polled.looked(3)
    assert len(await polled.kept(3)) == 3
    settled = await polled.rows("SELECT settled_at IS NOT NULL AS so FROM fetched_messages")
    assert [each["so"] for each in settled] == [delete] * 3


async def test_only_unread_mail_is_fetched_and_what_the_desk_left_alone_stays_as_it_was(server: Dovecot, sessions: Sessions) -> None:
    server.deliver("unread", mail("Read by somebody"), mail("Deleted by somebody"), mail("New"))
    with server.session("unread") as client:
        client.store("1", "+FLAGS", "\\Seen \\Answered")
        client.store("2", "+FLAGS", "\\Deleted")
    async with polling(sessions, organisation(mailbox(server, "unread"))) as polled:
        await polled.kept(1)
        await polled.looked(2)
    [row] = await polled.kept(1)
    assert b"Subject: New" in await polled.content(row["id"])
    assert server.flags("unread") == ["\\Answered \\Seen", "\\Deleted", "\\Seen"]


async def test_a_folder_with_a_name_in_cyrillic_is_polled(server: Dovecot, sessions: Sessions) -> None:
    folder = "Входящие/Обращения"
    server.deliver("folders", mail(), folder=encode_folder(folder).replace("/", "."))
    async with polling(sessions, organisation(mailbox(server, "folders", folder=folder))) as polled:
        await polled.kept(1)
        found = await polled.stands(lambda found: found.succeeded_at is not None)
    assert found.place.endswith("/%D0%92%D1%85%D0%BE%D0%B4%D1%8F%D1%89%D0%B8%D0%B5/%D0%9E%D0%B1%D1%80%D0%B0%D1%89%D0%B5%D0%BD%D0%B8%D1%8F")
    with pytest.raises(MailboxError, match="the server refuses to open the folder Нет такой"):
        await open_mailbox(mailbox(server, "folders", folder="Нет такой"))


async def test_a_thousand_messages_are_fetched_in_pages_and_in_order(server: Dovecot, sessions: Sessions) -> None:
    server.deliver("thousand", *(mail(f"Number {number}") for number in range(1000)))
    async with polling(sessions, organisation(mailbox(server, "thousand"))) as polled:
        await polled.kept(1000, 60)
        await polled.stands(lambda found: found.succeeded_at is not None)
    assert set(server.flags("thousand")) == {"\\Seen"}
    rows = await polled.rows("SELECT convert_from(content, 'utf-8') AS text FROM inbound_contents ORDER BY inbound_id")
    assert [each["text"].partition("Subject: Number ")[2].partition("\r")[0] for each in rows] == list(map(str, range(1000)))


@pytest.mark.parametrize("kind", ["imap", "maildir"])
async def test_new_mail_is_there_within_a_second_where_the_mailbox_tells_of_it(server: Dovecot, sessions: Sessions, kind: str) -> None:
    user = f"idle-{kind}"
    directory = server.maildir(user)
    fetch = mailbox(server, user, interval=3600.0, idle=True)
    if kind == "maildir":
        fetch = Fetch(Protocol.MAILDIR, path=str(directory), interval=3600.0)
    took = []
    async with polling(sessions, organisation(fetch)) as polled:
        for number in (1, 2, 3):
            await polled.stands(lambda found: found.succeeded_at is not None and found.polled_by is not None)
            await asyncio.sleep(0.3)
            began = time.monotonic()
            server.deliver(user, mail())
            if kind == "imap":
                with contextlib.suppress(imaplib.IMAP4.error), server.session(user) as client:
                    client.noop()  # so that this Dovecot looks at its directory at once, wherever inotify is missing
            await polled.kept(number)
            took.append(time.monotonic() - began)
    assert min(took) < 3, "usually within a second, and not when the interval is over"
    assert (await polled.standing()).polled_by is None  # type: ignore[union-attr]


async def test_without_idle_the_interval_holds(server: Dovecot, sessions: Sessions) -> None:
    async with polling(sessions, organisation(mailbox(server, "interval", interval=0.3))) as polled:
        await polled.looked()
        server.deliver("interval", mail())
        await polled.kept(1)
        assert (await polled.stands(lambda found: found.polled_by is None)).due_at is not None


async def test_a_mailbox_that_is_numbered_anew_brings_nothing_twice(server: Dovecot, sessions: Sessions) -> None:
    known, new = mail("Known"), mail("New")
    server.deliver("renumbered", known)
    desk = organisation(mailbox(server, "renumbered"))
    async with polling(sessions, desk) as polled:
        await polled.kept(1)
        await polled.looked()
    before = (await polled.rows("SELECT uidvalidity FROM mailboxes"))[0]["uidvalidity"]
    # Long past the days that duplicates are known for at the decision.
    async with sessions.begin() as session:
        await session.execute(text("UPDATE fetched_messages SET at = at - interval '20 days'"))
    shutil.rmtree(server.root / "mail" / "renumbered")
    await asyncio.sleep(1.1)  # UIDVALIDITY is a time in seconds
    server.deliver("renumbered", known, new)
    async with polling(sessions, desk) as polled:
        rows = await polled.kept(2)
        await polled.looked(2)
    assert len(await polled.kept(2)) == 2
    assert b"Subject: New" in await polled.content(rows[1]["id"])
    assert server.flags("renumbered") == ["\\Seen", "\\Seen"]
    assert (await polled.rows("SELECT uidvalidity FROM mailboxes"))[0]["uidvalidity"] not in (None, before)


async def test_a_mailbox_that_moves_to_another_server_brings_nothing_twice(server: Dovecot, sessions: Sessions) -> None:
    known = mail("Known")
    server.deliver("moving-old", known)
    server.deliver("moving-new", known, mail("New"))
    async with polling(sessions, organisation(mailbox(server, "moving-old", "pop3"))) as polled:
        await polled.kept(1)
        await polled.looked()
        polled.organisation = organisation(mailbox(server, "moving-new", "pop3"))
        await polled.kept(2)
        await polled.looked(2)
    assert len(await polled.kept(2)) == 2


async def test_too_large_a_message_is_left_and_flagged_and_told_of_until_it_fits(server: Dovecot, sessions: Sessions) -> None:
    server.deliver("large", mail("Large", body="x" * 5000), mail("Small"))
    desk = organisation(mailbox(server, "large"))
    async with polling(sessions, desk, limits=Limits(max_message_size=2000)) as polled:
        await polled.kept(1)
        found = await polled.stands(lambda found: found.left == 1)
        await polled.looked(2)
    assert found.failures == 0
    assert found.left_why is not None
    assert found.left_why.endswith("octets are more than limits.max_message_size, 2000")
    assert server.flags("large") == ["\\Flagged", "\\Seen"]
    async with polling(sessions, desk) as polled:
        await polled.kept(2)
        await polled.stands(lambda found: found.left == 0)
    assert server.flags("large") == ["\\Flagged \\Seen", "\\Seen"]


async def test_a_large_message_passes_whole(server: Dovecot, sessions: Sessions) -> None:
    body = "\r\n".join(f"{number} {'x' * 60}" for number in range(40_000))
    server.deliver("whole", mail(body=body))
    for protocol, number in (("imap", 1), ("pop3", 2)):
        async with polling(sessions, organisation(mailbox(server, "whole", protocol))) as polled:
            if number == 2:
                async with sessions.begin() as session:
                    await session.execute(text("DELETE FROM fetched_messages"))
            [*_, row] = await polled.kept(number)
        assert (await polled.content(row["id"])).endswith(body.encode() + b"\r\n")


async def test_mail_that_goes_in_circles_is_left(server: Dovecot, sessions: Sessions) -> None:
    server.deliver("loop", mail(top="Received: from a by b; now\r\n" * 50))
    async with polling(sessions, organisation(mailbox(server, "loop"))) as polled:
        found = await polled.stands(lambda found: found.left == 1)
        await polled.looked()
    assert found.left_why == "mail loop: 50 or more Received fields"
    assert await polled.kept(0) == []


async def test_a_failing_mailbox_holds_up_nobody_and_says_why(server: Dovecot, sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.workers.poller.PATIENCE", 0.2)
    wrong = mailbox(server, "beside-wrong", login=Login("beside-wrong", password="wrong-one"))
    silent = mailbox(server, "beside-silent")
    listener = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    assert silent.server is not None
    hanging = Fetch(
        Protocol.IMAP, type(silent.server)("127.0.0.1", listener.sockets[0].getsockname()[1], "none"), silent.login, interval=0.5
    )
    async with listener, polling(sessions, organisation(mailbox(server, "beside-good"), wrong, hanging)) as polled:
        for number in (1, 2, 3):
            server.deliver("beside-good", mail())
            await polled.kept(number)
        failing = await polled.stands(lambda found: found.failures == 1, "box1@desk.test")
        assert failing.error == "the server refuses the login of beside-wrong: Authentication failed."
        assert failing.failing_since is not None
        assert 10 < (failing.due_at - failing.failing_since).total_seconds() < 20
        assert (await polled.standing("box2@desk.test")).polled_by == "tests"  # type: ignore[union-attr]
        polled.organisation = organisation(mailbox(server, "beside-good"), mailbox(server, "beside-wrong"))
        recovered = await polled.stands(lambda found: found.failures == 0, "box1@desk.test")
    assert (recovered.error, recovered.failing_since) == (None, None)


async def test_of_two_pollers_one_polls_and_the_other_takes_over(server: Dovecot, sessions: Sessions) -> None:
    server.deliver("two", *(mail() for _ in range(50)))
    desk = organisation(mailbox(server, "two", interval=0.2))
    async with polling(sessions, desk, worker="one") as one:
        async with polling(sessions, desk, worker="two"):
            await one.kept(50)
            server.deliver("two", *(mail() for _ in range(50)))
            await one.kept(100)
        server.deliver("two", mail())
        await one.kept(101)
        await one.looked(2)
    assert len(await one.kept(101)) == 101


async def test_a_poller_that_lost_its_lease_keeps_nothing_more(server: Dovecot, sessions: Sessions) -> None:
    """Its next message is refused by the transaction that would keep it."""
    server.deliver("lost", *(mail() for _ in range(5)))

    class Robbed(Acceptor):
        async def accept_message(self, *arguments: Any, **more: Any) -> int:
            inbound_id = await super().accept_message(*arguments, **more)
            async with sessions.begin() as session:
                await session.execute(text("UPDATE mailboxes SET leased_by = 'another', lease_until = now() + interval '1 hour'"))
            return inbound_id

    async with polling(
        sessions, organisation(mailbox(server, "lost")), acceptor=Robbed(sessions, "mx.desk.test", lambda _channel: None)
    ) as polled:
        await polled.kept(1)
        await asyncio.sleep(0.5)
    assert len(await polled.kept(1)) == 1
    assert server.flags("lost") == [""] * 5
    assert (await polled.standing()).polled_by == "another"  # type: ignore[union-attr]


async def test_a_disabled_gateway_that_defers_leaves_its_mail_in_the_mailbox(server: Dovecot, sessions: Sessions) -> None:
    server.deliver("disabled", mail())
    fetch = mailbox(server, "disabled")
    async with polling(sessions, organisation(fetch, enabled=False, when_disabled="defer")) as polled:
        await asyncio.sleep(0.5)
        assert await polled.standing() is None
        polled.organisation = organisation(fetch)
        await polled.kept(1)
