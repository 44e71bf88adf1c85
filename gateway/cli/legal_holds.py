"""`deskgate legal-hold`: what neither retention nor an erasure may touch."""

import argparse
from dataclasses import asdict

from gateway.cli.exits import Exit, Fail
from gateway.cli.output import print_fields, print_json, print_table, shown
from gateway.cli.work import work
from gateway.mail.address import address_key, shown_address
from storage import clients, holds, ticket_views


async def set_hold(options: argparse.Namespace) -> None:
    """Said twice it has one effect."""
    address = keyed(options.client)
    async with work(options) as opened, opened.changing() as session:
        if options.ticket is not None and await ticket_views.show_ticket(session, options.ticket) is None:
            raise Fail(f"there is no ticket #{options.ticket}")
        if address is not None and await clients.show_by_address(session, address) is None and not options.unknown:
            raise Fail(f"there is no client {options.client}; with --unknown, whoever bears the address is held all the same")
        hold = await holds.set_hold(session, address=address, ticket=options.ticket, reason=options.reason, by=opened.deed.actor)
        opened.deed.about("legal_hold", hold.id)
    tell(options, hold)


async def lift(options: argparse.Namespace) -> None:
    address = keyed(options.client)
    async with work(options) as opened, opened.changing() as session:
        hold = await holds.lift(session, opened.deed.actor, address=address, ticket=options.ticket)
        if hold is None:
            what = f"#{options.ticket}" if options.ticket is not None else options.client
            raise Fail(f"no legal hold is on {what}; `deskgate legal-hold list` lists those that there are")
        opened.deed.about("legal_hold", hold.id)
    tell(options, hold)


async def list_holds(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        found = await holds.listed(session, lifted=options.all)
        opened.deed.about("legal_hold", *(each.id for each in found))
    if options.json:
        print_json([asdict(each) for each in found])
        return
    rows = [(each.id, on(each), each.reason, each.set_by, each.set_at, each.lifted_at) for each in found]
    print_table(("id", "on", "reason", "by", "since", "lifted"), rows, "no legal holds")


def keyed(address: str | None) -> str | None:
    if address is None:
        return None
    key = address_key(address)
    if not key:
        raise Fail(f"{address!r} is not an e-mail address", Exit.USAGE)
    return key


def on(hold: holds.Hold) -> str:
    return f"#{hold.ticket}" if hold.ticket is not None else shown_address(hold.address or "")


def tell(options: argparse.Namespace, hold: holds.Hold) -> None:
    if options.json:
        print_json(asdict(hold))
    else:
        print_fields({"legal hold": hold.id, "on": on(hold), "reason": hold.reason, "by": shown(hold.set_by), "lifted": hold.lifted_at})
