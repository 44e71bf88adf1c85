"""What a scanner says of a content."""

import math
from dataclasses import dataclass

MOST_SYMBOLS = 20


@dataclass(frozen=True, slots=True)
class Clean:
    score: float | None = None
    threshold: float | None = None

    def __str__(self) -> str:
        return "clean" if self.score is None else f"clean, {_scores(self.score, self.threshold)}"


@dataclass(frozen=True, slots=True)
class Spam:
    score: float
    threshold: float | None
    symbols: tuple[str, ...] = ()

    def __str__(self) -> str:
        more = f", and {len(self.symbols) - MOST_SYMBOLS} more" if len(self.symbols) > MOST_SYMBOLS else ""
        by = f" ({', '.join(self.symbols[:MOST_SYMBOLS])}{more})" if self.symbols else ""
        return f"spam, {_scores(self.score, self.threshold)}{by}"


@dataclass(frozen=True, slots=True)
class Infected:
    name: str

    def __str__(self) -> str:
        return f"infected by {self.name}"


@dataclass(frozen=True, slots=True)
class Later:
    """The scanner itself wants the peer to come back."""

    why: str

    def __str__(self) -> str:
        return f"wants it again later: {self.why}"


@dataclass(frozen=True, slots=True)
class Unknown:
    """It did not say."""

    why: str

    def __str__(self) -> str:
        return f"no answer: {self.why}"


@dataclass(frozen=True, slots=True)
class NotAsked:
    """On purpose."""

    why: str

    def __str__(self) -> str:
        return f"not asked: {self.why}"


Result = Clean | Spam | Infected | Later | Unknown | NotAsked


class GarbledError(ValueError):
    """An answer that is none."""


def word(octets: bytes | str, longest: int = 100) -> str:
    """A scanner's word as it may stand in a note: printable, and not long."""
    text = octets.decode("utf-8", "replace") if isinstance(octets, bytes) else octets
    return "".join(each if each.isprintable() else "?" for each in " ".join(text.split()))[:longest]


def finite(number: object) -> float:
    """A score is a number that can be compared and kept."""
    try:
        value = float(number) if isinstance(number, int | float | str) and not isinstance(number, bool) else math.nan
    except (ValueError, OverflowError) as error:
        raise GarbledError("a score that is no number") from error
    if not math.isfinite(value):
        raise GarbledError("a score that is no number")
    return value


def _scores(score: float, threshold: float | None) -> str:
    return f"{score:g}" if threshold is None else f"{score:g} of {threshold:g}"
