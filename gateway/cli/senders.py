"""`deskgate senders`: From addresses, and the codes that prove them."""

import argparse
from datetime import datetime
from typing import Any

from gateway.app import dns_names
from gateway.app.intake import nameservers
from gateway.auth.dns import Resolver
from gateway.cli.output import moment, print_json, print_table, say
from gateway.cli.work import Work, work
from gateway.deeds.senders import Standing, send_code, sender_named, standings
from gateway.deeds.senders import confirm as confirm_code
from gateway.domain.organisation import FromAddress
from gateway.domain.senders import wants_code
from gateway.mail.address import shown_address
from gateway.workers.senders import look_up

DOES = {
    "ready": "letters bear it",
    "unaligned": "it stands in the name alone, before the gateway's address",
    "unverified": "not used: its code has not come back",
    "disabled": "not used: it is switched off",
}

UNSAID = "DNS has not answered yet whether its domain vouches for our letters; it is asked again by itself"


async def list_senders(options: argparse.Namespace) -> None:
    async with work(options) as opened:
        found = await documents(opened)
    if options.json:
        print_json(found)
        return
    rows = [
        (shown_address(each["address"]), each["name"], each["department"], each["default"], each["state"], each["proof"], each["told"])
        for each in found
    ]
    empty = "no [[from_address]]: letters go out from the gateways' addresses"
    print_table(("address", "name", "department", "default", "state", "by", "what it means"), rows, empty)


async def verify(options: argparse.Namespace) -> None:
    async with work(options) as opened:
        sender = sender_named(opened.organisation, options.address)
        needed = not sender.enabled or wants_code(sender, opened.organisation)
        if needed:
            async with opened.changing() as session:
                await send_code(session, sender, opened.organisation)
            await opened.wake("outbox")
            await refresh(opened, sender)
        found = await document_of(opened, sender)
    if options.json:
        print_json(found | {"sent": needed})
    elif needed:
        print(f"{sender.address}: a letter with a code is on its way; `deskgate senders confirm CODE` takes it")
    else:
        print(f"{sender.address}: nothing to verify, {why_not(sender)}")


async def confirm(options: argparse.Namespace) -> None:
    async with work(options) as opened:
        async with opened.changing() as session:
            address = await confirm_code(session, options.token, opened.organisation)
            opened.deed.about_addresses(address)
        sender = sender_named(opened.organisation, address)
        await refresh(opened, sender)
        found = await document_of(opened, sender)
    if options.json:
        print_json(found)
        return
    print(f"{sender.address}: confirmed; {found['told']}")
    if found["state"] == "unaligned":
        say(f"deskgate: {found['why']}")


async def refresh(opened: Work, sender: FromAddress) -> None:
    """What DNS says of it now, so that nobody waits for the schedule."""
    resolver = Resolver(nameservers(opened.settings))
    try:
        await look_up(opened.sessions, sender, dns_names.keys(opened.settings), dns_names.outlet(opened.settings), resolver)
    finally:
        await resolver.close()


def why_not(sender: FromAddress) -> str:
    return "for it has a server of its own" if sender.server is not None else "for its mail comes here: it is a gateway's"


async def documents(opened: Work) -> list[dict[str, Any]]:
    async with opened.sessions() as session:
        return [document(each) for each in await standings(session, opened.organisation)]


async def document_of(opened: Work, sender: FromAddress) -> dict[str, Any]:
    return next(each for each in await documents(opened) if each["address"] == sender.address)


def document(standing: Standing) -> dict[str, Any]:
    sender, proof = standing.sender, standing.proof
    return {
        "address": sender.address,
        "name": sender.name,
        "department": sender.department,
        "default": sender.default,
        "enabled": sender.enabled,
        "server": f"{sender.server.host}:{sender.server.port}" if sender.server is not None else None,
        "state": standing.state,
        "proof": standing.by,
        "verified": not standing.coded or proof.verified,
        "verified_at": instant(proof.verified_at),
        "requested_at": instant(proof.requested_at),
        "alignment": proof.aligned,
        "checked_at": instant(proof.checked_at),
        "why": proof.why or (UNSAID if standing.state == "unaligned" else None),
        "told": DOES[standing.state],
    }


def instant(at: datetime | None) -> str | None:
    return None if at is None else moment(at)
