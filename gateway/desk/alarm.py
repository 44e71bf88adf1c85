"""The alarm when the budget of all automatic letters is spent: from then on no client gets one, whoever they are (X6)."""

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.organisation import Budget
from storage.alarms import busiest_domains, letters_of_hour, ring

log = structlog.get_logger()

AGAIN_SECONDS = 3600.0
NAMED = 5
"""Domains that the alarm names: mostly they are the reason."""


def overall_fault(letters: int, budget: Budget) -> str | None:
    """In words, what is wrong; None while there is room."""
    if letters < budget.overall_hour:
        return None
    return f"the budget of {budget.overall_hour} automatic letters an hour is spent, and clients get none (budget.overall_hour)"


async def sound_alarm(session: AsyncSession, budget: Budget) -> bool:
    """Whether it rang: once an hour, whatever the number of nodes."""
    letters = await letters_of_hour(session)
    fault = overall_fault(letters, budget)
    if fault is None or not await ring(session, "automatic_letters", AGAIN_SECONDS):
        return False
    log.error("automatic_letters_spent", why=fault, letters=letters, by_domain=dict(await busiest_domains(session, NAMED)))
    return True
