"""One request of somebody who may come in: who, in which language, and what a handler needs to answer it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.console import pages
from gateway.console.words import Words
from gateway.deeds.deed import Deed
from gateway.deeds.transaction import changing
from gateway.domain.audit import Access, Who
from gateway.domain.operators import Operator
from gateway.domain.organisation import Organisation

SAID = "said"
"""The parameter of an address that names what the page shall say was done: a key of `words`, never words."""

KEYS_COOKIE = "deskgate_keys"


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who has come in. `csrf` is what their forms carry; `session` names the session for the audit log, `peer` the network."""

    operator: Operator
    csrf: str
    session: str
    peer: str
    number: int = 0
    """The session's id."""


def link(request: Request, path: str, **query: Any) -> str:
    """To a page of ours, relative to the one asked for, so that a proxy may put us below any path. Parameters that are None or empty are
    left out; one may be a list."""
    depth = request.url.path.removeprefix(request.scope.get("root_path", "")).count("/") - 1
    asked = urlencode({name: value for name, value in query.items() if value not in (None, "", [])}, doseq=True)
    return ("../" * depth + path or "./") + (f"?{asked}" if asked else "")


@dataclass(frozen=True, slots=True)
class Guest:
    """One request of somebody who has not come in. Their pages extend `bare.html`."""

    request: Request
    words: Words
    organisation: Organisation

    def to(self, path: str, **query: Any) -> str:
        return link(self.request, path, **query)

    def page(self, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **values: object) -> Response:
        return pages.page(template, self.words, status=status, headers=headers, visit=self, **values)


@dataclass(frozen=True, slots=True)
class Visit:
    request: Request
    seat: Seat
    words: Words
    organisation: Organisation
    sessions: async_sessionmaker[AsyncSession]
    wake: Callable[[str], None]
    """Tells processes that there is work: `inbound`, `outbox`."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    counts: Mapping[str, int] = field(default_factory=dict)
    """What waits for people, by page."""

    @property
    def operator(self) -> Operator:
        return self.seat.operator

    @property
    def keys(self) -> bool:
        """Whether the keyboard's shortcuts are on in this browser."""
        return self.request.cookies.get(KEYS_COOKIE) != "off"

    @asynccontextmanager
    async def reading(self, action: str) -> AsyncIterator[tuple[AsyncSession, Deed]]:
        """A session to read in. What is read goes into the audit log, as far as the handler tells the deed whom it was about."""
        deed = self._deed(action, Access.READ)
        async with self.sessions() as session:
            yield session, deed
        await deed.end(self.sessions)

    @asynccontextmanager
    async def changing(self, action: str) -> AsyncIterator[tuple[AsyncSession, Deed]]:
        """The transaction in which somebody changes something; the audit log's entry is the last that it writes. `Refused` undoes the
        change, and is recorded as well."""
        deed = self._deed(action, Access.CHANGE)
        async with changing(self.sessions, deed) as session:
            yield session, deed

    def _deed(self, action: str, access: Access) -> Deed:
        operator = self.operator
        who = Who(operator.agent or operator.name, f"{operator.name} ({self.seat.session}) from {self.seat.peer}", "console")
        return Deed(action, access, who, self.organisation)

    def to(self, path: str, **query: Any) -> str:
        """A link to a page of ours: see `link`."""
        return link(self.request, path, **query)

    def page(self, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **values: object) -> Response:
        """`values` are the template's, beside `visit`, `t` (the words), `to` and `operator`."""
        said = self.request.query_params.get(SAID, "")
        return pages.page(template, self.words, status=status, headers=headers, visit=self, said=self._said(said), **values)

    def back(self, path: str, said: str = "", **query: Any) -> Response:
        """After a change: to where it can be seen (RFC 9110 §15.4.4). `said` is the key of what to say there; `n` may be its number."""
        return RedirectResponse(self.to(path, **query, **({SAID: said} if said else {})), 303)

    def _said(self, key: str) -> str | None:
        """Only what we have words for, so that nobody else's link says something in our name."""
        if not key or not key.partition(".")[2].startswith("done_") or key not in self.words.texts:
            return None
        number = self.request.query_params.get("n", "")
        return self.words(key, n=int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 1)
