"""How content clients are, in sums. PURE."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.domain.organisation import Organisation
from storage.ratings import Tally

GROUPS: Final = ("agent", "department", "month")


@dataclass(frozen=True, slots=True)
class Sums:
    """Ratings by score. `name` is the agent's address, None where nobody had the ticket; the department's key; or the month."""

    name: str | None
    counts: Counter[int]

    @property
    def count(self) -> int:
        return self.counts.total()

    @property
    def mean(self) -> float | None:
        """To two decimals."""
        return round(sum(score * n for score, n in self.counts.items()) / self.count, 2) if self.count else None


def sums_by(group: str, tallies: Iterable[Tally]) -> list[Sums]:
    """In the order of names, nobody last."""
    grouped: dict[str | None, Counter[int]] = {}
    for each in tallies:
        grouped.setdefault(getattr(each, group), Counter())[each.score] += each.count
    return [Sums(name, grouped[name]) for name in sorted(grouped, key=lambda name: (name is None, name or ""))]


def overall(tallies: Iterable[Tally]) -> Sums:
    counts: Counter[int] = Counter()
    for each in tallies:
        counts[each.score] += each.count
    return Sums(None, counts)


def scores_of(tallies: Iterable[Tally], organisation: Organisation) -> list[int]:
    """All that are configured, used or not, and those that past ratings have."""
    return sorted({each.score for each in organisation.satisfaction.levels} | {each.score for each in tallies})


def level_name(score: int, tallies: Iterable[Tally], organisation: Organisation) -> str:
    """In the desk's language; of a level that is no more, as it was called last."""
    level = organisation.satisfaction.level(score)
    if level is not None:
        return level.name(organisation.desk.language)
    return [each.level for each in tallies if each.score == score][-1]


def document(tallies: Sequence[Tally], groups: Sequence[str], scores: Sequence[int], organisation: Organisation) -> dict[str, Any]:
    total = overall(tallies)
    offered = {each.score for each in organisation.satisfaction.offered}
    levels = [
        {
            "score": score,
            "level": level_name(score, tallies, organisation),
            "active": score in offered,
            "count": total.counts[score],
        }
        for score in scores
    ]
    told = {f"by_{group}": [{group: each.name} | numbers(each, scores) for each in sums_by(group, tallies)] for group in groups}
    return numbers(total, scores) | {"levels": levels} | told


def numbers(sums: Sums, scores: Sequence[int]) -> dict[str, Any]:
    return {"count": sums.count, "mean": sums.mean, "counts": {str(score): sums.counts[score] for score in scores}}
