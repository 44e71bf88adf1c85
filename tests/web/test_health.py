"""Health pages over real HTTP, on a real database, and on one that is away."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.app.schema import fault
from gateway.app.web import children_fault
from gateway.supervisor.messages import RoleStanding, Standing
from gateway.supervisor.sockets import bind
from gateway.telemetry import metrics
from gateway.web import health, probes, server
from gateway.web.app import create_app
from gateway.web.health import Probe
from gateway.web.queues import Queues
from storage.engine import connect, sessions


class Site:
    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address

    async def get(self, path: str) -> tuple[int, str]:
        reader, writer = await asyncio.open_connection(*self.address)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        async with asyncio.timeout(60):
            head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
        writer.close()
        return int(head.split()[1]), body


@asynccontextmanager
async def site(engine: AsyncEngine, *ready: Probe) -> AsyncIterator[Site]:
    queues = Queues(sessions(engine), lambda: 1000)

    async def exposition() -> bytes:
        await queues.refresh()
        return metrics.exposition(queues.registry)

    app = create_app(health.routes([probes.database_answers(engine)], ready, exposition))
    [listening] = bind("127.0.0.1:0")
    address = listening.getsockname()
    started, ending = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(server.serve(app, [listening], started.set, ending))
    await started.wait()
    try:
        yield Site(address)
    finally:
        ending.set()
        await serving


@asynccontextmanager
async def away() -> AsyncIterator[AsyncEngine]:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        engine = connect(f"postgresql://nobody:secret@127.0.0.1:{nobody.getsockname()[1]}/none")
        yield engine
        await engine.dispose()


async def test_all_is_well(engine: AsyncEngine) -> None:
    async with site(engine, probes.schema_serves(engine, fault)) as pages:
        assert await pages.get("/healthz") == (200, "alive\n")
        assert await pages.get("/readyz") == (200, "accepting mail\n")
        assert (await pages.get("/nothing"))[0] == 404


async def test_a_database_that_is_away_is_said_in_plain_words_and_once() -> None:
    async with away() as engine, site(engine, probes.schema_serves(engine, fault)) as pages:
        assert await pages.get("/healthz") == (503, "the database does not answer\n")
        assert await pages.get("/livez") == (200, "alive\n"), "no reason to start this process anew"
        assert await pages.get("/readyz") == (503, "the database does not answer\n")
        status, told = await pages.get("/metrics")
        assert status == 200
        assert "deskgate_inbound_messages{" not in told


async def test_an_old_schema_is_alive_but_not_ready(engine: AsyncEngine) -> None:
    async with site(engine, probes.schema_serves(engine, fault)) as pages, engine.begin() as connection:
        await connection.execute(text("DELETE FROM alembic_version"))
        await connection.commit()
        assert (await pages.get("/healthz"))[0] == 200
        status, why = await pages.get("/readyz")
        assert status == 503
        assert "deskgate migrate" in why


async def test_metrics_tell_what_waits(engine: AsyncEngine) -> None:
    async with site(engine) as pages:
        status, told = await pages.get("/metrics")
    assert status == 200
    assert 'deskgate_inbound_messages{state="queued"} 0.0' in told
    assert 'deskgate_outbox_messages{state="failed"} 0.0' in told
    assert 'deskgate_oldest_queued_seconds{queue="inbound"} 0.0' in told


def test_readiness_follows_the_roles_that_take_mail() -> None:
    listener, sender = RoleStanding("listener", 2, 2, 0, True), RoleStanding("sender", 1, 0, 5, False)
    assert children_fault(Standing((listener, sender))) is None
    assert children_fault(Standing((sender,))) == "0 of 1 sender processes are ready"
    assert children_fault(Standing((RoleStanding("listener", 2, 1, 0, True), sender))) == "1 of 2 listener processes are ready"
    assert children_fault(Standing((listener, sender), stopping=True)) == "the service is stopping"
    assert children_fault(Standing()) == "the service is starting"
