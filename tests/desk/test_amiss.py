"""What is amiss, and when it is said: pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from gateway.desk.amiss import News, amiss, news
from gateway.domain.alarms import Alarm, AlarmBounds, Amiss, Disabled, Down, Head, Holder, Known, Oldest, Paused, State, Transaction
from gateway.domain.organisation import Language
from gateway.letters import alarms as letters

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
BOUNDS = AlarmBounds()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

AMISS = {
    Alarm.HELD_MAIL: State(held=Oldest(3, 5 * 3600)),
    Alarm.BURIED_MAIL: State(buried_today=1),
    Alarm.PIPELINE_STALLED: State(inbound_head=Head("7/0", 900)),
    Alarm.SENDING_STALLED: State(outbox_head=Head("9/2", 900)),
    Alarm.SENDING_PAUSED: State(paused=Paused("wrong template", 7200, foreign=False, letters=4)),
    Alarm.DESTINATION_DOWN: State(down=(Down("relay", 7200, 3, "451 4.3.0 try later"), Down("smtp:a@b.test", 90_000, 0, "gone"))),
    Alarm.WEBHOOK_DISABLED: State(disabled=(Disabled("chat", "it answered 410"), Disabled("crm", "it has taken nothing for 72 h"))),
    Alarm.OLD_TRANSACTION: State(transaction=Transaction("psql", 7200)),
}


def test_each_alarm_has_a_state_of_its_own() -> None:
    assert AMISS.keys() == set(Alarm)
    assert {alarm: [each.alarm for each in amiss(state, BOUNDS)] for alarm, state in AMISS.items()} == {each: [each] for each in Alarm}


def test_where_nothing_is_amiss_nothing_is_said_or_remembered() -> None:
    assert list(amiss(State(), BOUNDS)) == []
    assert list(news({}, {}, NOW, letters=True)) == []


@pytest.mark.parametrize(
    "state",
    [
        State(held=Oldest(0, 0)),
        State(paused=Paused("a drill", 1e6, foreign=True, letters=0)),
        State(down=(Down("relay", 1e6, 0, "away"),)),
    ],
    ids=["nothing is held", "paused, and no letter waits", "down, and no letter waits"],
)
def test_what_nobody_waits_for_is_not_amiss(state: State) -> None:
    assert list(amiss(state, BOUNDS)) == []


@pytest.mark.parametrize("alarm", [Alarm.SENDING_STALLED, Alarm.SENDING_PAUSED, Alarm.DESTINATION_DOWN, Alarm.WEBHOOK_DISABLED])
def test_in_the_shadow_nothing_is_expected_to_be_sent(alarm: Alarm) -> None:
    assert list(amiss(AMISS[alarm], BOUNDS, shadow=True)) == []


def look(state: State, known: dict[str, Known], now: datetime, bounds: AlarmBounds = BOUNDS, *, told: bool = True) -> list[News]:
    """One look, whose news are remembered."""
    found = list(news({each.alarm: each for each in amiss(state, bounds)}, known, now, letters=told))
    known.update({each.known.name: each.known for each in found})
    return found


def said(found: list[News]) -> list[tuple[str, bool, bool, bool]]:
    """Alarm, whether it is up, whether it is logged, whether a letter is written."""
    return [(each.alarm, each.known.up, each.log, each.letter) for each in found if each.log or each.letter]


@pytest.mark.parametrize(
    ("alarm", "just_before"),
    [
        (Alarm.HELD_MAIL, State(held=Oldest(3, 4 * 3600 - 1))),
        (Alarm.SENDING_PAUSED, State(paused=Paused("", 3599, foreign=False, letters=4))),
        (Alarm.DESTINATION_DOWN, State(down=(Down("relay", 3599, 3, "away"),))),
        (Alarm.OLD_TRANSACTION, State(transaction=Transaction("psql", 3599))),
    ],
)
def test_it_rings_from_its_bound_on(alarm: Alarm, just_before: State) -> None:
    assert look(just_before, {}, NOW) == []
    assert said(look(AMISS[alarm], {}, NOW)) == [(alarm, True, True, True)]


def test_it_is_told_in_the_log_each_hour_by_letter_each_day_and_when_it_is_over() -> None:
    known: dict[str, Known] = {}
    held = AMISS[Alarm.HELD_MAIL]
    log, letter = (Alarm.HELD_MAIL, True, True, False), (Alarm.HELD_MAIL, True, True, True)
    for after, expected in ((0 * MINUTE, [letter]), (10 * MINUTE, []), (HOUR, [log]), (DAY - MINUTE, [log]), (DAY, [letter])):
        assert said(look(held, known, NOW + after)) == expected, after
    assert said(look(State(), known, NOW + 2 * DAY)) == [(Alarm.HELD_MAIL, False, True, True)]
    assert look(State(), known, NOW + 2 * DAY + MINUTE) == []


def test_one_that_comes_and_goes_writes_two_letters_a_day() -> None:
    known: dict[str, Known] = {}
    written = 0
    for minute in range(24 * 60):
        state = AMISS[Alarm.HELD_MAIL] if minute % 2 else State()
        written += sum(each.letter for each in look(state, known, NOW + minute * MINUTE))
    assert written == 2


def test_without_anybody_to_write_to_no_letter_is_due_and_none_says_that_it_is_over() -> None:
    known: dict[str, Known] = {}
    assert said(look(AMISS[Alarm.HELD_MAIL], known, NOW, told=False)) == [(Alarm.HELD_MAIL, True, True, False)]
    assert said(look(State(), known, NOW + HOUR, told=True)) == [(Alarm.HELD_MAIL, False, True, False)]


def test_a_webhook_that_joins_those_that_are_disabled_is_told_of_at_once_and_one_that_leaves_them_is_not() -> None:
    known: dict[str, Known] = {}
    chat, crm = Disabled("chat", "it answered 410"), Disabled("crm", "it has taken nothing for 72 h")
    for minute, disabled, expected in (
        (0, (chat,), [(Alarm.WEBHOOK_DISABLED, True, True, True)]),
        (1, (chat,), []),
        (2, (chat, crm), [(Alarm.WEBHOOK_DISABLED, True, True, True)]),
        (3, (crm,), []),
        (4, (chat, crm), [(Alarm.WEBHOOK_DISABLED, True, True, True)]),
        (5, (), [(Alarm.WEBHOOK_DISABLED, False, True, True)]),
    ):
        found = look(State(disabled=disabled), known, NOW + minute * MINUTE)
        assert said(found) == expected, minute
        if len(disabled) == 2 and found[0].amiss is not None:
            told = letters.text(Alarm.WEBHOOK_DISABLED, found[0].amiss, "mx.desk.test", "en")
            assert "chat (it answered 410), crm (it has taken nothing for 72 h)" in told


def test_a_backlog_that_gets_shorter_is_no_standstill_however_old_it_is() -> None:
    known: dict[str, Known] = {}
    for minute in range(60):
        assert said(look(State(inbound_head=Head(f"{minute}/0", 3600.0 + minute)), known, NOW + minute * MINUTE)) == []


def test_the_same_head_for_long_enough_is_a_standstill_and_another_one_ends_it() -> None:
    known: dict[str, Known] = {}
    stuck = State(inbound_head=Head("7/1", 5.0))
    assert said(look(stuck, known, NOW)) == []
    assert said(look(stuck, known, NOW + 9 * MINUTE)) == []
    assert said(look(stuck, known, NOW + 10 * MINUTE)) == [(Alarm.PIPELINE_STALLED, True, True, True)]
    assert said(look(State(inbound_head=Head("8/0", 300.0)), known, NOW + 11 * MINUTE)) == [(Alarm.PIPELINE_STALLED, False, True, True)]
    assert known[Alarm.PIPELINE_STALLED].about == "8/0"
    assert look(State(), known, NOW + 12 * MINUTE)
    assert known[Alarm.PIPELINE_STALLED].about == ""


def test_a_replication_slot_that_does_not_move_holds_the_database_back() -> None:
    known: dict[str, Known] = {}
    stuck = State(holder=Holder("replication slot reports", "replication slot reports at 1000"), transaction=Transaction("psql", 5.0))
    assert said(look(stuck, known, NOW)) == []
    [one] = look(stuck, known, NOW + HOUR)
    assert one.amiss is not None
    assert "replication slot reports" in letters.in_short(one.amiss)
    moved = State(holder=Holder("replication slot reports", "replication slot reports at 2000"))
    assert said(look(moved, known, NOW + HOUR + MINUTE)) == [(Alarm.OLD_TRANSACTION, False, True, True)]
    longer = replace(stuck, transaction=Transaction("pg_dump", 7200))
    assert [each.told["who"] for each in amiss(longer, BOUNDS)] == ["pg_dump"]


def test_a_head_whose_attempts_go_on_moves() -> None:
    known: dict[str, Known] = {}
    for attempt in range(30):
        assert said(look(State(outbox_head=Head(f"7/{attempt}", 1e4)), known, NOW + attempt * MINUTE)) == []


def test_what_is_not_for_long_enough_is_remembered_only_where_nothing_else_shows_since_when() -> None:
    known: dict[str, Known] = {}
    look(State(transaction=Transaction("pg_dump", 2.0), held=Oldest(1, 5.0), outbox_head=Head("1/0", 0.1)), known, NOW)
    assert known.keys() == {Alarm.SENDING_STALLED}


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("alarm", Alarm)
def test_every_alarm_is_told_in_every_language(alarm: Alarm, language: Language) -> None:
    [one] = amiss(AMISS[alarm], BOUNDS)
    words = letters.WORDS[language][alarm]
    told = letters.text(alarm, one, "mx.desk.test", language)
    assert letters.in_short(one, language) in told
    assert alarm in told
    assert "mx.desk.test" in told
    assert "{" not in told
    assert letters.subject(alarm, one, "Desk", language).startswith("Desk: ")
    assert words.over in letters.text(alarm, None, "mx.desk.test", language)
    assert words.over in letters.subject(alarm, None, "Desk", language)


def test_the_way_out_of_a_pause_is_the_one_that_leads_out() -> None:
    [held] = amiss(AMISS[Alarm.SENDING_PAUSED], BOUNDS)
    [foreign] = amiss(State(paused=Paused("restored", 7200, foreign=True, letters=4)), BOUNDS)
    assert "deskgate outbox release" in letters.text(held.alarm, held, "here", "en")
    assert "deskgate outbox adopt" in letters.text(foreign.alarm, foreign, "here", "en")


def test_what_strangers_wrote_breaks_no_header_and_no_words() -> None:
    error = "451 {0} {why}\r\nBcc: all@client.test\0"
    one = Amiss(Alarm.DESTINATION_DOWN, "relay", HOUR, 1.0, {"name": "relay", "number": 1, "hours": 2, "error": error * 50})
    subject = letters.subject(one.alarm, one, "Desk\r\nX: y", "en")
    assert not set(subject) & set("\r\n\0")
    assert len(subject) < 300
    assert "{0} {why}" in letters.in_short(replace(one, told={**one.told, "error": error}))
