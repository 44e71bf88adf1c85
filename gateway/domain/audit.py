"""What an operator did or read, as the audit log keeps it, and the chain that shows whether the log is whole.

Every entry carries the digest of the one before it, so that none can be changed or taken out without its successors telling. A digest is
SHA-256 over the entry as JSON in its canonical form (RFC 8785), without the key `digest`: whoever has exported entries can check them
without Deskgate.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

BEGINNING: Final = bytes(32)
"""What stands for the digest before the first entry."""
FORGET: Final = "audit.forget"
"""The action by which retention says which entries it takes away."""
LONGEST: Final = 500
"""Characters of one text; the log tells what was done, and is no place for words of mail."""


class Access(StrEnum):
    READ = "read"
    CHANGE = "change"


class Result(StrEnum):
    """`refused`: the desk would not do it, `failed`: it could not."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Who:
    """`actor` is the agent in whose name it was done, else the person; `account` the user and host whose process did it; `origin` the
    door, such as `cli`."""

    actor: str
    account: str
    origin: str


@dataclass(frozen=True, slots=True)
class Act:
    """`about` has ids by kind (`ticket`, `client`, `inbound`, `outbox`, …), never a client's address; `changes` what was and what is, by
    name; `details` what else is worth knowing."""

    who: Who
    action: str
    access: Access
    result: Result
    why: str | None = None
    about: Mapping[str, Sequence[int | str]] = field(default_factory=dict)
    changes: Mapping[str, tuple[object, object]] = field(default_factory=dict)
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """An act in its place in the chain. `previous` is the digest of the entry before."""

    id: int
    at: datetime
    actor: str
    account: str
    origin: str
    action: str
    access: str
    result: str
    why: str | None
    about: Mapping[str, Any]
    changes: Mapping[str, Any]
    details: Mapping[str, Any]
    previous: bytes
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Link:
    """A place between two entries: the id and digest of the one before it."""

    id: int
    digest: bytes


START: Final = Link(0, BEGINNING)


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry that is not as it was written; `why` says in words what is wrong there."""

    id: int
    why: str


def entry_of(act: Act, after: Link, at: datetime) -> Entry:
    """The next entry of the chain."""
    entry = Entry(
        id=after.id + 1,
        at=at,
        actor=cleaned(act.who.actor),
        account=cleaned(act.who.account),
        origin=act.who.origin,
        action=act.action,
        access=act.access,
        result=act.result,
        why=cleaned(act.why) if act.why is not None else None,
        about={kind: [kept(each) for each in ids] for kind, ids in act.about.items() if ids},
        changes={name: {"from": kept(before), "to": kept(now)} for name, (before, now) in act.changes.items()},
        details={name: kept(value) for name, value in act.details.items() if value is not None},
        previous=after.digest,
    )
    return replace(entry, digest=digest_of(document(entry)))


def kept(value: object) -> object:
    """As JSON holds it and PostgreSQL gives it back unchanged: no fractions, for their digits are not."""
    match value:
        case None | bool() | int():
            return value
        case list() | tuple() | set() | frozenset():
            return [kept(each) for each in value]
        case _:
            return cleaned(str(value))


def cleaned(text: str) -> str:
    """PostgreSQL takes neither NUL nor half characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:LONGEST]


def document(entry: Entry) -> dict[str, Any]:
    """As it is exported."""
    return {
        "id": entry.id,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "actor": entry.actor,
        "account": entry.account,
        "origin": entry.origin,
        "action": entry.action,
        "access": str(entry.access),
        "result": str(entry.result),
        "why": entry.why,
        "about": dict(entry.about),
        "changes": dict(entry.changes),
        "details": dict(entry.details),
        "previous": entry.previous.hex(),
        "digest": entry.digest.hex(),
    }


def digest_of(exported: Mapping[str, Any]) -> bytes:
    """Of an entry as it is exported; its own digest does not count."""
    counted = {name: value for name, value in exported.items() if name != "digest"}
    canonical = json.dumps(counted, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "replace")).digest()


def broken(exported: Mapping[str, Any], before: Link) -> Broken | None:
    """What is wrong with the entry that should follow; None when it is whole and in its place."""
    expected, found = before.id + 1, exported["id"]
    if found > expected:
        missing = str(expected) if found == expected + 1 else f"{expected} to {found - 1}"
        return Broken(expected, f"entry {missing} is missing: {before.id or 'the beginning'} is followed by {found}")
    if found < expected:
        return Broken(found, f"entry {found} stands after {before.id}")
    if digest_of(exported).hex() != exported["digest"]:
        return Broken(found, f"entry {found} was changed: its digest is another")
    if exported["previous"] != before.digest.hex():
        return Broken(found, f"entry {before.id} was replaced, or {found} was: {found} follows another digest than {before.id} has")
    return None


def follow(entries: Iterable[Mapping[str, Any]], before: Link) -> Link | Broken:
    """Where the chain leads from `before`, or where it breaks."""
    for each in entries:
        if (found := broken(each, before)) is not None:
            return found
        before = Link(each["id"], bytes.fromhex(each["digest"]))
    return before
