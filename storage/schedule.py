"""Periodic jobs of all nodes together: whoever gets the lease runs the job, and says when it is due again. By the database's clock."""

from typing import Final

from sqlalchemy import Double, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession


async def take(session: AsyncSession, job: str, worker: str, lease_seconds: float) -> bool:
    """Whether the job is due and is this worker's now. Commit before running it. A job never heard of is due at once."""
    await session.execute(_KNOW, {"job": job})
    taken = await session.execute(_TAKE, {"job": job, "worker": worker, "lease": lease_seconds})
    return taken.scalar_one_or_none() is not None


async def renew(session: AsyncSession, job: str, worker: str, lease_seconds: float) -> bool:
    """Whether the lease is still this worker's, and longer now."""
    renewed = await session.execute(_RENEW, {"job": job, "worker": worker, "lease": lease_seconds})
    return renewed.scalar_one_or_none() is not None


async def finish(session: AsyncSession, job: str, worker: str, due_in_seconds: float, error: str | None = None) -> bool:
    """Whether the lease was still this worker's: the job is due again then."""
    ended = await session.execute(_FINISH, {"job": job, "worker": worker, "due_in": due_in_seconds, "error": error})
    return ended.scalar_one_or_none() is not None


async def hasten(session: AsyncSession, job: str) -> None:
    """The job is due now: whoever looks next runs it, or whoever runs it already is enough."""
    await session.execute(_HASTEN, {"job": job})


async def pending(session: AsyncSession, job: str) -> bool:
    """Whether the job is under way, or due and soon will be; not where it has been due for minutes, for then nobody is there to run it."""
    return bool(await session.scalar(_PENDING, {"job": job}))


async def forget(session: AsyncSession, limit: int = 10_000) -> int:
    """Delete what has served its time: dedupe keys past their date, automatic letters that no budget counts any more. How many rows."""
    return sum([int(await session.scalar(statement, {"limit": limit}) or 0) for statement in _FORGET])


_KNOW: Final = text("INSERT INTO schedule (job) VALUES (:job) ON CONFLICT (job) DO NOTHING")

_TAKE: Final = text("""
    UPDATE schedule SET leased_by = :worker, lease_until = now() + make_interval(secs => :lease)
    WHERE job = :job AND due_at <= now() AND (lease_until IS NULL OR lease_until < now()) RETURNING job
""").bindparams(bindparam("lease", type_=Double))

_RENEW: Final = text("""
    UPDATE schedule SET lease_until = now() + make_interval(secs => :lease) WHERE job = :job AND leased_by = :worker RETURNING job
""").bindparams(bindparam("lease", type_=Double))

_FINISH: Final = text("""
    UPDATE schedule SET due_at = now() + make_interval(secs => :due_in), lease_until = NULL, leased_by = NULL, last_run_at = now(),
        last_error = CAST(:error AS text), runs = runs + 1
    WHERE job = :job AND leased_by = :worker RETURNING job
""").bindparams(bindparam("due_in", type_=Double))

_HASTEN: Final = text("""
    INSERT INTO schedule (job) VALUES (:job)
    ON CONFLICT (job) DO UPDATE SET due_at = now() WHERE schedule.due_at > now() AND schedule.lease_until IS NULL
""")

_PENDING: Final = text("""
    SELECT (due_at <= now() AND due_at > now() - interval '2 minutes') OR lease_until > now() FROM schedule WHERE job = :job
""")

_FORGET: Final = (
    text("""
        WITH gone AS (
            DELETE FROM effects WHERE key IN (
                SELECT key FROM effects WHERE expires_at < now() ORDER BY expires_at LIMIT :limit FOR UPDATE SKIP LOCKED
            ) RETURNING 1
        ) SELECT count(*) FROM gone
    """),
    text("""
        WITH gone AS (
            DELETE FROM automatic_letters WHERE id IN (
                SELECT id FROM automatic_letters WHERE at < now() - interval '2 days' ORDER BY at LIMIT :limit FOR UPDATE SKIP LOCKED
            ) RETURNING 1
        ) SELECT count(*) FROM gone
    """),
)
