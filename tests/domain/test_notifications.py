"""Which configured notification counts for a ticket."""

import pytest

from gateway.domain.language import Language
from gateway.domain.notifications import AUDIENCES, NOTIFIED, STAFF_ALONE, USUAL_AUDIENCE, Notification, chosen
from gateway.domain.states import LetterKind

CLOSED = LetterKind.CLOSED
ANY = Notification(CLOSED, ("client", "anna@staff.test"), template="any")
BILLS = Notification(CLOSED, ("client",), category="Bills", template="bills")
POLISH = Notification(CLOSED, ("client",), language="pl", template="polish")
SALES_BILLS = Notification(CLOSED, ("client",), category="bills", department="sales", template="sales bills")
OTHERS = Notification(LetterKind.RESOLVED, ("client",), template="resolved")
ALL = (ANY, BILLS, POLISH, SALES_BILLS, OTHERS)


@pytest.mark.parametrize(
    ("to", "category", "department", "language", "expected"),
    [
        ("client", None, "support", "en", ANY),
        ("client", "bills", "support", "en", BILLS),
        ("client", "bills", "sales", "en", SALES_BILLS),
        ("client", "other", "sales", "pl", POLISH),
        # Of two that are as narrow, the first of the file.
        ("client", "bills", "support", "pl", BILLS),
        ("anna@staff.test", "bills", "support", "en", ANY),
        ("assignee", None, "support", "en", None),
    ],
)
def test_the_narrowest_that_applies_counts(
    to: str, category: str | None, department: str, language: Language, expected: Notification | None
) -> None:
    assert chosen(ALL, CLOSED, to, category, department, language) is expected


def test_every_event_has_its_usual_audience() -> None:
    assert set(USUAL_AUDIENCE) == set(NOTIFIED)
    assert {to for audience in USUAL_AUDIENCE.values() for to in audience} <= set(AUDIENCES)
    assert not any({"client", "recipients", "cc"} & set(USUAL_AUDIENCE[each]) for each in STAFF_ALONE)
