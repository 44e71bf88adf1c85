"""Rules on tickets that there are: what they see, whom they tell, and when the client hears nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.desk.notify import Occasion
from gateway.desk.on_tickets import hours_asked, letters_of, seen_on_ticket, why_silent_on
from gateway.desk.rules import Matched, evaluate
from gateway.domain.actor import SYSTEM
from gateway.domain.facts import Participant
from gateway.domain.firing import LastMail
from gateway.domain.organisation import Budget
from gateway.domain.rules import (
    Actions,
    AllOf,
    AuthorIs,
    CategoryIs,
    Condition,
    Contains,
    DepartmentIs,
    GatewayIs,
    Glob,
    IsAssigned,
    LanguageIs,
    Not,
    PriorityIs,
    Rule,
    StatusIs,
    SubjectHas,
    TagIs,
    Unanswered,
)
from gateway.domain.states import EventKind, LetterKind, Priority, Status
from gateway.domain.steps import Addressee, Note, Send
from tests.desk.values import ORGANISATION, a_ticket

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOME = Participant("anna@home.test", "Anna@home.test", "Anna", "requester")
TICKET = a_ticket(7, category="Bugs", priority=Priority.HIGH, tags=("vip",), participants=(HOME,))
MAIL = LastMail("message", "anna@client.test", disowned=False, silenced=None)
BY_CLIENT = Occasion(SYSTEM, by_mail=True)


@pytest.mark.parametrize(
    "condition",
    [
        StatusIs((Status.OPEN,)),
        CategoryIs(("bugs",)),
        PriorityIs((Priority.HIGH,)),
        TagIs(("VIP",)),
        IsAssigned(False),
        DepartmentIs(("support",)),
        GatewayIs((Glob("support@*"),)),
        AuthorIs((Glob("*@home.test"),)),
        Not(AuthorIs((Glob("*@client.test"),))),
        SubjectHas((Contains("fire"),)),
        LanguageIs(("en",)),
        Unanswered(4),
        Not(Unanswered(5)),
    ],
)
def test_a_rule_sees_the_ticket_as_it_stands(condition: Condition) -> None:
    seen = seen_on_ticket(TICKET, EventKind.TAGGED, NOW, timedelta(hours=4))
    rules = (Rule("it", EventKind.TAGGED, condition), Rule("other", EventKind.ASSIGNED, condition))
    assert [each.rule for each in evaluate(rules, seen).matched] == ["it"]


def matched(**actions: object) -> tuple[Matched, ...]:
    return (Matched("overdue", "it has waited", Actions(**actions)), Matched("other", "so it is", Actions(category="Bugs")))  # type: ignore[arg-type]


def test_agents_are_told_which_rule_named_them_in_their_language() -> None:
    actions = Actions(notify=("dana@staff.test", "oleg@staff.test", "ina@staff.test"))
    dana, oleg = letters_of(actions, matched(notify=actions.notify), TICKET, BY_CLIENT, ORGANISATION)
    assert dana == Send(
        LetterKind.NOTE,
        (Addressee("Dana Agent", "dana@staff.test", "dana@staff.test"),),
        "en",
        staff=True,
        about="nothing",
        why="overdue: it has waited",
    )
    assert isinstance(oleg, Send)
    assert (oleg.language, [each.address for each in oleg.to]) == ("ru", ["oleg@staff.test"])


@pytest.mark.parametrize("by_mail", [True, False])
def test_the_client_is_answered_where_the_ticket_was_opened_from(by_mail: bool) -> None:
    found = letters_of(Actions(answer="soon"), matched(), TICKET, Occasion(SYSTEM, by_mail=by_mail), ORGANISATION)
    to = (Addressee("Anna", "Anna@home.test"),)
    assert found == (Send(LetterKind.REGISTERED, to, "en", about="nothing", template="soon", caused_by_mail=by_mail),)


def test_an_answer_that_is_kept_back_is_told_of() -> None:
    found = letters_of(Actions(answer="soon"), matched(), TICKET, replace(BY_CLIENT, silence="enough"), ORGANISATION)
    assert found == (Note(EventKind.SILENCED, {"kind": LetterKind.REGISTERED, "why": "enough"}),)


@pytest.mark.parametrize("status", [Status.SPAM, Status.TRASH])
def test_nobody_is_answered_on_a_ticket_that_is_out_of_sight(status: Status) -> None:
    assert letters_of(Actions(answer="soon"), matched(), replace(TICKET, status=status), BY_CLIENT, ORGANISATION) == ()


@pytest.mark.parametrize(
    ("mail", "answered", "spent", "why"),
    [
        (None, 0, None, None),
        (MAIL, 0, None, None),
        (MAIL, 9, None, None),
        (replace(MAIL, kind="auto_reply"), 0, None, "the client's last mail is read as auto reply"),
        (replace(MAIL, reverse_path=""), 0, None, "the client's last mail came with the null reverse-path"),
        (replace(MAIL, disowned=True), 0, None, "its author's domain disowns the client's last mail (DMARC fail)"),
        (replace(MAIL, silenced="a list sent it"), 0, None, "a list sent it"),
        (MAIL, 10, None, "the day's budget of 10 automatic letters for one ticket is spent"),
        (None, 10, "all is spent", "the day's budget of 10 automatic letters for one ticket is spent"),
        (MAIL, 0, "all is spent", "all is spent"),
    ],
)
def test_what_forbids_an_automatic_letter(mail: LastMail | None, answered: int, spent: str | None, why: str | None) -> None:
    assert why_silent_on(mail, replace(TICKET, answered_today=answered), spent, Budget()) == why


@pytest.mark.parametrize(
    ("condition", "hours"),
    [
        (AllOf(), 0),
        (Unanswered(4), 4),
        (AllOf((DepartmentIs(("support",)), Unanswered(1.5))), 1.5),
        (AllOf((Unanswered(1), AllOf((Unanswered(3),)))), 3),
        (Not(Unanswered(4)), 0),
    ],
)
def test_how_long_a_client_must_have_waited(condition: Condition, hours: float) -> None:
    assert hours_asked(condition) == hours
