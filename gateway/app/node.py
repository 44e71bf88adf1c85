"""Each node's word that it lives, and how its processes do, for operators to see."""

import asyncio
import os
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway import __version__
from gateway.domain.health import RoleAtWork
from gateway.supervisor.child import Control
from storage import health
from storage.engine import database_away, sessions

log = structlog.get_logger()

TELL_SECONDS: Final = 30.0


async def tell_of_node(engine: AsyncEngine, control: Control) -> None:
    """Until cancelled, by the first process of each role: which of them a node has, the configuration says."""
    if not control.slot.endswith("-0"):
        return
    make = sessions(engine)
    while True:
        standing = control.standing
        roles = [RoleAtWork(each.role, each.wanted, each.ready, each.restarts) for each in standing.roles]
        if roles:
            try:
                async with make.begin() as session:
                    await health.hear_of_node(session, os.uname().nodename, __version__, roles, stopping=standing.stopping)
            except Exception as error:
                if not database_away(error):
                    raise
                log.info("node_not_told", error=f"{type(error).__name__}: {error}")
        await asyncio.sleep(TELL_SECONDS if roles else 1.0)
