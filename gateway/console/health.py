"""The *Health* page: what is amiss and its remedy, what waits, the last day in plots, and the nodes.

Numbers of the whole desk are for those who see all of it; the others read how it fares, and counts of their own departments.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.console.console import Console
from gateway.console.day import Span, hours, quarters, total
from gateway.console.lasting import in_units, lasting, unit_of
from gateway.console.plots import Column, Curve, Frame, columns, curves
from gateway.console.visit import Visit
from gateway.console.words import Words
from gateway.desk.amiss import amiss
from gateway.desk.suppressing import staff_unreached
from gateway.domain.alarms import Alarm, Amiss
from gateway.domain.health import Node, Sample
from gateway.domain.operators import Operator, Right
from gateway.domain.organisation import Agent
from gateway.domain.states import InboundState, OutboxState
from gateway.domain.visible import visible_to
from gateway.letters.alarms import WORDS as ALARMS
from gateway.letters.alarms import in_short
from storage import alarms, health, inbound, outbox
from storage.measuring import Measured, measure
from storage.outbox import Destination, Hold
from storage.watching import look

SILENT_SECONDS: Final = 120.0
"""A node that nothing was heard of for so long is not there, or cut off."""
OF_MAIL: Final = frozenset({Alarm.HELD_MAIL, Alarm.BURIED_MAIL})
"""Alarms that count mail of all departments."""
STALE: Final = timedelta(minutes=5)
"""After which the last sample says that no intake runs."""


@dataclass(frozen=True, slots=True)
class Up:
    """One thing that is amiss, in the reader's words."""

    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the page tells. `samples` are empty for whoever sees only some departments."""

    up: Sequence[Up]
    inbound: Mapping[InboundState, int]
    outbox: Mapping[OutboxState, int]
    measured: Measured
    paused: Hold | None
    destinations: Sequence[Destination]
    automatic: int
    unreached: Sequence[Agent]
    nodes: Sequence[Node]
    samples: Sequence[Sample] = field(default=())


class HealthPages:
    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        return [self._console.get("/health", self.show)]

    async def show(self, visit: Visit) -> Response:
        async with visit.sessions() as session:
            found = await gather(session, visit)
        now = visit.now()
        spans = quarters(found.samples, now)
        return visit.page(
            "health/show.html",
            found=found,
            now=now,
            whole=sees_whole(visit.operator),
            lasting=lambda seconds: lasting(seconds, visit.words),
            silent_after=SILENT_SECONDS,
            standing=bool(found.samples) and now - found.samples[-1].at > STALE,
            rates=[("hour", total(found.samples, now - timedelta(hours=1))), ("day", total(found.samples, now - timedelta(days=1)))],
            hours=hours(spans),
            plots=drawn(spans, visit.words) if found.samples else {},
            budget=visit.organisation.budget.overall_hour,
        )


def sees_whole(operator: Operator) -> bool:
    return operator.all_departments or operator.may(Right.RUN)


async def gather(session: AsyncSession, visit: Visit) -> Found:
    operator, desk = visit.operator, visit.organisation
    whole = sees_whole(operator)
    sees = None if whole else visible_to(operator.departments, desk)
    return Found(
        up=await what_is_up(session, visit, whole=whole),
        inbound=await inbound.waiting_counts(session, sees),
        outbox=await outbox.waiting_counts(session, sees),
        measured=await measure(session),
        paused=await outbox.held(session),
        destinations=[each for each in await outbox.standings(session) if each.down_since is not None],
        automatic=await alarms.letters_of_hour(session),
        unreached=[each for each in await staff_unreached(session, desk) if whole or set(each.departments) & set(operator.departments)],
        nodes=await health.nodes(session),
        samples=await health.samples(session, visit.now() - timedelta(days=1)) if whole else (),
    )


async def what_is_up(session: AsyncSession, visit: Visit, *, whole: bool) -> list[Up]:
    """Of alarms that the watch has put up, as they are now; of one that is over but not taken down yet, as it was."""
    kept = await alarms.up(session)
    if not kept:
        return []
    now = {each.alarm: each for each in amiss(await look(session), visit.organisation.alarms, shadow=visit.organisation.desk.shadow)}
    names = [each for each in Alarm if each in kept and (whole or each not in OF_MAIL)]
    return [told(each, now.get(each), kept[each], visit.words) for each in names]


def told(alarm: Alarm, now: Amiss | None, kept: str, words: Words) -> Up:
    remedy = ALARMS[words.language][alarm].remedy.format(**{"command": ""} | (now.told if now is not None else {}))
    return Up(in_short(now, words.language) if now is not None else kept, remedy)


def drawn(spans: Sequence[Span], words: Words) -> dict[str, object]:
    def counted(name: str, value: Callable[[Span], tuple[float, ...]], key: str) -> object:
        frame = Frame(f"plot-{name}", words(f"health.plot_{name}"), words(f"health.plot_{name}_text"), words.number, 4.0)
        return columns(frame, [column(each, value(each), key, words) for each in spans])

    return {
        "arrived": counted("arrived", lambda span: (span.arrived,), "health.told_arrived"),
        "sent": counted("sent", lambda span: (span.sent,), "health.told_sent"),
        "failed": counted("failed", lambda span: (span.buried, span.failed), "health.told_failed"),
        "waiting": ages(spans, words),
    }


def column(span: Span, parts: tuple[float, ...], key: str, words: Words) -> Column:
    at = clock(span)
    label = at if span.begin.minute == 0 and span.begin.hour % 6 == 0 else ""
    if not span.known:
        return Column(None, words("health.told_unknown", at=at), label)
    return Column(parts, words(key, at=at, n=int(sum(parts))), label)


def ages(spans: Sequence[Span], words: Words) -> object:
    """In the unit of the longest: the axis has round numbers of it."""
    unit, length = unit_of(max(max(each.inbound_seconds, each.outbox_seconds) for each in spans))
    frame = Frame(
        "plot-waiting", words("health.plot_waiting"), words("health.plot_waiting_text"), lambda number: in_units(number, unit, words), 4.0
    )
    curves_of = (
        ("health.of_mail", [each.inbound_seconds / length if each.known else None for each in spans]),
        ("health.of_letters", [each.outbox_seconds / length if each.known else None for each in spans]),
    )
    labels = [
        ((at + 0.5) / len(spans), clock(each)) for at, each in enumerate(spans) if each.begin.minute == 0 and each.begin.hour % 6 == 0
    ]
    return curves(frame, [Curve(tuple(points), words(key)) for key, points in curves_of], labels)


def clock(span: Span) -> str:
    return span.begin.strftime("%H:%M")
