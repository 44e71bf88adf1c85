"""From what rules want done to the steps that do it. PURE."""

from collections.abc import Iterator, Mapping, Sequence

from gateway.desk.identify import is_ours
from gateway.desk.rules import Matched, pick_assignee
from gateway.desk.rules.words import actions_in_words
from gateway.domain.organisation import Agent, Organisation
from gateway.domain.rules import Actions
from gateway.domain.states import EventKind
from gateway.domain.steps import AddCc, AddTags, Assign, Note, Person, SetCategory, SetDepartment, SetPriority, SetStatus, Step
from gateway.mail.address import address_key


def settings_of(
    actions: Actions, department: str, organisation: Organisation, loads: Mapping[str, int], last: Mapping[str, str]
) -> tuple[Step, ...]:
    """What becomes of a ticket that is of `department` now; what the configuration does not have is left as it is.

    `loads`: by agent, how many tickets that have not ended are theirs; `last`: by department, who got one before.
    """
    return tuple(_settings(actions, department, organisation, loads, last))


def _settings(
    actions: Actions, department: str, organisation: Organisation, loads: Mapping[str, int], last: Mapping[str, str]
) -> Iterator[Step]:
    wanted = actions.department
    if wanted not in (None, department) and organisation.department(wanted) is not None:
        department = wanted
        yield SetDepartment(department)
    if actions.category is not None:
        yield SetCategory(actions.category)
    if actions.priority is not None:
        yield SetPriority(actions.priority)
    if actions.status is not None:
        yield SetStatus(actions.status)
    if actions.tags:
        yield AddTags(actions.tags)
    people = tuple(Person("", each) for each in actions.cc if not is_ours(address_key(each), organisation))
    if people:
        yield AddCc(people)
    agent = assignee_of(actions, department, organisation, loads, last)
    if agent is not None:
        yield Assign(agent)


def assignee_of(
    actions: Actions, department: str, organisation: Organisation, loads: Mapping[str, int], last: Mapping[str, str]
) -> str | None:
    """B2: an active agent of the department that the ticket then has, or nobody."""
    if actions.assignee is None:
        return None
    candidates = tuple(each.address for each in organisation.agents if each.active and department in each.departments)
    return pick_assignee(actions.assignee, candidates, loads, last.get(department))


def agents_told(actions: Actions, organisation: Organisation) -> tuple[Agent, ...]:
    """Whom the rule names, whatever their departments and whether or not they are told of other things."""
    found = (organisation.agent(each) for each in actions.notify)
    return tuple(dict.fromkeys(each for each in found if each is not None and each.active))


def applied(matched: Sequence[Matched]) -> tuple[Note, ...]:
    """The ticket's events name the rules that had a hand in it."""
    return tuple(
        Note(EventKind.RULE_APPLIED, {"rule": each.rule, "why": each.why, "did": list(actions_in_words(each.then))}) for each in matched
    )
