"""Agents as colleagues name them, and who may have a ticket (O3, B2). PURE."""

import unicodedata
from collections.abc import Sequence

from gateway.domain.commands import Problem
from gateway.domain.facts import KnownTicket
from gateway.domain.organisation import Agent, Organisation
from gateway.domain.steps import Assign, SetDepartment, Step
from gateway.mail.address import address_key

Unfit = tuple[Problem, tuple[str, ...]]
# Letters with a stroke have no decomposition (Unicode Standard, §7.1), yet people leave the stroke out.
STROKES = str.maketrans("łŁøØđĐħĦŧŦı", "lLoOdDhHtTi")


def colleague(named: str, department: str, organisation: Organisation) -> Agent | Unfit:
    """The one agent of that address or full name who may have a ticket of the department; else what is wrong, for a receipt."""
    found = by_address(named, organisation) if "@" in named else by_name(named, organisation)
    if not found:
        return Problem.UNKNOWN_AGENT, ()
    fitting = [each for each in found if each.active and department in each.departments]
    if len(fitting) == 1:
        return fitting[0]
    if len(fitting) > 1:
        return Problem.AMBIGUOUS_AGENT, tuple(map(shown, fitting))
    if not any(each.active for each in found):
        return Problem.INACTIVE_AGENT, (shown(found[0]),)
    return Problem.AGENT_ELSEWHERE, (shown(found[0]), department)


def by_address(named: str, organisation: Organisation) -> list[Agent]:
    agent = organisation.agent(address_key(named))
    return [agent] if agent is not None else []


def by_name(named: str, organisation: Organisation) -> list[Agent]:
    """Those whose name has the same words in any order and case, ё as е; without diacritics where nobody has them as written."""
    exact = [each for each in organisation.agents if words_of(each.name) == words_of(named)]
    return exact or [each for each in organisation.agents if plain_words_of(each.name) == plain_words_of(named)]


def words_of(name: str) -> tuple[str, ...]:
    folded = unicodedata.normalize("NFC", name).casefold().replace("ё", "е")
    return tuple(sorted(folded.replace(",", " ").split()))


def plain_words_of(name: str) -> tuple[str, ...]:
    decomposed = unicodedata.normalize("NFD", name.translate(STROKES))
    return words_of("".join(each for each in decomposed if not unicodedata.combining(each)))


def shown(agent: Agent) -> str:
    return f"{agent.name} <{agent.address}>"


def may_not_have(organisation: Organisation, address: str, department: str) -> str | None:
    """Why a ticket of the department cannot be this agent's, for the command line; None when it can."""
    agent = organisation.agent(address)
    if agent is None:
        return f"cannot assign to {address}: no such agent in the configuration"
    if not agent.active:
        return f"cannot assign to {agent.address}: not active"
    if department not in agent.departments:
        return f"cannot assign to {agent.address}: not of the department {department!r}"
    return None


def with_assignee_moved(steps: Sequence[Step], ticket: KnownTicket, organisation: Organisation) -> Sequence[Step]:
    """B2: a ticket that goes to a department which its assignee is not of is nobody's, unless somebody is named along with it."""
    moved = next((each.department for each in steps if isinstance(each, SetDepartment)), None)
    if moved is None or ticket.assignee is None or any(isinstance(each, Assign) for each in steps):
        return steps
    return steps if may_not_have(organisation, ticket.assignee, moved) is None else (*steps, Assign(None))
