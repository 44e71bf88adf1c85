"""A poller in the test's own process, its mailboxes, and what it has kept."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.fetch import Fetch, Protocol, Server
from gateway.domain.login import Login
from gateway.domain.organisation import Department, Desk, Gateway, Organisation
from gateway.fetch.kinds import open_mailbox
from gateway.fetch.look import Means
from gateway.ingress.accept import Acceptor
from gateway.ingress.limits import Limits
from gateway.workers.poller import Open, Poller
from storage import inbound, mailboxes
from tests.peers.dovecot import PASSWORD, Dovecot

Sessions = async_sessionmaker[AsyncSession]

SECONDS = 60.0
numbers = count(1)


def mail(subject: str = "Printer on fire", *, to: str = "support@desk.test", body: str = "It burns.", top: str = "") -> bytes:
    """`top` is whole header lines that the mailbox' server put above the rest."""
    return (
        f"{top}From: Ann <ann@client.test>\r\nTo: {to}\r\nSubject: {subject}\r\n"
        f"Message-ID: <{next(numbers)}.{time.time_ns()}@client.test>\r\n\r\n{body}\r\n"
    ).encode()


def mailbox(dovecot: Dovecot, user: str, protocol: str = "imap", security: str | None = None, **more: Any) -> Fetch:
    """Polled five times a second, unless told otherwise."""
    chosen = security or ("tls" if protocol.endswith("s") else "none")
    server = Server("127.0.0.1", dovecot.ports[protocol], chosen, None if chosen == "none" else str(dovecot.ca))  # type: ignore[arg-type]
    return replace(Fetch(Protocol(protocol), server, Login(user, password=PASSWORD), interval=0.2, idle=False), **more)


def organisation(*fetches: Fetch | None, **gateway: Any) -> Organisation:
    """The first is of support@desk.test, the others of box1@desk.test and so on."""
    names = ["support", *(f"box{index}" for index in range(1, len(fetches)))]
    return Organisation(
        Desk("Desk", "mx.desk.test", "en", "r@desk.test", (b"a secret of tests, long enough",)),
        (Department("support", "Support"),),
        tuple(
            replace(Gateway(f"{name}@desk.test", "Support", "support", default=not index, fetch=fetch), **gateway)
            for index, (name, fetch) in enumerate(zip(names, fetches, strict=True))
        ),
    )


class Polled:
    """What the database has of it."""

    def __init__(self, sessions: Sessions, organisation: Organisation, poller: Poller | None = None) -> None:
        self.sessions, self.organisation, self.poller = sessions, organisation, poller

    async def rows(self, query: str) -> list[dict[str, Any]]:
        async with self.sessions() as session:
            return [dict(row._mapping) for row in await session.execute(text(query))]

    async def kept(self, number: int, seconds: float = SECONDS) -> list[dict[str, Any]]:
        """The inbound rows, once there are so many."""
        deadline = time.monotonic() + seconds
        while (await self.rows("SELECT count(*) FROM inbound_messages"))[0]["count"] < number:
            assert time.monotonic() < deadline, f"fewer than {number} messages; {await self.standing()}"
            await asyncio.sleep(0.03)
        return await self.rows("SELECT * FROM inbound_messages ORDER BY id")

    async def standing(self, address: str = "support@desk.test") -> mailboxes.Standing | None:
        async with self.sessions() as session:
            return (await mailboxes.standings(session, [address])).get(address)

    async def stands(
        self, so: Callable[[mailboxes.Standing], bool], address: str = "support@desk.test", seconds: float = SECONDS
    ) -> mailboxes.Standing:
        """How the mailbox fares, once it does so."""
        deadline = time.monotonic() + seconds
        while (found := await self.standing(address)) is None or not so(found):
            assert time.monotonic() < deadline, f"{found}"
            await asyncio.sleep(0.02)
        return found

    async def looked(self, times: int = 1) -> None:
        """So many more looks have succeeded."""
        for _ in range(times):
            before = await self.standing()
            since = before.succeeded_at if before else None
            await self.stands(lambda found, since=since: found.succeeded_at not in (None, since))  # type: ignore[misc]

    async def content(self, inbound_id: int) -> bytes:
        async with self.sessions() as session:
            content = await inbound.content_of(session, inbound_id)
        assert content is not None
        return content


@asynccontextmanager
async def polling(
    sessions: Sessions,
    organisation: Organisation,
    *,
    worker: str = "tests",
    limits: Limits | None = None,
    open_: Open = open_mailbox,
    acceptor: Acceptor | None = None,
) -> AsyncIterator[Polled]:
    woken: Sequence[str] = []
    door = acceptor or Acceptor(sessions, "mx.desk.test", woken.append)  # type: ignore[attr-defined]
    polled = Polled(sessions, organisation)
    means = Means(sessions, door, lambda: polled.organisation, lambda: limits or Limits())
    polled.poller = Poller(means, worker, open_, dice=lambda: 0.5)
    stop = asyncio.Event()
    running = asyncio.create_task(polled.poller.run(stop))
    try:
        yield polled
    finally:
        stop.set()
        async with asyncio.timeout(SECONDS):
            await running
        await door.aclose()
