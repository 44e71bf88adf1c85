"""Configurations that gateways ran with, each kept once, and when which node took which."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.configurations import ConfigurationEvent, Occasion, RedactedConfiguration
from storage.models import configuration_events, configurations


@dataclass(frozen=True, slots=True)
class Kept:
    """A configuration, and the first time that a gateway had it."""

    configuration: RedactedConfiguration
    first_at: datetime
    version: str


@dataclass(frozen=True, slots=True)
class Happened:
    """An event without what the configuration says."""

    at: datetime
    kind: Occasion
    fingerprint: str
    node: str
    account: str
    version: str
    source: str
    faults: tuple[str, ...]
    needs_restart: tuple[str, ...]


async def record(session: AsyncSession, event: ConfigurationEvent) -> None:
    """Recorded twice, it is there once."""
    values = asdict(event)
    found = values.pop("configuration")
    kept = {name: json.dumps(found[name], ensure_ascii=False) for name in ("document", "secrets")}
    lists = {name: list(values[name]) for name in ("faults", "needs_restart")}
    await session.execute(_KEEP, {"fingerprint": found["fingerprint"], "at": event.at, "version": event.version} | kept)
    await session.execute(_HAPPENED, values | {"fingerprint": found["fingerprint"]} | lists)


async def history(session: AsyncSession, limit: int) -> list[Happened]:
    """The latest first."""
    columns = [configuration_events.c[name] for name in Happened.__dataclass_fields__]
    statement = select(*columns).order_by(configuration_events.c.at.desc(), configuration_events.c.id.desc()).limit(limit)
    return [
        Happened(**row._asdict() | {"kind": Occasion(row.kind), "faults": tuple(row.faults), "needs_restart": tuple(row.needs_restart)})
        for row in await session.execute(statement)
    ]


async def beginning_with(session: AsyncSession, fingerprint: str) -> list[Kept]:
    """Those whose fingerprint begins so; one, where it is told far enough."""
    statement = select(configurations).where(configurations.c.fingerprint.startswith(fingerprint, autoescape=True)).limit(10)
    return [_kept(row) for row in await session.execute(statement.order_by(configurations.c.first_at))]


async def last_two(session: AsyncSession) -> list[str]:
    """Fingerprints of the configuration taken last, and of the other one that was taken last before it."""
    return list((await session.scalars(_LAST_TWO)).all())


def _kept(row: Any) -> Kept:
    return Kept(RedactedConfiguration(row.fingerprint, row.document, row.secrets), row.first_at, row.version)


_KEEP: Final = text("""
    INSERT INTO configurations (fingerprint, first_at, version, document, secrets)
    VALUES (:fingerprint, :at, :version, CAST(:document AS json), CAST(:secrets AS jsonb)) ON CONFLICT (fingerprint) DO NOTHING
""")

_HAPPENED: Final = text("""
    INSERT INTO configuration_events (key, at, kind, fingerprint, node, account, version, source, faults, needs_restart)
    VALUES (:key, :at, :kind, :fingerprint, :node, :account, :version, :source, :faults, :needs_restart) ON CONFLICT (key) DO NOTHING
""")

_LAST_TWO: Final = text("""
    SELECT fingerprint FROM configuration_events WHERE kind <> 'refused' GROUP BY fingerprint ORDER BY max(at) DESC, max(id) DESC LIMIT 2
""")
