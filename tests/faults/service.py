"""`deskgate serve` that is killed, in part or whole, and started again on the same configuration and database."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib

from storage.embedded.layout import Layout
from storage.engine import connect
from tests.auth.nameserver import name_server
from tests.journeys.running import Running, write_config
from tests.peers.smtp_peer import Received, SmtpPeer
from tests.processes.harness import alive, children_of, parent, until

PATIENCE = 90.0
"""Seconds; for machines that do much else meanwhile, and for leases that have to run out first."""

PARSERS = 3
"""Parse children of an intake process: two at work, and a spare."""

UNBOUNDED = """
[budget]
per_address_hour = 1000000
per_author_domain_hour = 1000000
per_network_hour = 1000000
overall_hour = 1000000
"""
"""A load of mail from one machine is what budgets are against."""


class Service(Running):
    """`postmaster` tells the embedded server's pid; None where the database is another's. `environment` is what it has beside ours,
    `module` what is run in the place of the gateway."""

    def __init__(
        self,
        config: Path,
        relay: SmtpPeer,
        url: str,
        layout: Layout | None = None,
        environment: Mapping[str, str] | None = None,
        module: str = "gateway",
    ) -> None:
        self.config, self.relay, self.layout = config, relay, layout
        self.environment, self.module = environment or {}, module
        self.engine = connect(url, pool_size=2)
        self.log: list[str] = []
        self.about_repeated: list[str] = []
        """What the log has about letters that `repeated_letters` found more than once."""
        self._life = AsyncExitStack()

    async def start(self) -> None:
        self.process = await self._life.enter_async_context(
            parent(["-m", self.module, "serve", "--config", str(self.config)], self.config.parent, self.environment)
        )
        ready = await self.process.ready()
        host, _, port = ready["smtp"].rpartition(":")
        self.smtp, self.web = (host, int(port)), ready["web"]

    async def end(self) -> None:
        """Whatever still runs is killed."""
        try:
            await self._life.aclose()
        finally:
            self.log += self.process.log

    async def kill_parent(self) -> None:
        """With it go its children; then everything is started anew, on another port."""
        self.process.signal(signal.SIGKILL)
        await self.end()
        await self.start()

    def victims(self) -> dict[str, int]:
        """Pids by what they are: the slots of the parent's children, what they are forked from, a parse child, the postmaster."""
        found = self.process.children()
        found |= {slot: pid for pid, slot in children_of(self.process.pid).items() if slot == "forker"}
        if "intake-0" in found and (parsers := [pid for pid, slot in children_of(found["intake-0"]).items() if not slot]):
            found["parser"] = max(parsers)
        if self.layout is not None and (postmaster := self.postmaster()) is not None:
            found["postmaster"] = postmaster
        return found | {"parent": self.process.pid}

    def parsers(self) -> list[int]:
        return list(children_of(self.process.children()["intake-0"]))

    def postmaster(self) -> int | None:
        assert self.layout is not None
        try:
            pid = int((self.layout.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if alive(pid) else None

    async def child(self, slot: str) -> int:
        """The pid of the living child of this slot."""
        await until(lambda: slot in self.process.children(), PATIENCE, self.process.told)
        return self.process.children()[slot]

    async def kill(self, slot: str) -> None:
        os.kill(await self.child(slot), signal.SIGKILL)

    async def deliver(self, mail: EmailMessage, stop: Callable[[], bool] = lambda: False) -> int:
        """As a mail server does: again and again until it is acknowledged. Returns how many times it took; 0: stopped before."""
        for attempt in range(1, 1000):
            try:
                async with asyncio.timeout(30):
                    await self.send(mail)
            except (aiosmtplib.SMTPException, OSError, EOFError):
                if stop():
                    return 0
                await asyncio.sleep(0.1)
            else:
                return attempt
        raise AssertionError(f"never acknowledged; {self.process.told()}")

    def find(self, address: str, *words: str) -> Received | None:
        """The first letter to this address with all these words in its subject or text."""
        letters = self.relay.to(address)
        return next((each for each in letters if all(word in each.subject or word in each.text for word in words)), None)

    async def letter(self, address: str, *words: str) -> Received:
        """The same, once it has come."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.find(address, *words)) is None:
            if time.monotonic() > deadline:
                raise AssertionError(f"no letter to {address} with {words}; {await self.waiting()} {self.process.told()}")
            await asyncio.sleep(0.05)
        return found

    async def waiting(self) -> str:
        """For the message of an assertion: what is on its way."""
        inbound = "SELECT id, state, attempts, due_at, lease_until, leased_by, error FROM inbound_messages WHERE state NOT IN ('done')"
        outbox = "SELECT id, state, attempts, due_at, lease_until, leased_by, last_error FROM outbox_messages WHERE state <> 'sent'"
        return "\n".join(map(str, [*await self.rows(inbound), *await self.rows(outbox)]))

    async def repeated_letters(self) -> int:
        """How many copies came in excess. Asserts that what was to be sent was sent and nothing else, that each letter is one by its
        Message-ID, and that whatever came more than once is counted as a possible duplicate."""
        wanted = {
            (row["address"], row["message_id"]): row
            for row in await self.rows(
                """SELECT o.id, o.kind, o.state, o.attempts, o.possible_duplicates, r.address,
                          coalesce(r.message_id, o.message_id) AS message_id
                   FROM outbox_messages o JOIN outbox_recipients r ON r.outbox_id = o.id"""
            )
        }
        taken = Counter((address, each.message_id) for each in self.relay.messages for address in each.recipients)
        assert taken.keys() == wanted.keys(), {key: wanted.get(key, "unknown") for key in taken.keys() ^ wanted.keys()}
        for key, copies in taken.items():
            assert copies - 1 <= wanted[key]["possible_duplicates"], (copies, wanted[key])
        repeated = [wanted[key]["id"] for key, copies in taken.items() if copies > 1]
        self.about_repeated = [line for line in (*self.log, *self.process.log) if any(f"outbox={each}" in line for each in repeated)]
        return taken.total() - len(taken)


@asynccontextmanager
async def service(
    folder: Path,
    relay: SmtpPeer,
    url: str | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    module: str = "gateway",
    **tables: str,
) -> AsyncIterator[Service]:
    """On the database `url`, or on an embedded one in `folder`. `tables` as in `tests.journeys.running`."""
    layout = Layout.of(folder / "data") if url is None else None
    if layout is not None:
        tables["database"] = f'{tables.get("database", "")}\ndata_dir = "{folder / "data"}"'
    tables["tables"] = UNBOUNDED + tables.get("tables", "")
    async with name_server({}) as dns:
        config = write_config(folder, "embedded" if url is None else url, relay.url, dns.port, **tables)
        made = Service(config, relay, url or Layout.of(folder / "data").url, layout, environment, module)
        try:
            await made.start()
            # It takes mail by now; this is when everybody else is at work as well.
            await made.process.logged("configuration_in_force", seconds=PATIENCE)
            yield made
        finally:
            await made.engine.dispose()
            await made.end()
