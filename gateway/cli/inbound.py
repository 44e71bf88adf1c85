"""`deskgate inbound`: what arrived, and what was decided on it."""

import argparse
import sys
from typing import Any

from gateway.cli.exits import Fail
from gateway.cli.output import print_fields, print_json, print_table, shown
from gateway.cli.work import work
from gateway.domain.states import InboundState
from storage import inbound


async def list_inbound(options: argparse.Namespace) -> None:
    state = InboundState(options.state) if options.state else None
    async with work(options) as opened, opened.sessions() as session:
        found = await inbound.list_inbound(session, state=state, limit=options.limit)
    if options.json:
        print_json([brief(each) for each in found])
        return
    rows = [(each.id, each.state, each.outcome, each.ticket, each.received_at, each.author, each.subject) for each in found]
    empty = f"nothing is {state}" if state else "nothing has arrived yet"
    print_table(("id", "state", "outcome", "ticket", "received", "from", "subject"), rows, empty)


async def show(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        found = await inbound.show(session, options.id)
        if found is None:
            raise Fail(f"there is no inbound message {options.id}")
        content = await inbound.content_of(session, options.id) if options.raw else None
    if options.raw:
        if content is None:
            raise Fail(f"the bytes of inbound message {options.id} are no longer kept")
        sys.stdout.buffer.write(content)
    elif options.json:
        print_json(document(found))
    else:
        told = document(found)
        print_fields({name: value for name, value in told.items() if name not in ("decision", "peer", "auth", "screening")})
        print_fields(
            {"peer": told["peer"]["address"], "auth": ", ".join(f"{name} {value}" for name, value in told["auth"].items() if value)}
        )
        for line in told["decision"]:
            print(f"  - {shown(line)}")


async def replay(options: argparse.Namespace) -> None:
    """What was done stays done: only what is held, ignored or buried is decided on anew."""
    async with work(options) as opened:
        async with opened.sessions.begin() as session:
            found = await inbound.show(session, options.id)
            if found is None:
                raise Fail(f"there is no inbound message {options.id}")
            if found.state not in (InboundState.DONE, InboundState.QUEUED, InboundState.LEASED):
                await inbound.replay(session, options.id)
        if found.state is InboundState.DONE:
            print(f"{options.id}: done already ({found.outcome}); it has no second effect")
            return
        await opened.wake("inbound")
    print(f"{options.id}: queued")


def brief(found: inbound.Inbound) -> dict[str, Any]:
    return {name: value for name, value in document(found).items() if name != "decision"}


def document(found: inbound.Inbound) -> dict[str, Any]:
    names = (
        "id", "state", "outcome", "why", "rule", "received_at", "reverse_path", "recipients", "message_id", "subject", "size",
        "attempts", "ticket",
        "decision", "error", "kind", "trace_id", "entry", "writer", "assigned",
    )  # fmt: skip
    return {name: getattr(found, name) for name in names} | {
        "from": found.author,
        "peer": found.peer,
        "screening": found.screening,
        "auth": {"spf": found.spf, "dkim": found.dkim, "dmarc": found.dmarc, "arc": found.arc},
        "decision": list(found.decision),
        "recipients": list(found.recipients),
    }
