"""`deskgate clients`: making clients known before they write."""

import argparse
import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.cli.arguments import LARGEST
from gateway.cli.exits import Exit, Fail
from gateway.cli.output import print_fields, print_json, print_table
from gateway.cli.work import piped, work
from gateway.desk.audience import can_be_written_to
from gateway.desk.identify import is_ours
from gateway.desk.remembered import author_lock
from gateway.domain.letter import one_line
from gateway.domain.organisation import Organisation
from gateway.mail.address import address_key
from storage import clients
from storage.statements import lock


async def list_clients(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        found = [document(each) for each in await clients.list_clients(session)]
    if options.json:
        print_json(found)
        return
    rows = [(each["id"], each["name"], each["addresses"], each["tickets"], each["created_at"]) for each in found]
    print_table(
        ("id", "name", "addresses", "tickets", "since"), rows, "no clients yet: they come with their first mail, or by `clients add`"
    )


async def show(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        if options.client.isdecimal() and int(options.client) <= LARGEST:
            found = await clients.show_client(session, int(options.client))
        else:
            found = await clients.show_by_address(session, address_key(options.client))
    if found is None:
        raise Fail(f"there is no client {options.client}")
    if options.json:
        print_json(document(found))
    else:
        print_fields(document(found))


async def add(options: argparse.Namespace) -> None:
    async with work(options) as opened:
        new = readable(options.name, options.addresses, opened.organisation)
        if isinstance(new, str):
            raise Fail(new)
        async with opened.sessions.begin() as session:
            number = await added(session, new)
            if isinstance(number, clients.Taken):
                raise Fail(f"{number.address} belongs to client {number.client_id} already")
        async with opened.sessions() as session:
            found = await clients.show_client(session, number)
    assert found is not None
    if options.json:
        print_json(document(found))
    else:
        print(f"client {number}")


async def import_csv(options: argparse.Namespace) -> int:
    """Good rows are added whatever the bad ones are; those are named with their line."""
    rows = list(read_csv(options.csv))
    imported, known, faults = 0, 0, []
    async with work(options) as opened, opened.sessions.begin() as session:
        for line, name, addresses in rows:
            new = readable(name, addresses, opened.organisation)
            if isinstance(new, str):
                faults.append({"line": line, "why": new})
                continue
            number = await added(session, new)
            if isinstance(number, clients.Taken):
                known += 1
            else:
                imported += 1
    if options.json:
        print_json({"added": imported, "known": known, "faults": faults})
    else:
        print(f"{imported} added, {known} known already, {len(faults)} refused")
        for each in faults:
            print(f"  line {each['line']}: {each['why']}")
    return Exit.WRONG if faults else Exit.DONE


async def added(session: AsyncSession, new: clients.NewClient) -> int | clients.Taken:
    """Under the authors' locks: mail of theirs may be making them at this moment."""
    await lock(session, [author_lock(key) for key, _ in new.addresses])
    return await clients.add_client(session, new)


def readable(name: str, addresses: Iterable[str], desk: Organisation) -> clients.NewClient | str:
    """The new client, or what is wrong with it (U4: an address of ours is nobody's account)."""
    keyed = [(address_key(each), each) for each in addresses]
    for key, address in keyed:
        if not key or not can_be_written_to(address):
            return f"{address!r} is not an address"
        if is_ours(key, desk):
            return f"{address} is an address of our own, which is nobody's account"
    if not keyed:
        return "no address"
    return clients.NewClient(one_line(name), tuple({key: (key, address) for key, address in keyed}.values()))


def read_csv(name: str) -> Iterable[tuple[int, str, list[str]]]:
    """Line number, name and addresses of each row. The heading must have `address`; `name` is optional; case does not matter."""
    try:
        text = piped() if name == "-" else Path(name).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Fail(f"{name} cannot be read as UTF-8 text: {error}") from error
    lines = text.splitlines()
    # Where the comma is the decimal sign, spreadsheets separate by semicolons.
    delimiter = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    reader = csv.DictReader(lines, delimiter=delimiter)
    headings = {(each or "").strip().casefold(): each for each in reader.fieldnames or ()}
    if "address" not in headings:
        raise Fail(f"{name}: the first line must name the column address (and name); it has {', '.join(headings) or 'nothing'}")
    for row in reader:
        addresses = (row.get(headings["address"]) or "").replace(",", " ").split()
        yield reader.line_num, (row.get(headings.get("name", "")) or "").strip(), addresses


def document(found: clients.Client) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "addresses": list(found.addresses),
        "tickets": found.tickets,
        "created_at": found.created_at,
    }
