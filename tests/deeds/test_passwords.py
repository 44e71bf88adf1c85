"""Passwords of operators: how they are kept, and that looking at them never takes everything."""

import asyncio
import re
import threading

import pytest

from gateway.config.web import HASH
from gateway.deeds import passwords
from gateway.deeds.passwords import BusyError, Passwords, hashed, matches, why_short, why_weak

GOOD = "correct horse battery staple"
ENOUGH = 60.0


def test_a_hash_is_the_passwords_own_and_one_that_the_configuration_takes() -> None:
    first, second = hashed(GOOD), hashed(GOOD)
    assert first != second
    assert [matches(each, GOOD) for each in (first, second)] == [True, True]
    assert not matches(first, GOOD + " ")
    assert HASH.fullmatch(first)
    found = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$", first)
    assert found is not None
    assert [int(each) for each in found.groups()] == [65536, 3, 1]


def test_letters_that_keyboards_compose_differently_are_the_same() -> None:
    kept = hashed("zażółć gęślą jaźń")
    assert matches(kept, "zażo\u0301łc\u0301 ge\u0328s\u0301la\u0328 jaz\u0301n\u0301")


@pytest.mark.parametrize("broken", ["", "x", "$argon2id$v=19$m=8,t=1,p=1$", "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA", "$2b$12$abc"])
def test_what_is_no_hash_matches_nothing(broken: str) -> None:
    assert not matches(broken, GOOD)


WEAK = [
    ("", "", "0 characters"),
    ("x", "", "has 1 character;"),
    ("seven c", "", "7 characters; 8 are expected"),
    ("x" * 1025, "", "longer than 1024"),
    ("abababab", "", "fewer than five different"),
    ("Anna Nowak 1", "anna nowak", "little more than the name"),
]


@pytest.mark.parametrize(("password", "name", "told"), WEAK)
def test_what_is_soon_guessed_is_refused_with_the_reason(password: str, name: str, told: str) -> None:
    assert told in str(why_weak(password, name))


@pytest.mark.parametrize("password", [GOOD, "żółw na płocie!", "anna nowak likes her horse", "8 chars!", "twelve chars"])
def test_what_is_long_will_do(password: str) -> None:
    assert why_weak(password, "anna nowak") is None


def test_a_password_under_twelve_characters_is_taken_with_a_warning() -> None:
    assert why_short("twelve chars") is None
    told = why_short("eleven char")
    assert told == "the password has 11 characters, which will do; 12 or more are much harder to guess"


async def test_a_flood_has_few_at_work_few_waiting_and_the_rest_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    at_work, most, gate, seen = 0, 0, threading.Event(), threading.Lock()

    def slow(password_hash: str, password: str) -> bool:
        nonlocal at_work, most
        with seen:
            at_work += 1
            most = max(most, at_work)
        gate.wait(ENOUGH)
        with seen:
            at_work -= 1
        return password == GOOD

    monkeypatch.setattr(passwords, "matches", slow)
    looked = Passwords(at_once=2, most_waiting=3)
    asked = [asyncio.create_task(looked.match("hash", GOOD)) for _ in range(20)]
    # The loop goes on meanwhile: those who are sent away hear it at once.
    sent_away, _ = await asyncio.wait(asked[5:], timeout=ENOUGH)
    assert [type(each.exception()) for each in sent_away] == [BusyError] * 15
    assert not any(each.done() for each in asked[:5])
    gate.set()
    assert await asyncio.gather(*asked[:5]) == [True] * 5
    assert most <= 2
    assert await looked.match("hash", "wrong") is False
