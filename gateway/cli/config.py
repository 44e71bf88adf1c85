"""`deskgate config`: which configuration was in force when, what it said, and what two of them differ in."""

import argparse
from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.cli.exits import Exit, Fail
from gateway.cli.output import print_fields, print_json, print_table
from gateway.cli.work import work
from gateway.config.comparing import differences, lines
from storage import configurations
from storage.configurations import Kept

NONE_YET = "no configuration yet: `deskgate serve` writes down what it runs with"
FEWEST = 4
"""Characters of a fingerprint that tell of one configuration among those of a desk."""


async def history(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        found = await configurations.history(session, options.limit)
    if options.json:
        print_json([asdict(each) for each in found])
        return
    rows = [(each.at, each.kind, each.fingerprint, each.node, each.account, each.version, told(each)) for each in found]
    print_table(("at", "what", "fingerprint", "node", "user", "version", "told"), rows, NONE_YET)


def told(event: configurations.Happened) -> str:
    if event.faults:
        return "; ".join(event.faults)
    return f"needs a restart: {', '.join(event.needs_restart)}" if event.needs_restart else event.source


async def show(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        kept = await one(session, options.fingerprint or await latest(session))
    configuration = kept.configuration
    if options.json:
        print_json(
            {
                "fingerprint": configuration.fingerprint,
                "first_at": kept.first_at,
                "version": kept.version,
                "configuration": configuration.document,
            }
        )
        return
    print_fields({"fingerprint": configuration.fingerprint, "first at": kept.first_at, "version": kept.version})
    print()
    for path, value in lines(configuration).items():
        print(f"{path} = {value}")


async def diff(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        before, now = [await one(session, each) for each in await two(session, options)]
    found = differences(before.configuration, now.configuration)
    if options.json:
        print_json(
            {
                "from": before.configuration.fingerprint,
                "to": now.configuration.fingerprint,
                "differences": [{"path": each.path, "from": each.before, "to": each.now} for each in found],
            }
        )
        return
    print(f"from {before.configuration.fingerprint} to {now.configuration.fingerprint}")
    for each in found:
        if each.before is not None:
            print(f"- {each.path} = {each.before}")
        if each.now is not None:
            print(f"+ {each.path} = {each.now}")
    if not found:
        print("no difference that can be shown")


async def latest(session: AsyncSession) -> str:
    found = await configurations.last_two(session)
    if not found:
        raise Fail(NONE_YET)
    return found[0]


async def two(session: AsyncSession, options: argparse.Namespace) -> tuple[str, str]:
    """Both of the command line; one alone is compared with what is in force, none means the last two."""
    if options.b is not None:
        return options.a, options.b
    if options.a is not None:
        return options.a, await latest(session)
    found = await configurations.last_two(session)
    if len(found) < 2:
        raise Fail(NONE_YET if not found else f"there was only one configuration so far, {found[0]}: nothing to compare it with")
    return found[1], found[0]


async def one(session: AsyncSession, fingerprint: str) -> Kept:
    """By its fingerprint, or the beginning of it; ends the command where that is none's, or several ones'."""
    wanted = fingerprint.strip().lower()
    if len(wanted) < FEWEST:
        raise Fail(f"{fingerprint!r} is too short: give {FEWEST} characters of the fingerprint, or more", Exit.USAGE)
    found = await configurations.beginning_with(session, wanted)
    if not found:
        raise Fail(f"there was no configuration {fingerprint}; `deskgate config history` lists them")
    if len(found) > 1:
        raise Fail(f"{fingerprint} begins several: {', '.join(each.configuration.fingerprint for each in found)}")
    return found[0]
