"""`deskgate inbound assign` and `discard`: a person sorts the mail that waits for one (B7)."""

import argparse
from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.cli.clients import one
from gateway.cli.exits import Exit, Fail
from gateway.cli.output import print_json
from gateway.cli.work import work
from gateway.deeds import inbound
from gateway.domain.facts import Assignment
from gateway.mail.address import address_key, normalise_domain


async def assign(options: argparse.Namespace) -> None:
    """Said twice it has one effect: a message that was given to the same client before is passed over."""
    async with work(options) as opened:
        desk = opened.organisation
        inbound.department_serving(options.department, desk)
        async with opened.changing() as session:
            assignment = Assignment(await client_meant(session, options), options.department)
            ids = await picked(session, options)
            by_writer_alone = options.new and not options.ids
            done = await inbound.assign(session, opened.deed, desk, ids, assignment, passing_over=by_writer_alone)
        await opened.wake("inbound")
    tell(options, "queued", done)


async def discard(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.changing() as session:
        done = await inbound.discard(session, opened.deed, await picked(session, options))
    tell(options, "discarded", done)


async def picked(session: AsyncSession, options: argparse.Namespace) -> list[int]:
    """Ends the command where nothing is meant."""
    if not (options.ids or options.author or options.domain):
        raise Fail("nothing to sort: give ID, --author or --domain", Exit.USAGE)
    meant = by_writer(options)
    of_writers = await inbound.held_from(session, meant) if options.author or options.domain else []
    if not (options.ids or of_writers):
        raise Fail(f"no held mail is of {', '.join((*options.author, *options.domain))}")
    return [*options.ids, *of_writers]


def by_writer(options: argparse.Namespace) -> Callable[[str], bool]:
    authors = {address_key(each): each for each in options.author}
    domains = {normalise_domain(each.removeprefix("@")): each for each in options.domain}
    if "" in authors or "" in domains:
        raise Fail(f"{authors.get('', domains.get(''))!r} is not {'an address' if '' in authors else 'a domain'}", Exit.USAGE)
    return inbound.from_addresses(list(authors), list(domains))


async def client_meant(session: AsyncSession, options: argparse.Namespace) -> int | None:
    if options.new:
        return None
    return (await one(session, options.client)).id


def tell(options: argparse.Namespace, became: str, done: inbound.Sorted) -> None:
    if options.json:
        print_json({became: list(done.now), "before": list(done.before)})
        return
    for each in done.now:
        print(f"{each}: {became}")
    for each in done.before:
        print(f"{each}: done before; it has no second effect")
