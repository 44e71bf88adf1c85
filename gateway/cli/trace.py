"""`deskgate trace`: a message's whole way, read from the database."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from gateway.cli.exits import Fail
from gateway.cli.output import print_json, shown
from gateway.cli.work import work
from gateway.console.words import words_of
from gateway.deeds.documents import inbound_document as document
from gateway.deeds.tracing import find, ways_of
from gateway.deeds.way import Step, Way, duration, steps


class Plain:
    """The console's words in English; values of ours have the names that programs know."""

    def __call__(self, key: str, **values: object) -> str:
        return words_of("en")(key, **values)

    def of(self, group: str, name: str) -> str:
        return name


NOT_FOUND = """nothing is known of {given}. Try
  the Message-ID of the mail, or of a letter of ours, with or without its angle brackets;
  the id in the peer's log: “250 … queued as ID”, which is `trace_id` in our log;
  a ticket, as ticket:N;
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


def print_way(way: Way) -> None:
    print(heading(way))
    told = steps(way, Plain())
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
    told = steps(way, Plain())
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
