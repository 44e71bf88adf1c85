"""What DNS said of our addresses when it was asked last: one report, which takes the place of the one before."""

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.health import NamesReport


async def keep(session: AsyncSession, report: Mapping[str, Any]) -> None:
    await session.execute(_KEEP, {"report": json.dumps(report)})


async def latest(session: AsyncSession) -> NamesReport | None:
    row = (await session.execute(_LATEST)).one_or_none()
    return None if row is None else NamesReport(row.checked_at, row.report)


_KEEP: Final = text("""
    INSERT INTO dns_reports (report) VALUES (CAST(:report AS jsonb))
    ON CONFLICT (one) DO UPDATE SET report = excluded.report, checked_at = now()
""")

_LATEST: Final = text("SELECT checked_at, report FROM dns_reports").columns(report=JSONB)
