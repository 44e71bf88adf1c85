"""A parsed file → its settings, or every fault in it at once.

Faults within sections come from pydantic, faults between them from `checks`. So that both are told together, the faulty keys are taken
out of a copy, and the rest is compared.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from gateway.config.advice import misgivings
from gateway.config.disagreements import disagreements
from gateway.config.faults import Fault, fault_at, field_at, sentences, value_at
from gateway.config.lines import Location
from gateway.config.section import Surroundings, section_of
from gateway.config.settings import Settings

NOBODY: Final = "@nobody.invalid"
PASSES: Final = 8
"""Each takes out what the one before it laid bare: a key, then what its table then lacks."""


@dataclass(frozen=True, slots=True)
class Examined:
    """`settings` is None if and only if there are faults."""

    settings: Settings | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def examine(document: Mapping[str, Any], surroundings: Surroundings) -> Examined:
    """Reads the document, as tomllib gives it; never raises for what stands in it."""
    try:
        settings = Settings.read(document, surroundings)
    except ValidationError as error:
        within = sentences(Settings, error)
        found = [*within, *_between(document, surroundings, error)]
    else:
        found = list(disagreements(settings, frozenset()))
        if not found:
            warnings = tuple(fault_at(Settings, document, location, told) for location, told in misgivings(settings))
            return Examined(settings, (), warnings)
    once = dict(reversed(found))  # of two about one key, the first
    return Examined(None, tuple(fault_at(Settings, document, location, told) for location, told in once.items()), ())


def _between(document: Mapping[str, Any], surroundings: Surroundings, error: ValidationError) -> list[tuple[Location, str]]:
    """What sections disagree on, apart from what is at fault already."""
    rest: dict[str, Any] = copy.deepcopy(dict(document))
    at_fault: set[Location] = set()
    for _ in range(PASSES):
        faulty = [each["loc"] for each in error.errors(include_url=False, include_input=False, include_context=False)]
        at_fault.update(faulty)
        for location in dict.fromkeys(map(_whole_key, faulty)):
            _take_out(rest, location)
        try:
            settings = Settings.read(rest, surroundings)
        except ValidationError as next_error:
            error = next_error
            continue
        dotted = frozenset(".".join(each for each in location if isinstance(each, str)) for location in at_fault)
        return [problem for problem in disagreements(settings, dotted) if not _holds_a_fault(problem[0], at_fault)]
    return []


def _holds_a_fault(location: Location, at_fault: set[Location]) -> bool:
    """What is said of a table as a whole may come of what was taken out of it."""
    return any(each[: len(location)] == location for each in at_fault)


def _take_out(document: dict[str, Any], location: Location) -> None:
    """Removes a faulty key, so that its default stands in; one that is missing gets an address that is nobody's.

    Where an address will not do, its table goes.
    """
    parent, last = value_at(document, location[:-1]), location[-1]
    match parent:
        case list() if isinstance(last, int):
            parent[last] = {}
        case dict() if str(parent.get(last)).endswith(NOBODY):
            _take_out(document, location[:-1])
        case dict() if last in parent:
            del parent[last]
        case dict():
            parent[last] = f"{'-'.join(map(str, location[:-1]))}{NOBODY}"


def _whole_key(location: Location) -> Location:
    """Of an item of a plain list, the list: without one item, the others would change places."""
    field = field_at(Settings, location)
    in_plain_list = isinstance(location[-1], int) and field is not None and section_of(field.annotation) is None
    return location[:-1] if in_plain_list else location
