"""Addresses that automatic letters do not go to, and letting them go there again. A part of *Outbox*."""

from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.console.console import Console
from gateway.console.forms import Form
from gateway.console.sight import sees
from gateway.console.visit import Visit
from gateway.deeds.suppressions import lift
from gateway.domain.operators import Right
from gateway.mail.address import address_key
from storage import suppressions


class SuppressionPages:
    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> Sequence[BaseRoute]:
        return [
            self._console.get("/outbox/suppressions", self.listed),
            self._console.post("/outbox/suppressions/lift", self.lift),
        ]

    async def listed(self, visit: Visit) -> Response:
        async with visit.reading("suppressions.list") as (session, deed):
            found = await suppressions.listed(session, sees(visit))
            deed.about_addresses(*(each.address for each in found))
        return visit.page("outbox/suppressions.html", found=found, may=visit.operator.may(Right.ACT))

    async def lift(self, visit: Visit, form: Form) -> Response:
        key = address_key(form.get("address"))
        async with visit.changing("suppressions.lift") as (session, deed):
            await lift(session, deed, key, visit.operator.name, sees=sees(visit))
        return visit.back("outbox/suppressions", "outbox.done_lifted")
