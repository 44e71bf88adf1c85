"""`--map THEIRS=OURS`: what an operator says another desk's words mean here. PURE."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from gateway.desk.importing.desks import PRIORITIES, STATUSES, ArticleColumn, Column
from gateway.desk.importing.table import heading_key
from gateway.domain.organisation import Agent, Organisation
from gateway.domain.states import Priority, Status
from gateway.mail.address import address_key

Kind = Literal["status", "priority", "department", "assignee", "column"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
NAMES: Final = frozenset((*get_args(Column), *get_args(ArticleColumn)))
# Zammad's groups may be called `Sales::East`.
_KIND: Final = re.compile(rf"({'|'.join(KINDS)}):(?!:)(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class WrongMap:
    """Why what was given cannot be understood."""

    why: str


@dataclass(frozen=True, slots=True)
class Words:
    """Their words, without case, by what they say; the values are ours. `default` is the department of what no word says."""

    organisation: Organisation
    said: Mapping[Kind, Mapping[str, str]] = field(default_factory=dict)
    default: str | None = None

    def column_names(self) -> Mapping[str, str]:
        return self.said.get("column", {})

    def status(self, word: str) -> Status | None:
        ours = self._of("status", word)
        return Status(ours) if ours is not None else STATUSES.get(plain(word))

    def priority(self, word: str) -> Priority | None:
        ours = self._of("priority", word)
        return Priority(ours) if ours is not None else PRIORITIES.get(plain(word))

    def department(self, word: str) -> str | None:
        """By what was said, its key or name; of a group within groups the last part may be meant."""
        if (ours := self._of("department", word)) is not None:
            return ours
        for name in (plain(word), plain(re.split(r"::| / ", word)[-1])):
            for each in self.organisation.departments:
                if name and name in (plain(each.key), plain(each.name)):
                    return each.key
        return self.default

    def agent(self, word: str) -> Agent | Literal["nobody"] | None:
        """By what was said, an address of theirs, or their name, whichever part comes first."""
        ours = self._of("assignee", word)
        if ours == "":
            return "nobody"
        if (found := self.organisation.agent(address_key(ours or word))) is not None:
            return found
        last, _, first = word.partition(",")
        names = {plain(word), plain(f"{first} {last}"), plain(" ".join(reversed(word.split())))}
        fitting = [each for each in self.organisation.agents if plain(each.name) in names]
        return fitting[0] if len(fitting) == 1 else None

    def _of(self, kind: Kind, word: str) -> str | None:
        return self.said.get(kind, {}).get(plain(word))


def plain(word: str) -> str:
    return " ".join(word.split()).casefold()


def read_words(given: Iterable[str], default: str | None, organisation: Organisation) -> Words | WrongMap:
    """Each is `THEIRS=OURS` or `KIND:THEIRS=OURS`. Without a kind it is said of every kind that has such a value."""
    if default is not None and organisation.department(default) is None:
        return WrongMap(f"--department {default}: no such department; the configuration has {departments(organisation)}")
    said: dict[Kind, dict[str, str]] = {}
    for each in given:
        theirs, equals, ours = each.rpartition("=")
        named = _KIND.fullmatch(theirs)
        theirs, ours = (named[2] if named else theirs).strip(), ours.strip()
        if not equals or not theirs:
            return WrongMap(f"--map {each}: THEIRS=OURS is expected, such as --map 'Waiting for parts=pending'")
        asked: tuple[Kind, ...] = (named[1],) if named else KINDS  # type: ignore[assignment]
        fitting = [kind for kind in asked if is_ours(kind, ours, organisation)]
        if not fitting:
            return WrongMap(f"--map {each}: {ours or 'nothing'} is {nothing_of_ours(asked, organisation)}")
        for kind in fitting:
            said.setdefault(kind, {})[heading_key(theirs) if kind == "column" else plain(theirs)] = ours
    return Words(organisation, said, default)


def is_ours(kind: Kind, ours: str, organisation: Organisation) -> bool:
    match kind:
        case "status":
            return ours in set(Status)
        case "priority":
            return ours in set(Priority)
        case "department":
            return organisation.department(ours) is not None
        case "assignee":
            return ours == "" or organisation.agent(address_key(ours)) is not None
        case "column":
            return ours in NAMES


def nothing_of_ours(kinds: tuple[Kind, ...], organisation: Organisation) -> str:
    agents = ", ".join(each.address for each in organisation.agents) or "none"
    known: dict[Kind, str] = {
        "status": f"no status ({', '.join(Status)})",
        "priority": f"no priority ({', '.join(Priority)})",
        "department": f"no department ({departments(organisation)})",
        "assignee": f"no agent ({agents})",
        "column": f"no column ({', '.join(sorted(NAMES))})",
    }
    return ", ".join(known[each] for each in kinds)


def departments(organisation: Organisation) -> str:
    return ", ".join(each.key for each in organisation.departments)
