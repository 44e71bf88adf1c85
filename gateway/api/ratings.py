"""How content clients are: sums by agent, department and month."""

from datetime import datetime
from typing import Any

from gateway.api import shapes
from gateway.api.call import Call
from gateway.api.operation import Document, Input, Operation, reads
from gateway.api.times import Moment
from gateway.deeds import ratings as sums
from gateway.domain.api import Scope
from storage import ratings


class Asked(Input):
    since: Moment | None = None
    """Only ratings from this moment on."""


async def show(call: Call, asked: Asked) -> Document:
    async with call.reading("ratings.show") as (session, deed):
        found = [each for each in await ratings.tallies(session, asked.since) if call.operator.sees(each.department)]
        deed.note(since=asked.since)
    desk = call.organisation
    told: dict[str, Any] = sums.document(found, sums.GROUPS, sums.scores_of(found, desk), desk)
    since: datetime | None = asked.since
    return told | {"since": since}


def operations() -> list[Operation]:
    return [
        reads(
            "/ratings",
            "show_ratings",
            show,
            "Ratings in sums",
            scope=Scope.RATINGS_READ,
            action="ratings.show",
            answer=shapes.Ratings,
            query=Asked,
            description="Of the tickets in the token's departments. A rating that its client replaced does not count.",
        )
    ]
