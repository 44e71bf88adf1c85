"""How long something has lasted, in words of one unit: `40 s`, `12 min`, `3 h`, `5 days`. PURE."""

from typing import Final

from gateway.console.words import Words

UNITS: Final = (("days", 86400), ("hours", 3600), ("minutes", 60))
"""From twice its own length on a time is told in a unit."""


def lasting(seconds: float, words: Words) -> str:
    name, length = unit_of(seconds)
    return in_units(int(seconds // length), name, words)


def unit_of(seconds: float) -> tuple[str, int]:
    return next(((name, length) for name, length in UNITS if seconds >= 2 * length), ("seconds", 1))


def in_units(number: float, unit: str, words: Words) -> str:
    return words(f"health.unit_{unit}", number=words.number(number))
