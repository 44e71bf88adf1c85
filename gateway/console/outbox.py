"""*Outbox*: what is to be sent and why it was not, mended: tried again, cancelled, held back as a whole."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.console.console import Absent, Console
from gateway.console.forms import Form
from gateway.console.mail_frame import mail_frame
from gateway.console.sight import PAGE, asked, asked_number, number_in, place_in, sees, turned
from gateway.console.visit import Visit
from gateway.deeds import outbox as deeds
from gateway.deeds.deed import Deed
from gateway.deeds.refused import NotYet, Refused
from gateway.domain.letter import Headers, Letter
from gateway.domain.operators import Right
from gateway.domain.states import OutboxState
from storage import outbox

OPEN: Final = "open"
"""The filter that the page has at first: neither sent nor cancelled."""
ANY: Final = "all"
RETRIABLE: Final = (OutboxState.SCHEDULED, OutboxState.QUEUED, OutboxState.FAILED, OutboxState.BOUNCED, OutboxState.CANCELLED)
CANCELLABLE: Final = deeds.CANCELLED
WHY_NOT: Final = {"absent": "outbox.why_absent", "leased": "outbox.why_leased", "finished": "outbox.why_finished"}
DONE: Final = {
    (False, False): "outbox.done_retried",
    (False, True): "outbox.done_retried_some",
    (True, False): "outbox.done_cancelled",
    (True, True): "outbox.done_cancelled_some",
}
"""By whether they were cancelled, and whether some could not be."""
Act = Callable[..., Awaitable[deeds.Acted]]
Switch = Callable[[AsyncSession, Deed], Awaitable[outbox.Hold | None]]


class OutboxPages:
    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> Sequence[BaseRoute]:
        get, post = self._console.get, self._console.post
        return [
            get("/outbox", self.listed),
            post("/outbox/act", self.act),
            post("/outbox/hold", self.hold, Right.RUN),
            post("/outbox/release", self.release, Right.RUN),
            post("/outbox/adopt", self.adopt, Right.RUN),
            get("/outbox/{number:int}", self.show),
            get("/outbox/{number:int}/html", self.html),
            post("/outbox/{number:int}/retry", self.retry),
            post("/outbox/{number:int}/cancel", self.cancel),
        ]

    async def listed(self, visit: Visit) -> Response:
        """What is neither sent nor cancelled, unless another state is asked for, or a ticket's or somebody's letters."""
        ticket, to = asked_number(visit.request, "ticket"), asked(visit.request, "to", 320) or None
        given = visit.request.query_params.get("state", OPEN if ticket is None and to is None else ANY)
        state = OutboxState(given) if given in set(OutboxState) else None
        wanted = outbox.Filter(state, ticket, to=to, open=given == OPEN)
        place, mine = place_in(visit.request), sees(visit)
        async with visit.reading("outbox.list") as (session, deed):
            found = await outbox.list_outbox(session, wanted, limit=PAGE + 1, before=place.before, after=place.after, sees=mine)
            counts = await outbox.waiting_counts(session, mine)
            held = await outbox.held(session)
            down = [each for each in await outbox.standings(session) if each.down_since is not None] if mine is None else []
            turn = turned([each.id for each in found], place)
            rows = found[turn.rows]
            deed.about("outbox", *(each.id for each in rows))
            deed.note(state=state)
        shown = {"state": given, "ticket": ticket, "to": to}
        return visit.page(
            "outbox/list.html",
            rows=rows,
            given=given,
            states=tuple(OutboxState),
            counts=counts,
            open_count=sum(n for each, n in counts.items() if each is not OutboxState.CANCELLED),
            ticket=ticket,
            to=to,
            held=held,
            down=down,
            newer=turn.newer and visit.to("outbox", **shown, after=turn.newer),
            older=turn.older and visit.to("outbox", **shown, before=turn.older),
            may=visit.operator.may(Right.ACT),
            runs=visit.operator.may(Right.RUN),
        )

    async def show(self, visit: Visit) -> Response:
        number = number_in(visit)
        async with visit.reading("outbox.show") as (session, deed):
            row = await deeds.seen(session, number, sees(visit))
            letter = await outbox.load(session, number)
            held = await outbox.held(session)
            deed.about("outbox", number)
            deed.about("ticket", row.ticket)
        assert letter is not None
        return visit.page(
            "outbox/show.html",
            row=row,
            letter=letter,
            fields=written(letter.headers),
            held=held,
            may=visit.operator.may(Right.ACT),
            retriable=row.state in RETRIABLE and row.body_removed_at is None,
            cancellable=row.state in CANCELLABLE,
        )

    async def html(self, visit: Visit) -> Response:
        """The letter's own page, for a frame that runs nothing."""
        letter = await self._letter(visit)
        if letter.html is None:
            raise Absent
        return mail_frame(letter.html, letter.subject, {}, images=False)

    async def _letter(self, visit: Visit) -> Letter:
        number = number_in(visit)
        async with visit.reading("outbox.show") as (session, deed):
            await deeds.seen(session, number, sees(visit))
            letter = await outbox.load(session, number)
            deed.about("outbox", number)
        if letter is None:
            raise Absent
        return letter

    async def retry(self, visit: Visit, form: Form) -> Response:
        return await self._one(visit, "outbox.retry", deeds.retry, "outbox.done_retried")

    async def cancel(self, visit: Visit, form: Form) -> Response:
        return await self._one(visit, "outbox.cancel", deeds.cancel, "outbox.done_cancelled")

    async def _one(self, visit: Visit, action: str, act: Act, said: str) -> Response:
        number = number_in(visit)
        async with visit.changing(action) as (session, deed):
            await deeds.seen(session, number, sees(visit))
            acted = await act(session, deed, [number], sees=sees(visit))
            if acted.refused:
                raise why_not(acted)
        visit.wake("outbox")
        return visit.back(f"outbox/{number}", said)

    async def act(self, visit: Visit, form: Form) -> Response:
        """To those that were ticked, or to all that failed; what can be done is done, and the page says that some could not be."""
        cancelling = form.get("act") == "cancel"
        async with visit.changing("outbox.cancel" if cancelling else "outbox.retry") as (session, deed):
            ids = await failed(session, visit) if form.get("all") == OutboxState.FAILED else form.numbers("ids")
            if not ids:
                raise Refused("nothing was ticked", "outbox.why_nothing")
            acted = await (deeds.cancel if cancelling else deeds.retry)(session, deed, ids, sees=sees(visit))
            if not acted.done:
                raise why_not(acted)
        visit.wake("outbox")
        return visit.back("outbox", DONE[cancelling, bool(acted.refused)], n=len(acted.done), state=form.get("state") or None)

    async def hold(self, visit: Visit, form: Form) -> Response:
        why = " ".join(form.get("why").split())[:500]
        if not why:
            raise Refused("say why sending is held", "outbox.why_hold")

        async def held(session: AsyncSession, deed: Deed) -> outbox.Hold | None:
            return await deeds.hold(session, deed, why)

        return await self._switch(visit, "outbox.hold", held, "outbox.done_held")

    async def release(self, visit: Visit, form: Form) -> Response:
        return await self._switch(visit, "outbox.release", deeds.release, "outbox.done_released")

    async def adopt(self, visit: Visit, form: Form) -> Response:
        return await self._switch(visit, "outbox.adopt", deeds.adopt, "outbox.done_adopted")

    async def _switch(self, visit: Visit, action: str, switch: Switch, said: str) -> Response:
        async with visit.changing(action) as (session, deed):
            left = await switch(session, deed)
        visit.wake(deeds.CONTROL)
        visit.wake("outbox")
        paused = "outbox.done_still_paused" if left is not None and action != "outbox.hold" else said
        return visit.back("outbox", paused)


async def failed(session: AsyncSession, visit: Visit) -> list[int]:
    """All that this operator sees of them."""
    return list(await outbox.states(session, await outbox.find(session, (OutboxState.FAILED,)), sees(visit)))


def why_not(acted: deeds.Acted) -> Refused:
    """None of them could be done: told of the first."""
    number, answer = next(iter(acted.refused.items()))
    kind = NotYet if acted.may_come else Refused
    return kind(acted.why, WHY_NOT[answer], id=str(number))


def written(headers: Headers) -> list[tuple[str, str]]:
    """As a reader of the letter has them; a date and marks of the wire are added when it goes."""
    return [(name, value if isinstance(value, str) else ", ".join(map(party, value))) for name, value in headers]


def party(each: Any) -> str:
    return f"{each.name} <{each.address}>" if each.name else each.address
