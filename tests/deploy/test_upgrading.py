"""docs/runbooks/upgrading.md, carried out while mail comes in: a made-up next release takes the place of this one, node by node."""

import asyncio
import shutil
import sys
from collections import Counter
from itertools import count, cycle
from pathlib import Path

import aiosmtplib
import pytest

from migrations import run as migrations
from tests.conftest import plain
from tests.deploy.operator import book_start, configure, rows, until_rows
from tests.deploy.runbook import Machine, Runbook
from tests.journeys.running import letter
from tests.packaging.tree import ROOT
from tests.peers.smtp_peer import SmtpPeer

pytestmark = pytest.mark.timeout(300)

PAUSE = 0.4
"""Between two mails, in seconds: a node is away for longer, and mail that nobody learns from costs processor time."""
ROLES = {"one": "--role listener --role intake --role sender", "two": "--role listener"}
NEXT_RELEASE = """
from alembic import op
import sqlalchemy as sa

revision: str = "9999"
down_revision: str | None = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tickets", sa.Column("of_the_next_release", sa.Text()))
    op.create_table("of_the_next_release", sa.Column("id", sa.BigInteger(), primary_key=True))
"""


def release(folder: Path, machine: Machine, migration: str = "") -> Path:
    """A source tree that is this one, and more."""
    folder.mkdir()
    for package in ("gateway", "storage"):
        (folder / package).symlink_to(ROOT / package)
    shutil.copytree(ROOT / "migrations", folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    if migration:
        (folder / "migrations" / "versions" / "9999_next_release.py").write_text(migration)
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    script = f'#!/bin/sh\nPYTHONPATH="{folder}:$PYTHONPATH" exec {sys.executable} -m gateway "$@"\n'
    (programs / "deskgate").write_text(script)
    (programs / "deskgate").chmod(0o755)
    return folder


async def carry(machine: Machine, mails: list[str], over: asyncio.Event) -> None:
    """As a mail server does that knows two of ours: one after another, again and again until it is acknowledged."""
    for number in count():
        if over.is_set():
            return
        subject = f"Mail {number}"
        mail = letter(f"c{number}@client.test", "sales@desk.test", subject)
        for node in cycle(("one", "two")):
            try:
                host, port = machine.address(node)
                await aiosmtplib.send(mail, hostname=host, port=port, start_tls=False, timeout=20)
            except (aiosmtplib.SMTPException, OSError, ValueError):
                await asyncio.sleep(0.1)
            else:
                break
        mails.append(subject)
        await asyncio.sleep(PAUSE)


async def schema_of(machine: Machine, node: str) -> str:
    """What the release that runs there takes for its own."""
    pid = int((machine.home.parent / node / "home" / "pid").read_text())
    variables = dict(each.split("=", 1) for each in Path(f"/proc/{pid}/environ").read_text().split("\0") if "=" in each)
    return Path(variables["PYTHONPATH"].split(":")[0]).name


async def test_upgrading(machine: Machine, database_url: str, relay: SmtpPeer) -> None:
    """This release is the old one here; the new one is this, and a migration."""
    configure(machine, database_url, relay)
    folder = machine.home.parent
    old = release(folder / "old", machine)
    new = release(folder / "new", machine, NEXT_RELEASE.format(head=migrations.head()))
    for link in (folder / "current", folder / "current.before"):
        link.symlink_to(old)
    for node in ("one", "two"):
        (folder / node / "home").mkdir(parents=True)
        shutil.copytree(machine.etc, folder / node, dirs_exist_ok=True)
        (folder / node / "roles").write_text(f"DESKGATE_ROLES={ROLES[node]}\n")
    needs = {
        "NODES": "one two", "NEW": new, "CURRENT": folder / "current", "DATABASE_URL": plain(database_url), "BACKUP": folder / "backup",
    }  # fmt: skip
    book = Runbook("upgrading", machine, needs)
    machine.environment["CURRENT"] = str(folder / "current")
    await asyncio.gather(*(book_start(machine, "ssh", node) for node in ("one", "two")))
    mails: list[str] = []
    over = asyncio.Event()
    carrying = asyncio.create_task(carry(machine, mails, over))
    await book.run("Before")
    await book.run("The schema")
    assert await rows(database_url, "SELECT version_num FROM alembic_version") == [("9999",)]
    known = len(mails)
    while len(mails) < known + 3:
        await asyncio.sleep(0.05)
        assert not carrying.done(), "old nodes take mail on the new schema"
    await book.run("The nodes")
    assert [await schema_of(machine, node) for node in ("one", "two")] == ["new", "new"]
    book.set(NODES="two")
    await book.run("Back")
    assert [await schema_of(machine, node) for node in ("one", "two")] == ["new", "old"]
    known = len(mails)
    while len(mails) < known + 3:
        await asyncio.sleep(0.05)
    over.set()
    await carrying
    await until_rows(database_url, "SELECT count(*) FROM inbound_messages WHERE state IN ('queued', 'leased')", [(0,)])
    found = sorted(subject for (subject,) in await rows(database_url, "SELECT subject FROM tickets"))
    assert found == sorted(mails)
    await until_rows(database_url, "SELECT count(*) FROM outbox_messages WHERE state <> 'sent'", [(0,)])
    copies = Counter((each.message_id, *each.recipients) for each in relay.messages)
    assert set(copies.values()) == {1}, "nothing twice"
    book.whole()
