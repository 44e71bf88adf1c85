"""`deskgate erase` and `deskgate erasures`: forgetting somebody, and doing it again on a database that was restored."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.auth.organisational import organisational_domain
from gateway.cli.exits import Exit, Fail
from gateway.cli.output import print_json, print_table, say, shown
from gateway.cli.work import Work, piped, work
from gateway.desk.erasing import Erased, OnHold, StillWaitingError, erase
from gateway.desk.identify import is_of_the_desk
from gateway.ingress.checks.greylist import Knocks
from gateway.ingress.limits import sources_of
from gateway.mail.address import address_key
from gateway.tokens.codec import Keyring
from gateway.tokens.pseudonym import pseudonyms
from storage.erasure import arrived, records
from storage.holds import Hold

PAGE = 10_000


async def erase_client(options: argparse.Namespace) -> None:
    key = address_key(options.client)
    if not key:
        raise Fail(f"{options.client!r} is not an e-mail address", Exit.USAGE)
    async with work(options) as opened:
        refuse_our_own(options.client, key, opened)
        if not (options.dry_run or options.yes):
            confirm(options.client)
        found = await done(opened, key, options.client, dry=options.dry_run)
        opened.deed.about("ticket", *found.tickets)
        opened.deed.note(erasure=found.number, other_tickets=len(found.others))
    if options.json:
        print_json(document(found, dry=options.dry_run))
    else:
        tell(found, options.client, dry=options.dry_run)


def refuse_our_own(given: str, key: str, opened: Work) -> None:
    if opened.organisation.agent(key) is not None:
        raise Fail(f"{given} is an agent of the configuration: take the agent out of it first, and reload")
    if is_of_the_desk(key, opened.organisation):
        raise Fail(f"{given} is an address of our own, which is nobody's")


def confirm(given: str) -> None:
    """Of whoever sits at a terminal; a script has made up its mind."""
    if not sys.stdin.isatty():
        return
    say(f"This erases all that is kept of {given}, and cannot be undone; `--dry-run` tells what it would be. Type the address to go on:")
    if address_key(sys.stdin.readline().strip()) != address_key(given):
        raise Fail("nothing is erased")


async def done(opened: Work, key: str, given: str, *, dry: bool) -> Erased:
    try:
        found = await erase(opened.sessions, key, opened.organisation, knocks_of, dry=dry)
    except StillWaitingError as waiting:
        raise Fail(f"the erasure is not complete: {waiting}. Let `deskgate serve` work, and erase {given} again", Exit.LATER) from waiting
    if isinstance(found, OnHold):
        for hold in found.holds:
            # By itself: what the command ends with is kept in the audit log, and a reason may name somebody.
            say(f"legal hold {hold.id}, set by {hold.set_by} at {shown(hold.set_at)}: {hold.reason}")
        raise Fail(f"nothing is erased: {'; '.join(map(in_words, found.holds))}")
    return found


def in_words(hold: Hold) -> str:
    what, named = ("ticket", f"{hold.ticket}") if hold.ticket is not None else ("client", f"{hold.address}")
    of = f"#{hold.ticket}" if hold.ticket is not None else named
    return f"legal hold {hold.id} is on {of}; `deskgate legal-hold lift --{what} {named}` ends it"


def knocks_of(knocked: arrived.Knocked) -> Sequence[bytes]:
    """By what the greylist may know whoever sent it: a network, or a domain that vouches for the peer."""
    domain = organisational_domain((knocked.reverse_path or f"@{knocked.helo or ''}").rpartition("@")[2].lower())
    sources = {sources_of(knocked.address)[-1], domain}
    return [Knocks(each, knocked.reverse_path, recipient).triplet for each in sorted(sources) for recipient in knocked.recipients]


def document(found: Erased, *, dry: bool) -> dict[str, Any]:
    return {
        "erasure": found.number,
        "dry_run": dry,
        "tickets": list(found.tickets),
        "other_tickets": list(found.others),
        "unsorted_mail_of_others": list(found.unsorted),
        "counts": found.counts,
    }


def tell(found: Erased, given: str, *, dry: bool) -> None:
    rows = [(table, counted["removed"], counted["redacted"]) for table, counted in found.counts.items()]
    print_table(("table", "removed", "redacted"), rows, f"nothing is kept of {given}")
    named = (
        ("tickets without content now", found.tickets),
        ("tickets of others that named them", found.others),
        ("held mail of others that named them, which is lost", found.unsorted),
    )
    for what, numbers in named:
        if numbers:
            print(f"{what}: {shown(list(numbers))}")
    print("nothing was changed" if dry else f"erasure {found.number}; what back-ups and logs keep is told in docs/privacy.md")


async def list_erasures(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        found = await records.listed(session)
    if options.json:
        print_json([asdict(each) for each in found])
        return
    rows = [(each.id, each.began_at, each.finished_at, sum(n["removed"] for n in each.counts.values()), each.keys) for each in found]
    print_table(("id", "began", "finished", "rows removed", "of"), rows, "nobody was erased here")


async def repeat(options: argparse.Namespace) -> None:
    """Of the erasures in the file, those that this database knows nothing of."""
    wanted = read(options.file)
    async with work(options) as opened:
        async with opened.sessions() as session:
            known = {(frozenset(each.keys), each.finished_at) for each in await records.listed(session)}
        missing = {key for keys, finished in wanted if (keys, finished) not in known for key in keys}
        addresses = await addresses_of(opened, missing) if missing else []
        again = [await done(opened, each, each, dry=options.dry_run) for each in addresses]
        opened.deed.note(erasures=len(wanted), repeated=len(again))
    if options.json:
        print_json({"known": len(wanted), "repeated": [document(each, dry=options.dry_run) for each in again]})
    else:
        print(f"{len(wanted)} in the file; {len(again)} person(s) were here again and {'would be' if options.dry_run else 'are'} erased")


def read(name: str) -> list[tuple[frozenset[str], datetime | None]]:
    try:
        entries = json.loads(piped() if name == "-" else Path(name).read_text("utf-8"))
        return [(frozenset(each["keys"]), when(each["finished_at"])) for each in entries]
    except OSError as error:
        raise Fail(f"{name} cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Fail(f"{name} is not what `deskgate erasures list --json` prints") from error


def when(told: str | None) -> datetime | None:
    return None if told is None else datetime.fromisoformat(told)


async def addresses_of(opened: Work, keys: set[str]) -> list[str]:
    """The normalised addresses behind these pseudonyms, of all that the database has."""
    keyring = Keyring(opened.organisation.desk.secrets)

    def is_meant(address: str) -> bool:
        return not keys.isdisjoint(pseudonyms(keyring, "address", address))

    found: dict[str, None] = {}
    async with opened.sessions() as session:
        others = {key for each in await records.other_addresses(session) if (key := address_key(each))}
        found |= dict.fromkeys(filter(is_meant, sorted(others)))
        page = await records.addresses_after(session, "", PAGE)
        while page:
            found |= dict.fromkeys(filter(is_meant, page))
            page = await records.addresses_after(session, page[-1], PAGE)
    return list(found)
