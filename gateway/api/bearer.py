"""Whose request it is: the token in `Authorization` (RFC 6750), and nothing else. Cookies are not looked at, so no page can borrow one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from gateway.api.problems import Problem
from gateway.deeds.tokens import digest_of, has_shape
from gateway.domain.api import ApiToken, Stranger, operator_of
from gateway.domain.operators import Operator
from gateway.domain.organisation import Organisation
from storage import api_tokens

CHALLENGE: Final = 'Bearer realm="deskgate"'


@dataclass(frozen=True, slots=True)
class Bearer:
    token: ApiToken
    operator: Operator


def given(request: Request) -> str:
    """The token as it stands in the request. Raises Problem."""
    header = request.headers.get("authorization")
    if header is None:
        remedy = "send `Authorization: Bearer TOKEN`; `deskgate web token new` makes one"
        raise Problem("unauthorized", remedy, headers={"WWW-Authenticate": CHALLENGE})
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not has_shape(token.strip()):
        raise refused("the Authorization header carries no token of ours")
    return token.strip()


async def bearer(session: AsyncSession, token: str, organisation: Organisation, now: datetime) -> Bearer:
    """Raises Problem for a token that is not, or no longer, good."""
    found = await api_tokens.by_digest(session, digest_of(token))
    if found is None:
        raise refused("there is no such token")
    if (why := found.why_dead(now)) is not None:
        raise refused(why)
    operator = operator_of(found, organisation)
    if isinstance(operator, Stranger):
        raise refused(operator.why)
    return Bearer(found, operator)


def refused(why: str) -> Problem:
    return Problem("invalid-token", why, headers={"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"'})
