"""The ends of attempts, written together: for a moment, and while one commit is under way, the next ends gather, and then share one."""

import asyncio
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from storage import outbox
from storage.driver import driver
from storage.outbox import AttemptEnd, LeaseLost

Waiting = tuple[AttemptEnd, "asyncio.Future[bool]"]


class Recorder:
    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions
        self._waiting: list[Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def record(self, end: AttemptEnd) -> None:
        """Returns when the end is committed. Raises `LeaseLost`, or what kept the shared commit from happening."""
        counted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((end, counted))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        if not await counted:
            raise LeaseLost(f"letter {end.letter_id}, attempt {end.attempt}")

    async def _write(self) -> None:
        while self._waiting:
            await asyncio.sleep(_GATHER)
            batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            try:
                async with driver(self._sessions) as connection:
                    counted = await outbox.end_attempts(connection, [end for end, _ in batch])
            except Exception as error:  # noqa: BLE001  it is raised where each result is awaited
                for _, result in batch:
                    _fail(result, error)
            else:
                for end, result in batch:
                    _succeed(result, end.letter_id in counted)


def _succeed(result: "asyncio.Future[bool]", counted: bool) -> None:
    # Whoever awaited it may have been cancelled meanwhile.
    if not result.done():
        result.set_result(counted)


def _fail(result: "asyncio.Future[bool]", error: Exception) -> None:
    if not result.done():
        result.set_exception(error)


_BATCH: Final = 200
# A sender that is killed within it leaves letters that may have been sent twice: it must not be long.
_GATHER: Final = 0.01
