"""What the operator of a visit may see, as storage asks for it; and the numbers and pages that addresses name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from gateway.console.console import Absent
from gateway.console.visit import Visit
from gateway.domain.visible import Visible, visible_to

LARGEST: Final = 2**63 - 1
PAGE: Final = 50


def sees(visit: Visit) -> Visible | None:
    operator = visit.operator
    return visible_to(None if operator.all_departments else operator.departments, visit.organisation)


def number_in(visit: Visit, name: str = "number") -> int:
    """Of the address's path."""
    number: int = visit.request.path_params[name]
    if number > LARGEST:
        raise Absent
    return number


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a list by id, the latest first, a page begins: behind `before`, or ahead of `after`."""

    before: int | None = None
    after: int | None = None


def place_in(request: Request) -> Place:
    return Place(asked_number(request, "before"), asked_number(request, "after"))


def asked_number(request: Request, name: str) -> int | None:
    """Of a parameter; None for one that is no number."""
    given = request.query_params.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and int(given) <= LARGEST else None


def asked(request: Request, name: str, most: int = 1000) -> str:
    return " ".join(request.query_params.get(name, "").replace("\0", "").split())[:most]


@dataclass(frozen=True, slots=True)
class Turn:
    """`rows` are those of the page; `newer` and `older` are ids to go on from, None where there is nothing more."""

    rows: slice
    newer: int | None
    older: int | None


def turned(ids: Sequence[int], place: Place) -> Turn:
    """`ids` are a list's as it was read, the latest first: one more than `PAGE` where there is more in the direction of reading."""
    more = len(ids) > PAGE
    if place.after is not None:
        rows = ids[-PAGE:]
        return Turn(slice(len(ids) - len(rows), None), rows[0] if more else None, rows[-1] if rows else None)
    rows = ids[:PAGE]
    return Turn(slice(0, PAGE), rows[0] if rows and place.before is not None else None, rows[-1] if more else None)
