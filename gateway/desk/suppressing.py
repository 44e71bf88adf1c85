"""Suppressions in the database: what letters ask of them, and what reports and authors do to them."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.desk import audience
from gateway.desk.suppress import addresses_of, in_words, kept_back, unreached, warnings
from gateway.domain.actor import Actor
from gateway.domain.facts import KnownTicket
from gateway.domain.organisation import Agent, Organisation
from gateway.domain.states import Role
from gateway.domain.steps import Lift, OpenTicket, Send, SetDepartment, Step, Suppress
from gateway.domain.suppressions import Cause, Suppression
from gateway.mail.address import address_key, shown_address
from storage import suppressions

THE_OWNER = "its owner has written"


async def without_suppressed(
    session: AsyncSession, steps: Sequence[Step], ticket: KnownTicket | None, actor: Actor, organisation: Organisation
) -> tuple[tuple[Step, ...], tuple[Suppression, ...]]:
    """The steps as they are to be written, and what an agent is to be warned of. Whoever has just written is written to again."""
    for step in steps:
        if isinstance(step, Lift):
            await suppressions.lift(session, step.address, THE_OWNER, only=Cause.BOUNCE)
    addresses = addresses_of(steps)
    if not addresses:
        return tuple(steps), ()
    department = department_after(steps, ticket, organisation)
    colleagues = audience.staff_of(department, organisation) if any(isinstance(each, Send) and each.staff for each in steps) else ()
    found = await suppressions.suppressed(session, addresses | {address_key(each.address) for each in colleagues})
    return kept_back(steps, found, department, actor, organisation), warnings(steps, found) if actor.role is Role.AGENT else ()


def department_after(steps: Sequence[Step], ticket: KnownTicket | None, organisation: Organisation) -> str:
    named = [each.department for each in steps if isinstance(each, OpenTicket | SetDepartment)]
    return named[-1] if named else ticket.department if ticket is not None else organisation.default_gateway.department


async def suppress(session: AsyncSession, step: Suppress) -> None:
    """What waits for the address is cancelled with it."""
    new = await suppressions.suppress(session, step.address, step.cause, step.why, step.days, ticket=step.ticket, outbox_id=step.outbox_id)
    if new:
        await cancel_waiting(session, step.address)


async def cancel_waiting(session: AsyncSession, address: str) -> None:
    found = (await suppressions.suppressed(session, [address])).get(address)
    if found is not None:
        await suppressions.cancel_waiting(session, address, {shown_address(address).lower()}, in_words(found))


async def staff_unreached(session: AsyncSession, organisation: Organisation) -> tuple[Agent, ...]:
    """Agents whose mailbox is suppressed."""
    found = await suppressions.suppressed(session, [address_key(each.address) for each in organisation.agents if each.active])
    return unreached(organisation.agents, found)
