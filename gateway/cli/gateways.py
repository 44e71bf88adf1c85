"""`deskgate gateways`: the addresses that clients write to, and proofs that mail to them reaches us."""

import argparse
import asyncio
import time
from typing import Final

from gateway.cli.exits import Exit, Fail
from gateway.cli.forwarding import documents, print_probed
from gateway.cli.output import print_json, print_table, say
from gateway.cli.verified import SAYS, print_verified, verified_document
from gateway.cli.work import Work, work
from gateway.config.outbound import Directory
from gateway.deeds import forwarding
from gateway.desk.forwarding.report import report
from gateway.domain.probes import Probe
from gateway.domain.states import InboundState
from storage import inbound, probes

LOOK_SECONDS: Final = 0.2
"""Between two looks at what became of the probe."""


async def list_gateways(options: argparse.Namespace) -> None:
    async with work(options) as opened:
        found = await documents(opened)
    if options.json:
        print_json(found)
        return
    rows = [
        (
            each["address"],
            each["name"],
            each["department"],
            each["default"],
            each["enabled"],
            each["language"],
            each["category"],
            each["kind"],
            each["forwarding"],
            each["last_success"],
        )
        for each in found
    ]
    headings = ("address", "name", "department", "default", "enabled", "language", "category", "kind", "forwarding", "last success")
    print_table(headings, rows, "no [[gateway]]")
    print_probed(found)


async def verify(options: argparse.Namespace) -> int:
    async with work(options) as opened:
        try:
            address = forwarding.address_to_verify(options.address, opened.organisation)
        except forwarding.NoAddress as wrong:
            raise Fail(wrong.why, Exit.USAGE) from wrong
        async with opened.changing() as session:
            number = await forwarding.verify(session, address, opened.organisation)
            opened.deed.about("probe", number)
        await opened.wake("outbox")
        if not options.json:
            say(f"deskgate: a probe to {address} is on its way; waiting for it up to {options.wait:g} s")
        probe = await awaited(opened, number, options.wait)
        async with opened.sessions() as session:
            waiting = (await inbound.counts(session)).by_state
        undecided = waiting.get(InboundState.QUEUED, 0) + waiting.get(InboundState.LEASED, 0)
        told = report(
            probe, opened.organisation, undecided=undecided, relay_is_directory=isinstance(opened.settings.outbound.relay, Directory)
        )
    if options.json:
        print_json(verified_document(probe, told, options.wait))
    else:
        print_verified(probe, told)
    if told.state == "working":
        return Exit.DONE
    say(f"deskgate: {address}: {SAYS[told.state]}: {told.why}")
    return Exit.WRONG


async def awaited(opened: Work, number: int, seconds: float) -> Probe:
    """Until it came in, or cannot come any more, or nobody wants to wait longer; of the last it is told that nobody waits."""
    deadline = time.monotonic() + seconds
    while True:
        async with opened.sessions() as session:
            probe = await probes.show(session, number)
        assert probe is not None, "a probe stays until it is forgotten, months later"
        if probe.arrival is not None or probe.lost:
            return probe
        left = deadline - time.monotonic()
        if left <= 0:
            break
        await asyncio.sleep(min(LOOK_SECONDS, left))
    async with opened.changing() as session:
        await probes.give_up(session, number)
        probe = await probes.show(session, number)
    assert probe is not None
    return probe
