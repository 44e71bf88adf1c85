"""How content clients are: the levels of the scale that a resolved letter carries (C8–C11, C13)."""

from dataclasses import dataclass
from typing import Final

from gateway.domain.language import Language
from gateway.domain.states import Status


@dataclass(frozen=True, slots=True)
class Level:
    """`status` is what the ticket becomes; None leaves it as it is. One that is not `active` is offered no more, but still names old
    ratings."""

    names: tuple[tuple[Language, str], ...]
    symbol: str
    score: int
    status: Status | None
    active: bool = True

    def name(self, language: Language) -> str:
        """In the language, else in English, else in the first there is."""
        known = dict(self.names)
        return known.get(language) or known.get("en") or self.names[0][1]


BUILT_IN_FIVE: Final = (
    Level((("en", "Very dissatisfied"), ("ru", "Очень недоволен"), ("pl", "Bardzo niezadowolony")), "😠", 1, Status.OPEN),
    Level((("en", "Dissatisfied"), ("ru", "Недоволен"), ("pl", "Niezadowolony")), "🙁", 2, Status.OPEN),
    Level((("en", "Neutral"), ("ru", "Нейтральный"), ("pl", "Neutralny")), "😐", 3, Status.CLOSED),
    Level((("en", "Satisfied"), ("ru", "Доволен"), ("pl", "Zadowolony")), "🙂", 4, Status.CLOSED),
    Level((("en", "Very satisfied"), ("ru", "Очень доволен"), ("pl", "Bardzo zadowolony")), "😀", 5, Status.CLOSED),
)


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """`levels` in the order of the file. `logo` is the path of a picture. `days`: how long after its letter a link can be used;
    `replace_days`: how long after a rating another one takes its place."""

    levels: tuple[Level, ...] = BUILT_IN_FIVE
    logo: str | None = None
    days: int = 30
    replace_days: int = 30

    @property
    def offered(self) -> tuple[Level, ...]:
        """The levels to choose from, the lowest score first."""
        return tuple(sorted((each for each in self.levels if each.active), key=lambda each: each.score))

    def level(self, score: int) -> Level | None:
        """The one of this score, active or not."""
        return next((each for each in self.levels if each.score == score), None)
