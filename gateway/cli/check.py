"""`deskgate check`: what is wrong with the configuration, what in the database no longer fits it, and what DNS lacks."""

import argparse
import asyncio
import logging
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from gateway.cli.exits import Exit
from gateway.cli.output import print_json, print_table, say
from gateway.config.convert import organisation
from gateway.config.load import find_config, load
from gateway.config.settings import Settings
from gateway.desk.commands.vocabulary import vocabulary
from gateway.domain.organisation import Organisation


def check(options: argparse.Namespace) -> int:
    """Faults of the configuration end the command with 2 before this returns."""
    found = find_config(options.config)
    if found.notice:
        say(found.notice)
    loaded = load(found, leave_no_trace=True)
    settings = loaded.settings
    desk = organisation(settings)
    warnings = [*map(str, loaded.warnings), *clashes(desk), *advice_on_templates(desk)]
    if faults := template_faults(desk):
        tell(warnings, options)
        for fault in faults:
            say(f"deskgate: {fault}")
        return Exit.USAGE
    tell(warnings, options)
    if not options.json:
        print(
            f"{found.path}: correct, with {len(settings.gateway)} gateway(s), {len(settings.department)} department(s), "
            f"{len(settings.agent)} agent(s)"
        )
    document: dict[str, Any] = {"path": str(found.path), "warnings": warnings}
    exits = [Exit.DONE]
    if options.dns:
        exits.append(asyncio.run(by_dns(settings, options, document)))
    if options.database:
        exits.append(asyncio.run(orphans(options, document)))
    if options.json:
        print_json(document)
    # What is wrong is said rather than that something else is not known.
    return Exit.WRONG if Exit.WRONG in exits else max(exits)


def tell(warnings: Iterable[str], options: argparse.Namespace) -> None:
    for warning in warnings if not options.json else ():
        print(f"warning: {warning}")


async def by_dns(settings: Settings, options: argparse.Namespace, document: dict[str, Any]) -> Exit:
    from gateway.app.dns_names import names
    from gateway.app.intake import nameservers
    from gateway.auth.dns import Resolver
    from gateway.cli.dns_tables import print_report
    from gateway.dnscheck.ask import answered
    from gateway.dnscheck.document import document_of
    from gateway.dnscheck.report import report
    from gateway.telemetry import logs

    logs.configure("text", process="command", level=logging.WARNING)
    resolver = Resolver(nameservers(settings))
    try:
        found = await answered(partial(report, names(settings)), resolver)
    finally:
        await resolver.close()
    document["dns"] = document_of(found)
    if not options.json:
        print_report(found)
    match found.state:
        case "fault":
            return Exit.WRONG
        case "unknown":
            say("deskgate: DNS did not answer all that was asked; nothing is known of what could not be looked up, so try again later")
            return Exit.LATER
        case _:
            return Exit.DONE


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


async def orphans(options: argparse.Namespace, document: dict[str, Any]) -> Exit:
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
    document["orphans"] = [asdict(each) for each in found]
    if not options.json:
        rows = [(each.what, each.name, each.tickets, each.remedy) for each in found]
        empty = "database: every department, agent, gateway and level of satisfaction that tickets name exists"
        print_table(("what", "name", "tickets", "what to do"), rows, empty)
    return Exit.WRONG if found else Exit.DONE
