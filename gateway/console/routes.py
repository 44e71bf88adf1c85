"""The pages of the console, put together."""

from collections.abc import Sequence

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from gateway.console import assets
from gateway.console.addresses import AddressesPages
from gateway.console.audit import AuditPage
from gateway.console.console import Console
from gateway.console.door import SessionDoor
from gateway.console.events import Events
from gateway.console.health import HealthPages
from gateway.console.inbound import InboundPages
from gateway.console.login import LoginPages
from gateway.console.me import KeysPage, MePages
from gateway.console.outbox import OutboxPages
from gateway.console.ratings import RatingsPages
from gateway.console.suppressions import SuppressionPages
from gateway.console.ticket import TicketPages
from gateway.console.tickets import TicketListPages
from gateway.console.visit import Visit
from gateway.console.why import WhyPages


def routes(console: Console) -> Sequence[BaseRoute]:
    return [
        console.get("/", first_page),
        *assets.routes(),
        *AddressesPages(console).routes(),
        *HealthPages(console).routes(),
        *RatingsPages(console).routes(),
        *AuditPage(console).routes(),
        *Events(console).routes(),
        *KeysPage(console).routes(),
        *InboundPages(console).routes(),
        *OutboxPages(console).routes(),
        *SuppressionPages(console).routes(),
        *WhyPages(console).routes(),
        *TicketListPages(console).routes(),
        *TicketPages(console).routes(),
    ]


def door_routes(console: Console, door: SessionDoor) -> Sequence[BaseRoute]:
    """Of those who come in by sessions."""
    return [*LoginPages(console, door).routes(), *MePages(console, door).routes()]


async def first_page(visit: Visit) -> Response:
    return RedirectResponse(visit.to("inbound"), 303)
