"""Answers a request by the operation that its address and method name: who asks, what they may, once though they ask twice, and a problem
for all that goes wrong."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.api import asked
from gateway.api.bearer import CHALLENGE, Bearer, bearer, given
from gateway.api.call import Call
from gateway.api.operation import SMALL, Document, Input, Made, Operation
from gateway.api.problems import Problem
from gateway.api.written import names, tag_of, written
from gateway.deeds.refused import Missing, NotYet, Refused
from gateway.deeds.transaction import changing, repeated
from gateway.domain.audit import Access
from gateway.domain.organisation import Organisation
from gateway.telemetry import metrics
from gateway.tokens.codec import Keyring
from gateway.web.throttle import Throttle, peer_of
from storage import api_answers, api_tokens
from storage.engine import database_away

log = structlog.get_logger()

ROOT: Final = "/api/v1"
AWAY_SECONDS: Final = 10
AGAIN_SECONDS: Final = 1
ASKING_SECONDS: Final = 10.0
"""As long as the database may take to say whose token it is. One that hangs, or that a network has swallowed, is away as much as one that
refuses connections. What comes after is not cut off: of a change nobody could say whether it was made."""
LARGE_AT_ONCE: Final = 4
"""Bodies with files, in one process: each may take some hundred mebibytes until it is in the database."""
HEADERS: Final = {
    # What a token may see is nobody else's; a program that keeps it asks with its tag whether it still holds.
    "Cache-Control": "private, no-cache",
    "Vary": "Authorization",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
JSON: Final = "application/json"


class Api:
    """`wake` tells processes that there is work. `requests` bounds each token's, `failures` what a network may send of tokens that are not
    good."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        organisation: Callable[[], Organisation],
        wake: Callable[[str], None],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        requests: Throttle | None = None,
        failures: Throttle | None = None,
    ) -> None:
        self.sessions = sessions
        self.organisation = organisation
        self._wake = wake
        self._now = now
        self._requests = requests or Throttle(200, 0.05)
        self._failures = failures or Throttle(60, 2)
        self._large = 0

    def route(self, path: str, operations: Sequence[Operation]) -> Route:
        """All that one address knows, so that of another method it can say what there is."""
        by_method = {each.method: each for each in operations}
        allowed = ", ".join([*by_method, *(["HEAD"] if "GET" in by_method else [])])

        async def answer(request: Request) -> Response:
            operation = by_method.get("GET" if request.method == "HEAD" else request.method)  # type: ignore[call-overload]
            if operation is None:
                return not_allowed(path, allowed)
            response = await self.answered(request, operation)
            metrics.api_requests.labels(operation.name, str(response.status_code)).inc()
            return response

        return Route(ROOT + path.replace("{number}", "{number:int}"), Endpoint(answer))

    async def answered(self, request: Request, operation: Operation) -> Response:
        try:
            return await self._done(request, operation)
        except Problem as problem:
            return problem.response(HEADERS)
        except Missing as missing:
            return Problem("not-found", missing.why).response(HEADERS)
        except NotYet as not_yet:
            return Problem("refused", not_yet.why, headers={"Retry-After": str(AGAIN_SECONDS)}).response(HEADERS)
        except Refused as refused:
            return Problem("refused", refused.why).response(HEADERS)
        except Exception as error:
            if database_away(error):
                return away(error, operation)
            log.exception("api_defect", operation=operation.name)
            return Problem("defect", "it is in our log; nothing was changed").response(HEADERS)

    async def _done(self, request: Request, operation: Operation) -> Response:
        call = await self._call(request, operation)
        if operation.read is not None:
            found = await operation.read(call, asked.parameters(request, operation))
            return found if isinstance(found, Response) else shown(request, found)
        asked.parameters(request, operation)
        key = asked.idempotency_key(request)
        async with self._room(request, operation):
            body, content = await asked.body(request, operation)
            return await self._changed(call, operation, body, key, asked.fingerprint(request, content))

    @asynccontextmanager
    async def _room(self, request: Request, operation: Operation) -> AsyncIterator[None]:
        """In memory, for a body with files. Raises Problem where too many send one."""
        large = operation.largest > SMALL and not asked.is_small(request)
        if large and self._large >= LARGE_AT_ONCE:
            detail = f"{LARGE_AT_ONCE} requests with files are under way; ask again in a moment"
            raise Problem("too-many-requests", detail, headers={"Retry-After": str(AWAY_SECONDS)})
        self._large += large
        try:
            yield
        finally:
            self._large -= large

    async def _call(self, request: Request, operation: Operation) -> Call:
        """Raises Problem where the request is nobody's, or more than its token may ask."""
        organisation, peer, now = self.organisation(), peer_of(request), self._now()
        try:
            token = given(request)
            async with asyncio.timeout(ASKING_SECONDS), self.sessions.begin() as session:
                found = await bearer(session, token, organisation, now)
                await api_tokens.used(session, found.token.id)
        except Problem as problem:
            raise self._too_often(self._failures.wait(peer)) or problem from None
        if (too_often := self._too_often(self._requests.wait(found.token.id))) is not None:
            raise too_often
        if not found.token.may(operation.scope):
            raise lacking(operation)
        return self._made_by(found, request, peer, organisation, now)

    def _made_by(self, found: Bearer, request: Request, peer: str, organisation: Organisation, now: datetime) -> Call:
        keyring = Keyring(organisation.desk.secrets)
        return Call(request, found.token, found.operator, peer, organisation, self.sessions, now, secrets.token_hex(16), keyring)

    def _too_often(self, wait: int) -> Problem | None:
        if not wait:
            return None
        return Problem("too-many-requests", f"ask again in {wait} seconds", headers={"Retry-After": str(wait)})

    async def _changed(self, call: Call, operation: Operation, body: Input, key: str | None, request: bytes) -> Response:
        if key is not None:
            call = replace(call, key=f"{call.token.id}:{key}")
        made, again = await repeated(lambda: self._made(call, operation, body, key, request))
        for channel in made.wake:
            self._wake(channel)
        replayed = {"Idempotent-Replayed": "true"} if again else {}
        document = await outcome(call, operation, made)
        if document is None:
            return Response(status_code=204, headers=HEADERS | replayed)
        headers = {"Location": location(call, operation, made.ids)} if operation.located is not None else {}
        content = written(document)
        headers |= {"ETag": tag_of(content)} if operation.may_match else {}
        return Response(content, operation.status, HEADERS | headers | replayed, JSON)

    async def _made(self, call: Call, operation: Operation, body: Input, key: str | None, request: bytes) -> tuple[Made, bool]:
        """What the change came to, and whether it did so earlier: then it has no second effect."""
        assert operation.act is not None
        deed = call.deed(operation.action, Access.CHANGE)
        async with changing(self.sessions, deed) as session:
            kept = await remembered(session, call, key, request) if key is not None else None
            if kept is not None:
                deed.note(repeated=True)
                return Made(kept), True
            made = await operation.act(call, session, deed, body)
            if key is not None:
                answer = api_answers.Kept(request, operation.status, dict(made.ids))
                await api_answers.keep(session, call.token.id, key, answer)
            return made, False


class Endpoint:
    """An application of its own, for Starlette's Route answers other methods itself where it is given a function."""

    def __init__(self, answer: Callable[[Request], Any]) -> None:
        self._answer = answer

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        response = await self._answer(Request(scope, receive, send))
        await response(scope, receive, send)


async def remembered(session: AsyncSession, call: Call, key: str, request: bytes) -> Mapping[str, Any] | None:
    """The ids of what was made under the key. Raises Problem where it is another wish's, or somebody is at it."""
    if not await api_answers.claim(session, call.token.id, key):
        detail = "a request with this Idempotency-Key is under way; ask again in a moment"
        raise Problem("in-progress", detail, headers={"Retry-After": str(AGAIN_SECONDS)})
    kept = await api_answers.find(session, call.token.id, key)
    if kept is None:
        return None
    if kept.request != request:
        raise Problem("key-reused", "this Idempotency-Key came with another request before; take a new one for each thing you want done")
    return kept.made


async def outcome(call: Call, operation: Operation, made: Made) -> Document | None:
    """What a change came to. None where that has left what the token may see, such as a ticket given to another department: it was done all
    the same, and whoever heard of a 404 would believe that it was not."""
    assert operation.show is not None
    try:
        return await operation.show(call, made.ids)
    except Missing:
        return None
    except Problem as problem:
        if problem.kind == "not-found":
            return None
        raise


def shown(request: Request, document: Document) -> Response:
    """RFC 9110 §13.1.2: whoever has it already is told so."""
    content = written(document)
    headers = HEADERS | {"ETag": tag_of(content)}
    known = request.headers.get("if-none-match")
    if known is not None and names(known, headers["ETag"], weakly=True):
        return Response(status_code=304, headers=headers)
    return Response(content, 200, headers, JSON)


def location(call: Call, operation: Operation, ids: Mapping[str, Any]) -> str:
    """Relative to the address asked for (RFC 9110 §10.2.2), so that a proxy may put us below any path."""
    assert operation.located is not None
    below = call.request.url.path.partition(ROOT)[2]
    return "../" * (below.count("/") - 1) + operation.located.lstrip("/").format_map(ids)


def not_allowed(path: str, allowed: str) -> Response:
    return Problem("method-not-allowed", f"{path} knows {allowed}", headers={"Allow": allowed}).response(HEADERS)


def lacking(operation: Operation) -> Problem:
    challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{operation.scope}"'
    return Problem(
        "insufficient-scope", f"this asks for the scope {operation.scope}, which the token has not", headers={"WWW-Authenticate": challenge}
    )


def away(error: Exception, operation: Operation) -> Response:
    log.warning("api_without_database", operation=operation.name, error=f"{type(error).__name__}: {error}")
    detail = "nothing was changed; ask again in a moment, with the same Idempotency-Key where you gave one"
    return Problem("unavailable", detail, headers={"Retry-After": str(AWAY_SECONDS)}).response(HEADERS)
