"""What the sender hands its letters to where `outbound.relay = "mx"`: it takes each domain's recipients to that domain's own servers."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import structlog

from gateway.auth.dns import Resolver
from gateway.mail.address import normalise_domain
from gateway.outbound.delivery import Parcel
from gateway.outbound.mx.destination import Destination, Office
from gateway.outbound.retry import Deferred, Outcome, Refused

log = structlog.get_logger()

MOST_DESTINATIONS: Final = 10_000
"""Domains of which we remember how they fare, some 2 KiB each."""


class MxTransport:
    """`connections` are those at once to all domains together; sessions are kept, for a next letter, with no more domains than that."""

    def __init__(self, office: Office, resolver: Resolver, *, connections: int = 10) -> None:
        self._office = office
        self._resolver = resolver
        self._places = asyncio.Semaphore(connections)
        self._most_kept = connections
        self._known: OrderedDict[str, Destination] = OrderedDict()
        self._kept: OrderedDict[str, Destination] = OrderedDict()
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def several(self) -> bool:
        return True

    def group(self, addresses: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """By domain: what is delivered, and can be recorded, on its own."""
        found: dict[str, list[str]] = {}
        for each in addresses:
            found.setdefault(domain_of(each), []).append(each)
        return tuple(tuple(each) for each in found.values())

    async def deliver(self, parcel: Parcel) -> Mapping[str, Outcome]:
        """The domains side by side. What one of them was delivered is told, whatever becomes of the others."""
        groups = self.group(parcel.recipients)
        if len(groups) == 1:
            return await self._deliver(parcel)
        parts = [replace(parcel, recipients=each) for each in groups]
        results = await asyncio.gather(*map(self._deliver, parts), return_exceptions=True)
        outcomes: dict[str, Outcome] = {}
        for part, result in zip(parts, results, strict=True):
            if isinstance(result, BaseException):
                log.error("delivery_failed", domain=domain_of(part.recipients[0]), exc_info=result)
                result = dict.fromkeys(part.recipients, Deferred(f"the attempt failed: {type(result).__name__}"))
            outcomes |= result
        return outcomes

    async def aclose(self) -> None:
        await asyncio.gather(*(each.aclose() for each in self._kept.values()), *self._closing)
        await self._resolver.close()

    async def _deliver(self, parcel: Parcel) -> Mapping[str, Outcome]:
        """Of one domain."""
        domain = domain_of(parcel.recipients[0])
        if not domain:
            return {each: Refused(f"553 5.1.3 {each} has no domain that DNS could know") for each in parcel.recipients}
        patience = self._office.limits.patience
        try:
            async with asyncio.timeout(patience):
                await self._places.acquire()
        except TimeoutError:
            busy = Deferred("all connections are in use (outbound.connections)", busy=True, after=patience)
            return dict.fromkeys(parcel.recipients, busy)
        destination = self._destination(domain)
        try:
            return await destination.deliver(parcel)
        finally:
            self._places.release()
            self._let_go_of_the_oldest(destination)

    def _destination(self, domain: str) -> Destination:
        found = self._known.get(domain)
        if found is None:
            found = self._known[domain] = Destination(domain, self._office)
        self._known.move_to_end(domain)
        self._kept.pop(domain, None)
        while len(self._known) > MOST_DESTINATIONS:
            _, forgotten = self._known.popitem(last=False)
            self._close(forgotten)
        return found

    def _let_go_of_the_oldest(self, used: Destination) -> None:
        self._kept[used.domain] = used
        self._kept.move_to_end(used.domain)
        while len(self._kept) > self._most_kept:
            _, oldest = self._kept.popitem(last=False)
            self._close(oldest)

    def _close(self, destination: Destination) -> None:
        task = asyncio.create_task(destination.aclose())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def domain_of(address: str) -> str:
    """Normalised; empty where DNS could not know it."""
    return normalise_domain(address.rpartition("@")[2])
