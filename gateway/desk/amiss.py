"""What is amiss at a moment, and what is to be said of it: in the log each hour, by letter once a day, and that it is over. PURE."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from gateway.domain.alarms import Alarm, AlarmBounds, Amiss, Known, State
from gateway.letters.alarms import in_short

LOG_AGAIN: Final = timedelta(hours=1)
LETTER_AGAIN: Final = timedelta(days=1)
BETWEEN: Final = ", "
"""Of several things that one alarm is about."""


@dataclass(frozen=True, slots=True)
class News:
    """What follows for one alarm: what is remembered from now on, and what is said. `amiss` is None where it is over."""

    alarm: Alarm
    known: Known
    amiss: Amiss | None
    log: bool = False
    letter: bool = False


def amiss(state: State, bounds: AlarmBounds, *, shadow: bool = False) -> Iterator[Amiss]:
    """Everything that is not as it should be, whether or not it has been so for long enough."""
    held = state.held
    facts: dict[str, str | int]
    if held.number:
        facts = {"number": held.number, "hours": hours(held.seconds)}
        yield Amiss(Alarm.HELD_MAIL, "held", bounds.held, held.seconds, facts)
    if state.buried_today:
        yield Amiss(Alarm.BURIED_MAIL, "buried", timedelta(0), 0.0, {"number": state.buried_today})
    if state.inbound_head is not None:
        # Since it was seen, and not since it was due: a long backlog that gets shorter is no standstill.
        head = state.inbound_head
        yield Amiss(Alarm.PIPELINE_STALLED, head.key, bounds.stalled, None, {"number": number(head.key), "minutes": minutes(head.seconds)})
    if state.outbox_head is not None and not shadow:
        head = state.outbox_head
        yield Amiss(Alarm.SENDING_STALLED, head.key, bounds.stalled, None, {"number": number(head.key), "minutes": minutes(head.seconds)})
    paused = state.paused
    if paused is not None and paused.letters and not shadow:
        command = "deskgate outbox adopt" if paused.foreign else "deskgate outbox release"
        facts = {"why": paused.why, "number": paused.letters, "hours": hours(paused.seconds), "command": command}
        yield Amiss(Alarm.SENDING_PAUSED, "foreign" if paused.foreign else "held", bounds.paused, paused.seconds, facts)
    longest = max((each for each in state.down if each.letters), key=lambda each: each.seconds, default=None)
    if longest is not None and not shadow:
        facts = {"name": longest.name, "number": longest.letters, "hours": hours(longest.seconds), "error": longest.error}
        yield Amiss(Alarm.DESTINATION_DOWN, longest.name, bounds.down, longest.seconds, facts)
    if state.disabled and not shadow:
        names = BETWEEN.join(each.name for each in state.disabled)
        which = BETWEEN.join(f"{each.name} ({each.why})" for each in state.disabled)
        facts = {"which": which, "command": f"deskgate webhooks enable {state.disabled[0].name}"}
        yield Amiss(Alarm.WEBHOOK_DISABLED, names, timedelta(0), 0.0, facts, several=True)
    yield from held_back(state, bounds)


def held_back(state: State, bounds: AlarmBounds) -> Iterator[Amiss]:
    """One of them: a transaction shows since when it is open, a replication slot only that it does not move."""
    open_one, bound = state.transaction, bounds.transaction
    if state.holder is not None and (open_one is None or open_one.seconds < bound.total_seconds()):
        facts: dict[str, str | int] = {"who": state.holder.who, "minutes": minutes(bound.total_seconds())}
        yield Amiss(Alarm.OLD_TRANSACTION, state.holder.key, bound, None, facts)
    elif open_one is not None:
        facts = {"who": open_one.who, "minutes": minutes(open_one.seconds)}
        yield Amiss(Alarm.OLD_TRANSACTION, "transaction", bound, open_one.seconds, facts)


def news(found: Mapping[Alarm, Amiss], known: Mapping[str, Known], now: datetime, *, letters: bool) -> Iterator[News]:
    """For each alarm of which anything is to be remembered anew or said. `letters`: there is somebody to write to."""
    for alarm in Alarm:
        one, before = found.get(alarm), known.get(alarm)
        if one is not None:
            after = of_amiss(one, before, now, letters=letters)
        else:
            after = over(alarm, before, replace(before, about="")) if before is not None and before.about else None
        if after is not None and after.known != before:
            yield after


def of_amiss(one: Amiss, before: Known | None, now: datetime, *, letters: bool) -> News | None:
    known = before or Known(one.alarm, one.about, now)
    about = known if known.about == one.about else replace(known, about=one.about, since=now)
    lasted = timedelta(seconds=one.lasted) if one.lasted is not None else now - about.since
    if lasted < one.bound:
        if known.up:
            # It is about another thing now, such as the next head of a queue: it moves.
            return over(one.alarm, known, about)
        # How long it has lasted need be remembered only where nothing else shows it.
        return News(one.alarm, about, one) if one.lasted is None else None
    joined = one.several and known.up and not set(one.about.split(BETWEEN)) <= set(known.about.split(BETWEEN))
    letter = letters and (joined or known.told_at is None or now - known.told_at >= LETTER_AGAIN)
    log = letter or joined or not known.up or known.logged_at is None or now - known.logged_at >= LOG_AGAIN
    after = replace(
        about,
        up=True,
        why=in_short(one),
        logged_at=now if log else known.logged_at,
        told_at=now if letter else known.told_at,
        told=known.told or letter,
    )
    return News(one.alarm, after, one, log, letter)


def over(alarm: Alarm, before: Known, about: Known) -> News:
    """By letter only where a letter said that it is up. When that was is remembered: it is told once a day at most."""
    after = replace(about, up=False, why="", logged_at=None, told=False)
    return News(alarm, after, None, log=before.up, letter=before.told)


def hours(seconds: float) -> int:
    return round(seconds / 3600)


def minutes(seconds: float) -> int:
    return round(seconds / 60)


def number(key: str) -> int:
    """Of the row, out of its key."""
    return int(key.partition("/")[0])
