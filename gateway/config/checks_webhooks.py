"""What `[[webhook]]` must agree on with itself, with the others, and with the desk."""

from collections.abc import Iterator
from typing import Final

from gateway.config.checks import Check, Problem
from gateway.config.describe import quoted
from gateway.config.lines import Location
from gateway.config.settings import Settings


def webhooks_differ(settings: Settings) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, each in enumerate(settings.webhook):
        if each.called in first:
            told = f'expected a name of its own: webhook[{first[each.called]}] is "{each.called}" already'
            yield ("webhook", index, "name"), told
        first.setdefault(each.called, index)


def webhooks_are_safe(settings: Settings) -> Iterator[Problem]:
    for index, each in enumerate(settings.webhook):
        place: Location = ("webhook", index)
        plain = each.url.startswith("http:")
        if plain and not each.allow_private:
            yield (*place, "url"), 'expected "https://": what clients wrote would cross the network in the clear'
        if plain and each.ca is not None:
            yield (*place, "ca"), "expected nothing here: without TLS there is no certificate to verify"
        if each.secret in each.old_secrets:
            yield (*place, "old_secrets"), "expected secrets of before: this is the one that signs now"


def their_departments_exist(settings: Settings) -> Iterator[Problem]:
    known = tuple(each.key for each in settings.department)
    for index, webhook in enumerate(settings.webhook):
        for item, key in enumerate(webhook.departments or ()):
            if key not in known:
                yield ("webhook", index, "departments", item), f"expected the key of a [[department]]: {quoted(known)}"


WEBHOOK_CHECKS: Final[tuple[tuple[Check, frozenset[str]], ...]] = (
    (webhooks_differ, frozenset({"webhook", "webhook.name", "webhook.url"})),
    (webhooks_are_safe, frozenset({"webhook", "webhook.url", "webhook.secret", "webhook.old_secrets"})),
    (their_departments_exist, frozenset({"department", "department.key", "webhook", "webhook.departments"})),
)
