"""`deskgate check`: what is wrong with the configuration, and what in the database no longer fits it."""

import argparse
import asyncio
from collections.abc import Iterator

from gateway.cli.exits import Exit
from gateway.cli.output import print_table, say
from gateway.config.convert import organisation
from gateway.config.load import find_config, load
from gateway.desk.commands.vocabulary import vocabulary
from gateway.domain.organisation import Organisation


def check(options: argparse.Namespace) -> int:
    """Faults of the configuration end the command with 2 before this returns."""
    found = find_config(options.config)
    if found.notice:
        say(found.notice)
    loaded = load(found, leave_no_trace=True)
    for warning in loaded.warnings:
        print(f"warning: {warning}")
    settings = loaded.settings
    for warning in clashes(organisation(settings)):
        print(f"warning: {warning}")
    print(
        f"{found.path}: correct, with {len(settings.gateway)} gateway(s), {len(settings.department)} department(s), "
        f"{len(settings.agent)} agent(s)"
    )
    return asyncio.run(orphans(options)) if options.database else Exit.DONE


def clashes(desk: Organisation) -> Iterator[str]:
    """Words of `desk.command_words` that mean something else already."""
    for each in vocabulary(desk.desk.command_languages, desk.desk.command_words).clashes:
        meant = f"already means @{each.taken_by}" if each.taken_by is not None else "cannot be read as a command"
        yield f"desk.command_words.{each.command}: {each.word!r} {meant}; that word is left out"


async def orphans(options: argparse.Namespace) -> int:
    from gateway.cli.work import work
    from storage.orphans import find_orphans

    async with work(options) as opened, opened.sessions() as session:
        desk = opened.organisation
        found = await find_orphans(
            session,
            departments=[each.key for each in desk.departments],
            agents=[each.address for each in desk.agents],
            gateways=[each.address for each in desk.gateways],
        )
    rows = [(each.what, each.name, each.tickets, each.remedy) for each in found]
    print_table(("what", "name", "tickets", "what to do"), rows, "database: every department, agent and gateway that tickets name exists")
    return Exit.WRONG if found else Exit.DONE
