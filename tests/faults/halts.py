"""Stops a process of the gateway in the very middle of a step: in a statement, at its commit, or in its dialogue with the relay."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.peers.smtp_peer import Fault, SmtpPeer

SECONDS = 60.0
KEY = 20261121
"""Of the advisory lock that the triggers wait for."""

Reached = Callable[[], Awaitable[str]]
"""Waits until somebody stands at the step; returns their slot."""


@dataclass(frozen=True, slots=True)
class Statement:
    """`when` is a trigger's: `INSERT ON tickets`, `UPDATE ON … WHEN …`. `commit`: the transaction stops not there, but at its end."""

    name: str
    when: str
    commit: bool = False

    @property
    def trigger(self) -> str:
        table, _, condition = self.when.partition(" WHEN ")
        kind = "CONSTRAINT TRIGGER halt AFTER" if self.commit else "TRIGGER halt BEFORE"
        deferred = "DEFERRABLE INITIALLY DEFERRED" if self.commit else ""
        return f"CREATE {kind} {table} {deferred} FOR EACH ROW {f'WHEN ({condition})' if condition else ''} EXECUTE FUNCTION halt()"

    @property
    def table(self) -> str:
        return self.when.split()[2]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """`command` is one of those of `SmtpPeer.on`; whoever gives it gets no answer. `after`: octets of the content, for CONTENT alone."""

    name: str
    command: str
    after: int = 0


Step = Statement | Dialogue


@asynccontextmanager
async def halted(step: Step, engine: AsyncEngine, relay: SmtpPeer) -> AsyncIterator[Reached]:
    """While this lasts, whoever comes to the step waits there."""
    match step:
        case Statement():
            async with _halted_statement(step, engine) as reached:
                yield reached
        case Dialogue():
            came = asyncio.Event()

            def note(_argument: str) -> bool:
                came.set()
                return True

            async def who() -> str | None:
                return "sender-0" if came.is_set() else None

            relay.on(step.command, Fault("hang", after=step.after), matching=note)
            try:
                yield lambda: _until(who, step.name)
            finally:
                relay.heal()


@asynccontextmanager
async def _halted_statement(step: Statement, engine: AsyncEngine) -> AsyncIterator[Reached]:
    async with engine.connect() as connection:
        await connection.execute(text(f"SELECT pg_advisory_lock({KEY})"))
        await connection.execute(
            text(
                f"""CREATE OR REPLACE FUNCTION halt() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN PERFORM pg_advisory_xact_lock({KEY}); RETURN NEW; END'"""
            )
        )
        await connection.execute(text(step.trigger))
        await connection.commit()

        async def waiting() -> str | None:
            found = (await connection.execute(_WAITING, {"key": KEY})).scalar()
            await connection.commit()
            return None if found is None else str(found).removeprefix("deskgate ")

        try:
            yield lambda: _until(waiting, step.name)
        finally:
            await connection.rollback()
            await connection.execute(text(f"SELECT pg_advisory_unlock({KEY})"))
            await connection.execute(text(f"DROP TRIGGER halt ON {step.table}"))
            await connection.commit()


async def _until(found: Callable[[], Awaitable[str | None]], what: str) -> str:
    deadline = time.monotonic() + SECONDS
    while (slot := await found()) is None:
        assert time.monotonic() < deadline, f"nobody came to: {what}"
        await asyncio.sleep(0.02)
    return slot


_WAITING = text(
    """SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
       WHERE locktype = 'advisory' AND objid = :key AND NOT granted AND datname = current_database()
           AND application_name LIKE 'deskgate %' LIMIT 1"""
)
