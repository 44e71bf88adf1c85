"""`deskgate inbound`: what arrived, and what was decided on it."""

import argparse
import sys

from gateway.cli.exits import Fail
from gateway.cli.output import print_fields, print_json, print_table, shown
from gateway.cli.work import work
from gateway.deeds import inbound as deeds
from gateway.deeds.documents import inbound_brief, inbound_document
from gateway.domain.states import InboundState
from storage import inbound


async def list_inbound(options: argparse.Namespace) -> None:
    state = InboundState(options.state) if options.state else None
    async with work(options) as opened, opened.sessions() as session:
        found = await inbound.list_inbound(session, state=state, limit=options.limit)
        opened.deed.about("inbound", *(each.id for each in found))
    if options.json:
        print_json([inbound_brief(each) for each in found])
        return
    rows = [(each.id, each.state, each.outcome, each.ticket, each.received_at, each.author, each.subject) for each in found]
    empty = f"nothing is {state}" if state else "nothing has arrived yet"
    print_table(("id", "state", "outcome", "ticket", "received", "from", "subject"), rows, empty)


async def show(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        found = await deeds.seen(session, options.id)
        opened.deed.about("ticket", found.ticket)
        content = await inbound.content_of(session, options.id) if options.raw else None
        if options.raw and content is None:
            raise Fail(f"the bytes of inbound message {options.id} are no longer kept{when_removed(found)}")
    if content is not None:
        sys.stdout.buffer.write(content)
    elif options.json:
        print_json(inbound_document(found))
    else:
        told = inbound_document(found)
        print_fields({name: value for name, value in told.items() if name not in ("decision", "peer", "auth", "screening")})
        print_fields(
            {"peer": told["peer"]["address"], "auth": ", ".join(f"{name} {value}" for name, value in told["auth"].items() if value)}
        )
        for line in told["decision"]:
            print(f"  - {shown(line)}")


async def replay(options: argparse.Namespace) -> None:
    """What was done stays done: only what is held, ignored or buried is decided on anew."""
    async with work(options) as opened:
        async with opened.changing() as session:
            found = await deeds.seen(session, options.id)
            if found.raw_removed_at is not None:
                raise Fail(f"inbound message {options.id} cannot be decided on again: its bytes are no longer kept{when_removed(found)}")
            await deeds.replay(session, opened.deed, options.id)
        if found.state is InboundState.DONE:
            print(f"{options.id}: done already ({found.outcome}); it has no second effect")
            return
        await opened.wake("inbound")
    print(f"{options.id}: queued")


def when_removed(found: inbound.Inbound) -> str:
    if found.raw_removed_at is None:
        return ""
    why = "when somebody was erased" if found.raw_removed_why == "erased" else "by desk.retention"
    return f"; they were removed {why} at {shown(found.raw_removed_at)}"
