"""What rules must agree on with themselves and with other sections."""

from collections.abc import Iterator
from typing import Any, Final

from gateway.config.checks import Check, Problem
from gateway.config.conditions import MAIL_KEYS, SMTP_KEYS, some
from gateway.config.convert import reply_address
from gateway.config.describe import quoted
from gateway.config.lines import Location
from gateway.config.rule import Rule, Then, When
from gateway.config.settings import Settings
from gateway.domain.organisation import without_subaddress
from gateway.domain.rules import LEAST_LOADED, ROUND_ROBIN

OUTERMOST: Final = ("rule", 0, "when")
ENDS: Final = ("discard", "hold", "reject")


def rules_have_own_names(settings: Settings) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, rule in enumerate(settings.rule):
        name = rule.name.casefold()
        if name in first:
            yield ("rule", index, "name"), f"expected a name of its own: rule[{first[name]}] has this one"
        first.setdefault(name, index)


def rules_do_something(settings: Settings) -> Iterator[Problem]:
    for index, rule in enumerate(settings.rule):
        place: Location = ("rule", index, "then")
        ends = [key for key in ENDS if getattr(rule.then, key)] or ([] if rule.then.create else ["create"])
        if not rule.then.model_fields_set:
            yield place, f"expected something to be done, of {', '.join(Then.file_keys())}"
        if len(ends) > 1:
            yield (*place, ends[-1]), f"expected one of discard, hold and reject; {' and '.join(ends)} are given"
        if ends and rule.on != "received":
            yield (*place, ends[0]), f'expected a rule on "received": what happened ({rule.on}) cannot be undone'


def rules_name_who_exists(settings: Settings) -> Iterator[Problem]:
    active = {address: each.active for each in settings.agent for address in (each.address, *each.aliases)}
    for index, rule in enumerate(settings.rule):
        place: Location = ("rule", index, "then")
        assigned = [("assignee", rule.then.assignee)] if rule.then.assignee not in (None, ROUND_ROBIN, LEAST_LOADED) else []
        for key, address in (*assigned, *(("notify", each) for each in rule.then.notify or ())):
            if address not in active:
                yield (*place, key), f"expected the address of an [[agent]]; {address} is none's"
            elif not active[address]:
                yield (*place, key), f"expected an active agent; {address} is not"


def rules_name_departments(settings: Settings) -> Iterator[Problem]:
    known = tuple(each.key for each in settings.department)
    told = f"expected the key of a [[department]]: {quoted(known)}"
    members = {each.address: each.departments for each in settings.agent}
    for index, rule in enumerate(settings.rule):
        given = rule.then.department
        if given is not None and given not in known:
            yield ("rule", index, "then", "department"), told
        own = members.get(rule.then.assignee or "")
        if given in known and own is not None and given not in own:
            yield ("rule", index, "then", "assignee"), f'expected an agent of department "{given}", which the rule gives the ticket to'
        for location, when in tables(("rule", index, "when"), rule.when):
            asked = () if when.department is None else some(when.department, str, "")
            if not set(asked) <= set(known):
                yield (*location, "department"), told


def rules_write_to_others(settings: Settings) -> Iterator[Problem]:
    """Whoever is in Cc gets the letters of the ticket: one of our own addresses would get them in a circle."""
    if not settings.gateway:
        return
    exact = {each.address for each in settings.gateway} | {reply_address(settings)}
    for index, rule in enumerate(settings.rule):
        for address in rule.then.cc or ():
            if exact & {address, without_subaddress(address)}:
                yield ("rule", index, "then", "cc"), f"expected addresses of others; mail to {address} comes back to us"


def conditions_can_be_known(settings: Settings) -> Iterator[Problem]:
    for index, rule in enumerate(settings.rule):
        for location, when in tables(("rule", index, "when"), rule.when):
            if len(location) > len(OUTERMOST) and when == When():
                yield location, "expected a condition: an empty table is always true"
            for key in (key for key, inner in (("any", when.any), ("all", when.all)) if inner == ()):
                yield (*location, key), "expected a list that is not empty"
            for key, value in given(when):
                told = None if key in ("any", "all", "not") else unknown(rule, key, value, nested=len(location) > len(OUTERMOST))
                if told is not None:
                    yield (*location, key), told
        waits = (rule.when.unanswered_hours, rule.when.hours)
        if rule.on == "unanswered" and not any(isinstance(each, int | float) for each in waits):
            yield ("rule", index, "when", "unanswered_hours"), 'missing: expected the hours after which a rule on "unanswered" is weighed'


def unknown(rule: Rule, key: str, value: object, *, nested: bool) -> str | None:
    """Why a condition can never be told when the rule is weighed."""
    if rule.then.reject is not None and key not in SMTP_KEYS:
        return f"expected gateway, author, recipient and size alone: {key} is not known while mail can still be refused; discard or hold it"
    if key == "unanswered_hours" or (key == "hours" and isinstance(value, int | float)):
        if rule.on != "unanswered":
            return f'expected a rule on "unanswered"; this one is on "{rule.on}"'
        return "expected it in the rule's own [rule.when], not within any, all or not" if nested else None
    if rule.on != "received" and key in MAIL_KEYS:
        return 'expected something that a ticket has; only a rule on "received" has a mail before it'
    return None


def tables(location: Location, when: When) -> Iterator[tuple[Location, When]]:
    """A `when` with all those within it."""
    yield location, when
    for key, inner in (("any", when.any), ("all", when.all)):
        for index, each in enumerate(inner or ()):
            yield from tables((*location, key, index), each)
    if when.not_ is not None:
        yield from tables((*location, "not"), when.not_)


def given(when: When) -> Iterator[tuple[str, Any]]:
    """The keys that the file has."""
    for key, field in When.file_keys().items():
        value = getattr(when, "not_" if key == "not" else key)
        if value != field.default:
            yield key, value


AGENTS: Final = frozenset({"agent", "agent.address", "agent.aliases", "agent.active"})
DEPARTMENTS: Final = frozenset({"department", "department.key", "agent.departments"})

RULE_CHECKS: Final[tuple[tuple[Check, frozenset[str]], ...]] = (
    (rules_have_own_names, frozenset({"rule.name"})),
    (rules_do_something, frozenset({"rule.on", "rule.then", *(f"rule.then.{key}" for key in Then.file_keys())})),
    (rules_name_who_exists, AGENTS),
    (rules_name_departments, DEPARTMENTS),
    (rules_write_to_others, frozenset({"gateway", "gateway.address", "gateway.default", "desk.reply_address"})),
    (conditions_can_be_known, frozenset({"rule.on", "rule.then.reject"})),
)
