"""*Inbound*: what arrived, what waits for a person, and sorting it beside what would come of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.console.console import Absent, Console
from gateway.console.forms import Form
from gateway.console.mail_frame import mail_frame
from gateway.console.sight import PAGE, asked, number_in, place_in, sees, turned
from gateway.console.visit import Visit
from gateway.deeds import inbound as deeds
from gateway.deeds.deed import Deed
from gateway.deeds.explaining import Proposal, proposed
from gateway.deeds.inbound import Sorted
from gateway.deeds.refused import Refused
from gateway.domain.facts import Assignment
from gateway.domain.operators import Right
from gateway.domain.ours import ours_of
from gateway.domain.states import InboundState
from gateway.mail.address import address_key, normalise_domain
from gateway.mail.message import Message
from storage import client_finding, clients, inbound
from storage.tracing import tickets_seen

FIRST: Final = (InboundState.HELD, InboundState.BURIED, InboundState.QUEUED, InboundState.LEASED, InboundState.IGNORED, InboundState.DONE)
MOST_TEXT: Final = 100_000
"""Characters of one message on a page; the rest is in the file."""
DOWNLOAD: Final = {
    "Content-Type": "application/octet-stream",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Understood:
    """A message that waits, as it was read, and what would come of it. `proposal` is None where it cannot be assigned, or what it
    belongs to is not this operator's to see (`elsewhere`)."""

    message: Message
    proposal: Proposal | None
    elsewhere: bool


class InboundPages:
    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> Sequence[BaseRoute]:
        get, post = self._console.get, self._console.post
        return [
            get("/inbound", self.listed),
            post("/inbound/sort", self.sort),
            get("/inbound/{number:int}", self.show),
            get("/inbound/{number:int}/raw", self.raw),
            get("/inbound/{number:int}/html", self.html),
            post("/inbound/{number:int}/assign", self.assign),
            post("/inbound/{number:int}/discard", self.discard),
            post("/inbound/{number:int}/replay", self.replay),
        ]

    async def listed(self, visit: Visit) -> Response:
        """What is held, unless another state is asked for."""
        state, writer, place = state_asked(visit), writer_asked(visit), place_in(visit.request)
        mine = sees(visit)
        async with visit.reading("inbound.list") as (session, deed):
            found = await inbound.list_inbound(
                session, state=state, limit=PAGE + 1, before=place.before, after=place.after, writer=writer, sees=mine
            )
            counts = await inbound.waiting_counts(session, mine)
            of_writer = await deeds.held_from(session, meant(writer), sees=mine) if writer is not None else []
            turn = turned([each.id for each in found], place)
            rows = found[turn.rows]
            deed.about("inbound", *(each.id for each in rows))
            deed.note(state=state)
        shown = {"state": visit.request.query_params.get("state"), "from": writer}
        return visit.page(
            "inbound/list.html",
            rows=rows,
            state=state,
            states=FIRST,
            counts=counts,
            writer=writer,
            of_writer=len(of_writer),
            newer=turn.newer and visit.to("inbound", **shown, after=turn.newer),
            older=turn.older and visit.to("inbound", **shown, before=turn.older),
            sortable=visit.operator.may(Right.ACT) and state in deeds.DECIDABLE,
            departments=departments_to_give(visit),
        )

    async def show(self, visit: Visit) -> Response:
        number, wanted = number_in(visit), asked(visit.request, "find", 200)
        mine = sees(visit)
        async with visit.reading("inbound.show") as (session, deed):
            row = await deeds.seen(session, number, mine)
            deed.about("inbound", number)
            deed.about("ticket", row.ticket)
            content = await inbound.content_of(session, number)
            others = await held_beside(session, row, mine)
            found = await client_finding.find_clients(session, wanted) if wanted else []
            deed.about("client", *(each.id for each in found))
        understood = await self._understood(visit, row, content) if content is not None else None
        return visit.page(
            "inbound/show.html",
            row=row,
            has_bytes=content is not None,
            understood=understood,
            text=shortened(understood.message.body.text) if understood is not None else "",
            others=others,
            find=wanted,
            found=found,
            may=visit.operator.may(Right.ACT),
            departments=departments_to_give(visit),
        )

    async def _understood(self, visit: Visit, row: inbound.Inbound, content: bytes) -> Understood:
        message = await self._console.reader.read(content, ours_of(visit.organisation))
        if row.state not in deeds.DECIDABLE:
            return Understood(message, None, elsewhere=False)
        async with visit.sessions() as session:
            proposal = await proposed(session, row, message, visit.organisation)
            named = [proposal.ticket] if proposal.ticket is not None else []
            elsewhere = len(await tickets_seen(session, named, sees(visit))) < len(named)
            await session.rollback()
        return Understood(message, None if elsewhere else proposal, elsewhere)

    async def raw(self, visit: Visit) -> Response:
        """The bytes as they arrived, to be kept as a file and never to be shown."""
        number = number_in(visit)
        content = await self._content(visit, number, "inbound.show")
        named = {"Content-Disposition": f'attachment; filename="inbound-{number}.eml"'}
        return Response(content, headers=DOWNLOAD | named)

    async def html(self, visit: Visit) -> Response:
        """The letter's own page, for a frame that runs nothing and fetches nothing."""
        content = await self._content(visit, number_in(visit), "inbound.show")
        message = await self._console.reader.read(content, ours_of(visit.organisation))
        if message.body.html is None:
            raise Absent
        return mail_frame(message.body.html, message.subject, {}, images=False)

    async def _content(self, visit: Visit, number: int, action: str) -> bytes:
        async with visit.reading(action) as (session, deed):
            await deeds.seen(session, number, sees(visit))
            content = await inbound.content_of(session, number)
            deed.about("inbound", number)
            deed.note(raw=True)
        if content is None:
            raise Absent
        return content

    async def assign(self, visit: Visit, form: Form) -> Response:
        """To the client whose number the form gives, or to a new one; with all held mail of the same writer where that was ticked."""
        number = number_in(visit)
        async with visit.changing("inbound.assign") as (session, deed):
            ids = await with_others(session, number, form, visit)
            assignment = Assignment(await client_given(session, form), form.get("department") or None)
            done = await deeds.assign(session, deed, visit.organisation, ids, assignment, sees=sees(visit))
        visit.wake("inbound")
        return said(visit, f"inbound/{number}", "inbound.done_assigned", done)

    async def discard(self, visit: Visit, form: Form) -> Response:
        number = number_in(visit)
        async with visit.changing("inbound.discard") as (session, deed):
            done = await deeds.discard(session, deed, await with_others(session, number, form, visit), sees=sees(visit))
        return said(visit, f"inbound/{number}", "inbound.done_discarded", done)

    async def replay(self, visit: Visit, form: Form) -> Response:
        number = number_in(visit)
        async with visit.changing("inbound.replay") as (session, deed):
            done = await deeds.replay(session, deed, number, sees=sees(visit))
        visit.wake("inbound")
        return visit.back(f"inbound/{number}", "inbound.done_replayed" if done.again else "inbound.done_before")

    async def sort(self, visit: Visit, form: Form) -> Response:
        """Several at once: those that were ticked, or all held mail of one writer or domain."""
        state, writer = form.get("state") or None, form.get("from") or None
        action = "inbound.discard" if form.get("act") == "discard" else "inbound.assign"
        async with visit.changing(action) as (session, deed):
            ids = await picked(session, form, visit)
            done = await self._sorted(session, deed, ids, form, visit, of_writer=bool(form.get("all")))
        if action == "inbound.assign":
            visit.wake("inbound")
        key = "inbound.done_assigned" if action == "inbound.assign" else "inbound.done_discarded"
        return said(visit, "inbound", key, done, state=state, **({"from": writer} if not form.get("all") else {}))

    async def _sorted(self, session: AsyncSession, deed: Deed, ids: list[int], form: Form, visit: Visit, *, of_writer: bool) -> Sorted:
        if form.get("act") == "discard":
            return await deeds.discard(session, deed, ids, sees=sees(visit))
        assignment = Assignment(None, form.get("department") or None)
        return await deeds.assign(session, deed, visit.organisation, ids, assignment, sees=sees(visit), passing_over=of_writer)


def state_asked(visit: Visit) -> InboundState | None:
    given = visit.request.query_params.get("state", InboundState.HELD)
    return InboundState(given) if given in set(InboundState) else None


def writer_asked(visit: Visit) -> str | None:
    """A normalised address or `@domain`, of whatever somebody typed; what is neither finds nothing."""
    given = asked(visit.request, "from", 320)
    if not given:
        return None
    if "@" not in given.removeprefix("@"):
        return f"@{normalise_domain(given.removeprefix('@')) or given}"
    return address_key(given) or given


def meant(writer: str) -> Any:
    return deeds.from_addresses(domains=[writer[1:]]) if writer.startswith("@") else deeds.from_addresses([writer])


async def held_beside(session: AsyncSession, row: inbound.Inbound, mine: Any) -> int:
    """How much else of the same writer waits for a person."""
    key = address_key(row.writer or row.author or "")
    if row.state is not InboundState.HELD or not key:
        return 0
    return len(set(await deeds.held_from(session, meant(key), sees=mine)) - {row.id})


async def with_others(session: AsyncSession, number: int, form: Form, visit: Visit) -> list[int]:
    if not form.get("others"):
        return [number]
    row = await deeds.seen(session, number, sees(visit))
    key = address_key(row.writer or row.author or "")
    held = await deeds.held_from(session, meant(key), sees=sees(visit)) if key else []
    return [number, *(each for each in held if each != number)]


async def picked(session: AsyncSession, form: Form, visit: Visit) -> list[int]:
    """Refuses where nothing is."""
    if form.get("all") and form.get("from"):
        ids = await deeds.held_from(session, meant(form.get("from")), sees=sees(visit))
    else:
        ids = form.numbers("ids")
    if not ids:
        raise Refused("nothing was ticked", "inbound.why_nothing")
    return ids


async def client_given(session: AsyncSession, form: Form) -> int | None:
    """None for a new one."""
    if form.get("client") == "new":
        return None
    [number] = form.numbers("client")[-1:] or [0]
    if number == 0 or await clients.show_client(session, number) is None:
        raise Refused("no client was chosen", "inbound.why_no_client")
    return number


def departments_to_give(visit: Visit) -> list[Any]:
    """Whose mail somebody may say that it is."""
    return [each for each in visit.organisation.departments if each.available and visit.operator.sees(each.key)]


def said(visit: Visit, path: str, key: str, done: Sorted, **query: Any) -> Response:
    return visit.back(path, key if done.now else "inbound.done_before", n=len(done.now) or len(done.before), **query)


def shortened(text: str) -> str:
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "\n…"
