"""A listener that screens, as the tests of the dialogue have theirs."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.auth.dns import Resolver
from gateway.ingress.checks.greylist import Greylist
from gateway.ingress.checks.policy import Policy
from gateway.ingress.checks.screener import Screener
from tests.auth.nameserver import Zone, name_server
from tests.ingress.conftest import HOSTNAME, Listen, Listener, contexts, listen, organisation

__all__ = ["contexts", "listen", "organisation"]

Screened = Callable[..., Awaitable[Listener]]


class Counted(list[tuple[str, str]]):
    def __call__(self, check: str, outcome: str) -> None:
        self.append((check, outcome))


@pytest_asyncio.fixture
async def screened(listen: Listen, sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[Screened]:
    """Starts a listener with this policy and zone; `counted` gets what metrics would."""
    async with AsyncExitStack() as stack:

        async def start(policy: Policy, zone: Zone | None = None, counted: Counted | None = None, **more: Any) -> Listener:
            names = await stack.enter_async_context(name_server(zone or {}))
            resolver = Resolver([names.address])
            stack.push_async_callback(resolver.close)
            knocks = Greylist(sessions, policy.greylisting, resolver, 20.0) if policy.greylisting is not None else None
            count = counted if counted is not None else Counted()
            screener = Screener(policy, HOSTNAME, resolver, knocks, lambda key: key == "dana@staff.test", count)
            return await listen(options={"screener": screener} | more)

        yield start
