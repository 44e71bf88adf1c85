"""Which configured notification counts for a ticket."""

import pytest

from gateway.domain.language import Language
from gateway.domain.notifications import AUDIENCES, NOTIFIED, STAFF_ALONE, USUAL_AUDIENCE, Notification
from gateway.domain.states import LetterKind

CLOSED = LetterKind.CLOSED
ANY = Notification(CLOSED, ("client", "anna@staff.test"), template="any")
BILLS = Notification(CLOSED, ("client",), category="Bills", template="bills")
POLISH = Notification(CLOSED, ("client",), language="pl", template="polish")
SALES_BILLS = Notification(CLOSED, ("client",), category="bills", department="sales", template="sales bills")
ALL = (ANY, BILLS, POLISH, SALES_BILLS)


@pytest.mark.parametrize(
    ("category", "department", "language", "expected"),
    [
        (None, "support", "en", [ANY]),
        ("bills", "support", "en", [ANY, BILLS]),
        ("bills", "sales", "en", [ANY, BILLS, SALES_BILLS]),
        ("other", "sales", "pl", [ANY, POLISH]),
        ("BILLS", "support", "pl", [ANY, BILLS, POLISH]),
    ],
)
def test_which_apply_to_a_ticket(category: str | None, department: str, language: Language, expected: list[Notification]) -> None:
    assert [each for each in ALL if each.applies(category, department, language)] == expected


def test_how_narrow_each_is() -> None:
    assert [each.narrowness for each in ALL] == [0, 1, 1, 2]


def test_every_event_has_its_usual_audience() -> None:
    assert set(USUAL_AUDIENCE) == set(NOTIFIED)
    assert {to for audience in USUAL_AUDIENCE.values() for to in audience} <= set(AUDIENCES)
    assert not any({"client", "recipients", "cc"} & set(USUAL_AUDIENCE[each]) for each in STAFF_ALONE)
