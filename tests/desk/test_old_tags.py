"""Numbers of old desks in subjects, and that they prove as little as ours."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.desk.old_tags import old_number, old_tags, shown
from gateway.desk.thread import Joins, Starts
from gateway.domain.facts import Facts, IdMatch
from tests.desk.test_thread import ANNA, EVE, threaded
from tests.desk.values import ALIGNED, NOTHING, a_ticket, mail


@pytest.mark.parametrize(
    ("subject", "numbers"),
    [
        ("Re: Printer [Ticket#2024001]", ("2024001",)),
        ("[#123456] Printer", ("123456",)),
        ("Re:[## 101 ##] Printer", ("101",)),
        ("[##101##]", ("101",)),
        ("Fwd: [Call#7] then [Ticket#8]", ("8", "7")),
        ("AW: [Заявка #A-17]", ("a-17",)),
        ("[#]", ()),
        ("[Ticket 7]", ()),
        ("Ticket#7", ()),
        ("[" + "a" * 41 + "#7]", ()),
        ("[#" + "7" * 33 + "]", ()),
        ("[[#7]]", ("7",)),
    ],
)
def test_numbers_of_old_desks_in_subjects(subject: str, numbers: tuple[str, ...]) -> None:
    assert old_tags(subject) == numbers


def test_only_the_last_few_are_looked_up_and_a_long_subject_costs_nothing() -> None:
    assert old_tags("".join(f"[#{each}]" for each in range(50))) == tuple(map(str, range(49, 41, -1)))
    assert old_tags("[Ticket" * 20_000) == ()


@pytest.mark.parametrize("written", ["2024001", "#2024001", "Ticket#2024001", "[Ticket#2024001]", " ## 2024001 ## ", "[## 2024001 ##]"])
def test_a_number_is_one_however_it_is_written(written: str) -> None:
    assert old_number(written) == "2024001"


def known_as(*numbers: str, ticket: int = 3, **changes: Any) -> Facts:
    return Facts(id_matches=tuple(IdMatch(shown(each), ticket, "tag") for each in numbers), tickets=(a_ticket(ticket, **changes),))


OLD = mail(subject="Re: Printer [Ticket#2024001]")


def test_a_proven_client_of_the_ticket_joins_by_its_old_number() -> None:
    found = threaded(OLD, ANNA, verdict=ALIGNED, facts=known_as("2024001"))
    assert isinstance(found, Joins)
    assert (found.ticket.number, "as another desk called ticket #3" in found.reason) == (3, True)


@pytest.mark.parametrize(("author", "verdict", "unambiguous"), [(ANNA, NOTHING, True), (EVE, ALIGNED, True), (ANNA, ALIGNED, False)])
def test_an_old_number_alone_proves_nothing_about_who_writes(author: str, verdict: Any, unambiguous: bool) -> None:
    message = replace(OLD, author_unambiguous=unambiguous)
    found = threaded(message, author, verdict=verdict, facts=known_as("2024001"))
    assert (isinstance(found, Starts) and found.related) == 3


def test_an_old_number_in_the_place_of_an_id_is_no_id() -> None:
    """A forger who writes `In-Reply-To: <[#2024001]>` names what the database calls it, and proves as little."""
    for changes in ({"in_reply_to": (shown("2024001"),)}, {"references": (shown("2024001"),)}, {"message_id": shown("2024001")}):
        assert isinstance(threaded(replace(OLD, **changes), EVE, verdict=NOTHING, facts=known_as("2024001")), Starts)


def test_our_own_number_comes_first_where_its_author_takes_part_and_else_the_old_one() -> None:
    message = mail(subject="Re: Printer [#7]")
    both = Facts(id_matches=(IdMatch(shown("7"), 3, "tag"),), tickets=(a_ticket(3), a_ticket(7)))
    ours = threaded(message, ANNA, verdict=ALIGNED, facts=both)
    assert isinstance(ours, Joins)
    assert ours.ticket.number == 7
    others = replace(a_ticket(7), client=replace(a_ticket(7).client, keys=(EVE,)), participants=())
    theirs = threaded(message, ANNA, verdict=ALIGNED, facts=replace(both, tickets=(a_ticket(3), others)))
    assert isinstance(theirs, Joins)
    assert theirs.ticket.number == 3
