"""What commands on the database share: the configuration, a session, the audit log's entry, the acting agent, words from an argument or a
pipe."""

import argparse
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from gateway.cli.configured import configured
from gateway.cli.deed import CommandDeed
from gateway.cli.exits import Exit, Fail
from gateway.config.settings import Settings
from gateway.domain.organisation import Agent, Organisation
from gateway.mail.address import address_key


@dataclass(frozen=True, slots=True)
class Work:
    """`wake` tells the processes of a running gateway that there is work."""

    settings: Settings
    organisation: Organisation
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    deed: CommandDeed

    @asynccontextmanager
    async def changing(self, *, anew: bool = False) -> AsyncIterator[AsyncSession]:
        """The transaction in which an operator changes something; the audit log's entry is the last that it writes. Commands change by this
        alone. What one does in several belongs to the first one's entry, or each has its own (`anew`)."""
        if anew:
            self.deed.begin_anew()
        with self.deed.attempted():
            async with self.sessions.begin() as session:
                yield session
                if self.deed.written is None:
                    await self.deed.write(session)

    def acting(self, address: str) -> Agent:
        """The agent of `--as`, in whose name the command is done; ends it where there is none."""
        agent = agent_named(self.organisation, address)
        self.deed.by(agent)
        return agent

    async def wake(self, channel: str) -> None:
        from gateway.workers.wake import Waker

        waker = Waker(self.engine)
        waker(channel)
        await waker.aclose()


@asynccontextmanager
async def work(options: argparse.Namespace) -> AsyncIterator[Work]:
    """The database of the configuration, brought up where it is the embedded one."""
    from gateway.app.database import opened
    from gateway.app.site import as_served
    from gateway.app.templates import equipped
    from gateway.config.convert import organisation
    from gateway.telemetry import logs
    from storage import shadow
    from storage.engine import sessions

    settings = configured(options)
    logs.configure("text", process="command", level=logging.WARNING)
    async with opened(settings) as engine:
        make = sessions(engine)
        settings = await as_served(settings, make)
        async with make() as session:
            in_shadow = await shadow.stands(session)
        desk = equipped(organisation(settings, shadow=in_shadow))
        async with audited(CommandDeed(options, desk), make) as deed:
            yield Work(settings, desk, engine, make, deed)


@asynccontextmanager
async def audited(deed: CommandDeed, sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[CommandDeed]:
    """Whatever becomes of the command is in the audit log when it ends: before anything that it read is shown."""
    try:
        yield deed
    except Exception as error:
        await deed.end(sessions, error)
        raise
    await deed.end(sessions)


def agent_named(organisation: Organisation, address: str) -> Agent:
    agent = organisation.agent(address_key(address))
    if agent is None:
        known = ", ".join(each.address for each in organisation.agents) or "none"
        raise Fail(f"--as {address}: no such agent; the configuration has {known}", Exit.WRONG)
    return agent


def words(given: str) -> str:
    """The argument, or standard input for `-`."""
    text = (piped() if given == "-" else given).replace("\0", "")
    if not text.strip():
        raise Fail("the text is empty", Exit.USAGE)
    return text.replace("\r\n", "\n").strip("\n")


def piped() -> str:
    """Standard input, which is UTF-8 whatever the locale says; ends the command where it is not."""
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Fail(f"standard input is not UTF-8 text: {error}", Exit.USAGE) from error
