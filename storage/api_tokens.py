"""Tokens of programs: made, found by what a request carries, revoked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.api import ApiToken, Scope
from storage.models import api_tokens


@dataclass(frozen=True, slots=True)
class NewToken:
    """`digest` is SHA-256 of the token."""

    name: str
    digest: bytes
    scopes: Collection[Scope]
    departments: tuple[str, ...] | None
    agent: str | None
    created_by: str
    expires_at: datetime | None


_SHOWN = [api_tokens.c[name] for name in ApiToken.__dataclass_fields__]
_TAKEN: Final = text("SELECT EXISTS (SELECT FROM api_tokens WHERE name = :name AND revoked_at IS NULL)")
_REVOKE: Final = text("UPDATE api_tokens SET revoked_at = now() WHERE id = :id AND revoked_at IS NULL")
# Once a minute is near enough, and spares a write for every request.
_USED: Final = text("""
    UPDATE api_tokens SET last_used_at = now()
    WHERE id = :id AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
""")


async def add(session: AsyncSession, new: NewToken) -> int:
    values = {name: getattr(new, name) for name in NewToken.__slots__} | {"scopes": sorted(new.scopes)}
    number: int = (await session.execute(api_tokens.insert().values(values).returning(api_tokens.c.id))).scalar_one()
    return number


async def name_is_taken(session: AsyncSession, name: str) -> bool:
    """By a token that was not revoked."""
    return bool(await session.scalar(_TAKEN, {"name": name}))


async def by_digest(session: AsyncSession, digest: bytes) -> ApiToken | None:
    return _one((await session.execute(select(*_SHOWN).where(api_tokens.c.digest == digest))).one_or_none())


async def show(session: AsyncSession, number: int) -> ApiToken | None:
    return _one((await session.execute(select(*_SHOWN).where(api_tokens.c.id == number))).one_or_none())


async def named(session: AsyncSession, name: str) -> ApiToken | None:
    """The one of this name that was not revoked."""
    query = select(*_SHOWN).where(api_tokens.c.name == name, api_tokens.c.revoked_at.is_(None))
    return _one((await session.execute(query)).one_or_none())


async def listed(session: AsyncSession) -> list[ApiToken]:
    return [_token(row) for row in await session.execute(select(*_SHOWN).order_by(api_tokens.c.id))]


async def revoke(session: AsyncSession, number: int) -> None:
    await session.execute(_REVOKE, {"id": number})


async def used(session: AsyncSession, number: int) -> None:
    await session.execute(_USED, {"id": number})


def _one(row: Row[Any] | None) -> ApiToken | None:
    return None if row is None else _token(row)


def _token(row: Row[Any]) -> ApiToken:
    values = row._asdict()
    # What a later release knows besides is not this one's to grant.
    known = frozenset(each for each in Scope if each in values["scopes"])
    departments = None if values["departments"] is None else tuple(values["departments"])
    return ApiToken(**values | {"scopes": known, "departments": departments})
