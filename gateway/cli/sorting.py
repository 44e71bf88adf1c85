"""`deskgate inbound assign` and `discard`: a person sorts the mail that waits for one (B7)."""

import argparse
from collections.abc import Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.cli.clients import one
from gateway.cli.exits import Exit, Fail
from gateway.cli.output import print_json
from gateway.cli.work import work
from gateway.deeds.deed import Deed
from gateway.desk.identify import is_ours
from gateway.domain.facts import Assignment
from gateway.domain.organisation import Organisation
from gateway.domain.states import InboundState
from gateway.mail.address import address_key, normalise_domain
from storage import inbound

BY_HAND = "a person wanted nothing to come of it"


async def assign(options: argparse.Namespace) -> None:
    """Said twice it has one effect: a message that was given to the same client before is passed over."""
    async with work(options) as opened:
        desk = opened.organisation
        department = department_named(options.department, desk)
        async with opened.changing() as session:
            assignment = Assignment(await client_meant(session, options), department)
            found = await picked(session, options)
            before = [each for each in found if not each.may_be_sorted and each.assignment == assignment]
            now = [each for each in found if each not in before]
            if options.new and not options.ids:
                now = [each for each in now if no_client(each, desk) is None]
            for each in now:
                refuse(each, no_client(each, desk) if options.new else None)
            await inbound.assign(session, [each.id for each in now], assignment)
            opened.deed.about("client", assignment.client_id)
            told(opened.deed, now, before, InboundState.QUEUED)
        await opened.wake("inbound")
    tell(options, "queued", now, before)


async def discard(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.changing() as session:
        found = await picked(session, options)
        for each in found:
            refuse(each)
        before = [each for each in found if each.outcome == inbound.DISCARDED]
        now = [each for each in found if each not in before]
        await inbound.discard(session, [each.id for each in now], BY_HAND)
        told(opened.deed, now, before, InboundState.IGNORED)
    tell(options, "discarded", now, before)


def told(deed: Deed, now: Sequence[inbound.Waiting], before: Sequence[inbound.Waiting], state: InboundState) -> None:
    deed.about("inbound", *(each.id for each in (*now, *before)))
    deed.changed("state", ", ".join(sorted({str(each.state) for each in now})) or None, state if now else None)
    deed.note(before=[each.id for each in before])


async def picked(session: AsyncSession, options: argparse.Namespace) -> list[inbound.Waiting]:
    """Under lock; ends the command where nothing is meant, or something that is not there."""
    if not (options.ids or options.author or options.domain):
        raise Fail("nothing to sort: give ID, --author or --domain", Exit.USAGE)
    meant = by_writer(options)
    held = await inbound.held(session) if options.author or options.domain else {}
    of_writers = {number for number, writer in held.items() if meant(address_key(writer))}
    if not (options.ids or of_writers):
        raise Fail(f"no held mail is of {', '.join((*options.author, *options.domain))}")
    found = await inbound.lock_messages(session, [*options.ids, *of_writers])
    absent = sorted(set(options.ids) - {each.id for each in found})
    if absent:
        raise Fail(f"there is no inbound message {', '.join(map(str, absent))}")
    return found


def by_writer(options: argparse.Namespace) -> Callable[[str], bool]:
    authors = {address_key(each): each for each in options.author}
    domains = {normalise_domain(each.removeprefix("@")): each for each in options.domain}
    if "" in authors or "" in domains:
        raise Fail(f"{authors.get('', domains.get(''))!r} is not {'an address' if '' in authors else 'a domain'}", Exit.USAGE)
    return lambda key: bool(key) and (key in authors or key.rpartition("@")[2] in domains)


async def client_meant(session: AsyncSession, options: argparse.Namespace) -> int | None:
    if options.new:
        return None
    return (await one(session, options.client)).id


def department_named(key: str | None, desk: Organisation) -> str | None:
    department = desk.department(key) if key is not None else None
    if key is not None and department is None:
        raise Fail(f"there is no department {key!r}; the configuration has {', '.join(each.key for each in desk.departments)}")
    if department is not None and not department.available:
        raise Fail(f"the department {key!r} serves no clients (available = false)")
    return key


def no_client(message: inbound.Waiting, desk: Organisation) -> str | None:
    """U4: why whoever wrote it cannot become a client."""
    key = address_key(message.writer)
    if not key:
        return "it names nobody who could become a client; give --client"
    if desk.agent(address_key(message.author)) is not None or desk.agent(key) is not None:
        return f"{message.author or message.writer} is an agent's address, which is no client's; give --client, or discard it"
    if is_ours(key, desk):
        return f"{message.writer} is an address of our own, which is nobody's account; give --client"
    return None


def refuse(message: inbound.Waiting, why: str | None = None) -> None:
    """Ends the command where the message cannot be sorted."""
    if message.state is InboundState.DONE:
        where = f", on ticket #{message.ticket}" if message.ticket is not None else ""
        raise Fail(f"inbound message {message.id} is done already ({message.outcome}{where})")
    if message.without_bytes:
        raise Fail(f"the bytes of inbound message {message.id} are no longer kept, so nothing can come of it; see `deskgate inbound show`")
    if not message.may_be_sorted:
        raise Fail(f"inbound message {message.id} is {message.state}: it is to be decided on first", Exit.LATER)
    if why is not None:
        raise Fail(f"inbound message {message.id}: {why}")


def tell(options: argparse.Namespace, became: str, now: Sequence[inbound.Waiting], before: Sequence[inbound.Waiting]) -> None:
    if options.json:
        print_json({became: [each.id for each in now], "before": [each.id for each in before]})
        return
    for each in now:
        print(f"{each.id}: {became}")
    for each in before:
        print(f"{each.id}: done before; it has no second effect")
