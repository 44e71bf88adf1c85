"""From the actions of rules to steps: only what the configuration has, and only agents who may have the ticket."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from gateway.desk.acting import agents_told, applied, settings_of
from gateway.desk.rules import Matched
from gateway.domain.organisation import Agent
from gateway.domain.rules import LEAST_LOADED, ROUND_ROBIN, Actions
from gateway.domain.states import EventKind, Priority, Status
from gateway.domain.steps import AddCc, AddTags, Assign, Note, Person, SetCategory, SetDepartment, SetPriority, SetStatus, Step
from tests.desk.values import ORGANISATION

DANA, OLEG, INA = (each.address for each in ORGANISATION.agents)
THREE = replace(ORGANISATION, agents=(*ORGANISATION.agents, Agent("Zoe", "zoe@staff.test", ("support",))))
ZOE = "zoe@staff.test"


@pytest.mark.parametrize(
    ("actions", "steps"),
    [
        (Actions(), ()),
        (Actions(stop=True), ()),
        (Actions(discard=True, notify=(DANA,), answer="hours"), ()),
        (Actions(category="Bugs"), (SetCategory("Bugs"),)),
        (Actions(priority=Priority.URGENT), (SetPriority(Priority.URGENT),)),
        (Actions(status=Status.PENDING), (SetStatus(Status.PENDING),)),
        (Actions(tags=("vip", "eu")), (AddTags(("vip", "eu")),)),
        (Actions(department="sales"), (SetDepartment("sales"),)),
        (Actions(department="support"), ()),
        (Actions(department="moon"), ()),
        (Actions(cc=("boss@client.test",)), (AddCc((Person("", "boss@client.test"),)),)),
        (Actions(cc=("Support@desk.test", "boss@client.test", "x@any.test")), (AddCc((Person("", "boss@client.test"),)),)),
        (Actions(cc=("r+token@desk.test",)), ()),
        (
            Actions(assignee=OLEG, status=Status.OPEN, department="sales", category="Offers"),
            (SetDepartment("sales"), SetCategory("Offers"), SetStatus(Status.OPEN), Assign(OLEG)),
        ),
    ],
)
def test_each_action_is_a_step_and_what_is_not_configured_is_none(actions: Actions, steps: tuple[Step, ...]) -> None:
    assert settings_of(actions, "support", ORGANISATION, {}, {}) == steps


@pytest.mark.parametrize(
    ("wish", "department", "loads", "last", "agent"),
    [
        (DANA, None, {}, {}, DANA),
        (DANA, "sales", {}, {}, None),
        (OLEG, "sales", {}, {}, OLEG),
        (INA, None, {}, {}, None),
        ("eve@evil.test", None, {}, {}, None),
        (ROUND_ROBIN, None, {}, {}, DANA),
        (ROUND_ROBIN, None, {}, {"support": DANA}, OLEG),
        (ROUND_ROBIN, None, {}, {"support": OLEG}, ZOE),
        (ROUND_ROBIN, None, {}, {"support": ZOE}, DANA),
        (ROUND_ROBIN, None, {}, {"support": INA}, DANA),
        (ROUND_ROBIN, None, {}, {"sales": DANA}, DANA),
        (ROUND_ROBIN, "sales", {}, {"support": DANA, "sales": OLEG}, OLEG),
        (ROUND_ROBIN, "moon", {}, {"support": DANA}, OLEG),
        (LEAST_LOADED, None, {DANA: 3, OLEG: 1, ZOE: 2}, {}, OLEG),
        (LEAST_LOADED, None, {DANA: 3, OLEG: 1}, {}, ZOE),
        (LEAST_LOADED, None, {DANA: 1, OLEG: 1, ZOE: 1}, {"support": OLEG}, ZOE),
        (LEAST_LOADED, "sales", {OLEG: 9}, {}, OLEG),
    ],
)
def test_a_ticket_is_given_to_an_active_agent_of_the_department_it_then_has(
    wish: str, department: str | None, loads: Mapping[str, int], last: Mapping[str, str], agent: str | None
) -> None:
    steps = settings_of(Actions(assignee=wish, department=department), "support", THREE, loads, last)
    assert [each.agent for each in steps if isinstance(each, Assign)] == ([agent] if agent is not None else [])


def test_told_are_the_active_agents_whom_a_rule_names_each_once() -> None:
    quiet = replace(ORGANISATION, agents=(replace(ORGANISATION.agents[0], notify=False), *ORGANISATION.agents[1:]))
    told = agents_told(Actions(notify=(OLEG, INA, DANA, "dana@home.test", "eve@evil.test")), quiet)
    assert [each.address for each in told] == [OLEG, DANA]


def test_events_name_the_rules_and_why_they_applied() -> None:
    matched = Matched("offers", 'the subject contains "offer"', Actions(category="Offers", tags=("a", "b")))
    told: dict[str, object] = {"rule": "offers", "why": 'the subject contains "offer"', "did": ['category "Offers"', "tags a, b"]}
    assert applied((matched,)) == (Note(EventKind.RULE_APPLIED, told),)
