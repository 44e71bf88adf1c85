"""What all children begin with: the values of the moment, out of what the parent hands on, and the database."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from sqlalchemy import QueuePool
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.app.engine import engine_of
from gateway.app.handed import unpack
from gateway.app.node import tell_of_node
from gateway.config import convert
from gateway.config.settings import Settings
from gateway.domain.organisation import Organisation
from gateway.domain.ours import Ours
from gateway.supervisor.child import Control
from gateway.supervisor.messages import Configuration
from gateway.telemetry import metrics


@dataclass(frozen=True, slots=True)
class Values:
    """Of one configuration. They change together: whoever needs two of them takes one `Values`."""

    settings: Settings
    organisation: Organisation
    ours: Ours
    fingerprint: str

    @property
    def attempts(self) -> int:
        return self.settings.limits.attempts


def values_of(configuration: Configuration) -> Values:
    settings, templates, fingerprint = unpack(configuration.settings)
    organisation = replace(convert.organisation(settings, shadow=configuration.shadow), template_files=templates)
    return Values(settings, organisation, convert.ours(settings), fingerprint)


class Live:
    """The values of the moment; a reload replaces them whole."""

    def __init__(self, control: Control) -> None:
        self.now = values_of(control.configuration)
        control.on_change(self._change)

    def _change(self, configuration: Configuration) -> None:
        self.now = values_of(configuration)


def leave_when_changed(control: Control, live: Live, read: Callable[[Settings], object]) -> None:
    """Have this child finish and be replaced when a reload changes what it read at its start. Queue workers can: nobody waits for them."""
    before = read(live.now.settings)

    def compare(_configuration: Configuration) -> None:
        if read(live.now.settings) != before:
            control.draining.set()

    control.on_change(compare)


@asynccontextmanager
async def engine_for(control: Control, pool_size: int) -> AsyncIterator[AsyncEngine]:
    async with engine_of(control.configuration.database_url, pool_size, f"deskgate {control.slot}") as engine:
        telling = [asyncio.create_task(tell_pool(engine, control.role)), asyncio.create_task(tell_of_node(engine, control))]
        try:
            yield engine
        finally:
            for each in telling:
                each.cancel()
            await asyncio.wait(telling)


async def tell_pool(engine: AsyncEngine, role: str, every: float = 1.0) -> None:
    """Until cancelled, for the metrics."""
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    used, idle, unopened = [metrics.database_pool.labels(role, state) for state in ("in use", "idle", "not opened")]
    while True:
        used.set(pool.checkedout())
        idle.set(pool.checkedin())
        unopened.set(max(0, pool.size() - pool.checkedout() - pool.checkedin()))
        await asyncio.sleep(every)


def worker_name(control: Control) -> str:
    """Who holds a lease: one process's life, never to be mistaken for its successor's."""
    return f"{os.uname().nodename}/{control.slot}/{os.getpid()}/{secrets.token_hex(4)}"
