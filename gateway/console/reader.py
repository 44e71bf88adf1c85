"""Mail that a page shows is read in a child process that may be killed, never in ours: started when first needed, ended when idle."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

from gateway.domain.ours import Ours
from gateway.mail.message import Message
from gateway.parsing.parent import Parser
from gateway.parsing.process import Limits

IDLE_SECONDS: Final = 600.0
"""A warm child takes about as much memory as ours."""


class Reader:
    """One message at a time; the others wait their turn. `limits` are asked for whenever a child is started."""

    def __init__(self, limits: Callable[[], Limits] = Limits, idle: float = IDLE_SECONDS) -> None:
        self._limits, self._idle = limits, idle
        self._turn = asyncio.Lock()
        self._stack: AsyncExitStack | None = None
        self._parser: Parser | None = None
        self._ending: asyncio.TimerHandle | None = None
        self._stopping: asyncio.Task[None] | None = None

    @property
    def pids(self) -> tuple[int, ...]:
        """Of the child, while there is one."""
        return self._parser.pids if self._parser is not None else ()

    async def read(self, content: bytes, ours: Ours) -> Message:
        """Total: what cannot be understood, or takes too long or too much, comes back as its raw file with a warning."""
        async with self._turn:
            if self._ending is not None:
                self._ending.cancel()
            parser = self._parser or await self._start()
            try:
                return await parser.parse(content, ours)
            finally:
                self._ending = asyncio.get_running_loop().call_later(self._idle, self._rest)

    async def aclose(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
        await self._stop()

    async def _start(self) -> Parser:
        stack = AsyncExitStack()
        self._parser = await stack.enter_async_context(Parser(self._limits(), size=1, spares=0))
        self._stack = stack
        return self._parser

    def _rest(self) -> None:
        self._stopping = asyncio.get_running_loop().create_task(self._stop())

    async def _stop(self) -> None:
        async with self._turn:
            stack, self._stack, self._parser = self._stack, None, None
            if stack is not None:
                await stack.aclose()
