"""Who is told of an agent's reply that did not arrive: by the built-in notification, and by configured ones."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.desk.case import Case
from gateway.desk.lost import told_of_loss
from gateway.desk.reports import decide_on_report
from gateway.domain.facts import Facts, SentLetter
from gateway.domain.notifications import Notification
from gateway.domain.states import LetterKind
from gateway.domain.steps import Returned, Send, Step
from gateway.mail.message import Bounce, BounceRecipient
from tests.desk.values import NOTHING, ORGANISATION, a_ticket, mail

DANA, OLEG, GONE = "dana@staff.test", "oleg@staff.test", "gone@staff.test"
LOST = LetterKind.FAILED_DELIVERY
GONE_AWAY = (Returned("anna@client.test", "550 gone"),)
TICKET = replace(a_ticket(7), assignee=OLEG, category="Billing")


def sends(steps: tuple[Step, ...]) -> list[Send]:
    return [each for each in steps if isinstance(each, Send)]


def told(*notifications: Notification, author: str = DANA) -> set[str]:
    organisation = replace(ORGANISATION, notifications=notifications)
    return {each.address for send in sends(told_of_loss(author, TICKET, GONE_AWAY, organisation)) for each in send.to}


@pytest.mark.parametrize(
    ("notifications", "whom"),
    [
        ((), {DANA}),
        ((Notification(LOST, (OLEG,)),), {DANA, OLEG}),
        ((Notification(LOST, ("assignee", OLEG)),), {DANA, OLEG}),
        ((Notification(LOST, ("assignee",), send="never"),), set()),
        ((Notification(LOST, ("assignee",), send="never"), Notification(LOST, (OLEG,))), {OLEG}),
        ((Notification(LOST, ("assignee",), send="never", category="Sales"),), {DANA}),
        ((Notification(LOST, ("assignee",), send="never", category="billing"),), set()),
        ((Notification(LetterKind.NOTE, ("assignee",), send="never"),), {DANA}),
        ((Notification(LOST, (GONE,)),), {DANA}),
    ],
)
def test_a_configured_notification_adds_readers_and_replaces_the_built_in_one(
    notifications: tuple[Notification, ...], whom: set[str]
) -> None:
    assert told(*notifications) == whom


def test_nobody_is_told_twice_and_the_department_is_its_own_agents_alone() -> None:
    organisation = replace(ORGANISATION, notifications=(Notification(LOST, ("assignee", "department", DANA)),))
    found = [each.address for send in sends(told_of_loss(DANA, TICKET, GONE_AWAY, organisation)) for each in send.to]
    assert len(found) == len(set(found)) > 1
    assert all("support" in agent.departments for each in found if (agent := ORGANISATION.agent(each)) is not None)


def test_where_the_author_has_left_the_tickets_assignee_is_told() -> None:
    assert told(author=GONE) == {OLEG}


def test_template_from_and_delay_are_the_notifications() -> None:
    own = Notification(LOST, ("assignee",), send="delayed", delay=timedelta(minutes=5), template="lost", from_address="sales@desk.test")
    [send] = sends(told_of_loss(DANA, TICKET, GONE_AWAY, replace(ORGANISATION, notifications=(own,))))
    assert (send.template, send.from_address, send.delay, send.why) == (
        "lost",
        "sales@desk.test",
        timedelta(minutes=5),
        "anna@client.test: 550 gone",
    )


def test_a_report_that_comes_later_tells_the_same_people() -> None:
    bounce = Bounce(
        (BounceRecipient("anna@client.test", "failed", "5.1.1", "no such user"),), permanent=True, original_message_id="x@desk.test"
    )
    facts = Facts(tickets=(TICKET,), reported=(SentLetter(31, 42, "anna@client.test", 7, LetterKind.AGENT_REPLY, DANA),))
    organisation = replace(ORGANISATION, notifications=(Notification(LOST, (OLEG,)),))
    decision = decide_on_report(Case(mail(kind="bounce", bounce=bounce), (), "", NOTHING, facts, organisation))
    assert {each.address for send in sends(decision.steps) for each in send.to} == {DANA, OLEG}
