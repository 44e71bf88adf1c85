"""What `[[web.operator]]` must agree on with the rest of the file."""

from collections.abc import Iterator
from typing import Final

from gateway.config.checks import Check, Problem
from gateway.config.describe import quoted
from gateway.config.lines import Location
from gateway.config.settings import Settings
from gateway.domain.operators import name_key


def operators_differ(settings: Settings) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, each in enumerate(settings.web.operator):
        key = name_key(each.name)
        if key in first:
            yield ("web", "operator", index, "name"), f"expected a name of its own: web.operator[{first[key]}] has this one"
        first.setdefault(key, index)


def operators_see_departments(settings: Settings) -> Iterator[Problem]:
    known = tuple(each.key for each in settings.department)
    for index, each in enumerate(settings.web.operator):
        for item, key in enumerate(each.departments or ()):
            if key not in known:
                yield ("web", "operator", index, "departments", item), f"expected the key of a [[department]]: {quoted(known)}"
        if each.departments == ():
            told = "expected the key of a [[department]] at least; leave it out to mean all of them"
            yield ("web", "operator", index, "departments"), told


def operators_are_agents(settings: Settings) -> Iterator[Problem]:
    agents = {address: each for each in settings.agent for address in (each.address, *each.aliases)}
    for index, each in enumerate(settings.web.operator):
        place: Location = ("web", "operator", index, "agent")
        if each.agent is None:
            continue
        agent = agents.get(each.agent)
        if agent is None:
            yield place, "expected the address of an [[agent]]"
        elif not agent.active:
            yield place, "expected an agent who is active: the desk refuses whatever others do"


def operators_can_come_in(settings: Settings) -> Iterator[Problem]:
    if settings.web.proxy is not None:
        return
    for index, each in enumerate(settings.web.operator):
        if each.password is None:
            told = "missing: expected the hash of a password, which `deskgate web password` prints, or a [web.proxy] that lets them in"
            yield ("web", "operator", index, "password"), told


def sessions_end(settings: Settings) -> Iterator[Problem]:
    if settings.web.session_idle_minutes > settings.web.session_hours * 60:
        yield ("web", "session_idle_minutes"), "expected no more than web.session_hours, after which a session ends anyway"


WEB_CHECKS: Final[tuple[tuple[Check, frozenset[str]], ...]] = (
    (operators_differ, frozenset({"web.operator", "web.operator.name"})),
    (operators_see_departments, frozenset({"department", "department.key", "web.operator.departments"})),
    (
        operators_are_agents,
        frozenset({"agent", "agent.address", "agent.aliases", "agent.active", "web.operator.agent"}),
    ),
    (operators_can_come_in, frozenset({"web.operator", "web.operator.password", "web.proxy", "web.proxy.networks", "web.proxy.header"})),
    (sessions_end, frozenset({"web.session_idle_minutes", "web.session_hours"})),
)
