"""Delivery by SMTP: one transaction a parcel, an outcome a recipient, over sessions that are kept and used again."""

import asyncio
from collections.abc import Mapping
from typing import Final

from gateway.outbound.connections import Connections, Full
from gateway.outbound.delivery import Parcel
from gateway.outbound.relay import Relay, RelayOpener
from gateway.outbound.retry import Deferred, Outcome
from gateway.outbound.session import Unreachable
from gateway.outbound.transaction import Transaction

__all__ = ["BUSY_SECONDS", "Relay", "SmtpTransport", "hand_over"]

BUSY_SECONDS: Final = 5.0
"""After which a letter that found no place among the connections is tried again."""


class SmtpTransport:
    """Delivers to one relay. An attempt takes `relay.attempt` seconds at most, whatever the relay does or does not."""

    several = False

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._connections = Connections(relay.bounds, RelayOpener(relay))

    async def deliver(self, parcel: Parcel) -> Mapping[str, Outcome]:
        return await hand_over(parcel, self._connections, attempt=self._relay.attempt, patience=self._relay.patience)

    async def aclose(self) -> None:
        await self._connections.aclose()


async def hand_over(parcel: Parcel, connections: Connections, *, attempt: float, patience: float | None = None) -> dict[str, Outcome]:
    """Within `attempt` seconds; `busy` where none of the connections became free within `patience`."""
    transaction = Transaction(parcel)
    try:
        async with asyncio.timeout(attempt):
            await _run(transaction, connections, patience)
    except TimeoutError:
        transaction.broke(f"the attempt took longer than {attempt:.0f} s")
    return transaction.outcomes


async def _run(transaction: Transaction, connections: Connections, patience: float | None) -> None:
    try:
        async with connections.use(patience=patience) as session:
            again = await transaction.run(session)
        if again:
            async with connections.use(fresh=True, patience=patience) as session:
                again = await transaction.run(session)
        if again:
            transaction.broke("the server ended two sessions before it had heard the whole")
    except Unreachable as error:
        transaction.unreachable(error)
    except Full:
        transaction.settle_rest(Deferred("all connections to the server are taken", busy=True, after=BUSY_SECONDS))
