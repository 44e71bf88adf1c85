"""Tokens of programs: made, shown once, revoked."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.deeds.refused import Refused
from gateway.domain.api import ApiToken, Scope
from gateway.domain.organisation import Organisation
from gateway.mail.address import address_key
from storage import api_tokens

PREFIX: Final = "deskgate_"
"""By which whoever finds one, such as a scanner of sources, knows what it is."""
OCTETS: Final = 32
SHAPE: Final = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}", re.ASCII)
LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """`departments` None: all. `agent` is an address of whom it acts as."""

    name: str
    scopes: tuple[Scope, ...]
    departments: tuple[str, ...] | None = None
    agent: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """`secret` is the token itself, which nobody can show again."""

    token: ApiToken
    secret: str


async def create(session: AsyncSession, wish: Wish, by: str, desk: Organisation, now: datetime) -> Created:
    """Raises Refused. `by` says who made it."""
    name = " ".join(wish.name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Refused(f"a token's name has 1 to {LONGEST_NAME} characters")
    if not wish.scopes:
        raise Refused(f"a token without a scope is good for nothing; there are {', '.join(Scope)}")
    if wish.expires_at is not None and wish.expires_at <= now:
        raise Refused(f"{wish.expires_at.isoformat()} is past; a token expires later than now")
    agent = agent_of(wish, desk)
    check_departments(wish, agent, desk)
    if await api_tokens.name_is_taken(session, name):
        raise Refused(f"there is a token {name!r} already; revoke it first, or choose another name")
    secret = PREFIX + secrets.token_urlsafe(OCTETS)
    new = api_tokens.NewToken(name, digest_of(secret), set(wish.scopes), wish.departments, agent, by, wish.expires_at)
    token = await api_tokens.show(session, await api_tokens.add(session, new))
    assert token is not None
    return Created(token, secret)


def agent_of(wish: Wish, desk: Organisation) -> str | None:
    if wish.agent is None:
        return None
    agent = desk.agent(address_key(wish.agent))
    if agent is None:
        known = ", ".join(each.address for each in desk.agents) or "none"
        raise Refused(f"{wish.agent} is not an agent; the configuration has {known}")
    if not agent.active:
        raise Refused(f"{agent.address} is not active")
    return agent.address


def check_departments(wish: Wish, agent: str | None, desk: Organisation) -> None:
    known = [each.key for each in desk.departments]
    for key in wish.departments or ():
        if key not in known:
            raise Refused(f"there is no department {key!r}; the configuration has {', '.join(known)}")
        named = desk.agent(agent) if agent is not None else None
        if named is not None and key not in named.departments:
            raise Refused(f"{named.address} has no part in the department {key!r}, so a token in their name has none either")


async def revoke(session: AsyncSession, named: str) -> ApiToken:
    """By its number or name. Raises Refused where there is none; one that was revoked before stays so."""
    by_number = named.isascii() and named.isdecimal() and int(named) < 2**63
    found = await api_tokens.named(session, named)
    if found is None and by_number:
        found = await api_tokens.show(session, int(named))
    if found is None:
        raise Refused(f"there is no token {named}; see `deskgate web token list`")
    await api_tokens.revoke(session, found.id)
    return found


def has_shape(token: str) -> bool:
    return SHAPE.fullmatch(token) is not None


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
