"""A message's way in words: what rows tell, in the order of time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.cli.trace import Plain
from gateway.deeds.way import Step, Way, duration, steps
from gateway.domain.states import InboundState
from storage.inbound import Inbound
from storage.tracing import TracedArticle, TracedAttempt, TracedEvent, TracedLetter, TracedRecipient

ENGLISH = Plain()
AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def inbound(**changes: Any) -> Inbound:
    fields: dict[str, Any] = dict.fromkeys(Inbound.__dataclass_fields__)
    known = {
        "id": 7,
        "state": InboundState.DONE,
        "due_at": AT,
        "received_at": AT,
        "finished_at": after(2),
        "attempts": 1,
        "reverse_path": "anna@client.test",
        "recipients": ("support@desk.test",),
        "entry": "smtp",
        "peer": {"address": "192.0.2.1", "host": "mx.client.test", "helo": "mx", "tls": "TLSv1.3 AES", "seconds": 0.5},
        "size": 1234,
        "trace_id": "abc-1",
        "kind": "message",
        "spf": "pass",
        "outcome": "ticket",
        "why": "a new ticket",
        "decision": ("To names support@desk.test", "a new ticket"),
        "ticket": 12,
    }
    return Inbound(**fields | known | changes)


def letter(**changes: Any) -> TracedLetter:
    sent = TracedRecipient("anna@client.test", "sent", "250 2.0.0 taken", after(3), None)
    known = TracedLetter(
        5,
        "sent",
        "registered",
        12,
        "relay",
        "Help",
        "<a@b>",
        1,
        after(2),
        None,
        after(2),
        after(9999),
        after(3),
        None,
        None,
        0,
        "abc-1",
        7,
        (sent,),
    )
    return replace(known, **changes)


def told(way: Way) -> list[tuple[str, str]]:
    return [(each.what, each.text) for each in steps(way, ENGLISH)]


def way(row: Inbound | None = None, *letters: TracedLetter, events: tuple[TracedEvent, ...] = ()) -> Way:
    return Way(row, (12,), (TracedArticle(3, 12, "client_message", after(2)),) if row and row.ticket else (), letters, events)


def test_from_the_connection_to_the_last_word_in_order_of_time() -> None:
    report = TracedEvent(12, "bounced", {"outbox": 5, "address": "anna@client.test", "reply": "5.1.1 gone"}, 9, after(60))
    found = steps(way(inbound(), letter(), events=(report,)), ENGLISH)
    assert [(each.what, each.at) for each in found] == [
        ("connected", after(-0.5)),
        ("kept", AT),
        ("understood", after(2)),
        ("decided", after(2)),
        ("reason", None),
        ("ticket", after(2)),
        ("written", after(2)),
        ("sent", after(3)),
        ("bounced", after(60)),
    ]
    assert [each.text for each in found] == [
        "192.0.2.1 (mx.client.test) connected by SMTP, greeted as mx, TLSv1.3 AES",
        "1,234 octets from anna@client.test for support@desk.test were kept; the peer read “250 … queued as abc-1” (inbound 7)",
        "understood as message; spf pass; 1 attempt",
        "done, ticket: a new ticket",
        "To names support@desk.test",
        "on ticket #12: article 3 (client_message)",
        "letter 5 (registered) to anna@client.test was written, to go by relay",
        "letter 5: anna@client.test: sent: 250 2.0.0 taken",
        "letter 5 came back for anna@client.test, as inbound 9 reported; ticket #12 was told: 5.1.1 gone",
    ]


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"peer": {"address": None}, "entry": "stdin"}, ("piped", "piped in on this machine")),
        (
            {"peer": {"address": None, "mailbox": "support@desk.test"}, "entry": "imap"},
            ("fetched", "fetched by IMAP from the mailbox of support@desk.test"),
        ),
        ({"peer": {"address": "192.0.2.1"}, "entry": "lmtp"}, ("connected", "192.0.2.1 connected by LMTP, in the clear")),
        ({"peer": {}}, ("piped", "piped in on this machine")),
    ],
    ids=["pipe", "mailbox", "kept by an older release", "nothing is known of the peer"],
)
def test_it_begins_with_how_it_came(changes: dict[str, Any], first: tuple[str, str]) -> None:
    assert told(way(inbound(**changes)))[0] == first


@pytest.mark.parametrize(
    ("changes", "last"),
    [
        ({"state": InboundState.QUEUED, "attempts": 0}, [("waits", "waits for an intake, due at 2026-11-22 10:00:00 UTC; no attempt yet")]),
        (
            {"state": InboundState.QUEUED, "attempts": 2, "error": "OSError: x"},
            [("waits", "waits for an intake, due at 2026-11-22 10:00:00 UTC; 2 attempts"), ("error", "the last attempt: OSError: x")],
        ),
        ({"state": InboundState.LEASED}, [("in_hand", "an intake has it in hand; 1 attempt")]),
        (
            {"state": InboundState.HELD, "outcome": "held", "why": "no token", "decision": ("no token",), "ticket": None},
            [("understood", "understood as message; spf pass; 1 attempt"), ("decided", "held: no token")],
        ),
        (
            {
                "state": InboundState.BURIED,
                "outcome": "buried",
                "why": "every attempt failed",
                "decision": (),
                "ticket": None,
                "kind": None,
                "error": "KeyError: 'x'",
                "attempts": 5,
                "spf": None,
            },
            [
                ("understood", "not understood; no authentication; 5 attempts"),
                ("decided", "buried: every attempt failed"),
                ("error", "KeyError: 'x'"),
            ],
        ),
    ],
    ids=["waits", "retried", "in hand", "held", "buried"],
)
def test_it_says_where_it_stands(changes: dict[str, Any], last: list[tuple[str, str]]) -> None:
    assert told(way(inbound(**changes)))[2:] == last


QUEUED = TracedRecipient("anna@client.test", "queued", "451 4.7.1 later", None, None)
NEW = replace(QUEUED, reply=None)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"state": "queued", "attempts": 2, "due_at": after(60), "recipients": (QUEUED,)},
            [
                "letter 5: anna@client.test has not got it yet; the last answer: 451 4.7.1 later",
                "letter 5 waits, due at 2026-11-22 10:01:00 UTC, 2 attempts; given up at 2026-11-22 12:46:39 UTC",
            ],
        ),
        ({"state": "scheduled", "due_at": after(60), "recipients": (NEW,)}, ["letter 5 waits for its time, 2026-11-22 10:01:00 UTC"]),
        ({"state": "leased", "recipients": (NEW,)}, ["a sender has letter 5 in hand; 1 attempt"]),
        (
            {"state": "cancelled", "last_error": "cancelled by an operator", "recipients": (replace(NEW, state="cancelled"),)},
            ["letter 5 is cancelled: cancelled by an operator"],
        ),
        (
            {
                "state": "failed",
                "last_error": "550 no",
                "recipients": (replace(QUEUED, state="failed", reply="550 no", finished_at=after(4)),),
            },
            ["letter 5: anna@client.test: failed: 550 no", "letter 5 is failed: 550 no"],
        ),
        (
            {"attempts": 3, "possible_duplicates": 2},
            [
                "letter 5: anna@client.test: sent at attempt 3: 250 2.0.0 taken",
                "letter 5 may have arrived 2 more times: an answer was missed",
            ],
        ),
    ],
    ids=["put off", "scheduled", "in hand", "cancelled", "failed", "doubtful"],
)
def test_a_letter_says_where_it_stands(changes: dict[str, Any], expected: list[str]) -> None:
    written, *rest = told(way(None, letter(**changes)))
    assert written[0] == "written"
    assert [text for _, text in rest] == expected


def test_every_earlier_attempt_is_told_with_its_answer() -> None:
    earlier = (
        TracedAttempt("anna@client.test", 1, "queued", "451 4.7.1 greylisted", after(3)),
        TracedAttempt(None, 2, "queued", None, after(40)),
        TracedAttempt("anna@client.test", 3, "sent", "250 taken", after(90)),
    )
    bounced = TracedRecipient("anna@client.test", "bounced", "550 5.1.1 gone", after(100), None)
    found = steps(way(None, letter(attempts=3, recipients=(bounced,), earlier=earlier)), ENGLISH)
    assert [(each.what, each.at, each.text) for each in found[1:]] == [
        ("put_off", after(3), "letter 5: anna@client.test: put off at attempt 1: 451 4.7.1 greylisted"),
        ("vanished", after(40), "letter 5: the sender that had it vanished during attempt 2"),
        ("sent", after(90), "letter 5: anna@client.test: sent at attempt 3: 250 taken"),
        ("bounced", after(100), "letter 5: anna@client.test: bounced: 550 5.1.1 gone"),
    ]
    waits = letter(state="queued", attempts=1, due_at=after(60), recipients=(QUEUED,), earlier=earlier[:1])
    assert [each.what for each in steps(way(None, waits), ENGLISH)] == ["written", "put_off", "waits"], "the last answer stands there once"


def test_a_letter_that_nobody_was_left_for_is_told_without_a_crash() -> None:
    assert told(way(None, letter(recipients=())))[0][1] == "letter 5 (registered) to nobody was written, to go by relay"


def test_what_has_no_time_stands_behind_what_it_belongs_to() -> None:
    row = inbound(screening={"notes": ["listed nowhere"]})
    assert [each.what for each in steps(way(row, letter()), ENGLISH)][:4] == ["connected", "kept", "screened", "understood"]
    assert all(isinstance(each, Step) for each in steps(way(row), ENGLISH))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "+0.000 s"),
        (0.0124, "+0.012 s"),
        (59.9, "+59.900 s"),
        (61, "+1 min 1 s"),
        (3600, "+1 h 0 min"),
        (7800, "+2 h 10 min"),
        (190_000, "+2 d 4 h"),
    ],
)
def test_durations_are_short(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected
