"""Coming in and going out.

What a stranger reads and waits for is the same whether the name is an operator's or nobody's. Tries are counted in the database before
their password is looked at, so that neither many at once nor many processes allow for more of them.
"""

import hmac
import math
import secrets
from typing import Final
from urllib.parse import urlsplit

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from gateway.console.console import LANGUAGE_COOKIE, Console
from gateway.console.door import Came, SessionDoor
from gateway.console.visit import Guest
from gateway.console.words import LANGUAGES
from gateway.deeds.deed import Deed
from gateway.deeds.passwords import BusyError, Passwords
from gateway.domain.audit import Access, Who
from gateway.domain.operators import Operator, Way, name_key
from gateway.tokens.codec import Keyring
from gateway.tokens.pseudonym import pseudonyms
from gateway.web.forms import Form, clean, read_form
from gateway.web.throttle import Throttle, peer_of
from storage import web_sessions
from storage.web_sessions import Tries

log = structlog.get_logger()

YEAR_SECONDS: Final = 365 * 24 * 3600
BUSY_SECONDS: Final = 5
LEFT: Final = "left"
"""The parameter of the entrance for those who have just gone out: a proxy does not let them in again by itself."""


class LoginPages:
    def __init__(self, console: Console, door: SessionDoor, tries: Tries | None = None, passwords: Passwords | None = None) -> None:
        self.console = console
        self.door = door
        self.tries = tries or Tries()
        self.passwords = passwords or Passwords()
        self._told = Throttle(1, 60)

    def routes(self) -> list[BaseRoute]:
        return [
            self.console.anybody("/login", self.entrance),
            self.console.anybody("/login", self.log_in, methods=["POST"]),
            self.console.anybody("/logout", self.log_out, methods=["POST"]),
            self.console.anybody("/language", self.choose_language, methods=["POST"]),
        ]

    async def entrance(self, guest: Guest) -> Response:
        next_ = own_path(guest.request.query_params.get("next", ""))
        if await self.door.seat(guest.request) is not None:
            return onward(next_)
        operator = self.door.proxied(guest.request)
        left = LEFT in guest.request.query_params
        if operator is not None and not left:
            return await self._let_in(guest, operator, Way.PROXY, next_)
        return self._page(guest, next_, said=guest.words("door.left") if left else None)

    async def log_in(self, guest: Guest) -> Response:
        form = await read_form(guest.request)
        if not isinstance(form, Form):
            return guest.page("cut.html", status=form.status)
        next_ = own_path(form.fields.get("next", ""))
        if not self._is_our_form(guest.request, form):
            return self._page(guest, next_, "door.form_old", status=403)
        if form.fields.get("way") == Way.PROXY:
            operator = self.door.proxied(guest.request)
            return self._page(guest, next_, status=403) if operator is None else await self._let_in(guest, operator, Way.PROXY, next_)
        return await self._by_password(guest, clean(form.fields.get("name", "")), form.fields.get("password", ""), next_)

    async def _by_password(self, guest: Guest, name: str, password: str, next_: str) -> Response:
        async with self.console.sessions.begin() as session:
            wait = await web_sessions.attempt(session, self._key(name), peer_of(guest.request), self.tries, self.door.now())
        if wait is not None:
            if self._told.wait(peer_of(guest.request)) == 0:
                log.warning("login_throttled", network=peer_of(guest.request))
            headers = {"Retry-After": str(math.ceil(wait.total_seconds()))}
            minutes = math.ceil(wait.total_seconds() / 60)
            return self._page(guest, next_, "door.too_often", name, status=429, headers=headers, n=minutes)
        operator = self.door.entry().operator(name)
        try:
            right = await self.passwords.match(self._hash_of(operator, name), password)
        except BusyError:
            return self._page(guest, next_, "door.busy", name, status=503, headers={"Retry-After": str(BUSY_SECONDS)})
        if not right or operator is None or operator.password is None:
            await self._tell_refused(guest, operator)
            return self._page(guest, next_, "door.wrong", name, status=403)
        return await self._let_in(guest, operator, Way.PASSWORD, next_)

    def _hash_of(self, operator: Operator | None, name: str) -> str:
        """Of somebody else for a name that is nobody's, always the same for the same: time does not tell them apart."""
        if operator is not None and operator.password is not None:
            return operator.password
        hashes = [each.password for each in self.door.entry().operators if each.password is not None]
        return hashes[int.from_bytes(self._key(name)[:8]) % len(hashes)] if hashes else ""

    def _key(self, name: str) -> bytes:
        keyring = Keyring(self.console.organisation().desk.secrets)
        return pseudonyms(keyring, "login", name_key(name))[0].encode()

    async def _let_in(self, guest: Guest, operator: Operator, way: Way, next_: str) -> Response:
        async with self.console.sessions.begin() as session:
            came = await self.door.let_in(session, guest.request, operator, way)
            if way is Way.PASSWORD:
                await web_sessions.right(session, self._key(operator.name), peer_of(guest.request))
            await self._note(session, guest, operator, came, way)
        answer = onward(next_)
        self.door.give(answer, came.token)
        return answer

    async def _note(self, session: AsyncSession, guest: Guest, operator: Operator, came: Came, way: Way) -> None:
        deed = self._deed("web.login", guest, operator, came.number)
        deed.note(way=str(way))
        await deed.write(session)

    async def _tell_refused(self, guest: Guest, operator: Operator | None) -> None:
        """A name that is nobody's is not written down: people type their passwords there."""
        deed = self._deed("web.login", guest, operator)
        deed.refuse("wrong name or password")
        await deed.end(self.console.sessions)

    async def log_out(self, guest: Guest) -> Response:
        form = await read_form(guest.request)
        seat = await self.door.seat(guest.request)
        if seat is not None:
            given = form.fields.get("csrf", "") if isinstance(form, Form) else ""
            if not (self.door.same_origin(guest.request) and hmac.compare_digest(given.encode(), seat.csrf.encode())):
                return guest.page("cut.html", status=403)
            async with self.console.sessions.begin() as session:
                await self.door.turn_out(session, guest.request)
                await self._deed("web.logout", guest, seat.operator, seat.number).write(session)
        answer = RedirectResponse(guest.to("login", **{LEFT: 1}), 303)
        self.door.take(answer)
        return answer

    def _deed(self, action: str, guest: Guest, operator: Operator | None, number: int | None = None) -> Deed:
        peer = peer_of(guest.request)
        whose = "somebody" if operator is None else operator.name if number is None else f"{operator.name} (session {number})"
        actor = "somebody" if operator is None else operator.agent or operator.name
        return Deed(action, Access.CHANGE, Who(actor, f"{whose} from {peer}", "console"), guest.organisation)

    async def choose_language(self, guest: Guest) -> Response:
        form = await read_form(guest.request)
        fields = form.fields if isinstance(form, Form) else {}
        chosen = next((each for each in LANGUAGES if each == fields.get("language")), None)
        answer = onward(own_path(fields.get("next", "")))
        if chosen is not None and self.door.same_origin(guest.request):
            secure = self.door.entry().secure
            answer.set_cookie(LANGUAGE_COOKIE, chosen, YEAR_SECONDS, path="/", secure=secure, httponly=True, samesite="lax")
        return answer

    def _page(
        self,
        guest: Guest,
        next_: str,
        problem: str | None = None,
        name: str = "",
        *,
        said: str | None = None,
        status: int = 200,
        headers: dict[str, str] | None = None,
        n: int = 1,
    ) -> Response:
        proof = guest.request.cookies.get(self._proof_cookie) or secrets.token_urlsafe(24)
        proxied = self.door.proxied(guest.request)
        answer = guest.page(
            "login.html",
            status=status,
            headers=headers,
            problem=None if problem is None else guest.words(problem, n=n),
            said=said,
            name=name,
            next=next_,
            here=guest.to("login", next=next_),
            proof=proof,
            proxied=None if proxied is None else proxied.name,
            by_password=any(each.password is not None for each in self.door.entry().operators),
        )
        answer.set_cookie(self._proof_cookie, proof, path="/", secure=self.door.entry().secure, httponly=True, samesite="lax")
        return answer

    @property
    def _proof_cookie(self) -> str:
        return "__Host-deskgate-entry" if self.door.entry().secure else "deskgate_entry"

    def _is_our_form(self, request: Request, form: Form) -> bool:
        """Else another site could have somebody come in as somebody else, and see what they do then."""
        proof, given = request.cookies.get(self._proof_cookie, ""), form.fields.get("csrf", "")
        return self.door.same_origin(request) and bool(proof) and hmac.compare_digest(proof.encode(), given.encode())


def own_path(text: str) -> str:
    """A path of ours, relative to the root, with its query; empty for whatever leads elsewhere, or could be read so by some browser."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    plain = text.isascii() and text.isprintable() and not (set(text) & set("\\<>\"' "))
    elsewhere = parts.scheme or parts.netloc or text.startswith("/") or ".." in parts.path.split("/") or ":" in parts.path.split("/")[0]
    page = parts.path.split("/")[0] not in ("logout", "language", "events")
    return text if plain and not elsewhere and page and len(text) <= 2000 else ""


def onward(path: str) -> Response:
    """To a page beside the entrance."""
    return RedirectResponse(f"./{path}", 303, headers={"Cache-Control": "no-store"})
