"""What commands on the database share: the configuration, a session, the acting agent, words from an argument or a pipe."""

import argparse
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from gateway.cli.exits import Exit, Fail
from gateway.cli.output import say
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

    async def wake(self, channel: str) -> None:
        from gateway.workers.wake import Waker

        waker = Waker(self.engine)
        waker(channel)
        await waker.aclose()


def configured(options: argparse.Namespace, *, leave_no_trace: bool = False) -> Settings:
    """`leave_no_trace`: a secret that is not there yet is not written down either."""
    from gateway.config.load import find_config, load

    found = find_config(options.config)
    if found.notice:
        say(found.notice)
    return load(found, leave_no_trace=leave_no_trace).settings


@asynccontextmanager
async def work(options: argparse.Namespace) -> AsyncIterator[Work]:
    """The database of the configuration, brought up where it is the embedded one."""
    from gateway.app.database import opened
    from gateway.app.site import as_served
    from gateway.app.templates import equipped
    from gateway.config.convert import organisation
    from gateway.telemetry import logs
    from storage.engine import sessions

    settings = configured(options)
    logs.configure("text", process="command", level=logging.WARNING)
    async with opened(settings) as engine:
        make = sessions(engine)
        settings = await as_served(settings, make)
        yield Work(settings, equipped(organisation(settings)), engine, make)


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
