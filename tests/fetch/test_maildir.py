"""A watched Maildir: what is read of it, how it is marked, and what is no mail."""

import os
from pathlib import Path

import pytest

from gateway.domain.fetch import Fetch, Protocol
from gateway.fetch.kinds import open_mailbox
from gateway.fetch.mailbox import MailboxError
from tests.fetch.polling import Sessions, mail, organisation, polling


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


def fetch(path: Path, *, delete: bool = False) -> Fetch:
    return Fetch(Protocol.MAILDIR, path=str(path), interval=0.2, delete=delete)


def files(maildir: Path) -> list[str]:
    return sorted(str(each.relative_to(maildir)) for each in maildir.rglob("*") if not each.is_dir() or each.is_symlink())


@pytest.mark.parametrize("delete", [False, True])
async def test_unread_mail_is_taken_in_and_marked_or_deleted(maildir: Path, sessions: Sessions, delete: bool) -> None:
    (maildir / "new" / "1.a").write_bytes(mail("First").replace(b"\r\n", b"\n"))
    (maildir / "cur" / "2.b:2,F").write_bytes(mail("Second"))
    (maildir / "cur" / "3.c:2,S").write_bytes(mail("Read by somebody"))
    (maildir / "cur" / "4.d:2,T").write_bytes(mail("Thrown away"))
    (maildir / "tmp" / "5.e").write_bytes(mail("Half"))
    async with polling(sessions, organisation(fetch(maildir, delete=delete))) as polled:
        first, second = await polled.kept(2)
        await polled.looked(2)
    assert len(await polled.kept(2)) == 2
    assert (first["entry"], first["recipients"]) == ("maildir", ["support@desk.test"])
    content = await polled.content(first["id"])
    assert b"with LOCAL id" in content
    assert b"\r\nSubject: First\r\n" in content
    assert content.endswith(b"It burns.\r\n")
    assert b"Subject: Second" in await polled.content(second["id"])
    assert files(maildir) == ["cur/3.c:2,S", "cur/4.d:2,T", "tmp/5.e"] if delete else [
        "cur/1.a:2,S", "cur/2.b:2,FS", "cur/3.c:2,S", "cur/4.d:2,T", "tmp/5.e"]  # fmt: skip


async def test_what_is_no_mail_is_left_alone(maildir: Path, sessions: Sessions, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a file of somebody else's")
    (maildir / "new" / "1.link").symlink_to(secret)
    (maildir / "new" / ".hidden").write_bytes(mail())
    (maildir / "new" / "2.directory").mkdir()
    os.mkfifo(maildir / "new" / "3.pipe")
    os.close(os.open(os.fsencode(maildir / "new") + b"/4.\xff", os.O_CREAT))
    (maildir / "new" / "5.mail").write_bytes(mail())
    async with polling(sessions, organisation(fetch(maildir))) as polled:
        await polled.kept(1)
        await polled.looked(2)
    assert len(await polled.kept(1)) == 1
    assert (maildir / "cur" / "5.mail:2,S").exists()


async def test_why_a_directory_cannot_be_polled_is_told(maildir: Path) -> None:
    with pytest.raises(MailboxError, match="is no maildir: it has no directory new"):
        await open_mailbox(fetch(maildir / "nowhere"))
    (maildir / "cur").rmdir()
    with pytest.raises(MailboxError, match="is no maildir: it has no directory cur"):
        await open_mailbox(fetch(maildir))
