"""`deskgate serve` with mailboxes: the whole way of fetched mail, a poller killed between commit and mark, what status tells, a reload."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.fetch.polling import mail
from tests.journeys.running import SECONDS, Running, running
from tests.peers.dovecot import PASSWORD, Dovecot
from tests.processes.harness import until

TABLES = """
[[gateway]]
address = "imap@desk.test"
department = "support"
[gateway.fetch]
protocol = "imap"
host = "127.0.0.1"
port = {imap}
user = "serve-imap"
password = "{password}"
interval = 0.3
authserv_id = "mx.provider.test"
[[gateway]]
address = "pop3@desk.test"
department = "sales"
[gateway.fetch]
protocol = "pop3"
host = "127.0.0.1"
port = {pop3}
user = "serve-pop3"
password = "{password}"
interval = 0.3
delete = true
[[gateway]]
address = "maildir@desk.test"
department = "support"
[gateway.fetch]
protocol = "maildir"
path = "{maildir}"
[[gateway]]
address = "wrong@desk.test"
department = "support"
[gateway.fetch]
protocol = "imap"
host = "127.0.0.1"
port = {starttls}
security = "starttls"
ca = "{ca}"
user = "serve-wrong"
password = "{wrong}"
"""
WRONG = "not-the-password"


class Gate:
    """Passes on what goes to a server, until it is told `word`: that waits, and all that follows."""

    def __init__(self, port: int, word: bytes) -> None:
        self.server_port, self.word = port, word
        self.port = 0
        self.open = False
        self.reached = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.server_port)
        answers = asyncio.create_task(self._pass(there, writer))
        try:
            while line := await reader.readline():
                if self.word in line and not self.open:
                    self.reached.set()
                    await asyncio.Event().wait()
                back.write(line)
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            answers.cancel()
            back.close()
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while octets := await reader.read(65536):
                writer.write(octets)
            writer.close()


@asynccontextmanager
async def gate(port: int, word: bytes) -> AsyncIterator[Gate]:
    made = Gate(port, word)
    listener = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = listener.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        listener.close()


async def test_fetched_mail_becomes_tickets_once_though_the_poller_is_killed_before_it_marks(
    server: Dovecot, database_url: str, tmp_path: Path
) -> None:
    maildir = server.maildir("serve-maildir")
    stated = "Authentication-Results: mx.provider.test; dkim=pass header.d=client.test\r\n"
    server.deliver("serve-imap", mail("By IMAP", to="Somebody <else@elsewhere.test>", top=stated), mail("By IMAP, too"))
    server.deliver("serve-pop3", mail("By POP3", to="pop3@desk.test", top=stated))
    server.deliver("serve-maildir", mail("By Maildir", to="maildir@desk.test"))
    async with gate(server.ports["imap"], b"UID STORE") as imap, gate(server.ports["pop3"], b"DELE") as pop3:
        own = {"imap": imap.port, "pop3": pop3.port, "starttls": server.ports["imap"]}
        tables = TABLES.format(**own, password=PASSWORD, maildir=maildir, ca=server.ca, wrong=WRONG)
        async with running(database_url, tmp_path, tables=tables) as gateway:
            await until(lambda: imap.reached.is_set() and pop3.reached.is_set(), SECONDS, gateway.process.told)
            await gateway.settled(4)
            await kill_poller(gateway)
            assert server.flags("serve-imap") == ["", ""]
            assert len(server.flags("serve-pop3")) == 1
            imap.open = pop3.open = True
            # The dead poller's leases would run out within 20 s.
            await gateway.alter("UPDATE mailboxes SET lease_until = now() WHERE leased_by IS NOT NULL")
            await until(lambda: server.flags("serve-imap") == ["\\Seen", "\\Seen"] and not server.flags("serve-pop3"), SECONDS)
            assert [each.name.endswith(":2,S") for each in (maildir / "cur").iterdir()] == [True]

            rows = await gateway.settled(4)
            assert sorted((row["subject"], row["outcome"], row["gateway"], row["department"]) for row in rows) == [
                ("By IMAP", "ticket", "imap@desk.test", "support"),
                ("By IMAP, too", "ticket", "support@desk.test", "support"),
                ("By Maildir", "ticket", "maildir@desk.test", "support"),
                ("By POP3", "ticket", "pop3@desk.test", "sales"),
            ]
            by_subject = {row["subject"]: await gateway.json("inbound", "show", str(row["id"])) for row in rows}
            assert by_subject["By IMAP"]["auth"]["dkim"] == "pass"
            assert by_subject["By POP3"]["auth"]["dkim"] == "none"
            assert by_subject["By Maildir"]["peer"]["mailbox"] == "maildir@desk.test"

            await status_tells(gateway)
            await a_reload_is_followed(gateway, server)
            assert WRONG not in gateway.process.told()
            assert PASSWORD not in gateway.process.told()


async def kill_poller(gateway: Running) -> None:
    pid = gateway.process.children()["poller-0"]
    os.kill(pid, signal.SIGKILL)
    await until(lambda: gateway.process.children().get("poller-0") not in (None, pid), SECONDS)


async def status_tells(gateway: Running) -> None:
    told = await standings(gateway)
    # While it is being tried, no next time is known.
    while told["wrong@desk.test"]["polled_by"] is not None:
        told = await standings(gateway)
    assert {address: each["state"] for address, each in told.items()} == {
        "imap@desk.test": "ok",
        "pop3@desk.test": "ok",
        "maildir@desk.test": "ok",
        "wrong@desk.test": "failing",
    }
    wrong = told["wrong@desk.test"]
    assert wrong["error"] == "the server refuses the login of serve-wrong: Authentication failed."
    assert wrong["failures"] >= 1
    assert wrong["next_attempt_at"] is not None
    code, out, err = await gateway.command("status")
    assert (code, err) == (0, "")
    assert "the server refuses the login of serve-wrong: Authentication failed (since 20" in out


async def standings(gateway: Running) -> dict[str, dict[str, Any]]:
    return {each["gateway"]: each for each in (await gateway.json("status"))["mailboxes"]}


async def a_reload_is_followed(gateway: Running, server: Dovecot) -> None:
    """The right password, and the mailbox is looked into at once, whatever its delay was."""
    server.deliver("serve-wrong", mail("At last", to="wrong@desk.test"))
    gateway.config.write_text(gateway.config.read_text("utf-8").replace(WRONG, PASSWORD), "utf-8")
    gateway.process.signal(signal.SIGHUP)
    [*_, last] = await gateway.settled(5)
    assert (last["subject"], last["gateway"]) == ("At last", "wrong@desk.test")
