"""What the budgets still allow of the automatic letters that outside mail causes (X6)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bound:
    """`left` more letters may go out, and then `why` says why none does."""

    left: int
    why: str


@dataclass(frozen=True, slots=True)
class Room:
    """`shared`: what every letter counts against, whoever gets it; the bound of the narrowest source stands first. `each`: how many letters
    one address may get in an hour, None for any number; `sent`: how many it got, by normalised address."""

    shared: tuple[Bound, ...] = ()
    each: int | None = None
    sent: tuple[tuple[str, int], ...] = ()

    def with_bound(self, bound: Bound) -> "Room":
        return Room((*self.shared, bound), self.each, self.sent)


UNBOUNDED = Room()
