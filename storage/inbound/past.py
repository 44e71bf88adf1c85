"""What arrived since a moment, in order, for those who want to think it over again."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.inbound.listing import Inbound, inbound_of, listed
from storage.models import client_addresses, inbound_messages

BATCH: Final = 200


async def arrived_since(session: AsyncSession, moment: datetime) -> AsyncIterator[Inbound]:
    """The oldest first, batch by batch."""
    last = 0
    while True:
        statement = (
            listed()
            .where(inbound_messages.c.received_at >= moment, inbound_messages.c.id > last)
            .order_by(inbound_messages.c.id)
            .limit(BATCH)
        )
        batch = [inbound_of(row) for row in await session.execute(statement)]
        for each in batch:
            yield each
        if len(batch) < BATCH:
            return
        last = batch[-1].id


async def was_known(session: AsyncSession, key: str, moment: datetime) -> bool:
    """Whether the normalised address was a client's by then."""
    statement = select(exists().where(client_addresses.c.key == key, client_addresses.c.created_at < moment))
    return bool(await session.scalar(statement))
