"""The *Ratings* page: how content clients are, by month, agent and department, and what they wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

from babel.dates import format_date
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.console.console import Console
from gateway.console.plots import Column, Curve, Frame, Row, columns, curves, rows
from gateway.console.visit import Visit
from gateway.console.words import Words
from gateway.deeds.ratings import Sums, overall, scores_of, sums_by
from gateway.domain.organisation import Organisation
from storage import ratings
from storage.rating_comments import comments
from storage.ratings import Tally

PERIODS: Final = (3, 12, 24, 0)
"""Months to choose from; 0: all there ever were."""
USUAL: Final = 12
PAGE: Final = 20
MOST_COLUMNS: Final = 36
"""Months that are drawn; the table has all."""

Group = Literal["month", "agent", "department"]
GROUPS: Final[tuple[Group, ...]] = ("month", "agent", "department")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of the page asks for. `department` None: all that the operator sees."""

    months: int
    department: str | None
    before: int | None

    def since(self, now: datetime) -> datetime | None:
        """The beginning of the first month, in UTC."""
        if not self.months:
            return None
        first = now.astimezone(UTC).year * 12 + now.astimezone(UTC).month - self.months
        return datetime(first // 12, first % 12 + 1, 1, tzinfo=UTC)


class RatingsPages:
    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        return [self._console.get("/ratings", self.show)]

    async def show(self, visit: Visit) -> Response:
        asked = asked_of(visit)
        theirs = None if visit.operator.all_departments else visit.operator.departments
        since = asked.since(visit.now())
        async with visit.reading("ratings.show") as (session, deed):
            tallies = await ratings.tallies(session, since, theirs if asked.department is None else [asked.department])
            found = await comments(session, PAGE + 1, before=asked.before, since=since, departments=theirs, department=asked.department)
            deed.about("ticket", *(each.number for each in found[:PAGE]))
        older = visit.to("ratings", **query(asked), before=found[PAGE - 1].id) if len(found) > PAGE else None
        newer = visit.to("ratings", **query(asked)) if asked.before is not None else None
        return visit.page(
            "ratings/show.html",
            asked=asked,
            periods=PERIODS,
            departments=departments_of(visit),
            total=overall(tallies),
            scores=levels(scores_of(tallies, visit.organisation), tallies, visit),
            shades=shades(len(scores_of(tallies, visit.organisation))),
            groups=[(each, table(each, tallies, visit)) for each in GROUPS],
            plots=drawn(tallies, visit) if tallies else {},
            comments=found[:PAGE],
            department_name=lambda key: department_name(key, visit.organisation),
            agent_name=lambda address: agent_name(address, visit),
            older=older,
            newer=newer,
        )


def asked_of(visit: Visit) -> Asked:
    """What nobody could mean counts as not asked."""
    given = visit.request.query_params
    months = next((each for each in PERIODS if str(each) == given.get("months")), USUAL)
    department = given.get("department") or None
    if department is not None and not visit.operator.sees(department):
        department = None
    before = given.get("before", "")
    return Asked(months, department, int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None)


def query(asked: Asked) -> dict[str, str | int | None]:
    return {"months": None if asked.months == USUAL else str(asked.months), "department": asked.department}


def departments_of(visit: Visit) -> list[tuple[str, str]]:
    return [(each.key, each.name) for each in visit.organisation.departments if visit.operator.sees(each.key)]


def department_name(key: str | None, organisation: Organisation) -> str:
    """Of one that the configuration has no more, its key."""
    found = organisation.department(key) if key is not None else None
    return found.name if found is not None else key or ""


def agent_name(address: str | None, visit: Visit) -> str:
    if address is None:
        return visit.words("ratings.nobody")
    agent = visit.organisation.agent(address)
    return agent.name if agent is not None else address


def group_name(group: Group, name: str | None, visit: Visit) -> str:
    match group:
        case "month":
            return month_name(name or "", visit.words)
        case "agent":
            return agent_name(name, visit)
        case "department":
            return department_name(name, visit.organisation)


def month_name(month: str, words: Words) -> str:
    """`2026-11` → `Nov 2026`."""
    return format_date(date(int(month[:4]), int(month[5:]), 1), "LLL y", locale=words.language)


def levels(scores: Sequence[int], tallies: Sequence[Tally], visit: Visit) -> list[tuple[int, str, str]]:
    """Score, symbol and name: of a level that is no more, as it was called last."""
    found = []
    for score in scores:
        level = visit.organisation.satisfaction.level(score)
        past = [each.level for each in tallies if each.score == score]
        name = level.name(visit.words.language) if level is not None else past[-1]
        found.append((score, level.symbol if level is not None else "", name))
    return found


def shades(number: int) -> list[int]:
    """As many, from the lowest level's to the highest's."""
    return [round(4 * at / max(1, number - 1)) for at in range(number)]


def table(group: Group, tallies: Sequence[Tally], visit: Visit) -> list[tuple[str, Sums]]:
    """The newest month first."""
    found = [(group_name(group, each.name, visit), each) for each in sums_by(group, tallies)]
    return found[::-1] if group == "month" else found


def drawn(tallies: Sequence[Tally], visit: Visit) -> dict[str, object]:
    """By name. Months without ratings stand among the others: time goes on."""
    words, scores = visit.words, scores_of(tallies, visit.organisation)
    by_month = {each.name or "": each for each in sums_by("month", tallies)}
    months = list(spanned(min(by_month), max(by_month)))[-MOST_COLUMNS:]
    least, most = min(scores), max(scores)
    return {
        "month": columns(
            Frame("by-month", words("ratings.plot_month"), words("ratings.plot_month_text"), words.number, 4.0, shades(len(scores))),
            [month_column(each, by_month.get(each), scores, words, labelled=at % step_of(months) == 0) for at, each in enumerate(months)],
        ),
        "mean": curves(
            Frame("mean", words("ratings.plot_mean"), words("ratings.plot_mean_text"), words.number, float(most)),
            [Curve(tuple(mean_of(by_month.get(each)) for each in months), words("ratings.mean"))],
            [(at / max(1, len(months) - 1), month_name(each, words)) for at, each in enumerate(months) if at % step_of(months) == 0],
        ),
        **{
            group: rows(
                Frame(f"by-{group}", words(f"ratings.plot_{group}"), words(f"ratings.plot_{group}_text"), words.number),
                [row(name, sums, words) for name, sums in table(group, tallies, visit)],
                min(0, least - 1),
                most,
            )
            for group in GROUPS
            if group != "month"
        },
    }


def month_column(month: str, sums: Sums | None, scores: Sequence[int], words: Words, *, labelled: bool) -> Column:
    counts = tuple(float(sums.counts[each]) if sums is not None else 0.0 for each in scores)
    told = words("ratings.told", name=month_name(month, words), n=sums.count, mean=sums.mean) if sums is not None else ""
    return Column(counts, told, month_name(month, words) if labelled else "")


def row(name: str, sums: Sums, words: Words) -> Row:
    assert sums.mean is not None, "a group is of ratings"
    return Row(name, sums.mean, words("ratings.told", name=name, n=sums.count, mean=sums.mean))


def mean_of(sums: Sums | None) -> float | None:
    return None if sums is None else sums.mean


def step_of(months: Sequence[str]) -> int:
    """Between two that are written below: five fit."""
    return max(1, -(-len(months) // 5))


def spanned(first: str, last: str) -> Sequence[str]:
    """All months from one to the other: `2025-12`, `2026-01`."""
    found, at = [first], first
    while at < last:
        after = date(int(at[:4]), int(at[5:]), 1) + timedelta(days=31)
        at = f"{after.year:04}-{after.month:02}"
        found.append(at)
    return found
