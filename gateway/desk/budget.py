"""Which of the automatic letters that outside mail asks for go out, and why the others do not (X6). PURE."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from gateway.domain.room import Bound, Room
from gateway.domain.states import EventKind
from gateway.domain.steps import Addressee, Note, Send, Step
from gateway.mail.address import address_key


def hour_is_spent(bound: int, what: str) -> str:
    return f"the hour's budget of {bound} automatic letters for {what} is spent"


def address_is_spent(bound: int) -> str:
    return hour_is_spent(bound, "this address")


def day_is_spent(bound: int) -> str:
    return f"the day's budget of {bound} automatic letters for one ticket is spent"


def of_ticket(answered_today: int, bound: int) -> Bound:
    return Bound(bound - answered_today, day_is_spent(bound))


def of_new_ticket(bound: int) -> Bound:
    """The answer to its author comes on top: all ten whom that mail named may be told as well (C2)."""
    return Bound(bound + 1, day_is_spent(bound))


def within(steps: Sequence[Step], room: Room) -> tuple[Step, ...]:
    """A letter goes to those for whom there is room, and the events tell of the others. What is for staff, or an agent's act, is let be."""
    counted = _Counted(room)
    found: list[Step] = []
    for step in steps:
        found += counted.admitted(step) if isinstance(step, Send) and is_bounded(step) else (step,)
    return tuple(found)


def is_bounded(letter: Send) -> bool:
    return letter.caused_by_mail and not letter.staff


def in_words(steps: Iterable[Step]) -> tuple[str, ...]:
    """Of the letters that were kept back, for the reasons of a decision."""
    silenced = (each.data for each in steps if isinstance(each, Note) and each.kind is EventKind.SILENCED)
    return tuple(dict.fromkeys(f"{no_letter(str(each['kind']), each.get('to'))}: {each['why']}" for each in silenced))


def no_letter(kind: str, to: object) -> str:
    what = "no registration letter" if kind == "registered" else f"no letter about {kind.replace('_', ' ')}"
    return f"{what} to {', '.join(map(str, to))}" if isinstance(to, list) else what


class _Counted:
    """What the letters of one decision take of the room."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._sent = Counter(dict(room.sent))
        self._taken = 0

    def admitted(self, send: Send) -> Iterable[Step]:
        going: list[Addressee] = []
        kept: dict[str, list[str]] = {}
        for each in send.to:
            why = self._why_not(address_key(each.address))
            if why is None:
                going.append(each)
            else:
                kept.setdefault(why, []).append(each.address)
        if going:
            yield replace(send, to=tuple(going))
        for why, addresses in kept.items():
            yield Note(EventKind.SILENCED, {"kind": send.kind, "why": why, "to": addresses})

    def _why_not(self, key: str) -> str | None:
        """None: it may go, and is counted."""
        if self._room.each is not None and self._sent[key] >= self._room.each:
            return address_is_spent(self._room.each)
        why = next((each.why for each in self._room.shared if self._taken >= each.left), None)
        if why is None:
            self._taken += 1
            self._sent[key] += 1
        return why
