"""What notifications and the scale of satisfaction must agree on."""

from collections.abc import Iterator
from typing import Final

from gateway.config.checks import Check, Problem
from gateway.config.describe import quoted
from gateway.config.lines import Location
from gateway.config.notification import Notification
from gateway.config.settings import Settings
from gateway.domain.notifications import AUDIENCES, STAFF_ALONE, USUAL_AUDIENCE
from gateway.domain.organisation import without_subaddress
from gateway.domain.states import LetterKind

OUTSIDE: Final = frozenset({"client", "recipients", "cc"})
FEWEST_LEVELS: Final = 2
MOST_LEVELS: Final = 11


def notifications_can_be_sent(settings: Settings) -> Iterator[Problem]:
    departments = tuple(each.key for each in settings.department)
    agents = {address for each in settings.agent for address in (each.address, *each.aliases)}
    for index, each in enumerate(settings.notification):
        place: Location = ("notification", index)
        strangers = [to for to in each.to or () if to not in AUDIENCES and to not in agents]
        if strangers:
            yield (*place, "to"), f"expected {quoted(AUDIENCES)} or the address of an [[agent]]; {strangers[0]} is none's"
        elif OUTSIDE & set(audience(each)) and LetterKind(each.on) in STAFF_ALONE:
            yield (*place, "to"), f'expected members of staff: what "{each.on}" tells is not for clients'
        if each.department is not None and each.department not in departments:
            yield (*place, "department"), f"expected the key of a [[department]]: {quoted(departments)}"


def notifications_have_a_time(settings: Settings) -> Iterator[Problem]:
    for index, each in enumerate(settings.notification):
        place: Location = ("notification", index)
        if each.send == "delayed" and each.delay_minutes is None:
            yield (*place, "delay_minutes"), 'missing: expected the minutes by which send = "delayed" delays it'
        if each.send != "delayed" and each.delay_minutes is not None:
            yield (*place, "send"), 'expected "delayed", for delay_minutes is given'
        if each.on == LetterKind.AGENT_REPLY and each.send != "immediately" and "client" in audience(each):
            yield (*place, "send"), "expected an agent's reply to reach its client at once; name others in to"


def notifications_go_out_from_ours(settings: Settings) -> Iterator[Problem]:
    usable = {each.address for each in settings.gateway} | {each.address for each in settings.from_address if each.enabled}
    for index, each in enumerate(settings.notification):
        sender = each.from_
        if sender is not None and not usable & {sender, without_subaddress(sender), f"*@{sender.rpartition('@')[2]}"}:
            yield ("notification", index, "from"), "expected the address of a [[gateway]] or of an enabled [[from_address]]"


def notifications_differ(settings: Settings) -> Iterator[Problem]:
    first: dict[tuple[object, ...], int] = {}
    for index, each in enumerate(settings.notification):
        for to in audience(each):
            scope = (each.on, to, (each.category or "").casefold(), each.department, each.language)
            if scope in first:
                told = f'notification[{first[scope]}] is for "{each.on}" to {to} of the same tickets already'
                yield ("notification", index, "to" if each.to else "on"), f"expected another event, audience or scope: {told}"
                break
            first[scope] = index


def audience(notification: Notification) -> tuple[str, ...]:
    return notification.to or USUAL_AUDIENCE[LetterKind(notification.on)]


def the_scale_is_one(settings: Settings) -> Iterator[Problem]:
    levels = settings.satisfaction.level
    first: dict[int, int] = {}
    for index, level in enumerate(levels):
        if level.score in first:
            yield (
                ("satisfaction", "level", index, "score"),
                f"expected a score of its own: satisfaction.level[{first[level.score]}] has this one",
            )
        first.setdefault(level.score, index)
    active = sum(level.active for level in levels)
    if levels and not FEWEST_LEVELS <= active <= MOST_LEVELS:
        yield ("satisfaction", "level"), f"expected {FEWEST_LEVELS} to {MOST_LEVELS} active levels to choose from; there are {active}"


LETTER_CHECKS: Final[tuple[tuple[Check, frozenset[str]], ...]] = (
    (
        notifications_can_be_sent,
        frozenset({"department", "department.key", "agent", "agent.address", "agent.aliases", "notification.on"}),
    ),
    (notifications_have_a_time, frozenset({"notification.on", "notification.send", "notification.delay_minutes", "notification.to"})),
    (
        notifications_go_out_from_ours,
        frozenset({"gateway", "gateway.address", "from_address", "from_address.address", "from_address.enabled"}),
    ),
    (
        notifications_differ,
        frozenset({f"notification{key}" for key in ("", ".on", ".to", ".category", ".department", ".language")}),
    ),
    (the_scale_is_one, frozenset({"satisfaction.level", "satisfaction.level.score", "satisfaction.level.active"})),
)
