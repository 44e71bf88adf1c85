"""`deskgate trace`: a message's whole way, read from the database."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.cli.exits import Exit, Fail
from gateway.cli.inbound import document
from gateway.cli.output import print_json, shown
from gateway.cli.way import Step, Way, duration, steps
from gateway.cli.work import work
from gateway.desk.remembered import id_key
from gateway.mail.ids import normalise_id
from storage import inbound, tracing
from storage.tracing import Found

NOT_FOUND = """nothing is known of {given}. Try
  the Message-ID of the mail, or of a letter of ours, with or without its angle brackets;
  the id in the peer's log: “250 … queued as ID”, which is `trace_id` in our log;
  a number: of `deskgate inbound list`, or inbound:N; of `deskgate outbox list`, outbox:N.
What was refused in the dialogue was never kept: the log has it, under the id that the peer's connection had."""


async def trace(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        found = await find(session, options.id)
        if not found:
            raise Fail(NOT_FOUND.format(given=shown(options.id)))
        ways = await ways_of(session, found)
        opened.deed.about("inbound", *(each.inbound.id for each in ways if each.inbound is not None))
        opened.deed.about("outbox", *(letter.id for each in ways for letter in each.letters))
    if options.json:
        print_json(document_of(options.id, ways))
        return
    for number, way in enumerate(ways):
        if number:
            print()
        print_way(way)


async def find(session: AsyncSession, given: str) -> Found:
    """By whatever it is: a number, the id of a trace, a Message-ID. Asked in the order in which it costs."""
    kind, colon, rest = given.partition(":")
    if colon and kind in ("inbound", "outbox"):
        return await tracing.by_number(session, number(rest), inbound=kind == "inbound", outbox=kind == "outbox")
    if given.isascii() and given.isdecimal():
        arrived = await tracing.by_number(session, number(given), outbox=False)
        return arrived or await tracing.by_number(session, number(given), inbound=False)
    bare = normalise_id(given)
    if "@" not in bare:
        found = await tracing.by_trace(session, bare)
        if found:
            return found
    return await tracing.by_message_id(session, bare, id_key(bare)) if bare else Found()


def number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) >= 2**63:
        raise Fail(f"{shown(text)} is no number that anything here has", Exit.WRONG)
    return int(text)


async def ways_of(session: AsyncSession, found: Found) -> list[Way]:
    ways = [way for each in found.inbound if (way := await of_inbound(session, each)) is not None]
    told = {letter.id for way in ways for letter in way.letters}
    alone = await tracing.letters(session, [each for each in found.outbox if each not in told])
    return [*ways, *[await of_letters(session, None, [each], ()) for each in alone]]


async def of_inbound(session: AsyncSession, inbound_id: int) -> Way | None:
    row = await inbound.show(session, inbound_id)
    if row is None:
        return None
    key = id_key(row.message_id) if row.message_id else None
    tickets = await tracing.tickets_of(session, row.ticket, key)
    letters = await tracing.letters_of(session, row.id, row.trace_id, tickets)
    return await of_letters(session, row, letters, tickets)


async def of_letters(
    session: AsyncSession, row: inbound.Inbound | None, letters: Sequence[tracing.TracedLetter], tickets: Sequence[int]
) -> Way:
    named = (*tickets, *(each.ticket for each in letters if each.ticket is not None))
    events = await tracing.events_about(session, [each.id for each in letters], named)
    articles = await tracing.articles_of(session, row.id, tickets) if row is not None else []
    return Way(row, tuple(dict.fromkeys(named)), tuple(articles), tuple(letters), tuple(events))


def print_way(way: Way) -> None:
    print(heading(way))
    told = steps(way)
    times = [each.at for each in told if each.at is not None]
    began = min(times, default=None)
    rows = [(when(each.at), after(each.at, began), shown(each.text)) for each in told]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for at, since, text in rows:
        print(f"  {at:<{widths[0]}}  {since:>{widths[1]}}  {text}")


def heading(way: Way) -> str:
    row = way.inbound
    if row is None:
        return f"letter {', '.join(str(each.id) for each in way.letters)}, which no mail caused"
    subject = f" “{shown(row.subject)}”" if row.subject else ""
    return f"inbound {row.id}{subject} from {shown(row.author or row.reverse_path or 'nobody')} · trace {row.trace_id} · times in UTC"


def when(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}"


def after(at: datetime | None, began: datetime | None) -> str:
    return "" if at is None or began is None else duration((at - began).total_seconds())


def document_of(given: str, ways: Sequence[Way]) -> dict[str, Any]:
    """The first way, and those of other messages with the same id, such as a redelivery's, in `also`."""
    first, *others = map(way_document, ways)
    return {"id": given, **first, "also": others}


def way_document(way: Way) -> dict[str, Any]:
    told = steps(way)
    began = min((each.at for each in told if each.at is not None), default=None)
    return {
        "trace_id": way.trace_id,
        "ticket": next(iter(way.tickets), None),
        "tickets": list(way.tickets),
        "inbound": None if way.inbound is None else document(way.inbound),
        "articles": [asdict(each) for each in way.articles],
        "letters": [asdict(each) for each in way.letters],
        "events": [asdict(each) for each in way.events],
        "steps": [step_document(each, began) for each in told],
    }


def step_document(step: Step, began: datetime | None) -> dict[str, Any]:
    seconds = None if step.at is None or began is None else round((step.at - began).total_seconds(), 3)
    return {"at": step.at, "seconds": seconds, "what": step.what, "text": step.text, "outbox": step.outbox, "address": step.address}
