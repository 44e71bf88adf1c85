"""`deskgate audit`: what operators did and read, and whether the log of it is whole."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.cli.exits import Exit, Fail
from gateway.cli.output import json_line, print_json, print_table, say, shown
from gateway.cli.work import Work, work
from gateway.domain.audit import Broken, Entry, Link, broken, document, follow
from gateway.mail.address import address_key
from gateway.tokens.codec import Keyring
from gateway.tokens.pseudonym import pseudonyms
from storage import audit, clients

EXPECTED = "expected ID:DIGEST, as `deskgate audit verify` prints it"


async def list_entries(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        about = await meant(session, opened, options)
        wanted = audit.Filter(options.since, options.until, options.actor, options.action, options.access, options.result, tuple(about))
        found = await audit.listed(session, wanted, options.limit)
    if options.json:
        print_json([document(each) for each in found])
        return
    rows = [(each.id, each.at, each.actor, each.action, on_what(each), in_words(each), each.result, each.why or "") for each in found]
    empty = "no such entries" if wanted != audit.Filter() else "no entries yet: commands that change or read make them"
    print_table(("id", "at", "who", "what", "on", "how", "result", "why"), rows, empty)


async def meant(session: AsyncSession, opened: Work, options: argparse.Namespace) -> list[dict[str, int | str]]:
    """What an entry may be about, by id; a client by theirs, and by what stands for an address that was nobody's."""
    given = {kind: number for kind in ("ticket", "inbound", "outbox") if (number := getattr(options, kind)) is not None}
    about: list[dict[str, int | str]] = [{kind: number} for kind, number in given.items()]
    if options.client is None:
        return about
    if options.client.isdecimal():
        return [*about, {"client": int(options.client)}]
    key = address_key(options.client)
    if not key:
        raise Fail(f"{options.client}: expected a client's number or an e-mail address", Exit.USAGE)
    owner = (await clients.owners(session, [key])).get(key)
    opened.deed.about_addresses(key)
    keyring = Keyring(opened.organisation.desk.secrets)
    standing: list[dict[str, int | str]] = [{"address": each} for each in (key, *pseudonyms(keyring, "address", key))]
    if owner is not None:
        standing.append({"client": owner.client_id})
    return [*about, *standing]


def on_what(entry: Entry) -> str:
    return ", ".join(f"{kind} {shown(ids if len(ids) < 6 else f'{ids[0]} and {len(ids) - 1} more')}" for kind, ids in entry.about.items())


def in_words(entry: Entry) -> str:
    changed = [f"{name} {shown(each['from'])} → {shown(each['to'])}" for name, each in entry.changes.items()]
    return ", ".join((*changed, *(f"{name} {shown(value)}" for name, value in entry.details.items())))


async def export(options: argparse.Namespace) -> None:
    """Oldest first, as they were written, up to the entry before its own, which is written first: a log that is long is shown as it is
    read."""
    async with work(options) as opened:
        async with opened.sessions() as session:
            head = await audit.head(session)
        last = head.id if head is not None else 0
        opened.deed.note(through=last)
        await opened.deed.end(opened.sessions)
        async with opened.sessions() as session:
            async for entries in audit.walk(session, options.after):
                for each in entries:
                    if each.id <= last:
                        print(json_line(document(each)))


async def verify(options: argparse.Namespace) -> int:
    if options.file is not None:
        found: Broken | Link | None = of_file(options.file)
        entries = None
    else:
        async with work(options) as opened, opened.sessions() as session:
            found, entries = await of_database(session, expected(options.expect))
    if isinstance(found, Broken):
        return tell_broken(options, found)
    head = {"id": found.id, "digest": found.digest.hex()} if found is not None else None
    if options.json:
        print_json({"whole": True, "entries": entries, "head": head, "broken": None})
    else:
        print("the log is whole" + (f"; its last entry is {head['id']}:{head['digest']}" if head else ""))
    return Exit.DONE


def tell_broken(options: argparse.Namespace, found: Broken) -> int:
    if options.json:
        print_json({"whole": False, "entries": None, "head": None, "broken": {"id": found.id, "why": found.why}})
    say(f"deskgate: the audit log is broken at entry {found.id}: {found.why}")
    return Exit.WRONG


async def of_database(session: AsyncSession, wanted: Link | None) -> tuple[Link | Broken, int]:
    """In one snapshot, so that what is appended meanwhile is no fault."""
    await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    place: Link | Broken = await audit.beginning(session)
    entries, met = 0, wanted is None or wanted == place
    async for batch in audit.walk(session, 0):
        assert isinstance(place, Link)
        told = [document(each) for each in batch]
        met = met or any(each.id == wanted.id and each.digest == wanted.digest for each in batch if wanted is not None)
        place = follow(told, place)
        if isinstance(place, Broken):
            return place, entries
        entries += len(batch)
    head = await audit.head(session)
    assert isinstance(place, Link)
    if head is None or head.id < place.id:
        return Broken(place.id, f"entry {place.id} was not written by Deskgate: the note of the last entry says otherwise"), entries
    if head.id > place.id:
        missing = str(head.id) if head.id == place.id + 1 else f"{place.id + 1} to {head.id}"
        return Broken(place.id + 1, f"entry {missing} is missing at the end"), entries
    if head.digest != place.digest:
        return Broken(place.id, f"entry {place.id} was replaced: the note of the last entry has another digest"), entries
    if not met and wanted is not None:
        return Broken(wanted.id, f"entry {wanted.id} is not the one that you expect: all of the log was written anew"), entries
    return place, entries


def expected(given: str | None) -> Link | None:
    if given is None:
        return None
    number, _, digest = given.partition(":")
    try:
        return Link(int(number), bytes.fromhex(digest))
    except ValueError as error:
        raise Fail(f"--expect {given}: {EXPECTED}", Exit.USAGE) from error


def of_file(name: str) -> Link | Broken | None:
    """Of exported lines, wherever they begin: what stood before the first is taken on its word. None where there are none."""
    place: Link | None = None
    for exported in exported_lines(name):
        if place is None:
            place = Link(exported["id"] - 1, bytes.fromhex(exported["previous"]))
        if (found := broken(exported, place)) is not None:
            return found
        place = Link(exported["id"], bytes.fromhex(exported["digest"]))
    return place


def exported_lines(name: str) -> Iterator[dict[str, Any]]:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Fail(f"{name} cannot be read: {error}") from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            exported = json.loads(line)
            bytes.fromhex(exported["previous"] + exported["digest"])
            exported["id"] = int(exported["id"])
        except (ValueError, TypeError, KeyError) as error:
            raise Fail(f"{name}, line {number}: it is no entry as `deskgate audit export` writes them") from error
        yield exported
