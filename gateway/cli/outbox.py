"""`deskgate outbox`: what is to be sent, and holding or mending it."""

import argparse
import sys
from dataclasses import asdict
from typing import Any

from gateway.cli.exits import Exit, Fail
from gateway.cli.output import print_fields, print_json, print_table, say, shown
from gateway.cli.work import work
from gateway.config.settings import Settings
from gateway.domain.states import OutboxState
from storage import instance, outbox


async def list_outbox(options: argparse.Namespace) -> None:
    state = OutboxState(options.state) if options.state else None
    async with work(options) as opened, opened.sessions() as session:
        found = await outbox.list_outbox(session, state=state, limit=options.limit)
        held = await outbox.held(session)
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
            each.subject,
            each.last_error,
        )
        for each in found
    ]
    empty = f"nothing is {state}" if state else "no letters yet"
    print_table(("id", "state", "kind", "ticket", "to", "attempts", "subject", "last error"), rows, empty)


async def show(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        found = await outbox.show(session, options.id)
        if found is None:
            raise Fail(f"there is no letter {options.id} in the outbox")
        raw = await raw_bytes(session, options.id, opened.settings) if options.raw else b""
    if options.raw:
        sys.stdout.buffer.write(raw)
    elif options.json:
        print_json(asdict(found))
    else:
        print_letter(asdict(found))


async def raw_bytes(session: Any, number: int, settings: Settings) -> bytes:
    """The first recipient's copy, as a sender assembles it and signs it."""
    from gateway.config.dkim import dkim_keys
    from gateway.outbound.assemble import assemble, copies
    from gateway.outbound.sign import Signing

    letter = await outbox.load(session, number)
    assert letter is not None
    blobs = await outbox.blobs(session, [each.sha256 for each in letter.attachments])
    copy = copies(letter, letter.recipients)[0]
    return Signing(dkim_keys(settings.dkim)).signed(letter, copy, assemble(letter, copy, blobs))


def print_letter(found: dict[str, Any]) -> None:
    print_fields({name: value for name, value in found.items() if name != "recipients"})
    for each in found["recipients"]:
        print(f"  {each['address']}: {each['state']}{' — ' + shown(each['reply']) if each['reply'] else ''}")


async def retry(options: argparse.Namespace) -> None:
    await act(options, outbox.retry, "due now", {"finished": "it was sent already"})


async def cancel(options: argparse.Namespace) -> None:
    await act(options, outbox.cancel, "cancelled", {"finished": "it is finished already"})


async def act(options: argparse.Namespace, action: Any, done: str, why_not: dict[str, str]) -> None:
    async with work(options) as opened:
        async with opened.sessions.begin() as session:
            answer: outbox.Answer = await action(session, options.id)
        if answer != "done":
            reasons = {"absent": "there is no such letter", "leased": "an attempt is under way; ask again in a moment"} | why_not
            raise Fail(f"letter {options.id}: {reasons[answer]}", Exit.LATER if answer == "leased" else Exit.WRONG)
        await opened.wake("outbox")
    print(f"{options.id}: {done}")


async def hold(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions.begin() as session:
        await outbox.hold(session, options.why)
    print("sending is held; `deskgate outbox release` lets letters go")


async def release(options: argparse.Namespace) -> None:
    async with work(options) as opened:
        async with opened.sessions.begin() as session:
            left = await outbox.release(session)
        await opened.wake("outbox")
    print("letters go" if left is None else f"still paused: {left.why}")


async def adopt(options: argparse.Namespace) -> None:
    async with work(options) as opened:
        async with opened.sessions.begin() as session:
            left = await instance.adopt(session)
        await opened.wake("outbox")
    print("the database is this server's now; letters go" if left is None else f"adopted, but still paused: {left.why}")
