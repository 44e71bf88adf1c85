"""Which webhooks there are, as far as whoever changes a ticket has to know."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.statements import as_json


@dataclass(frozen=True, slots=True)
class Subscription:
    """`departments` None: all."""

    name: str
    kinds: Sequence[str]
    departments: Sequence[str] | None


async def subscribe(session: AsyncSession, wanted: Sequence[Subscription]) -> None:
    """These, and no others any more. How they fared stays, also of one that is left out and comes back."""
    await session.execute(_LEAVE, {"names": [each.name for each in wanted]})
    await session.execute(_SUBSCRIBE, {"rows": _rows(wanted)})


async def complete(session: AsyncSession, wanted: Sequence[Subscription]) -> int:
    """Writes down those that are missing, such as after a restored back-up, and leaves the others to whoever read a configuration last.
    Returns how many were."""
    if not wanted:
        return 0
    return len((await session.execute(_COMPLETE, {"rows": _rows(wanted)})).all())


def _rows(wanted: Sequence[Subscription]) -> str:
    return as_json(
        [
            {"name": each.name, "kinds": list(each.kinds), "departments": None if each.departments is None else list(each.departments)}
            for each in sorted(wanted, key=lambda each: each.name)
        ]
    )


_LEAVE: Final = text("UPDATE webhooks SET active = false WHERE active AND name <> ALL(CAST(:names AS text[]))")

_ROWS: Final = """
    INSERT INTO webhooks (name, kinds, departments, active)
    SELECT name, kinds, departments, true FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS x(name text, kinds text[], departments text[])
    ORDER BY name
"""
_SUBSCRIBE: Final = text(f"""
    {_ROWS} ON CONFLICT (name) DO UPDATE SET kinds = excluded.kinds, departments = excluded.departments, active = true
    WHERE (webhooks.kinds, webhooks.departments, webhooks.active) IS DISTINCT FROM (excluded.kinds, excluded.departments, true)
""")
_COMPLETE: Final = text(f"{_ROWS} ON CONFLICT (name) DO NOTHING RETURNING name")
