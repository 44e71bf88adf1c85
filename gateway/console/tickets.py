"""*Tickets*: the list with its filters and the search, and a ticket opened for a client who came by another channel."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.console.console import Absent, Console
from gateway.console.forms import Form
from gateway.console.ticket import changed
from gateway.console.ticket_filters import ACTIVE_NAME, ALL_NAME, ME, NOBODY, ORDERS, Asked, asked_of, filter_of, written
from gateway.console.ticket_page import in_words
from gateway.console.visit import Visit
from gateway.deeds import ticket_lists as lists
from gateway.deeds import tickets
from gateway.deeds.refused import Refused
from gateway.deeds.wishes import Opening
from gateway.domain.operators import Operator, Right
from gateway.domain.organisation import Agent, Gateway, Organisation
from gateway.domain.states import Status
from gateway.domain.steps import Person
from gateway.domain.ticket_lists import ACTIVE, KEPT
from storage import clients, ticket_lists
from storage.ticket_lists import Counts

PAGE: Final = 50
FOUND: Final = 25
"""Tickets of one page, and of one of a search, which shows more of each."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wrote into the form of a new ticket. `effect` names this one wish, so that it is granted once however often it is
    sent."""

    effect: str
    address: str = ""
    name: str = ""
    subject: str = ""
    text: str = ""
    gateway: str = ""


class TicketListPages:
    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> Sequence[BaseRoute]:
        get, post = self._console.get, self._console.post
        return [
            get("/tickets", self.listed),
            get("/tickets/new", self.new, Right.ACT),
            post("/tickets/new", self.opened),
        ]

    async def listed(self, visit: Visit) -> Response:
        asked, desk = asked_of(visit.request.query_params), visit.organisation
        wanted = filter_of(asked, visit.operator, desk)
        async with visit.reading("tickets.list") as (session, deed):
            search = await lists.search_of(session, asked.q)
            found = await lists.page(session, desk, wanted, asked.order, search, asked.at, FOUND if search else PAGE)
            counts = await lists.counted(session, wanted, search)
            tags = await ticket_lists.tags(session, wanted.seen)
            client = await clients.show_client(session, asked.client) if asked.client is not None else None
            deed.about("ticket", *(each["number"] for each in found.rows))
            deed.about("client", *(each["client"]["id"] for each in found.rows))
            deed.note(status=asked.status, searched=bool(asked.q))
        # Whose client somebody is says the client's tickets alone: without one that may be seen, there is none.
        client = client if client is not None and found.rows else None
        return visit.page(
            "tickets/list.html",
            asked=asked,
            found=found,
            tabs=tabs(asked, counts),
            counts=counts,
            most=ticket_lists.MOST,
            gateways=gateways_offered(visit.operator, desk, counts.by_gateway([str(each) for each in asked.statuses]), asked),
            departments=departments_seen(visit.operator, desk),
            agents=agents_seen(visit.operator, desk),
            tags=tags,
            client=client,
            names={each.address: each.name for each in desk.agents},
            orders=ORDERS,
            me=ME if visit.operator.agent is not None else None,
            nobody=NOBODY,
            newer=found.newer and visit.to("tickets", **asked.query(at=written(found.newer))),
            older=found.older and visit.to("tickets", **asked.query(at=written(found.older))),
            may=visit.operator.may(Right.ACT),
        )

    async def new(self, visit: Visit) -> Response:
        """`client`, the number of one who is known, fills in theirs."""
        draft = Draft(secrets.token_hex(16))
        number = asked_of(visit.request.query_params).client
        if number is not None:
            async with visit.reading("clients.show") as (session, deed):
                if (known := await known_client(session, visit, number)) is not None:
                    draft = Draft(draft.effect, known.addresses[0] if known.addresses else "", known.name)
                    deed.about("client", known.id)
        return form_page(visit, draft)

    async def opened(self, visit: Visit, form: Form) -> Response:
        draft = Draft(
            form.get("effect")[:64] or secrets.token_hex(16),
            **{name: form.get(name) for name in ("address", "name", "subject", "text", "gateway")},
        )
        opening = Opening(Person(draft.name, draft.address), draft.subject, draft.text, draft.gateway or None)
        try:
            done = await changed(visit, "tickets.new", draft.effect, lambda s, h: tickets.open_by_hand(s, h, opening))
        except Refused as refused:
            return form_page(visit, draft, refused)
        return visit.back(f"tickets/{done.ticket}", "tickets.done_opened")


async def known_client(session: Any, visit: Visit, number: int) -> clients.Client | None:
    """Only one with a ticket that may be seen: else anybody could read off all clients by their numbers."""
    mine = lists.seen_by(visit.operator, visit.organisation)
    if mine is not None and not await ticket_lists.has_any(session, mine, number):
        raise Absent
    return await clients.show_client(session, number)


def form_page(visit: Visit, draft: Draft, refused: Refused | None = None) -> Response:
    offered = [each for each in gateways_seen(visit.operator, visit.organisation) if each.enabled]
    return visit.page(
        "tickets/new.html",
        status=200 if refused is None else 409,
        draft=draft,
        gateways=offered,
        department_names={each.key: each.name for each in visit.organisation.departments},
        problem=None if refused is None else in_words(visit, refused),
    )


@dataclass(frozen=True, slots=True)
class Tab:
    """`status` as addresses have it."""

    status: str
    n: int
    here: bool


def tabs(asked: Asked, counts: Counts) -> list[Tab]:
    """What there is to do, all that was not thrown away, and each status that has any."""
    n = counts.by_status(asked.gateway or None)
    together = ((ACTIVE_NAME, sum(n.get(each, 0) for each in ACTIVE)), (ALL_NAME, sum(n.get(each, 0) for each in KEPT)))
    each = ((str(status), n.get(status, 0)) for status in Status)
    return [Tab(name, count, name == asked.status) for name, count in (*together, *each)]


def gateways_seen(operator: Operator, desk: Organisation) -> list[Gateway]:
    """Those that letters can come from."""
    return [each for each in desk.gateways if not each.catches_all and operator.sees(each.department)]


def gateways_offered(operator: Operator, desk: Organisation, n: Mapping[str, int], asked: Asked) -> list[tuple[str, int]]:
    """Addresses to filter by, with how many tickets there are: those of the operator's departments, and whichever else their tickets came
    by."""
    known = [each.address for each in desk.gateways if operator.sees(each.department)]
    return [(each, n.get(each, 0)) for each in dict.fromkeys((*known, *sorted(n), *([asked.gateway] if asked.gateway else [])))]


def departments_seen(operator: Operator, desk: Organisation) -> list[tuple[str, str]]:
    return [(each.key, each.name) for each in desk.departments if operator.sees(each.key)]


def agents_seen(operator: Operator, desk: Organisation) -> list[Agent]:
    """Colleagues in the operator's departments, those who have left among them: their tickets wait for somebody."""
    return [each for each in desk.agents if any(operator.sees(key) for key in each.departments)]
