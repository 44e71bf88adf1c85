"""Who may come in: sessions in the database, and a trusted proxy's word.

A browser holds a random token in a cookie, the database its digest. Whatever a session rests on is looked at with each request: its time,
the operator's table in the configuration as it was when they came in, and, where a proxy let them in, that it still says so.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.requests import Request
from starlette.responses import Response

from gateway.console.visit import Seat
from gateway.domain.operators import Entry, Operator, Way
from gateway.web.throttle import address_of, peer_of
from storage import web_sessions
from storage.engine import single_statements
from storage.web_sessions import Opened, Session, Span

TOKEN_BYTES: Final = 32
LONGEST_BROWSER: Final = 200
SAME: Final = ("same-origin", "none")
"""Of `Sec-Fetch-Site`: our own page, or the person themselves (by a bookmark, or after the browser was restarted)."""


@dataclass(frozen=True, slots=True)
class Came:
    """Somebody who has just come in: the session's number, and the token for the cookie."""

    number: int
    token: str


class SessionDoor:
    entrance = "login"

    def __init__(self, sessions: async_sessionmaker[AsyncSession], entry: Callable[[], Entry], now: Callable[[], datetime]) -> None:
        self.sessions = sessions
        self.entry = entry
        self.now = now

    @property
    def has_operators(self) -> bool:
        return bool(self.entry().operators)

    async def seat(self, request: Request, *, quiet: bool = False) -> Seat | None:
        """`quiet`: the browser asks by itself, which does not keep the session from being idle."""
        token = request.cookies.get(self.cookie)
        if not token:
            return None
        async with single_statements(self.sessions) as session:
            found = await web_sessions.by_token(session, digest(token), self.span())
            if found is None:
                return None
            operator = self.operator_of(found)
            if operator is None:
                await web_sessions.end(session, ids=[found.id])
            if operator is None or (found.way is Way.PROXY and self.proxied(request) != operator):
                return None
            if not quiet:
                await web_sessions.use(session, found.id, self.now())
        return Seat(operator, csrf_of(token), f"session {found.id}", peer_of(request), found.id)

    def span(self) -> Span:
        entry = self.entry()
        return Span(self.now(), entry.idle, entry.longest)

    def operator_of(self, found: Session) -> Operator | None:
        """None where the configuration has another by that name now, or none."""
        operator = self.entry().operator(found.operator)
        return operator if operator is not None and hmac.compare_digest(operator.fingerprint, found.fingerprint) else None

    async def let_in(self, session: AsyncSession, request: Request, operator: Operator, way: Way) -> Came:
        """A session of its own, whatever cookie the browser had (OWASP ASVS 7.2.4)."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        browser = "".join(each for each in request.headers.get("user-agent", "") if each.isprintable())[:LONGEST_BROWSER]
        opened = Opened(digest(token), operator.name, operator.fingerprint, way, peer_of(request), browser)
        await self.turn_out(session, request)
        return Came(await web_sessions.open_session(session, opened, self.now()), token)

    async def turn_out(self, session: AsyncSession, request: Request) -> None:
        """Whatever session the browser's cookie is of."""
        token = request.cookies.get(self.cookie)
        found = await web_sessions.by_token(session, digest(token), self.span()) if token else None
        if found is not None:
            await web_sessions.end(session, ids=[found.id])

    def proxied(self, request: Request) -> Operator | None:
        """Whom the trusted proxy names."""
        proxy = self.entry().proxy
        peer = address_of(request.client.host) if proxy is not None and request.client is not None else None
        if proxy is None or peer is None or not any(peer in network for network in proxy.networks):
            return None
        # A second field would be somebody's who got one past the proxy.
        named = request.headers.getlist(proxy.header)
        if len(named) != 1:
            return None
        return self.entry().operator(named[0].encode("latin-1").decode("utf-8", "replace"))

    def same_origin(self, request: Request) -> bool:
        site = request.headers.get("sec-fetch-site")
        if site is not None and site not in SAME:
            return False
        origin = request.headers.get("origin", origin_of(request.headers.get("referer", "")))
        if origin is None:
            # None of these fields: no browser of these years. The form's own proof is still asked for.
            return True
        return origin.lower() == self.entry().origin or urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower() != ""

    @property
    def cookie(self) -> str:
        """RFC 6265bis §4.1.3.2: with the prefix, browsers take it over TLS and from this very host alone."""
        return "__Host-deskgate" if self.entry().secure else "deskgate_session"

    def give(self, response: Response, token: str) -> None:
        response.set_cookie(self.cookie, token, path="/", secure=self.entry().secure, httponly=True, samesite="lax")

    def take(self, response: Response) -> None:
        response.delete_cookie(self.cookie, path="/", secure=self.entry().secure, httponly=True, samesite="lax")


def origin_of(referer: str) -> str | None:
    """Browsers that send no Origin with a form tell by this field where it stood; None where nothing is told (RFC 9110 §10.1.3)."""
    parts = referer.split("/", 3)
    return "/".join(parts[:3]) if len(parts) >= 3 and parts[1] == "" else None


def digest(token: str) -> bytes:
    """The token is 256 bits of chance, so that nothing slower is called for."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def csrf_of(token: str) -> str:
    """Of one session, and nothing that the cookie could be made of."""
    return hmac.new(token.encode("utf-8", "surrogatepass"), b"deskgate csrf", hashlib.sha256).hexdigest()
