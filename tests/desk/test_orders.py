"""What the commands of a mail order, and why one is refused (O1–O9, B2, B3)."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.desk.colleagues import colleague
from gateway.desk.orders import Orders, read_orders, ticket_number, tickets_named
from gateway.domain.commands import CommandName, Problem
from gateway.domain.facts import Facts
from gateway.domain.organisation import Agent, CannedReply, Department, Gateway
from gateway.domain.states import Priority, Status
from gateway.domain.steps import AddCc, AddTags, Assign, Person, SetCategory, SetDepartment, SetPriority, SetStatus, SetSubject
from gateway.mail.message import Body
from tests.desk.values import ORGANISATION, a_ticket

BOTH = ("support", "sales")
DESK = replace(
    ORGANISATION,
    departments=(Department("support", "Support"), Department("sales", "Отдел продаж"), Department("lab", "Lab")),
    gateways=(*ORGANISATION.gateways, Gateway("hardware@desk.test", "Hardware", "support", category="Hardware")),
    agents=(
        Agent("Dana Agent", "dana@staff.test", BOTH, aliases=("dana@home.test",)),
        Agent("Семён Королёв", "semyon@staff.test", BOTH),
        Agent("Łukasz Żółć", "lukasz@staff.test", ("support",)),
        Agent("Jan Kowalski", "jan1@staff.test", ("support",)),
        Agent("Jan Kowalski", "jan2@staff.test", BOTH),
        Agent("Zoë Quill", "zoe@staff.test", ("support",)),
        Agent("Zoe Quill", "zoe2@staff.test", ("sales",)),
        Agent("Ina Gone", "ina@staff.test", BOTH, active=False),
    ),
    canned_replies=(
        CannedReply("Hello", "For everyone.", everyone=True),
        CannedReply("hello", "For support.", department="support"),
        CannedReply("Mine", "Dana's own.", agent="dana@staff.test"),
        CannedReply("Other", "Another's.", agent="zoe@staff.test"),
    ),
)
DANA = DESK.agents[0]
TICKET = a_ticket(7)
OTHERS = a_ticket(9, client=replace(TICKET.client, id=2, keys=("boris@client.test",)))


def ordered(commands: str, organisation: Any = DESK, signature: str = "", **changes: Any) -> Orders:
    values: dict[str, Any] = {
        "agent": DANA,
        "department": "support",
        "ticket": TICKET,
        "facts": Facts(tickets=(TICKET, a_ticket(8), OTHERS)),
    }
    return read_orders(Body(commands, commands, signature=signature), organisation=organisation, **{**values, **changes})


@pytest.mark.parametrize(
    ("commands", "settings"),
    [
        ("@closed", (SetStatus(Status.CLOSED),)),
        ("@в работе", (SetStatus(Status.OPEN),)),
        ("@closed\n@spam", (SetStatus(Status.SPAM),)),
        ("@me", (Assign("dana@staff.test"),)),
        ("@assignee dana@HOME.test", (Assign("dana@staff.test"),)),
        ("@assignee zoe@staff.test<mailto:zoe@staff.test>", (Assign("zoe@staff.test"),)),
        ("@assignee КОРОЛЕВ семен", (Assign("semyon@staff.test"),)),
        ("@assignee lukasz zolc", (Assign("lukasz@staff.test"),)),
        ("@assignee Zoë Quill", (Assign("zoe@staff.test"),)),
        ("@me\n@assignee semyon@staff.test", (Assign("semyon@staff.test"),)),
        ("@subject A new\tone", (SetSubject("A new one"),)),
        ("@priority URGENT", (SetPriority(Priority.URGENT),)),
        ("@приоритет низкий", (SetPriority(Priority.LOW),)),
        ("@category hardware", (SetCategory("Hardware"),)),
        ("@category Whatever else", (SetCategory("Whatever else"),)),
        ("@department SALES", (SetDepartment("sales"),)),
        ("@отдел отдел Продаж", (SetDepartment("sales"),)),
        ("@assignee jan kowalski\n@department sales", (SetDepartment("sales"), Assign("jan2@staff.test"))),
        ("@tags a, B,a , b\n@tags A, c", (AddTags(("a", "B", "c")),)),
        ("@cc x@y.test; x@Y.test, Z <z@y.test>", (AddCc((Person("", "x@y.test"), Person("", "z@y.test"))),)),
    ],
)
def test_what_is_ordered(commands: str, settings: tuple[Any, ...]) -> None:
    orders = ordered(commands)
    assert (orders.settings, orders.refused, orders.reply) == (settings, (), "")


@pytest.mark.parametrize(
    ("commands", "problem", "details"),
    [
        ("@assignee Nobody Known", Problem.UNKNOWN_AGENT, ()),
        ("@assignee nobody@staff.test", Problem.UNKNOWN_AGENT, ()),
        ("@assignee Jan Kowalski", Problem.AMBIGUOUS_AGENT, ("Jan Kowalski <jan1@staff.test>", "Jan Kowalski <jan2@staff.test>")),
        ("@assignee Ina Gone", Problem.INACTIVE_AGENT, ("Ina Gone <ina@staff.test>",)),
        ("@assignee zoe2@staff.test", Problem.AGENT_ELSEWHERE, ("Zoe Quill <zoe2@staff.test>", "support")),
        ("@priority soon", Problem.UNKNOWN_PRIORITY, ("low", "normal", "high", "urgent")),
        ("@department kitchen", Problem.UNKNOWN_DEPARTMENT, ("Support", "Отдел продаж", "Lab")),
        ("@template other", Problem.UNKNOWN_TEMPLATE, ("Mine", "hello")),
        ("@from boss@elsewhere.test", Problem.FROM_NOT_ALLOWED, ("support@desk.test", "hardware@desk.test")),
        ("@from sales@desk.test", Problem.FROM_NOT_ALLOWED, ("support@desk.test", "hardware@desk.test")),
        ("@merge seven", Problem.NOT_A_NUMBER, ()),
        ("@merge 0", Problem.NOT_A_NUMBER, ()),
        ("@merge 7", Problem.SAME_TICKET, ()),
        ("@merge 77", Problem.UNKNOWN_TICKET, ()),
        ("@merge 9", Problem.OTHER_CLIENT, ()),
        ("@cc support@desk.test", Problem.OWN_ADDRESS, ("support@desk.test",)),
        ("@to a@@b", Problem.BAD_ADDRESS, ("a@@b",)),
        (f"@subject {'long' * 200}", Problem.TOO_LONG, ("500",)),
        (f"@category {'long' * 50}", Problem.TOO_LONG, ("100",)),
        ("@cc " + ",".join(f"a{each}@y.test" for each in range(51)), Problem.TOO_MANY, ("50",)),
        ("@tags " + ",".join(f"t{each}" for each in range(51)), Problem.TOO_MANY, ("50",)),
        ("@closed now", Problem.UNWANTED_VALUE, ()),
        ("@subject", Problem.MISSING_VALUE, ()),
        ("@cc  a@b.test", Problem.SPACING, ()),
    ],
)
def test_what_is_refused_and_why(commands: str, problem: Problem, details: tuple[str, ...]) -> None:
    orders = ordered(f"Words.\n{commands}")
    assert [(each.problem, each.details) for each in orders.refused] == [(problem, details)]
    assert (orders.settings, orders.obeyed, orders.to) == ((), (), None)
    assert orders.reply == "Words.", "it is not sent to the client"


def test_of_a_list_with_one_bad_address_the_good_ones_act() -> None:
    orders = ordered("@bcc a@b.test, worse@@, c@d.test, support@desk.test")
    assert [each.address for each in orders.bcc] == ["a@b.test", "c@d.test"]
    assert [(each.problem, each.details) for each in orders.refused] == [
        (Problem.BAD_ADDRESS, ("worse@@",)),
        (Problem.OWN_ADDRESS, ("support@desk.test",)),
    ]


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        ("Bye.\n@template HELLO", "For support.\n\nBye."),
        ("@template mine", "Dana's own."),
        ("Bye.\n@template hello\n@department sales", "For everyone.\n\nBye."),
        ("Bye.", "Bye."),
    ],
)
def test_a_canned_reply_stands_above_the_text_or_instead_of_it(commands: str, words: str) -> None:
    assert ordered(commands).words == words


def test_merging_needs_both_departments_and_across_clients_the_setting() -> None:
    assert ordered("@merge #8").merge_into == 8
    elsewhere = Facts(tickets=(TICKET, a_ticket(8, department="lab")))
    assert [each.problem for each in ordered("@merge 8", facts=elsewhere).refused] == [Problem.OTHER_DEPARTMENT]
    allowed = replace(DESK, desk=replace(DESK.desk, merge_across_clients=True))
    assert ordered("@merge 9", allowed).merge_into == 9
    gone = Facts(tickets=(TICKET, a_ticket(6, merged_into=8), a_ticket(8)))
    assert ordered("@merge 6", facts=gone).merge_into == 8, "a merged ticket leads to the one that lives on"
    assert [each.problem for each in ordered("@merge 6", facts=Facts(tickets=(TICKET, a_ticket(6, merged_into=7)))).refused] == [
        Problem.SAME_TICKET
    ]


@pytest.mark.parametrize("kept", ["@note they lie", "@private"])
def test_what_may_hold_a_note_is_withheld_with_all_its_commands(kept: str) -> None:
    orders = ordered(f"Dear Anna,\n{kept}\nas I said.\n@closed\n@bcc spy@y.test")
    assert orders.withheld
    assert (orders.settings, orders.notes, orders.bcc) == ((), (), ())
    assert {each.problem for each in orders.refused} == {Problem.WITHHELD}
    assert len(orders.refused) == 3


def test_anything_else_with_text_below_is_text() -> None:
    orders = ordered("Dear Anna,\n@closed\nis what I want to write about.")
    assert (orders.withheld, orders.settings) == (False, ())
    assert orders.reply == orders.words == "Dear Anna,\n@closed\nis what I want to write about."
    assert [(each.name, each.problem) for each in orders.refused] == [(CommandName.CLOSED, Problem.TEXT_BELOW)]


def test_numbers_of_tickets() -> None:
    found = [ticket_number(each) for each in ("12", "#12", "", "#", "-1", "1 2", "٣", "9" * 30, "1e3")]
    assert found == [12, 12, None, None, None, None, None, None, None]
    assert tickets_named("Hello.\n@merge 5\n@объединить #6\n@merge x", DESK) == (5, 6)
    assert tickets_named("Hello @merge 5", DESK) == ()


def test_two_namesakes_of_whom_one_may_have_the_ticket() -> None:
    found = colleague("Kowalski Jan", "sales", DESK)
    assert isinstance(found, Agent)
    assert found.address == "jan2@staff.test"


@pytest.mark.parametrize(
    ("signature", "problem", "withheld"),
    [
        ("-- \nDana\n@closed", Problem.IN_SIGNATURE, False),
        ("-- \nDana\n\n@note they lie", Problem.WITHHELD, True),
        ("-- \nDana\n@private\nTel. 1", Problem.WITHHELD, True),
    ],
)
def test_a_command_in_the_signature_is_told_of_and_a_note_there_is_kept_back(signature: str, problem: Problem, withheld: bool) -> None:
    orders = ordered("Done.", signature=signature)
    assert [each.problem for each in orders.refused] == [problem]
    assert (orders.withheld, orders.unsigned or orders.withheld, orders.settings) == (withheld, True, ())
    assert not ordered("Done.", signature="-- \nDana\n@dana_on_the_net dana@staff.test").refused


def test_a_mail_of_nothing_but_commands_makes_no_more_rows_than_the_bound() -> None:
    orders = ordered("\n".join(["@me"] * 5000 + ["@closed now"] * 5000))
    assert (len(orders.obeyed), len(orders.refused), orders.reply) == (100, 100, "")
