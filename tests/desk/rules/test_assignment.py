"""Who gets a ticket."""

import pytest

from gateway.desk.rules import pick_assignee

ABC = ("a@s.test", "b@s.test", "c@s.test")
A, B, C = ABC


@pytest.mark.parametrize(
    ("wish", "candidates", "loads", "last", "expected"),
    [
        (B, ABC, {}, None, B),
        ("x@s.test", ABC, {}, None, None),
        ("round-robin", ABC, {}, None, A),
        ("round-robin", ABC, {A: 99}, A, B),
        ("round-robin", ABC, {}, C, A),
        ("round-robin", ABC, {}, "gone@s.test", A),
        ("round-robin", (B,), {}, B, B),
        ("round-robin", (), {}, A, None),
        ("least-loaded", ABC, {A: 2, B: 1, C: 1}, None, B),
        # Of equals, whose turn it is.
        ("least-loaded", ABC, {A: 2, B: 1, C: 1}, B, C),
        ("least-loaded", ABC, {A: 1, B: 1}, None, C),
        ("least-loaded", (), {}, None, None),
    ],
)
def test_who_gets_it(wish: str, candidates: tuple[str, ...], loads: dict[str, int], last: str | None, expected: str | None) -> None:
    assert pick_assignee(wish, candidates, loads, last) == expected


def test_turns_go_round() -> None:
    got, last = [], None
    for _ in range(7):
        last = pick_assignee("round-robin", ABC, {}, last)
        got.append(last)
    assert got == [A, B, C, A, B, C, A]
