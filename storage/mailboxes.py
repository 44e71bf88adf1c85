"""Mailboxes that mail is fetched from: who polls each now, how it fares, and what was fetched. Times are the database's."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, Double, Text, bindparam, text
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.ext.asyncio import AsyncSession

MAX_ERROR: Final = 2000


class LeaseLostError(Exception):
    """The mailbox, or this message of it, is another poller's."""


@dataclass(frozen=True, slots=True)
class Taken:
    """`failures` are those since the last success."""

    failures: int


@dataclass(frozen=True, slots=True)
class NotYet:
    """It is somebody else's, or not due, for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Standing:
    """How a mailbox fares, for operators."""

    address: str
    place: str
    due_at: datetime
    polled_by: str | None
    tried_at: datetime | None
    succeeded_at: datetime | None
    failures: int
    failing_since: datetime | None
    error: str | None
    left: int
    left_why: str | None


async def expect(session: AsyncSession, address: str, place: str) -> None:
    """It shall be polled, from now on and at once. What was fetched from another place is remembered, by its bytes."""
    moved = (await session.execute(_EXPECT, {"address": address, "place": place})).scalar_one()
    if moved:
        await session.execute(_LEAVE_OTHER_PLACES, {"address": address, "place": place})


async def take(session: AsyncSession, address: str, worker: str, lease_seconds: float) -> Taken | NotYet:
    """Leases the mailbox if it is due and nobody else's; commit before polling."""
    failures = await session.scalar(_TAKE, {"address": address, "worker": worker, "lease": lease_seconds})
    if failures is not None:
        return Taken(failures)
    return NotYet(float(await session.scalar(_NOT_YET, {"address": address}) or 0.0))


async def renew(session: AsyncSession, address: str, worker: str, lease_seconds: float) -> bool:
    """Whether the lease was still this worker's, and goes on."""
    renewed = await session.execute(_RENEW, {"address": address, "worker": worker, "lease": lease_seconds})
    return renewed.first() is not None


async def open_at(session: AsyncSession, address: str, worker: str, place: str, uidvalidity: int | None) -> bool:
    """Notes that keys mean something within `place` from now on. Whether that is a change of UIDVALIDITY."""
    before = (await session.execute(_OPENED_BEFORE, {"address": address, "worker": worker})).one_or_none()
    if before is None:
        raise LeaseLostError(address)
    if before.uidvalidity == uidvalidity:
        return False
    await session.execute(_OPEN, {"address": address, "uidvalidity": uidvalidity})
    if before.uidvalidity is None:
        return False
    await session.execute(_LEAVE_OTHER_PLACES, {"address": address, "place": place})
    return True


async def done_with(session: AsyncSession, address: str, place: str, keys: Sequence[str], largest: int) -> dict[str, bool]:
    """Of these keys those that need no reading: True where the message is kept, False where it was left, and would be again.

    What was left is tried again after a day, and a large message once it is no larger than `largest`.
    """
    found = await session.execute(_DONE_WITH, {"address": address, "place": place, "keys": list(keys), "largest": largest})
    return {row.key: row.kept for row in found}


async def kept_before(session: AsyncSession, address: str, digest: bytes) -> bool:
    """Whether the same bytes were fetched for this gateway already, wherever its mailbox was."""
    return bool(await session.scalar(_KEPT_BEFORE, {"address": address, "digest": digest}))


async def remember(session: AsyncSession, address: str, worker: str, place: str, key: str, digest: bytes) -> None:
    """For the transaction that keeps the message. Raises LeaseLostError, also where the key is remembered as kept."""
    values = {"address": address, "worker": worker, "place": place, "key": key, "digest": digest}
    if (await session.execute(_REMEMBER, values)).first() is None:
        raise LeaseLostError(address)


async def leave(session: AsyncSession, address: str, place: str, key: str, why: str, size: int | None = None) -> None:
    """The message stays where it is. `size` where that is the reason."""
    await session.execute(_LEAVE, {"address": address, "place": place, "key": key, "why": _bounded(why), "size": size})


async def settle(session: AsyncSession, address: str, place: str, keys: Collection[str]) -> None:
    """The mailbox will not offer them again."""
    if keys:
        await session.execute(_SETTLE, {"address": address, "place": place, "keys": list(keys)})


async def unsettled(session: AsyncSession, address: str, place: str) -> set[str]:
    """Keys that the mailbox may offer again."""
    return set((await session.scalars(_UNSETTLED, {"address": address, "place": place})).all())


async def succeed(session: AsyncSession, address: str, worker: str, due_in_seconds: float | None) -> None:
    """It was looked through. None: the lease goes on, for it is still open."""
    statement = _GO_ON if due_in_seconds is None else _SUCCEED
    await session.execute(statement, {"address": address, "worker": worker, "due_in": due_in_seconds or 0.0})


async def fail(session: AsyncSession, address: str, worker: str, due_in_seconds: float, error: str) -> None:
    values = {"address": address, "worker": worker, "due_in": due_in_seconds, "error": _bounded(error)}
    await session.execute(_FAIL, values)


async def release(session: AsyncSession, address: str, worker: str) -> None:
    """Somebody else may take it at once."""
    await session.execute(_RELEASE, {"address": address, "worker": worker})


async def standings(session: AsyncSession, addresses: Sequence[str]) -> dict[str, Standing]:
    """Of those that have been expected, by address."""
    return {row.address: Standing(**row._mapping) for row in await session.execute(_STANDINGS, {"addresses": list(addresses)})}


async def forget(session: AsyncSession, limit: int = 10_000) -> int:
    """Delete what was settled a month ago, and mailboxes that nobody has polled for a quarter of a year. How many rows."""
    messages = int(await session.scalar(_FORGET_MESSAGES, {"limit": limit}) or 0)
    return messages + int(await session.scalar(_FORGET_MAILBOXES) or 0)


def _bounded(error: str) -> str:
    """As PostgreSQL's text can have it: servers say anything, at any length."""
    return error.replace("\0", "").encode("utf-8", "replace").decode()[:MAX_ERROR]


def _statement(sql: str, **types: Any) -> Any:
    return text(sql).bindparams(*(bindparam(name, type_=kind) for name, kind in types.items()))


# RETURNING sees the row as it has become; the query beside it, as it was.
_EXPECT: Final = text("""
    INSERT INTO mailboxes (address, place) VALUES (:address, :place)
    ON CONFLICT (address) DO UPDATE SET place = excluded.place, due_at = least(mailboxes.due_at, now()),
        uidvalidity = CASE WHEN mailboxes.place = excluded.place THEN mailboxes.uidvalidity END
    RETURNING coalesce((SELECT place FROM mailboxes before WHERE before.address = :address) <> :place, false)
""")

_TAKE: Final = _statement(
    """
    UPDATE mailboxes SET leased_by = :worker, lease_until = now() + make_interval(secs => :lease), tried_at = now()
    WHERE address = :address AND due_at <= now() AND (lease_until IS NULL OR lease_until < now()) RETURNING failures
    """,
    lease=Double,
)

_NOT_YET: Final = text("""
    SELECT greatest(0, extract(epoch FROM greatest(due_at, coalesce(lease_until, due_at)) - now())) FROM mailboxes WHERE address = :address
""")

# A lease that ran out while nobody took it is still ours.
_RENEW: Final = _statement(
    """
    UPDATE mailboxes SET lease_until = now() + make_interval(secs => :lease) WHERE address = :address AND leased_by = :worker
    RETURNING address
    """,
    lease=Double,
)

_OPENED_BEFORE: Final = text("""
    SELECT uidvalidity FROM mailboxes WHERE address = :address AND leased_by = :worker FOR NO KEY UPDATE
""")

_OPEN: Final = _statement("UPDATE mailboxes SET uidvalidity = :uidvalidity WHERE address = :address", uidvalidity=BigInteger)

_LEAVE_OTHER_PLACES: Final = text("""
    UPDATE fetched_messages SET settled_at = now() WHERE mailbox = :address AND place <> :place AND settled_at IS NULL
""")

_DONE_WITH: Final = _statement(
    """
    SELECT key, digest IS NOT NULL AS kept FROM fetched_messages
    WHERE mailbox = :address AND place = :place AND key = ANY(:keys)
      AND (digest IS NOT NULL OR (at > now() - interval '1 day' AND (size IS NULL OR size > :largest)))
    """,
    keys=ARRAY(Text),
    largest=BigInteger,
)

_KEPT_BEFORE: Final = _statement(
    "SELECT EXISTS (SELECT FROM fetched_messages WHERE mailbox = :address AND digest = :digest)",
    digest=BYTEA,
)

# Fenced by the lease; and the key, once it is there, by itself.
_REMEMBER: Final = _statement(
    """
    INSERT INTO fetched_messages (mailbox, place, key, digest)
    SELECT address, :place, :key, :digest FROM mailboxes WHERE address = :address AND leased_by = :worker AND lease_until > now()
    ON CONFLICT (mailbox, place, key) DO UPDATE SET digest = excluded.digest, left_why = NULL, size = NULL, at = now(), settled_at = NULL
    WHERE fetched_messages.digest IS NULL
    RETURNING key
    """,
    place=Text,
    key=Text,
    digest=BYTEA,
)

_LEAVE: Final = _statement(
    """
    INSERT INTO fetched_messages (mailbox, place, key, left_why, size) VALUES (:address, :place, :key, :why, :size)
    ON CONFLICT (mailbox, place, key) DO UPDATE SET left_why = excluded.left_why, size = excluded.size, at = now(), settled_at = NULL
    WHERE fetched_messages.digest IS NULL
    """,
    size=BigInteger,
)

_SETTLE: Final = _statement(
    """
    UPDATE fetched_messages SET settled_at = now()
    WHERE mailbox = :address AND place = :place AND key = ANY(:keys) AND settled_at IS NULL
    """,
    keys=ARRAY(Text),
)

_UNSETTLED: Final = text("SELECT key FROM fetched_messages WHERE mailbox = :address AND place = :place AND settled_at IS NULL")

_GO_ON: Final = text("""
    UPDATE mailboxes SET tried_at = now(), succeeded_at = now(), failures = 0, failing_since = NULL, error = NULL
    WHERE address = :address AND leased_by = :worker
""")

_SUCCEED: Final = _statement(
    """
    UPDATE mailboxes SET succeeded_at = now(), failures = 0, failing_since = NULL, error = NULL, lease_until = NULL, leased_by = NULL,
        due_at = now() + make_interval(secs => :due_in)
    WHERE address = :address AND leased_by = :worker
    """,
    due_in=Double,
)

_FAIL: Final = _statement(
    """
    UPDATE mailboxes SET failures = failures + 1, failing_since = coalesce(failing_since, now()), error = :error,
        lease_until = NULL, leased_by = NULL, due_at = now() + make_interval(secs => :due_in)
    WHERE address = :address AND leased_by = :worker
    """,
    due_in=Double,
)

_RELEASE: Final = text("""
    UPDATE mailboxes SET lease_until = NULL, leased_by = NULL, due_at = now() WHERE address = :address AND leased_by = :worker
""")

_STANDINGS: Final = _statement(
    """
    SELECT address, place, due_at, leased_by AS polled_by, tried_at, succeeded_at, failures, failing_since, error,
        (SELECT count(*) FROM fetched_messages f WHERE f.mailbox = address AND left_why IS NOT NULL AND settled_at IS NULL) AS left,
        (SELECT left_why FROM fetched_messages f WHERE f.mailbox = address AND left_why IS NOT NULL AND settled_at IS NULL
         ORDER BY at DESC LIMIT 1) AS left_why
    FROM mailboxes WHERE address = ANY(:addresses)
    """,
    addresses=ARRAY(Text),
)

_FORGET_MESSAGES: Final = text("""
    WITH gone AS (
        DELETE FROM fetched_messages WHERE (mailbox, place, key) IN (
            SELECT mailbox, place, key FROM fetched_messages WHERE settled_at < now() - interval '30 days'
            ORDER BY settled_at LIMIT :limit FOR UPDATE SKIP LOCKED
        ) RETURNING 1
    ) SELECT count(*) FROM gone
""")

_FORGET_MAILBOXES: Final = text("""
    WITH gone AS (DELETE FROM mailboxes WHERE coalesce(tried_at, due_at) < now() - interval '90 days' RETURNING 1)
    SELECT count(*) FROM gone
""")
