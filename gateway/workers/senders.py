"""The job that keeps watch over From addresses: a code to each new one, and whether its domain still vouches for our letters."""

from collections.abc import Callable, Sequence
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.auth.dns import Resolver
from gateway.desk.senders.verifying import send_code
from gateway.dnscheck.alignment import Aligned, alignment
from gateway.dnscheck.ask import answered
from gateway.dnscheck.sending import Outlet
from gateway.domain.dkim import DkimKey
from gateway.domain.organisation import FromAddress, Organisation
from gateway.domain.senders import wants_code
from storage import senders

log = structlog.get_logger()

LOOK_UP_SECONDS = 5.0
"""For one address: other jobs wait meanwhile."""

Sessions = async_sessionmaker[AsyncSession]


async def watch_senders(
    sessions: Sessions, organisation: Organisation, keys: Sequence[DkimKey], outlet: Outlet, resolver: Resolver, wake: Callable[[], None]
) -> int:
    """How many letters with a code were written; `wake` is called after each."""
    written = 0
    for each in organisation.from_addresses:
        if not each.enabled or not wants_code(each, organisation):
            continue
        async with sessions.begin() as session:
            sent = await send_code(session, each, organisation, again=False)
        if sent:
            written += 1
            log.info("sender_code_sent", address=each.address)
            wake()
        await look_up(sessions, each, keys, outlet, resolver)
    return written


async def look_up(sessions: Sessions, sender: FromAddress, keys: Sequence[DkimKey], outlet: Outlet, resolver: Resolver) -> Aligned:
    """What DNS says of the address now, kept for letters to go by. While DNS does not say, what it said last holds."""
    found = await answered(partial(alignment, sender.address, keys, outlet), resolver, LOOK_UP_SECONDS)
    if found.unknown:
        log.info("sender_not_looked_up", address=sender.address, why=found.why)
        return found
    async with sessions.begin() as session:
        changed = await senders.looked_up(session, sender.address, found.by, found.why)
    if changed:
        log.info("sender_alignment", address=sender.address, by=found.by, why=found.why or None)
    return found
