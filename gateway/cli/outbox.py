"""`deskgate outbox`: what is to be sent, and holding or mending it."""

import argparse
import asyncio
import sys
from dataclasses import asdict
from typing import Any

from gateway.cli.exits import Exit, Fail
from gateway.cli.output import print_fields, print_json, print_table, say, shown
from gateway.cli.work import Work, work
from gateway.deeds import outbox as letters
from gateway.domain.states import OutboxState
from storage import outbox


async def list_outbox(options: argparse.Namespace) -> None:
    state = OutboxState(options.state) if options.state else None
    wanted = outbox.Filter(state, options.ticket, options.kind, options.to, options.destination)
    async with work(options) as opened, opened.sessions() as session:
        found = await outbox.list_outbox(session, wanted, limit=options.limit)
        held = await outbox.held(session)
        opened.deed.about("outbox", *(each.id for each in found))
    if held is not None:
        say(f"sending is paused: {held.why}")
    if options.json:
        print_json([asdict(each) for each in found])
        return
    rows = [
        (
            each.id,
            each.state,
            each.kind,
            each.ticket,
            [one["address"] for one in each.recipients],
            each.attempts,
            each.next_attempt_at,
            each.subject,
            each.last_error,
        )
        for each in found
    ]
    empty = (
        "no letters yet" if wanted == outbox.Filter() else f"nothing is {state}" if wanted == outbox.Filter(state) else "no such letters"
    )
    print_table(("id", "state", "kind", "ticket", "to", "attempts", "next attempt", "subject", "last error"), rows, empty)


async def show(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        found = await outbox.show(session, options.id)
        if found is None:
            raise Fail(f"there is no letter {options.id} in the outbox")
        opened.deed.about("ticket", found.ticket)
        if options.raw and found.body_removed_at is not None:
            raise Fail(f"the text of letter {options.id} is no longer kept; desk.retention removed it at {shown(found.body_removed_at)}")
        raw = await raw_bytes(session, options.id, opened) if options.raw else b""
    if options.raw:
        sys.stdout.buffer.write(raw)
    elif options.json:
        print_json(asdict(found))
    else:
        print_letter(asdict(found))


async def raw_bytes(session: Any, number: int, opened: Work) -> bytes:
    """The first recipient's copy, as a sender assembles it and signs it for a server that takes any size."""
    from gateway.app.sender import links
    from gateway.config.dkim import dkim_keys
    from gateway.outbound.assemble import assemble, copies
    from gateway.outbound.lighten import Lightening
    from gateway.outbound.sign import Signing

    found = await outbox.load(session, number)
    assert found is not None
    signing = Signing(dkim_keys(opened.settings.dkim))
    letter = Lightening(signing, lambda: links(opened.organisation, opened.settings)).usual(found)
    blobs = await outbox.blobs(session, [each.sha256 for each in letter.attachments])
    copy = copies(letter, letter.recipients)[0]
    return signing.signed(letter, copy, assemble(letter, copy, blobs))


def print_letter(found: dict[str, Any]) -> None:
    print_fields({name: value for name, value in found.items() if name != "recipients"})
    for each in found["recipients"]:
        print(f"  {each['address']}: {each['state']}{' — ' + shown(each['reply']) if each['reply'] else ''}")


async def retry(options: argparse.Namespace) -> None:
    states = (OutboxState.FAILED,) if options.failed else letters.RETRIED
    await act(options, letters.retry, "due now", states)


async def cancel(options: argparse.Namespace) -> None:
    await act(options, letters.cancel, "cancelled", letters.CANCELLED)


async def act(options: argparse.Namespace, action: Any, done: str, states: tuple[OutboxState, ...]) -> None:
    """What can be done is done, and the command ends as the worst of the letters has it."""
    failed = getattr(options, "failed", False)
    if not (options.ids or failed or options.ticket is not None):
        raise Fail("which letters? give ID, --ticket N" + (" or --failed" if hasattr(options, "failed") else ""), Exit.USAGE)
    async with work(options) as opened:
        async with opened.changing() as session:
            by_state = await outbox.find(session, states, ticket=options.ticket) if failed or options.ticket is not None else []
            acted: letters.Acted = await action(session, opened.deed, (*options.ids, *by_state))
        if acted.done:
            await opened.wake("outbox")
    if options.json:
        print_json({"done": list(acted.done), "refused": [{"id": number, "why": why} for number, why in acted.reasons.items()]})
    else:
        print_acted(acted, done)
    if acted.refused:
        raise Fail(acted.why, Exit.LATER if acted.may_come else Exit.WRONG)


def print_acted(acted: letters.Acted, done: str) -> None:
    for number in acted.done:
        print(f"{number}: {done}")
    if not (acted.done or acted.refused):
        print("there is no such letter")


async def hold(options: argparse.Namespace) -> None:
    """Tells what is still on the wire once senders have given back the rest."""
    async with work(options) as opened:
        async with opened.changing() as session:
            await letters.hold(session, opened.deed, options.why)
        await opened.wake(letters.CONTROL)
        left = await on_the_wire(opened)
    finishing = f"; {left} on the wire are finished first" if left else ""
    tell(
        options,
        {"held": True, "why": options.why, "on_the_wire": left},
        f"sending is held; `deskgate outbox release` lets letters go{finishing}",
    )


async def on_the_wire(opened: Work) -> int:
    """Letters in the hands of senders, a second after they were told."""
    left = 0
    for _ in range(GIVING_BACK):
        async with opened.sessions() as session:
            left = await outbox.under_way(session)
        if left == 0:
            break
        await asyncio.sleep(0.1)
    return left


async def release(options: argparse.Namespace) -> None:
    async with work(options) as opened:
        async with opened.changing() as session:
            left = await letters.release(session, opened.deed)
        await let_go(opened)
    tell(options, standing(left), "letters go" if left is None else f"still paused: {left.why}")


async def adopt(options: argparse.Namespace) -> None:
    async with work(options) as opened:
        async with opened.changing() as session:
            left = await letters.adopt(session, opened.deed)
        await let_go(opened)
    words = "the database is this server's now; letters go" if left is None else f"adopted, but still paused: {left.why}"
    tell(options, standing(left), words)


async def let_go(opened: Work) -> None:
    await opened.wake(letters.CONTROL)
    await opened.wake("outbox")


def standing(left: outbox.Hold | None) -> dict[str, Any]:
    return {"held": left is not None, "why": None if left is None else left.why}


def tell(options: argparse.Namespace, document: dict[str, Any], words: str) -> None:
    if options.json:
        print_json(document)
    else:
        print(words)


GIVING_BACK = 10
"""Looks, a tenth of a second apart, until senders have given back what they had not begun."""
