"""Plots as SVG: each with a title and a description in words, and without styles of its own, which the policy of our pages forbids. PURE.

A plot never says anything alone: the page has the same in a table. Shapes differ besides their colours, and each carries its value as a
title of its own, which browsers show beside the pointer.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

from markupsafe import Markup

WIDTH: Final = 360.0
HEIGHT: Final = 170.0
LEFT: Final = 44.0
"""Room for the axis' numbers."""
RIGHT: Final = 6.0
TOP: Final = 8.0
BOTTOM: Final = 20.0
"""Room for what stands below."""
STEPS: Final = 5
"""Lines across, at most, above the one at nought."""
WIDEST: Final = 48.0
"""Of a column: a few of them shall not look like a wall."""
ALONE: Final = 8.0
"""The length of a line that has one point."""
ROW: Final = 26.0
"""Height of one row of `rows`."""


@dataclass(frozen=True, slots=True)
class Frame:
    """`name` is unique on the page; `number` writes what stands beside the axis."""

    name: str
    title: str
    description: str
    number: Callable[[float], str]
    least_top: float = 1.0
    """The axis reaches this far at least: where nothing happened, nothing looks like much."""
    shades: Sequence[int] = ()
    """Of parts, in the place of their numbers, where they have an order that colours repeat: 0 to 4."""


@dataclass(frozen=True, slots=True)
class Column:
    """`parts` stand on top of each other, the first one below; None: nothing is known of it. `told` is the whole in words, `label` what
    stands below it, if anything."""

    parts: tuple[float, ...] | None
    told: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """`points` at equal distances; None: nothing is known there, and the line is broken."""

    points: tuple[float | None, ...]
    told: str


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    value: float
    told: str


def top_of(values: Sequence[float], least: float = 1.0) -> tuple[float, float]:
    """Where the axis ends, and the step between two lines across: 1, 2 or 5 times a power of ten."""
    most = max((*values, least))
    rough = most / STEPS
    power = 10.0 ** floor(log10(rough))
    step = next(power * each for each in (1.0, 2.0, 5.0, 10.0) if power * each * STEPS >= most * (1 - 1e-9))
    return step * max(1, ceil(most / step - 1e-9)), step


def columns(frame: Frame, found: Sequence[Column]) -> Markup:
    """A column each, of parts in the classes `part-0`, `part-1` and so on."""
    top, step = top_of([sum(each.parts or ()) for each in found], frame.least_top)
    wide = (WIDTH - LEFT - RIGHT) / max(1, len(found))
    shapes = [shape for at, each in enumerate(found) for shape in column(frame, each, LEFT + at * wide, wide, top)]
    labels = [label(LEFT + (at + 0.5) * wide, each.label) for at, each in enumerate(found) if each.label]
    return drawing(frame, [*axis(frame, top, step), *shapes, *labels])


def column(frame: Frame, found: Column, left: float, wide: float, top: float) -> Iterator[Markup]:
    thick = min(WIDEST, wide - min(2.0, wide * 0.15))
    if found.parts is None:
        yield titled(rectangle("unknown", left, TOP, wide, HEIGHT - TOP - BOTTOM), found.told)
        return
    shapes, below = Markup(), 0.0
    for number, part in enumerate(found.parts):
        if part > 0:
            high, low = height(below + part, top), height(below, top)
            shade = frame.shades[number] if frame.shades else number
            shapes += rectangle(f"part-{shade}", left + (wide - thick) / 2, high, thick, low - high) + Markup("</rect>")
            below += part
    if shapes:
        yield Markup("<g><title>{}</title>{}</g>").format(found.told, shapes)


def curves(frame: Frame, found: Sequence[Curve], labels: Sequence[tuple[float, str]]) -> Markup:
    """Lines of the classes `curve-0` and so on. `labels` stand below, at fractions of the width."""
    top, step = top_of([point for each in found for point in each.points if point is not None], frame.least_top)
    lines = [line for number, each in enumerate(found) for line in curve(each, number, top)]
    return drawing(frame, [*axis(frame, top, step), *lines, *(label(across(at), told) for at, told in labels)])


def curve(found: Curve, number: int, top: float) -> Iterator[Markup]:
    last = max(1, len(found.points) - 1)
    for run in runs(found.points):
        places = [(across(at / last), height(value, top)) for at, value in run]
        if len(places) == 1:
            # A line of one point is not drawn: it is given a length, as far as there is room.
            [(x, y)] = places
            length = min(ALONE, across(1 / last) - across(0))
            begins = min(x, across(1) - length)
            places = [(begins, y), (begins + length, y)]
        points = " ".join(f"{written(x)},{written(y)}" for x, y in places)
        yield Markup('<polyline class="curve-{}" points="{}"><title>{}</title></polyline>').format(number, points, found.told)


def runs(points: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    """Neighbours that are known, with their places."""
    run: list[tuple[int, float]] = []
    for at, value in enumerate(points):
        if value is not None:
            run.append((at, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def rows(frame: Frame, found: Sequence[Row], least: float, most: float) -> Markup:
    """A bar across each, from `least` to its value, and its name above it: names are as long as they are."""
    span = max(most - least, 1e-9)
    shapes = []
    for at, each in enumerate(found):
        below = at * ROW
        full = WIDTH - LEFT
        share = min(1.0, max(0.0, (each.value - least) / span))
        shapes += [
            Markup('<text class="name" x="0" y="{}">{}</text>').format(written(below + 11), each.name),
            rectangle("whole", 0, below + 15, full, 7) + Markup("</rect>"),
            titled(rectangle("bar", 0, below + 15, full * share, 7), each.told),
            Markup('<text class="value" x="{}" y="{}">{}</text>').format(written(full + 4), written(below + 22), frame.number(each.value)),
        ]
    return drawing(frame, shapes, len(found) * ROW)


def axis(frame: Frame, top: float, step: float) -> Iterator[Markup]:
    for number in range(round(top / step) + 1):
        value = number * step
        y = written(height(value, top))
        kind = "across" if number else "ground"
        yield Markup('<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(kind, written(LEFT), written(WIDTH - RIGHT), y, y)
        told = written(height(value, top) + 3.5)
        yield Markup('<text class="axis" x="{}" y="{}">{}</text>').format(written(LEFT - 4), told, frame.number(value))


def label(x: float, told: str) -> Markup:
    """Within the picture: those at its edges do not stand out of it."""
    anchor = "start" if x < LEFT + 12 else "end" if x > WIDTH - RIGHT - 12 else "middle"
    return Markup('<text class="below {}" x="{}" y="{}">{}</text>').format(anchor, written(x), written(HEIGHT - 6), told)


def across(fraction: float) -> float:
    return LEFT + fraction * (WIDTH - LEFT - RIGHT)


def height(value: float, top: float) -> float:
    """Where it stands: SVG counts downwards."""
    return TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM)


def rectangle(kind: str, x: float, y: float, wide: float, high: float) -> Markup:
    """Open: `titled` closes it, or its maker does."""
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}">').format(kind, *map(written, (x, y, max(wide, 0), max(high, 0))))


def titled(opened: Markup, told: str) -> Markup:
    return opened + Markup("<title>{}</title></rect>").format(told)


def drawing(frame: Frame, shapes: Sequence[Markup], high: float = HEIGHT) -> Markup:
    """An image for whoever listens: by title and description, and not shape by shape (WCAG 2.2, 1.1.1)."""
    return Markup(
        '<svg class="plot" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-title {}-description">'
        '<title id="{}-title">{}</title><desc id="{}-description">{}</desc>{}</svg>'
    ).format(
        written(WIDTH),
        written(high),
        frame.name,
        frame.name,
        frame.name,
        frame.title,
        frame.name,
        frame.description,
        Markup().join(shapes),
    )


def written(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
