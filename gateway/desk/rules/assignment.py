"""Which agent gets a ticket that a rule hands out."""

from collections.abc import Mapping

from gateway.domain.rules import LEAST_LOADED, ROUND_ROBIN


def pick_assignee(wish: str, candidates: tuple[str, ...], loads: Mapping[str, int], last: str | None) -> str | None:
    """The agent's address, or None where nobody of the candidates can be it.

    `candidates` are the active agents of the ticket's department in the order of the file, `loads` how many open tickets each has, `last`
    who got one by turns before this. Of those with the fewest tickets it is whose turn comes first.
    """
    if wish not in (ROUND_ROBIN, LEAST_LOADED):
        return wish if wish in candidates else None
    turns = _after(last, candidates)
    if wish == LEAST_LOADED:
        return min(turns, key=lambda each: loads.get(each, 0), default=None)
    return turns[0] if turns else None


def _after(last: str | None, candidates: tuple[str, ...]) -> tuple[str, ...]:
    """In the order of turns; from the start where whoever was last is no candidate any more."""
    if last not in candidates:
        return candidates
    place = candidates.index(last) + 1
    return (*candidates[place:], *candidates[:place])
