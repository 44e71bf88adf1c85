"""Which letters follow from what happened: built-in and configured (C1, C2, C4, C5, C7)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.desk.notify import Occasion, notifications
from gateway.desk.standing import standing_of, standing_of_new
from gateway.domain.actor import SYSTEM, Actor
from gateway.domain.facts import Participant
from gateway.domain.notifications import Notification
from gateway.domain.organisation import Organisation
from gateway.domain.states import ArticleKind, EventKind, LetterKind, Role, Status
from gateway.domain.steps import (
    AddArticle,
    AddCc,
    Assign,
    Join,
    Note,
    OpenTicket,
    Person,
    Send,
    SetCategory,
    SetDepartment,
    SetStatus,
    Step,
)
from tests.desk.values import ORGANISATION, a_ticket

DANA, OLEG = Actor(Role.AGENT, "Dana Agent", "dana@staff.test"), Actor(Role.AGENT, "Олег Агентов", "oleg@staff.test")
ANNA = Actor(Role.CLIENT, "Anna", "anna@client.test")
BOSS = Participant("boss@client.test", "boss@client.test", "Boss", "cc")
TICKET = a_ticket(7, participants=(BOSS, replace(BOSS, key="named@client.test", address="named@client.test", part="named")))
REPLY, WORDS = AddArticle(ArticleKind.AGENT_REPLY, "Done."), AddArticle(ArticleKind.CLIENT_MESSAGE, "Still.")
NOTE = AddArticle(ArticleKind.NOTE, "hm", private=True)
OPENING = OpenTicket("Printer", "support", "support@desk.test", "en", Person("Anna", "anna@client.test"), "anna@client.test")

Told = set[tuple[str, str]]


def told(found: tuple[Step, ...]) -> Told:
    return {(each.kind, one.address) for each in found if isinstance(each, Send) for one in each.to}


def after(steps: tuple[Step, ...], actor: Actor = DANA, organisation: Organisation = ORGANISATION, **ticket: Any) -> tuple[Step, ...]:
    return notifications(steps, standing_of(replace(TICKET, **ticket), steps), Occasion(actor), organisation)


def configured(*wanted: Notification) -> Organisation:
    return replace(ORGANISATION, notifications=wanted)


@pytest.mark.parametrize(
    ("steps", "actor", "ticket", "expected"),
    [
        ((SetStatus(Status.CLOSED),), DANA, {}, {("closed", "anna@client.test"), ("closed", "boss@client.test")}),
        ((SetStatus(Status.RESOLVED),), DANA, {}, {("resolved", "anna@client.test"), ("resolved", "boss@client.test")}),
        ((SetStatus(Status.CANCELLED),), DANA, {}, {("cancelled", "anna@client.test"), ("cancelled", "boss@client.test")}),
        ((SetStatus(Status.PENDING),), DANA, {}, set()),
        ((SetStatus(Status.SPAM),), DANA, {}, set()),
        ((SetStatus(Status.CLOSED),), DANA, {"status": Status.CLOSED}, set()),
        ((REPLY, SetStatus(Status.CLOSED)), DANA, {}, set()),
        ((replace(REPLY, private=True), SetStatus(Status.CLOSED)), DANA, {"participants": ()}, {("closed", "anna@client.test")}),
        ((SetStatus(Status.OPEN),), DANA, {"status": Status.NEW, "participants": ()}, {("in_progress", "anna@client.test")}),
        ((REPLY, SetStatus(Status.OPEN)), DANA, {"status": Status.NEW}, set()),
        ((SetStatus(Status.OPEN),), DANA, {"status": Status.RESOLVED, "assignee": "oleg@staff.test"}, {("reopened", "oleg@staff.test")}),
        ((SetStatus(Status.OPEN),), DANA, {"status": Status.CLOSED, "assignee": "dana@staff.test"}, set()),
        ((WORDS, SetStatus(Status.OPEN)), ANNA, {"status": Status.CLOSED},
         {("client_reply", "dana@staff.test"), ("client_reply", "oleg@staff.test")}),
        ((WORDS,), ANNA, {"assignee": "oleg@staff.test"}, {("client_reply", "oleg@staff.test")}),
        ((WORDS,), ANNA, {"assignee": "ina@staff.test"}, {("client_reply", "dana@staff.test"), ("client_reply", "oleg@staff.test")}),
        ((Assign("oleg@staff.test"),), DANA, {}, {("assigned", "oleg@staff.test")}),
        ((SetDepartment("sales"),), DANA, {}, {("new_ticket", "oleg@staff.test")}),
        ((SetDepartment("support"),), DANA, {}, set()),
        ((SetDepartment("sales"), Assign("oleg@staff.test")), DANA, {}, {("assigned", "oleg@staff.test")}),
        ((SetDepartment("sales"),), DANA, {"status": Status.CLOSED}, set()),
        ((Assign("dana@staff.test"),), DANA, {}, set()),
        ((Assign(None),), DANA, {}, set()),
        ((NOTE,), DANA, {"assignee": "oleg@staff.test"}, set()),
        ((REPLY,), DANA, {"assignee": "oleg@staff.test"}, set()),
    ],
)  # fmt: skip
def test_with_no_configuration_at_all(steps: tuple[Step, ...], actor: Actor, ticket: dict[str, Any], expected: Told) -> None:
    assert told(after(steps, actor, **ticket)) == expected


def test_a_new_ticket_tells_its_client_the_recipients_of_the_mail_and_the_department() -> None:
    joined = Join((BOSS, Participant("x@y.test", "x@y.test", "", "named")))
    steps: tuple[Step, ...] = (OPENING, WORDS, joined)
    found = notifications(steps, standing_of_new(OPENING, steps), Occasion(ANNA, by_mail=True), ORGANISATION)
    assert told(found) == {
        ("registered", "anna@client.test"),
        ("registered", "boss@client.test"),
        ("new_ticket", "dana@staff.test"),
        ("new_ticket", "oleg@staff.test"),
    }
    counted = {each.to[0].address for each in found if isinstance(each, Send) and each.caused_by_mail}
    assert counted == {"anna@client.test", "boss@client.test"}
    many = Join(tuple(Participant(f"{each}@y.test", f"{each}@y.test", "", "cc") for each in range(30)))
    found = notifications((OPENING, many), standing_of_new(OPENING, (OPENING, many)), Occasion(ANNA), ORGANISATION)
    assert len([each for kind, each in told(found) if kind == "registered"]) == 11, "ten besides the client"


def test_whom_a_rule_puts_into_cc_is_not_told_that_the_client_wrote_to_them() -> None:
    steps: tuple[Step, ...] = (OPENING, Join((BOSS,)), AddCc((Person("", "new@client.test"),)))
    found = told(notifications(steps, standing_of_new(OPENING, steps), Occasion(ANNA), ORGANISATION))
    assert {each for kind, each in found if kind == "registered"} == {"anna@client.test", "boss@client.test"}


@pytest.mark.parametrize("status", [Status.SPAM, Status.TRASH])
def test_nobody_is_told_of_mail_that_a_rule_puts_out_of_sight(status: Status) -> None:
    steps: tuple[Step, ...] = (OPENING, SetStatus(status))
    assert notifications(steps, standing_of_new(OPENING, steps), Occasion(ANNA, by_mail=True), ORGANISATION) == ()


def test_silence_holds_for_everybody_outside_and_says_so_once() -> None:
    steps: tuple[Step, ...] = (OPENING, WORDS, Join((BOSS,)))
    found = notifications(steps, standing_of_new(OPENING, steps), Occasion(ANNA, True, "a machine wrote it"), ORGANISATION)
    assert {kind for kind, _ in told(found)} == {"new_ticket"}
    silenced = [each for each in found if isinstance(each, Note)]
    assert silenced == [Note(EventKind.SILENCED, {"kind": LetterKind.REGISTERED, "why": "a machine wrote it"})]


def test_a_rules_agents_are_told_instead_of_the_department() -> None:
    ina_and_oleg = tuple(each for each in ORGANISATION.agents if each.address in ("ina@staff.test", "oleg@staff.test"))
    found = notifications((OPENING,), standing_of_new(OPENING, (OPENING,)), Occasion(ANNA, instead=ina_and_oleg), ORGANISATION)
    assert {each for each in told(found) if each[0] == "new_ticket"} == {("new_ticket", "oleg@staff.test")}


def test_who_gets_the_ticket_is_not_told_besides_that_it_is_new() -> None:
    steps: tuple[Step, ...] = (OPENING, Assign("oleg@staff.test"))
    found = told(notifications(steps, standing_of_new(OPENING, steps), Occasion(ANNA), ORGANISATION))
    assert {each for each in found if each[1].endswith("staff.test")} == {
        ("assigned", "oleg@staff.test"),
        ("new_ticket", "dana@staff.test"),
    }


CLOSED = (SetStatus(Status.CLOSED),)
NEVER = Notification(LetterKind.CLOSED, ("client",), send="never")


@pytest.mark.parametrize(
    ("wanted", "steps", "expected"),
    [
        ((NEVER,), CLOSED, {("closed", "boss@client.test")}),
        ((replace(NEVER, to=("client", "recipients")),), CLOSED, set()),
        ((replace(NEVER, category="hardware"),), CLOSED, {("closed", "anna@client.test"), ("closed", "boss@client.test")}),
        ((replace(NEVER, category="hardware"),), (*CLOSED, SetCategory("Hardware")), {("closed", "boss@client.test")}),
        ((replace(NEVER, language="ru"),), CLOSED, {("closed", "anna@client.test"), ("closed", "boss@client.test")}),
        ((replace(NEVER, department="sales"),), (*CLOSED, SetDepartment("sales")), {("closed", "boss@client.test")}),
        ((Notification(LetterKind.CLOSED, ("department",)),), CLOSED,
         {("closed", "anna@client.test"), ("closed", "boss@client.test"), ("closed", "oleg@staff.test")}),
        ((Notification(LetterKind.CLOSED, ("oleg@staff.test", "ina@staff.test")),), CLOSED,
         {("closed", "anna@client.test"), ("closed", "boss@client.test"), ("closed", "oleg@staff.test")}),
        ((Notification(LetterKind.NOTE, ("department",)),), (NOTE,), {("note", "oleg@staff.test")}),
        ((Notification(LetterKind.AGENT_REPLY, ("department",)),), (REPLY,), {("agent_reply", "oleg@staff.test")}),
        ((Notification(LetterKind.AGENT_REPLY, ("client",), template="short"),), (REPLY,), set()),
        ((Notification(LetterKind.CLIENT_REPLY, ("cc",)),), (WORDS, AddCc((Person("", "new@client.test"),))),
         {("client_reply", "boss@client.test"), ("client_reply", "new@client.test"), ("client_reply", "oleg@staff.test")}),
    ],
)  # fmt: skip
def test_a_configured_one_replaces_the_built_in_of_the_same_event_and_audience(
    wanted: tuple[Notification, ...], steps: tuple[Step, ...], expected: Told
) -> None:
    assert told(after(steps, organisation=configured(*wanted))) == expected


def test_of_several_that_fit_the_closest_counts_and_of_equals_the_first() -> None:
    general, close = (
        replace(NEVER, send="immediately", template="general"),
        replace(NEVER, send="immediately", template="close", language="en"),
    )
    second = replace(general, template="second")
    for wanted, template in (((general, close), "close"), ((close, general), "close"), ((general, second), "general")):
        found = after(CLOSED, organisation=configured(*wanted))
        assert [each.template for each in found if isinstance(each, Send) and each.to[0].address == "anna@client.test"] == [template]


def test_a_delayed_letter_knows_which_status_asked_for_it() -> None:
    later = Notification(LetterKind.RESOLVED, ("client",), send="delayed", delay=timedelta(minutes=30), from_address="sales@desk.test")
    found = after((SetStatus(Status.RESOLVED),), SYSTEM, configured(later))
    [send] = [each for each in found if isinstance(each, Send) and each.to[0].address == "anna@client.test"]
    assert (send.delay, send.while_status, send.from_address) == (timedelta(minutes=30), Status.RESOLVED, "sales@desk.test")
    assert send.scale, "the scale goes to the requester"
    assert not any(each.scale for each in found if isinstance(each, Send) and each is not send), "and to nobody else"
