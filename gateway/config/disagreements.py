"""All checks of what sections must agree on."""

from collections.abc import Iterator

from gateway.config.checks import CHECKS, Problem
from gateway.config.checks_fetch import FETCH_CHECKS
from gateway.config.checks_letters import LETTER_CHECKS
from gateway.config.checks_rules import RULE_CHECKS
from gateway.config.checks_screening import SCREENING_CHECKS
from gateway.config.checks_web import WEB_CHECKS
from gateway.config.checks_webhooks import WEBHOOK_CHECKS
from gateway.config.settings import Settings


def disagreements(settings: Settings, at_fault: frozenset[str]) -> Iterator[Problem]:
    """What sections do not agree on. `at_fault` are dotted keys, without indexes, whose values are stand-ins."""
    for check, relies_on in (*CHECKS, *RULE_CHECKS, *LETTER_CHECKS, *FETCH_CHECKS, *SCREENING_CHECKS, *WEB_CHECKS, *WEBHOOK_CHECKS):
        if not relies_on & at_fault:
            yield from check(settings)
