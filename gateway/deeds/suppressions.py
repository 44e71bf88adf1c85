"""Automatic letters go to an address again that they were kept from."""

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.deeds.deed import Deed
from gateway.deeds.refused import Missing
from gateway.domain.visible import Visible
from storage import suppressions


async def lift(session: AsyncSession, deed: Deed, key: str, by: str, *, sees: Visible | None = None) -> None:
    """`key` is the normalised address. Raises Missing where it is not suppressed, or not by letters that they may see."""
    theirs = sees is None or any(each.address == key for each in await suppressions.listed(session, sees))
    if not theirs or not await suppressions.lift(session, key, by):
        raise Missing(f"{key} is not suppressed; `deskgate suppressions` lists what is")
    deed.about_addresses(key)
