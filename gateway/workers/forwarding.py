"""The job that sees whether forwarding still works: a probe now and then, and a letter to agents when it has died or is back (U7)."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.desk.forwarding.probing import send_probe, tell_agents
from gateway.desk.forwarding.report import PATIENCE, patience
from gateway.desk.remembered import digest
from gateway.domain.organisation import Gateway, Organisation
from gateway.domain.probes import Probe
from storage import outbox, probes
from storage.statements import lock, now

log = structlog.get_logger()

Sessions = async_sessionmaker[AsyncSession]

SOONER: Final = timedelta(hours=1)
"""Between two probes while forwarding fails, so that its return is seen soon."""


async def watch_forwarding(sessions: Sessions, organisation: Organisation, wake: Callable[[], None]) -> int:
    """How many letters were written, probes and those to agents; `wake` is called after each address that has some."""
    async with sessions.begin() as session:
        await probes.give_up_all(session, PATIENCE.total_seconds())
        await probes.forget(session)
        # Probes that cannot leave would show that sending is paused, which is known.
        if await outbox.held(session) is not None:
            return 0
    written = 0
    for gateway, address, every in watched(organisation):
        async with sessions.begin() as session:
            await lock(session, (digest("probe", address),))
            letters = await look_at(session, gateway, address, every, organisation)
        if letters:
            written += letters
            wake()
    return written


def watched(organisation: Organisation) -> Iterator[tuple[Gateway, str, timedelta]]:
    for gateway in organisation.gateways:
        if gateway.enabled and gateway.verify_every is not None:
            for address in gateway.probed:
                yield gateway, address, gateway.verify_every


async def look_at(session: AsyncSession, gateway: Gateway, address: str, every: timedelta, organisation: Organisation) -> int:
    probe = (await probes.latest(session, (address,))).get(address)
    if probe is None:
        await send_probe(session, address, organisation)
        return 1
    moment = await now(session)
    if probe.arrival is None and not probe.lost:
        # Also one that a person waited for no longer may yet come in.
        if moment - probe.sent_at < patience(every):
            return 0
        await probes.give_up(session, probe.number)
        probe = (await probes.latest(session, (address,)))[address]
    letters = await told(session, gateway, probe, organisation)
    if is_due(probe, moment, every):
        await send_probe(session, address, organisation)
        letters += 1
    return letters


async def told(session: AsyncSession, gateway: Gateway, probe: Probe, organisation: Organisation) -> int:
    """One letter a death, and one when it is back."""
    failed = probe.state != "working"
    if failed == probe.alarmed:
        return 0
    if failed:
        log.warning("forwarding_failed", address=probe.address, gateway=gateway.address, probe=probe.number, state=probe.state)
    else:
        log.info("forwarding_restored", address=probe.address, gateway=gateway.address, probe=probe.number)
    return await tell_agents(session, gateway, probe, organisation, failed=failed)


def is_due(probe: Probe, moment: datetime, every: timedelta) -> bool:
    return moment - probe.sent_at >= (every if probe.state == "working" else min(every, SOONER))
