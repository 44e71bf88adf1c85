"""`deskgate clients`: making clients known before they write."""

import argparse
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.cli import client_table
from gateway.cli.arguments import LARGEST
from gateway.cli.exits import Exit, Fail
from gateway.cli.output import print_fields, print_json, print_table
from gateway.cli.work import work
from gateway.deeds.clients import added, document, readable
from gateway.deeds.deed import ids_of
from gateway.desk.identify import is_ours
from gateway.desk.remembered import author_lock
from gateway.domain.organisation import Organisation
from gateway.mail.address import address_key
from storage import clients
from storage.statements import lock

NOT_UTF8: Final = "its address is not ASCII, and the file is not UTF-8: save it as UTF-8, for a guess is not good enough here"


async def list_clients(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        found = [document(each) for each in await clients.list_clients(session)]
        opened.deed.about("client", *ids_of(found, "id"))
    if options.json:
        print_json(found)
        return
    rows = [(each["id"], each["name"], each["addresses"], each["tickets"], each["created_at"]) for each in found]
    print_table(
        ("id", "name", "addresses", "tickets", "since"), rows, "no clients yet: they come with their first mail, or by `clients add`"
    )


async def show(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        found = await one(session, options.client)
        opened.deed.about("client", found.id)
    if options.json:
        print_json(document(found))
    else:
        print_fields(document(found))


async def one(session: AsyncSession, named: str) -> clients.Client:
    """By number or address; ends the command where there is none."""
    if named.isdecimal() and int(named) <= LARGEST:
        found = await clients.show_client(session, int(named))
    else:
        found = await clients.show_by_address(session, address_key(named))
    if found is None:
        raise Fail(f"there is no client {named}")
    return found


async def add(options: argparse.Namespace) -> None:
    async with work(options) as opened:
        new = readable(options.name, options.addresses, opened.organisation)
        if isinstance(new, str):
            raise Fail(new)
        async with opened.changing() as session:
            owner = (await one(session, options.to)).id if options.to is not None else None
            number = await added(session, new, owner)
            if isinstance(number, clients.Taken):
                raise Fail(f"{number.address} belongs to client {number.client_id} already")
            opened.deed.about("client", number)
        async with opened.sessions() as session:
            found = await clients.show_client(session, number)
    assert found is not None
    if options.json:
        print_json(document(found))
    else:
        print(f"client {number}")


async def import_csv(options: argparse.Namespace) -> int:
    """All of it or nothing: what is wrong is named with its line. Done again it changes nothing."""
    content = read(options.csv)
    text, certain = client_table.decoded(content)
    try:
        found = list(client_table.rows(text))
    except client_table.NoTableError as error:
        raise Fail(f"{options.csv}: {error}") from error
    done = Imported()
    async with work(options) as opened, opened.changing() as session:
        all_of_it = await session.begin_nested()
        for row in found:
            if (left := why_left_out(row, opened.organisation)) is not None:
                done.skipped.append({"line": row.line, "why": left})
                continue
            new = readable(row.name, row.addresses, opened.organisation)
            why = new if isinstance(new, str) else None if certain or is_ascii(row) else NOT_UTF8
            if why is None and isinstance(new, clients.NewClient):
                why = await take(session, row, new, done)
            if why is not None:
                done.faults.append({"line": row.line, "why": why})
        if done.faults:
            await all_of_it.rollback()
            opened.deed.refuse(f"{len(done.faults)} line(s) cannot be imported")
        else:
            await all_of_it.commit()
            opened.deed.note(added=done.added, extended=done.extended, known=done.known)
    tell(options, done)
    return Exit.WRONG if done.faults else Exit.DONE


@dataclass(slots=True)
class Imported:
    """Lines by what became of them; `first` is where an address stood first, `skipped` are people of another desk who are no clients."""

    added: int = 0
    extended: int = 0
    known: int = 0
    first: dict[str, int] = field(default_factory=dict)
    repeated: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)


async def take(session: AsyncSession, row: client_table.Row, new: clients.NewClient, done: Imported) -> str | None:
    """Why it could not be done."""
    for key, address in new.addresses:
        if key in done.first:
            done.repeated.append({"line": row.line, "address": address, "first": done.first[key]})
        done.first.setdefault(key, row.line)
    match await merged(session, new):
        case clients.Taken() as taken:
            return f"{taken.address} belongs to client {taken.client_id}, and another address of this line to another client"
        case "added":
            done.added += 1
        case "extended":
            done.extended += 1
        case "known":
            done.known += 1
    return None


def why_left_out(row: client_table.Row, desk: Organisation) -> str | None:
    """Another desk writes out all whom it knows, and the file is not the operator's to put right: those who can be no clients by mail are
    left out and named."""
    if not row.of_desk:
        return None
    keys = [address_key(each) for each in row.addresses]
    if not keys:
        return "has no address"
    if row.staff or any(desk.agent(key) is not None for key in keys if key):
        return f"{row.addresses[0]} is staff"
    return f"{row.addresses[0]} is an address of our own" if any(is_ours(key, desk) for key in keys if key) else None


def is_ascii(row: client_table.Row) -> bool:
    return all(each.isascii() for each in row.addresses)


def tell(options: argparse.Namespace, done: Imported) -> None:
    if options.json:
        told = {"repeated": done.repeated, "skipped": done.skipped, "faults": done.faults}
        counts = {"added": 0, "extended": 0, "known": 0} if done.faults else asdict(done)
        print_json({name: counts[name] for name in ("added", "extended", "known")} | told)
        return
    for each in done.repeated:
        print(f"  line {each['line']}: {each['address']} stands in line {each['first']} already")
    for each in done.skipped:
        print(f"  line {each['line']}: left out, {each['why']}")
    if done.faults:
        print(f"deskgate: nothing is imported: {len(done.faults)} line(s) cannot be", file=sys.stderr)
        for each in done.faults:
            print(f"  line {each['line']}: {each['why']}", file=sys.stderr)
    else:
        print(f"{done.added} added, {done.extended} got more addresses, {done.known} known already")


async def merged(session: AsyncSession, new: clients.NewClient) -> Literal["added", "extended", "known"] | clients.Taken:
    """Of a client who is known already, the addresses that are not."""
    await lock(session, [author_lock(key) for key, _ in new.addresses])
    owners = await clients.owners(session, [key for key, _ in new.addresses])
    if len({each.client_id for each in owners.values()}) > 1:
        return next(iter(owners.values()))
    if not owners:
        await clients.add_client(session, new)
        return "added"
    owner = next(iter(owners.values())).client_id
    more = [await clients.add_address(session, owner, key, address) for key, address in new.addresses if key not in owners]
    return "extended" if more else "known"


def read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise Fail(f"{name} cannot be read: {error.strerror or error}") from error
