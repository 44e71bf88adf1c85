"""Who changes something through a door of ours, with what they may see, and the one wish that it is."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.deeds.deed import Deed
from gateway.domain.actor import Actor
from gateway.domain.organisation import Organisation
from gateway.domain.suppressions import Suppression
from storage import effects


@dataclass(frozen=True, slots=True)
class Hand:
    """`actor` is in whose name it is done, `deed` the entry of the audit log that it becomes part of.

    `effect` names this one wish, such as a random value in its form or an Idempotency-Key with whose it is: given again within two days, it
    does nothing. `departments` are keys of those whose tickets they see; None: of all, as the command line does.
    """

    actor: Actor
    desk: Organisation
    deed: Deed
    effect: str
    departments: tuple[str, ...] | None = None

    def sees(self, department: str) -> bool:
        """Of a ticket's department as its row has it."""
        return self.departments is None or self.desk.department_now(department) in self.departments


@dataclass(frozen=True, slots=True)
class Done:
    """`ticket` is the one that it was done to: of a merged one, that which lives on. `letters`: whether senders have work, who want to be
    woken after the commit. `repeated`: it was done before, and nothing now."""

    ticket: int
    letters: bool = False
    repeated: bool = False
    warnings: tuple[Suppression, ...] = ()
    """Addresses that a reply goes to, although mail to them came back or their owners complained."""


@dataclass(slots=True)
class Once:
    """`before` is set where the wish had its effect already; else whoever grants it tells what `ticket` came of it."""

    before: Done | None = None
    ticket: int | None = None


@asynccontextmanager
async def once(session: AsyncSession, hand: Hand, otherwise: int = 0) -> AsyncIterator[Once]:
    """Around what shall happen once, in the session's transaction. Who comes second waits for the first; `otherwise` is the ticket they
    hear of where the first one's is gone."""
    key = hashlib.sha256(f"deed:{hand.actor.address or hand.actor.name}:{hand.effect}".encode()).digest()
    earlier = await effects.take(session, key)
    if earlier is not None:
        hand.deed.note(repeated=True)
        hand.deed.about("ticket", earlier.ticket)
        yield Once(Done(earlier.ticket or otherwise, repeated=True))
        return
    held = Once()
    yield held
    await effects.came_of(session, key, held.ticket)
