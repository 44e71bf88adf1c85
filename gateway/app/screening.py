"""`[screening]` of the configuration as the one who screens; a role has one only where something is switched on."""

from collections.abc import Callable
from ipaddress import IPv4Network, ip_network
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.auth.dns import Resolver
from gateway.config.screening import LARGEST
from gateway.config.screening import Scanner as ScannerTable
from gateway.config.settings import Settings
from gateway.config.values import Endpoint
from gateway.domain.envelope import Entry
from gateway.domain.organisation import Organisation
from gateway.ingress.checks.greylist import Greylist
from gateway.ingress.checks.policy import DnsList, Greylisting, Network, Place, Policy, Scanner
from gateway.ingress.checks.screener import Screener
from gateway.telemetry import metrics
from storage import greylist

HOUR, DAY = 3600.0, 86400.0
MOST_WAITING = 1_000_000
"""Rows of the greylist for those who have not come back: whoever knocks makes one."""


class Configured(Protocol):
    """What is read of the configuration."""

    @property
    def settings(self) -> Settings: ...

    @property
    def organisation(self) -> Organisation: ...


class Screening:
    """What screens by the configuration of the moment. `values` gives that; `sessions` are the role's own."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], values: Callable[[], Configured]) -> None:
        self._sessions, self._values = sessions, values
        self._resolver: Resolver | None = None
        self._nameservers: tuple[Endpoint, ...] = ()
        self.now: Screener | None = None
        self.renew()

    def renew(self) -> None:
        """After the configuration has changed. Sessions under way go on with what they began with."""
        settings = self._values().settings
        policy = policy_of(settings)
        if not policy.does_anything:
            self.now = None
            return
        resolver = self._asking(settings.trust.nameservers)
        knocks = Greylist(self._sessions, policy.greylisting, resolver, policy.dns_seconds) if policy.greylisting is not None else None
        hostname = settings.server.hostname
        self.now = Screener(policy, hostname, resolver, knocks, lambda key: is_friend(key, self._values().organisation), count)

    def _asking(self, nameservers: tuple[Endpoint, ...]) -> Resolver:
        """The one before goes when the sessions that ask it have ended."""
        if self._resolver is None or nameservers != self._nameservers:
            self._resolver = Resolver([(each.host, each.port) for each in nameservers] or None)
            self._nameservers = nameservers
        return self._resolver

    async def close(self) -> None:
        if self._resolver is not None:
            await self._resolver.close()


async def forget_knocks(session: AsyncSession, settings: Settings) -> int:
    """Of strangers who never came back, and of those who were not seen for long. How many."""
    patience = greylisting_of(settings)
    return await greylist.forget(session, patience.window, patience.remembered, MOST_WAITING)


def is_friend(key: str, organisation: Organisation) -> bool:
    return organisation.agent(key) is not None


def count(check: str, outcome: str) -> None:
    metrics.screened.labels(check, outcome).inc()


def policy_of(settings: Settings) -> Policy:
    table = settings.screening
    return Policy(
        exempt=tuple(
            network(each) for each in (*table.exempt, *settings.trust.relays, *local_networks(settings), *settings.server.proxies)
        ),
        lists=tuple(
            DnsList(each.zone, each.action, tuple(map(IPv4Network, each.codes)), each.score, each.reply) for each in table.dns_list
        ),
        reverse_dns=table.reverse_dns,
        dns_seconds=table.dns_seconds,
        greylisting=greylisting_of(settings) if table.greylisting.enabled else None,
        scanners=tuple(map(scanner_of, table.scanner)),
        on_spam=table.on_spam,
        on_virus=table.on_virus,
        scans_at_once=table.scans_at_once,
    )


def greylisting_of(settings: Settings) -> Greylisting:
    table = settings.screening.greylisting
    return Greylisting(table.delay, table.window_hours * HOUR, table.passes, table.remembered_days * DAY)


def scanner_of(table: ScannerTable) -> Scanner:
    at = table.at
    place = Place(host=at.host, port=at.port) if isinstance(at, Endpoint) else Place(path=at.removeprefix("unix:"))
    return Scanner(table.kind, place, table.max_size or LARGEST[table.kind], table.when_down, table.seconds)


def local_networks(settings: Settings) -> tuple[str, ...]:
    """Of `trust.local`, which names ways of entry as well."""
    return tuple(each for each in settings.trust.local if each not in tuple(Entry))


def network(text: str) -> Network:
    return ip_network(text)
