"""`deskgate check`: what is wrong with the configuration, and what in the database no longer fits it."""

import argparse
import asyncio
from collections.abc import Iterator
from pathlib import Path

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
    desk = organisation(settings)
    for warning in (*clashes(desk), *advice_on_templates(desk)):
        print(f"warning: {warning}")
    if faults := template_faults(desk):
        for fault in faults:
            say(f"deskgate: {fault}")
        return Exit.USAGE
    print(
        f"{found.path}: correct, with {len(settings.gateway)} gateway(s), {len(settings.department)} department(s), "
        f"{len(settings.agent)} agent(s)"
    )
    return asyncio.run(orphans(options)) if options.database else Exit.DONE


def template_faults(desk: Organisation) -> list[str]:
    """What is wrong with the operator's own letters, each with its file and line."""
    from gateway.app.templates import read_templates
    from gateway.letters.examine import faults_of

    return [f"templates.directory: {each}" for each in faults_of(read_templates(Path(desk.templates)))] if desk.templates else []


def advice_on_templates(desk: Organisation) -> Iterator[str]:
    from gateway.app.templates import read_templates
    from gateway.letters.examine import gaps, unused

    if desk.templates:
        found = read_templates(Path(desk.templates))
        yield from (f"templates.directory: {each}: no letter is written by it" for each in unused(found, desk.templates_asked_for))
        yield from (f"templates.directory: {each}" for each in gaps(found))


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
            scores=[each.score for each in desk.satisfaction.levels],
        )
    rows = [(each.what, each.name, each.tickets, each.remedy) for each in found]
    print_table(
        ("what", "name", "tickets", "what to do"),
        rows,
        "database: every department, agent, gateway and level of satisfaction that tickets name exists",
    )
    return Exit.WRONG if found else Exit.DONE
