"""Has strangers come back (RFC 6647): mail servers do, most robots do not."""

import asyncio
import hashlib
import re
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.auth import spf
from gateway.auth.dns import Resolver
from gateway.auth.organisational import aligned, organisational_domain
from gateway.domain.organisation import without_subaddress
from gateway.ingress.checks.policy import Greylisting
from gateway.ingress.limits import sources_of
from gateway.mail.address import address_key
from storage.engine import database_away
from storage.greylist import Knock, Patience, knock

log = structlog.get_logger()

DATABASE_SECONDS: Final = 3.0
"""For one question. Who is not told in time is let in: whether there is a database is told by the commit."""
_DIGITS: Final = re.compile(r"\d+")
# Batched return addresses (BATV) carry a tag that differs from day to day.
_TAGGED: Final = re.compile(r"\A(?:prvs|btv1)=+[^=]+=+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Knocks:
    """Who knocks: `source` is a network, or the domain that vouches for a peer of several networks."""

    source: str
    reverse_path: str
    recipient: str

    @property
    def triplet(self) -> bytes:
        return _digest("triplet", self.source, sender_key(self.reverse_path), without_subaddress(address_key(self.recipient)))

    @property
    def source_key(self) -> bytes:
        return _digest("source", self.source)


class Greylist:
    """`sessions` are the listener's."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], policy: Greylisting, resolver: Resolver, dns_seconds: float) -> None:
        self._sessions = sessions
        self._patience = Patience(policy.delay, policy.window, policy.remembered, policy.passes)
        self._resolver = resolver
        self._dns_seconds = dns_seconds

    async def source_of(self, address: str, host: str | None, reverse_path: str, helo: str) -> str:
        """Large providers come back from another host: where SPF says that the host is the domain's, or the two names are of one
        organisation, it is the domain that knocks."""
        domain = organisational_domain((reverse_path or f"@{helo}").rpartition("@")[2].lower())
        if host is not None and aligned(host, domain):
            return domain
        deadline = asyncio.get_running_loop().time() + self._dns_seconds
        if await spf.check(address, helo, reverse_path, self._resolver, deadline) == "pass":
            return domain
        return sources_of(address)[-1]

    async def weigh(self, knocks: Knocks) -> Knock | None:
        """None where the database does not tell."""
        author = address_key(knocks.reverse_path)
        try:
            async with asyncio.timeout(DATABASE_SECONDS), self._sessions.begin() as session:
                return await knock(session, knocks.triplet, knocks.source_key, knocks.source, author, self._patience)
        except Exception as error:
            if not database_away(error):
                raise
            log.warning("greylist_away", error=type(error).__name__)
            return None


def sender_key(reverse_path: str) -> str:
    """The same for all letters of one list or robot, which give each a return address of its own: without detail, digits and tags."""
    local, at, domain = reverse_path.lower().rpartition("@")
    return f"{_DIGITS.sub('#', _TAGGED.sub('', local).partition('+')[0])}{at}{domain}"


def _digest(*parts: str) -> bytes:
    joined = b"".join(b"%d:%b" % (len(each), each) for each in (part.encode("utf-8", "replace") for part in parts))
    return hashlib.sha256(joined).digest()
