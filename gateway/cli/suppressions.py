"""`deskgate suppressions`: addresses that automatic letters do not go to."""

import argparse
from typing import Any

from gateway.cli.exits import Exit, Fail
from gateway.cli.output import moment, print_json, print_table
from gateway.cli.work import Work, work
from gateway.deeds import suppressions as deeds
from gateway.desk.audience import can_be_written_to
from gateway.desk.identify import is_ours
from gateway.desk.suppressing import cancel_waiting
from gateway.domain.organisation import Organisation
from gateway.domain.suppressions import Cause, Suppression
from gateway.mail.address import address_key, shown_address
from storage import suppressions

BY = "an operator"


async def list_suppressions(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        found = [document(each, opened.organisation) for each in await suppressions.listed(session)]
        opened.deed.about_addresses(*(each["address"] for each in found))
    if options.json:
        print_json(found)
        return
    rows = [(each["address"], each["cause"], each["since"], each["expires_at"] or "for ever", each["agent"], each["why"]) for each in found]
    empty = "no suppressions: automatic letters go to everybody"
    print_table(("address", "cause", "since", "until", "agent", "why"), rows, empty)


async def lift(options: argparse.Namespace) -> None:
    key = keyed(options.address)
    async with work(options) as opened, opened.changing() as session:
        await deeds.lift(session, opened.deed, key, BY)
    print_lifted(options, key)


def print_lifted(options: argparse.Namespace, key: str) -> None:
    if options.json:
        print_json({"address": key, "lifted": True})
    else:
        print(f"{shown_address(key)}: automatic letters go there again")


async def add(options: argparse.Namespace) -> None:
    key = keyed(options.address)
    async with work(options) as opened:
        if is_ours(key, opened.organisation):
            raise Fail(f"{options.address} is an address of our own, which no letter goes to anyway")
        found = await added(opened, key, options.why, options.days)
    if options.json:
        print_json(document(found, opened.organisation))
        return
    until = f"until {moment(found.expires_at)}" if found.expires_at is not None else "until it is lifted"
    print(f"{shown_address(key)}: no automatic letters {until}; replies of agents go there all the same, with a warning")


async def added(opened: Work, key: str, why: str, days: int) -> Suppression:
    """What waits for the address is cancelled with it."""
    async with opened.changing() as session:
        await suppressions.suppress(session, key, Cause.PERSON, why, days)
        await cancel_waiting(session, key)
        return (await suppressions.suppressed(session, [key]))[key]


def keyed(address: str) -> str:
    key = address_key(address)
    if not key or not can_be_written_to(address):
        raise Fail(f"{address!r} is not an e-mail address", Exit.USAGE)
    return key


def document(found: Suppression, desk: Organisation) -> dict[str, Any]:
    agent = desk.agent(found.address)
    return {
        "address": found.address,
        "cause": found.cause,
        "why": found.why,
        "since": moment(found.created_at),
        "expires_at": moment(found.expires_at) if found.expires_at is not None else None,
        "ticket": found.ticket,
        "outbox": found.outbox_id,
        "agent": agent.name if agent is not None else None,
    }
