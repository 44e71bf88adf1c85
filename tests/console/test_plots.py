"""Plots are whole and well-formed SVG that says in words what it shows, at any values."""

import math
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from gateway.console.plots import ALONE, WIDEST, Column, Curve, Frame, Row, across, columns, curves, rows, runs, top_of

SVG = "{http://www.w3.org/2000/svg}"
FRAME = Frame("mail", "Mail", "Mail of the day", lambda value: f"{value:g}")


def read(drawn: Markup) -> ElementTree.Element:
    """As a browser reads it in a page of HTML, where the namespace is understood."""
    return ElementTree.fromstring(str(drawn).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


@pytest.mark.parametrize(
    ("values", "least", "top", "step"),
    [
        ([], 1, 1, 0.2),
        ([0], 1, 1, 0.2),
        ([3], 1, 3, 1),
        ([4], 1, 4, 1),
        ([5], 1, 5, 1),
        ([6], 1, 6, 2),
        ([9, 2], 1, 10, 2),
        ([100], 1, 100, 20),
        ([101], 1, 150, 50),
        ([0.03], 0.01, 0.03, 0.01),
        ([86400], 1, 100_000, 20_000),
        ([2], 5, 5, 1),
    ],
)
def test_the_axis_ends_at_a_round_number(values: list[float], least: float, top: float, step: float) -> None:
    found = top_of(values, least)
    assert found == pytest.approx((top, step))


@given(st.lists(st.floats(0, 1e12), max_size=20))
def test_nothing_is_ever_above_the_axis(values: list[float]) -> None:
    top, step = top_of(values)
    assert top >= max((*values, 1.0)) * (1 - 1e-9)
    assert 1 <= round(top / step) <= 6 and math.isclose(top / step, round(top / step), rel_tol=1e-6)


def test_a_plot_is_an_image_with_a_title_and_a_description() -> None:
    found = read(columns(FRAME, [Column((1.0,), "one")]))
    assert found.get("role") == "img"
    named = {each.get("id"): each.text for each in found if each.get("id")}
    assert [named[each] for each in (found.get("aria-labelledby") or "").split()] == ["Mail", "Mail of the day"]
    assert "style" not in str(columns(FRAME, [Column((1.0,), "one")])), "the policy of our pages drops it"


def test_columns_stand_as_high_as_their_values_with_parts_on_top_of_each_other() -> None:
    found = read(columns(FRAME, [Column((1.0, 3.0), "four"), Column((2.0, 0.0), "two"), Column(None, "not known"), Column((0.0,), "none")]))
    groups = found.findall(f"{SVG}g")
    assert [group.findtext(f"{SVG}title") for group in groups] == ["four", "two"], "where nothing was there is nothing to point at"
    low, high = groups[0].findall(f"{SVG}rect")
    assert (low.get("class"), high.get("class")) == ("part-0", "part-1")
    assert float(high.get("height", 0)) == pytest.approx(3 * float(low.get("height", 0)))
    assert float(high.get("y", 0)) + float(high.get("height", 0)) == pytest.approx(float(low.get("y", 0)))
    [unknown] = found.findall(f"{SVG}rect")
    assert unknown.get("class") == "unknown" and unknown.findtext(f"{SVG}title") == "not known"


def test_a_curve_is_broken_where_nothing_is_known() -> None:
    found = read(curves(FRAME, [Curve((0.0, 4.0, None, 2.0, None), "ages")], [(0, "00:00"), (0.5, "12:00"), (1, "24:00")]))
    lines = found.findall(f"{SVG}polyline")
    assert [len((each.get("points") or "").split()) for each in lines] == [2, 2], "a single point is drawn with a length"
    heights = [float(point.split(",")[1]) for point in (lines[0].get("points") or "").split()]
    assert heights[0] > heights[1], "SVG counts downwards"
    below = [each for each in found.findall(f"{SVG}text") if "below" in (each.get("class") or "")]
    assert [(each.text, (each.get("class") or "").split()[1]) for each in below] == [
        ("00:00", "start"),
        ("12:00", "middle"),
        ("24:00", "end"),
    ]


def test_few_columns_are_no_wall_and_stand_above_their_labels() -> None:
    found = read(columns(FRAME, [Column((1.0,), "one", "Nov 2026")]))
    [bar] = found.findall(f"{SVG}g/{SVG}rect")
    [below] = [each for each in found.findall(f"{SVG}text") if each.text == "Nov 2026"]
    wide = float(bar.get("width", 0))
    assert wide == pytest.approx(WIDEST)
    assert float(bar.get("x", 0)) + wide / 2 == pytest.approx(float(below.get("x", 0)), abs=0.1)


@pytest.mark.parametrize("points", [(2.0,), (None, 2.0), (2.0, None), (None,) * 99 + (2.0,)])
def test_a_single_point_is_seen_and_inside(points: tuple[float | None, ...]) -> None:
    [line] = read(curves(FRAME, [Curve(points, "age")], [])).findall(f"{SVG}polyline")
    begins, ends = (float(each.split(",")[0]) for each in (line.get("points") or "").split())
    assert 2 < ends - begins <= ALONE + 0.1 and across(0) <= begins and ends <= across(1) + 0.1


@pytest.mark.parametrize(
    ("points", "lengths"),
    [((), []), ((None, None), []), ((1.0, None, 2.0, 3.0), [1, 2]), ((1.0, 2.0), [2])],
)
def test_runs_are_of_neighbours(points: tuple[float | None, ...], lengths: list[int]) -> None:
    assert [len(each) for each in runs(points)] == lengths


def test_rows_reach_from_the_least_to_the_most_and_never_beyond() -> None:
    found = read(rows(FRAME, [Row("Dana", 5, "5 of 5"), Row("Oleg", 3, "3"), Row("Ina", 1, "1"), Row("New", 9, "beyond")], 1, 5))
    bars = [each for each in found.findall(f"{SVG}rect") if each.get("class") == "bar"]
    whole = [float(each.get("width", 0)) for each in found.findall(f"{SVG}rect") if each.get("class") == "whole"]
    assert [float(each.get("width", 0)) / whole[0] for each in bars] == pytest.approx([1, 0.5, 0, 1])
    assert [each.text for each in found.findall(f"{SVG}text") if each.get("class") == "name"] == ["Dana", "Oleg", "Ina", "New"]


@given(st.text(max_size=40), st.floats(0, 1e9))
def test_names_are_escaped_wherever_they_stand(name: str, value: float) -> None:
    name = "".join(each for each in name if each.isprintable()) + "<script>&\"'"
    frame = Frame("x", name, name, lambda _value: name)
    for drawn in (
        rows(frame, [Row(name, value, name)], 0, 10),
        columns(frame, [Column((value,), name, name)]),
        curves(frame, [Curve((value, None), name)], [(0.5, name)]),
    ):
        assert "<script>" not in drawn
        texts = [each.text for each in read(drawn).iter() if each.text]
        assert texts and set(texts) == {name}


def test_nothing_at_all_is_a_plot_too() -> None:
    for drawn in (rows(FRAME, [], 1, 5), columns(FRAME, []), curves(FRAME, [], [])):
        assert read(drawn).get("role") == "img"
