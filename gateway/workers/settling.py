"""What waits to be settled at the same time is settled in one transaction, as the listener commits what waits at the same time.

Nothing waits for company: what comes alone goes at once. What does not get through in company is settled by itself, so that one message
never spoils, nor keeps waiting, its neighbours.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from storage.company import Apart, Unit, in_company
from storage.engine import database_away, held_up

log = structlog.get_logger()

Result = TypeVar("Result")

LARGEST_COMPANY: Final = 16
"""Each member's locks are held until all are done."""


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Result]):
    unit: Unit[Result]
    answer: asyncio.Future[Result | Apart] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Settling(Generic[Result]):
    """Runs units of work, each of which writes through the session that it is handed; returns once they are committed."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], largest: int = LARGEST_COMPANY) -> None:
        self._sessions = sessions
        self._largest = largest
        self._queue: deque[_Waiting[Result]] = deque()
        self._running: asyncio.Task[None] | None = None

    async def settle(self, work: Callable[[AsyncSession], Coroutine[Any, Any, Result]], *, alone: bool = False) -> Result:
        """Raises what `work` raises by itself, or that the database is away. `work` may be run twice; one run is committed at most.
        `alone`: there is much of it, and it had better keep nobody waiting.

        Cancelling the caller does not stop a transaction that is under way in company.
        """
        outcome = Apart("it is to be alone") if alone else await self._in_company(work)
        if not isinstance(outcome, Apart):
            return outcome
        async with self._sessions.begin() as session:
            return await work(session)

    async def _in_company(self, work: Callable[[AsyncSession], Coroutine[Any, Any, Result]]) -> Result | Apart:
        waiting = _Waiting(Unit(work))
        self._queue.append(waiting)
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="settling")
        return await waiting.answer

    async def aclose(self) -> None:
        """Waits for the transaction under way; nobody waits for another one any more."""
        if self._running is not None:
            await asyncio.wait((self._running,))

    async def _run(self) -> None:
        company: list[_Waiting[Result]] = []
        try:
            while company := self._next_company():
                await self._settle_together(company)
        finally:
            self._running = None
            for waiting in company:
                waiting.answer.cancel()  # only if something tore this task down before they were answered

    def _next_company(self) -> list[_Waiting[Result]]:
        company: list[_Waiting[Result]] = []
        while self._queue and len(company) < self._largest:
            waiting = self._queue.popleft()
            if not waiting.answer.done():
                company.append(waiting)
        return company

    async def _settle_together(self, company: Sequence[_Waiting[Result]]) -> None:
        try:
            async with self._sessions.begin() as session:
                outcomes = await in_company(session, [each.unit for each in company])
        except Exception as error:  # noqa: BLE001  whoever it was raises it again when each is tried by itself
            if database_away(error) and not held_up(error):
                _fail(company, error)
                return
            log.info("company_dissolved", members=len(company), error=f"{type(error).__name__}: {error}")
            outcomes = [Apart("its company was dissolved") for _ in company]
        for waiting, outcome in zip(company, outcomes, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(outcome)


def _fail(company: Sequence[_Waiting[Any]], error: Exception) -> None:
    for waiting in company:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)
            waiting.answer.exception()  # so that nobody complains where who asked has gone
