"""The jobs that write down how the desk fares, and what DNS says of its addresses, for operators to see."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.auth.dns import Resolver
from gateway.dnscheck.ask import answered
from gateway.dnscheck.document import document_of
from gateway.dnscheck.report import Names, report
from gateway.domain.health import Seen
from gateway.domain.organisation import Organisation
from gateway.mail.address import address_key
from storage import dns_reports, health

LOOK_UP_SECONDS: Final = 10.0
"""For all names together; what is not answered by then could not be looked up."""

Sessions = async_sessionmaker[AsyncSession]


async def sample(sessions: Sessions, organisation: Organisation) -> None:
    """Addresses before the sample: it is by the sample's ids that the next look knows where to begin."""
    async with sessions.begin() as session:
        found = seen_of(await health.mail_since(session), await health.letters_since(session), organisation)
        await health.remember_seen(session, found)
        await health.take_sample(session)
        await health.forget(session)


def seen_of(mail: Iterable[tuple[str, datetime]], letters: Iterable[tuple[str, datetime]], organisation: Organisation) -> dict[str, Seen]:
    """Of our own addresses alone: what else mail came for (`local+anything@`, a catch-all's) may name a person."""
    came = latest(mail, lambda key: gateway.address if (gateway := organisation.gateway(key)) is not None else None)
    left = latest(letters, lambda key: key if is_ours(key, organisation) else None)
    return {each: Seen(came.get(each), left.get(each)) for each in came.keys() | left.keys()}


def latest(told: Iterable[tuple[str, datetime]], ours: Callable[[str], str | None]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for address, at in told:
        known = ours(address_key(address) or address)
        if known is not None:
            found[known] = max(at, found.get(known, at))
    return found


def is_ours(key: str, organisation: Organisation) -> bool:
    return any(each.address == key for each in organisation.gateways) or any(each.address == key for each in organisation.from_addresses)


async def look_up_names(sessions: Sessions, names: Names, resolver: Resolver) -> None:
    found = await answered(partial(report, names), resolver, LOOK_UP_SECONDS)
    async with sessions.begin() as session:
        await dns_reports.keep(session, document_of(found))
