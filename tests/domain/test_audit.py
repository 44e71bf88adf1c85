"""The chain of the audit log, by itself: what is exported can be checked with a few lines of anybody's, and what was changed is named."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from gateway.domain.audit import START, Access, Act, Broken, Entry, Link, Result, Who, digest_of, document, entry_of, follow

AT = datetime(2026, 11, 22, 9, 30, 0, 5, tzinfo=UTC)
WHO = Who("dana@staff.test", "root@node", "cli")
ACT = Act(WHO, "tickets.set", Access.CHANGE, Result.DONE, about={"ticket": [5]}, changes={"status": ("open", "closed")})


def entries(count: int = 5) -> list[dict[str, Any]]:
    place, made = START, []
    for number in range(count):
        entry = entry_of(replace(ACT, details={"n": number}), place, AT + timedelta(seconds=number))
        made.append(document(entry))
        place = Link(entry.id, entry.digest)
    return made


def test_whoever_has_the_lines_can_check_them() -> None:
    """As docs/audit.md tells auditors to."""
    previous = "0" * 64
    for line in (json.dumps(each, ensure_ascii=False) for each in entries()):
        entry = json.loads(line)
        digest = entry.pop("digest")
        assert entry["previous"] == previous
        canonical = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256(canonical.encode()).hexdigest() == digest
        previous = digest


Change = Callable[[list[dict[str, Any]]], object]
CHANGES: list[tuple[str, Change, int | None]] = [
    ("nothing", lambda _: None, None),
    ("the first is gone", lambda chain: chain.pop(0), 1),
    ("one is gone", lambda chain: chain.pop(2), 3),
    ("the last is gone", lambda chain: chain.pop(), None),
    ("another actor", lambda chain: chain[2].update(actor="oleg@staff.test"), 3),
    ("another time", lambda chain: chain[2].update(at="2026-11-22T09:30:02.000006Z"), 3),
    ("another ticket", lambda chain: chain[2]["about"].update(ticket=[6]), 3),
    ("what it was before", lambda chain: chain[2]["changes"].update(status={"from": "new", "to": "closed"}), 3),
    ("another result", lambda chain: chain[2].update(result="refused"), 3),
    ("a word more", lambda chain: chain[2].update(approved_by="oleg@staff.test"), 3),
    ("its own digest", lambda chain: chain[2].update(digest="00" * 32), 3),
    ("forged with its digest", lambda chain: forge(chain[2]), 4),
    ("two change places", lambda chain: chain.insert(2, chain.pop(3)), 3),
    ("one is there twice", lambda chain: chain.insert(2, chain[1]), 2),
]


def forge(exported: dict[str, Any]) -> None:
    exported["actor"] = "oleg@staff.test"
    exported["digest"] = digest_of(exported).hex()


@pytest.mark.parametrize(("change", "at"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_the_first_entry_that_is_not_as_it_was_is_named(change: Change, at: int | None) -> None:
    """The end alone is another's to know: the database notes it, and operators keep it elsewhere."""
    chain = entries()
    change(chain)
    found = follow(chain, START)
    assert (found.id if isinstance(found, Broken) else None) == at


def test_a_part_of_the_chain_can_be_followed_from_what_is_known_before_it() -> None:
    chain = entries()
    before = Link(2, bytes.fromhex(chain[1]["digest"]))
    assert follow(chain[2:], before) == Link(5, bytes.fromhex(chain[4]["digest"]))
    assert isinstance(follow(chain[2:], Link(2, bytes(32))), Broken)


def made(**more: Any) -> Entry:
    return entry_of(replace(ACT, **more), START, AT)


def test_times_are_in_utc_to_the_microsecond() -> None:
    entry = entry_of(ACT, START, AT.astimezone(timezone(timedelta(hours=3))))
    assert document(entry)["at"] == "2026-11-22T09:30:00.000005Z"
    assert document(entry_of(ACT, START, AT.replace(microsecond=0)))["at"] == "2026-11-22T09:30:00.000000Z"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (1, 1),
        (True, True),
        (None, None),
        (1.5, "1.5"),
        ("a\0b", "ab"),
        ("\ud800", "?"),
        ("x" * 501, "x" * 500),
        ((1, "b"), [1, "b"]),
        (Access.READ, "read"),
        (AT, "2026-11-22 09:30:00.000005+00:00"),
    ],
)
def test_values_are_kept_as_the_database_gives_them_back(value: object, kept: object) -> None:
    entry = made(details={"v": value}, changes={"c": (value, value)})
    assert entry.details == ({} if kept is None else {"v": kept})
    assert entry.changes == {"c": {"from": kept, "to": kept}}
    assert json.loads(json.dumps(document(entry))) == document(entry)


def test_what_an_act_is_not_about_is_left_out() -> None:
    assert made(about={"ticket": [], "client": [7]}).about == {"client": [7]}
