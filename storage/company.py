"""Several units of work in one transaction, with one round trip for what they ask at the same point.

A unit is a coroutine that is handed something in a session's place and knows nothing of the others. What storage can do for many at once
it does by `together`, and so does it alone, in an ordinary session. Anything else that a unit asks of its session sets it apart: it has no
effect in company, and its caller begins it anew in a transaction of its own. So whatever is not made for company works as it always did.

Members share a transaction, and with it advisory and row locks, which PostgreSQL does not hold against one's own: statements for many set
apart whoever names what another member holds (`Held`), and whoever would have to wait for somebody else.
"""

from collections.abc import Awaitable, Callable, Coroutine, Generator, Hashable, Iterable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from enum import IntEnum, auto
from typing import Any, Generic, TypeVar, cast

from sqlalchemy.ext.asyncio import AsyncSession

Result = TypeVar("Result")


class Turn(IntEnum):
    """The points at which members wait for each other, in the order of locks. Each member comes past a point once and never turns back."""

    KEYS = auto()
    KNOWN = auto()
    TICKETS = auto()
    ROOM = auto()
    SPENT = auto()
    SUPPRESSED = auto()
    OPENED = auto()
    ARTICLES = auto()
    FILES = auto()
    CHANGED = auto()
    ATTACHED = auto()
    VOID = auto()
    LATEST = auto()
    PROOFS = auto()
    LETTERS = auto()
    DIGESTS = auto()
    ENDED = auto()

    @property
    def writes(self) -> bool:
        """From here on a member that fails takes the transaction with it."""
        return self >= Turn.OPENED


class Apart(Exception):  # noqa: N818 (an outcome more than an error)
    """This unit is to be begun anew, by itself. It has written nothing."""


class Dissolved(Exception):  # noqa: N818
    """A member failed after it had written: roll back, and begin each anew by itself."""


class Held:
    """What members hold in a shared transaction. Who comes later for any of it is set apart."""

    def __init__(self) -> None:
        self._held: set[Hashable] = set()

    def take(self, wanted: Iterable[Hashable]) -> Apart | None:
        named = set(wanted)
        if self._held & named:
            return Apart("another of the company holds it")
        self._held |= named
        return None


Many = Callable[[AsyncSession, Sequence[Any]], Awaitable[Sequence[Any]]]
"""Answers in the order of what was asked; an `Apart` among them is raised where it was asked for."""


async def together(session: AsyncSession, turn: Turn, many: Many, asked: object, *, alone: Many | None = None) -> Any:
    """What `many` answers to `asked`, in one go with what the others of a company ask it at this turn. `alone` is what answers in an
    ordinary session, where it may wait for a lock: in company nobody does, for all others would wait as well."""
    if isinstance(session, _Place):
        return await _Call(turn, many, asked)
    [answer] = await (alone or many)(session, [asked])
    return answer


def apart(session: AsyncSession) -> None:
    """For work that would not get through a company: better now than after it has written."""
    if isinstance(session, _Place):
        raise Apart("this is done alone")


@dataclass(frozen=True, slots=True)
class Unit(Generic[Result]):
    """`work` runs in the context that the unit was made in: what its log lines are bound to is its own."""

    work: Callable[[AsyncSession], Coroutine[Any, Any, Result]]
    context: Context = field(default_factory=copy_context)


async def in_company(session: AsyncSession, units: Sequence[Unit[Result]]) -> list[Result | Apart]:
    """What each unit returned, or that it was set apart.

    Raises what a statement raised, or `Dissolved`; then the transaction is to be rolled back. Nothing is committed here.
    """
    members = [_Member(each) for each in units]
    try:
        while waiting := [each for each in members if each.call is not None]:
            turn = min(cast("_Call", each.call).turn for each in waiting)
            behind = [each for each in waiting if cast("_Call", each.call).turn is turn]
            await _answer(session, behind)
    finally:
        for each in members:
            each.close()
    return [each.outcome for each in members]


async def _answer(session: AsyncSession, members: "Sequence[_Member[Any]]") -> None:
    calls = [cast("_Call", each.call) for each in members]
    answers = await calls[0].many(session, [each.asked for each in calls])
    for member, answer in zip(members, answers, strict=True):
        member.go_on(answer)


class _Place:
    """Stands where a session does; all that it can do is wait for its turn."""

    def __getattr__(self, name: str) -> Any:
        raise Apart(f"`{name}` is not shared")


@dataclass(frozen=True, slots=True)
class _Call:
    turn: Turn
    many: Many
    asked: object

    def __await__(self) -> "Generator[_Call, Any, Any]":
        return (yield self)


class _Member(Generic[Result]):
    """A unit, stepped by hand: it can wait for nothing but its turns, so that no task and no event loop is needed for it."""

    def __init__(self, unit: Unit[Result]) -> None:
        self.call: _Call | None = None
        self.outcome: Result | Apart = Apart("it did not end")
        self._context = unit.context
        self._work = unit.work(cast("AsyncSession", _Place()))
        self._came_past: Turn | None = None
        self.go_on(None)

    def go_on(self, answer: Any) -> None:
        """To its next call, or its end."""
        self.call = None
        try:
            step = self._work.throw if isinstance(answer, Apart) else self._work.send
            call = self._context.run(step, answer)
        except StopIteration as ended:
            self.outcome = ended.value
        except Apart as reason:
            self._leave(reason)
        except Exception as error:  # noqa: BLE001  by itself it will raise this again, where the caller sees it
            self._leave(Apart(f"{type(error).__name__}: {error}"))
        else:
            self._wait_for(call)

    def _wait_for(self, call: object) -> None:
        if not isinstance(call, _Call):
            self._leave(Apart("it waits for something else than its turn"))
        elif self._came_past is not None and call.turn <= self._came_past:
            self._leave(Apart(f"it turned back to {call.turn.name}"))
        else:
            self._came_past, self.call = call.turn, call

    def _leave(self, reason: Apart) -> None:
        if self._came_past is not None and self._came_past.writes:
            raise Dissolved(str(reason)) from reason
        self.outcome = reason

    def close(self) -> None:
        self._work.close()
