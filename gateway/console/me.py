"""What somebody who has come in can see of that, and end; and the keyboard's shortcuts."""

from collections.abc import Sequence
from typing import Final

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from gateway.console.browsers import browser_of
from gateway.console.console import Absent, Console
from gateway.console.door import SessionDoor
from gateway.console.forms import Form
from gateway.console.visit import KEYS_COOKIE, Visit
from gateway.domain.operators import Right
from storage import web_sessions
from storage.web_sessions import Session, Span

YEAR_SECONDS: Final = 365 * 24 * 3600


class MePages:
    def __init__(self, console: Console, door: SessionDoor) -> None:
        self.console = console
        self.door = door

    def routes(self) -> list[BaseRoute]:
        return [
            self.console.get("/me", self.me),
            self.console.post("/me/sessions/end", self.end_own, Right.SEE),
            self.console.get("/sessions", self.everybody, Right.RUN),
            self.console.post("/sessions/end", self.end_any, Right.RUN),
        ]

    async def me(self, visit: Visit) -> Response:
        async with visit.sessions() as session:
            found = await web_sessions.listed(session, self._span(), visit.operator.name)
        departments = [each.name for each in visit.organisation.departments if each.key in visit.operator.departments]
        return visit.page("me/me.html", found=self._in_force(found), departments=departments, browser_of=browser_of)

    async def everybody(self, visit: Visit) -> Response:
        async with visit.reading("web.sessions.list") as (session, _deed):
            found = await web_sessions.listed(session, self._span())
        return visit.page("me/sessions.html", found=self._in_force(found), browser_of=browser_of)

    async def end_own(self, visit: Visit, form: Form) -> Response:
        """One, or all but the one that asks."""
        async with visit.changing("web.sessions.revoke") as (session, deed):
            ids = None if form.get("which") == "others" else form.numbers("session")
            but = visit.seat.number if ids is None else None
            ended = await web_sessions.end(session, ids=ids, operator=visit.operator.name, but=but)
            if ids is not None and not ended:
                raise Absent
            deed.about("session", *ended)
        return self._after(visit, "me", ended)

    async def end_any(self, visit: Visit, form: Form) -> Response:
        async with visit.changing("web.sessions.revoke") as (session, deed):
            ended = await web_sessions.end(session, ids=form.numbers("session"))
            if not ended:
                raise Absent
            deed.about("session", *ended)
        return self._after(visit, "sessions", ended)

    def _after(self, visit: Visit, page: str, ended: Sequence[int]) -> Response:
        return visit.back(page, "me.done_ended", n=len(ended))

    def _span(self) -> Span:
        return self.door.span()

    def _in_force(self, found: Sequence[Session]) -> list[Session]:
        """Without those whose operator was changed since, which end when they are next used."""
        return [each for each in found if self.door.operator_of(each) is not None]


class KeysPage:
    """The help sheet, and the switch that a page with shortcuts of single letters has to have (WCAG 2.2, 2.1.4)."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def routes(self) -> list[BaseRoute]:
        return [self.console.get("/keys", self.keys), self.console.post("/keys", self.switch, Right.SEE)]

    async def keys(self, visit: Visit) -> Response:
        return visit.page("me/keys.html")

    async def switch(self, visit: Visit, form: Form) -> Response:
        answer = RedirectResponse(visit.to("keys"), 303)
        answer.set_cookie(KEYS_COOKIE, "off" if form.get("keys") == "off" else "on", YEAR_SECONDS, path="/", httponly=True, samesite="lax")
        return answer
