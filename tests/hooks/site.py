"""A desk, a receiver of webhooks, and a sender's messenger between them: a real database and a real HTTP peer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.webhooks import Webhook
from gateway.hooks.post import Post
from gateway.workers.webhooks import Messenger
from storage import webhooks
from tests.desk.test_change import Telephone
from tests.hooks.receiver import Receiver, hook
from tests.waiting import PATIENCE, POLL

Sessions = async_sessionmaker[AsyncSession]

IN_DAYS = 3 * 24 * 3600 + 60


class Site(Telephone):
    """A desk, a receiver, and what tells the one of the other."""

    def __init__(self, sessions: Sessions, peer: Receiver) -> None:
        super().__init__(sessions)
        self.peer = peer
        self.hooks: dict[str, Webhook] = {"crm": hook(peer.url)}

    def messenger(self, worker: str = "a", seconds: float = 15.0) -> Messenger:
        return Messenger(self.sessions, lambda: self.hooks, lambda row: row, Post(seconds=seconds), worker=worker, dice=lambda: 0.0)

    @asynccontextmanager
    async def telling(self, seconds: float = 15.0) -> AsyncIterator[Messenger]:
        """Until the block ends; who is told is known when it begins."""
        messenger, stop = self.messenger(seconds=seconds), asyncio.Event()
        await messenger.subscribe()
        running = asyncio.create_task(messenger.run(stop, poll=0.02))
        try:
            yield messenger
        finally:
            stop.set()
            await running

    async def subscribed(self) -> None:
        await self.messenger().subscribe()

    async def alter(self, statement: str, **given: object) -> int:
        async with self.sessions.begin() as session:
            return (await session.execute(text(statement), given)).rowcount  # type: ignore[attr-defined,no-any-return]

    async def deliveries(self) -> list[tuple[object, ...]]:
        return await self.rows("SELECT state, attempts, last_status FROM webhook_deliveries ORDER BY id")

    async def until(self, query: str) -> None:
        """Until it has a row."""
        async with asyncio.timeout(PATIENCE):
            while not await self.rows(query):
                await asyncio.sleep(POLL)

    async def attempted(self, number: int = 1) -> None:
        """Until so many deliveries have an attempt behind them that is recorded."""
        await self.until(f"SELECT 1 FROM webhook_deliveries WHERE attempts > 0 AND state <> 'leased' HAVING count(*) >= {number}")

    async def delivered(self, number: int = 1) -> None:
        await self.until(f"SELECT 1 FROM webhook_deliveries WHERE state = 'delivered' HAVING count(*) >= {number}")

    async def webhook(self) -> Any:
        async with self.sessions() as session:
            return (await webhooks.list_webhooks(session))["crm"]

    async def make_due(self) -> None:
        await self.alter("UPDATE webhooks SET paused_until = now()")
        await self.alter("UPDATE webhook_deliveries SET due_at = now() WHERE state = 'queued'")

    async def grow_old(self, *, failing: bool = True) -> None:
        """As if it had been tried for three days."""
        older = {"s": IN_DAYS}
        async with self.sessions.begin() as session:
            await session.execute(text("UPDATE webhook_deliveries SET since = since - make_interval(secs => :s), due_at = now()"), older)
            await session.execute(text("UPDATE webhooks SET paused_until = now()"))
            if failing:
                await session.execute(text("UPDATE webhooks SET failing_since = failing_since - make_interval(secs => :s)"), older)
