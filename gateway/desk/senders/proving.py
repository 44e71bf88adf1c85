"""What is known of the From addresses that a decision or its letters may use. One look-up, and none where all are ours anyway."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.organisation import Organisation
from gateway.domain.senders import NO_PROOFS, Proofs, verified_addresses, wants_code
from gateway.domain.steps import Send
from gateway.mail.address import address_key
from storage import senders


async def verified_senders(session: AsyncSession, organisation: Organisation) -> frozenset[str]:
    """Addresses that proved to be read by who uses them."""
    return verified_addresses(await proofs_of(session, (each.address for each in organisation.from_addresses), organisation))


async def proofs_for(session: AsyncSession, sends: Iterable[Send], organisation: Organisation) -> Proofs:
    """Of the From addresses that these letters name."""
    return await proofs_of(session, (address_key(each.from_address) for each in sends if each.from_address is not None), organisation)


async def proofs_of(session: AsyncSession, addresses: Iterable[str], organisation: Organisation) -> Proofs:
    """Of those that only a code proves; `addresses` are normalised."""
    listed = (organisation.from_address(each) for each in set(addresses))
    wanted = [each.address for each in listed if each is not None and wants_code(each, organisation)]
    return await senders.proofs(session, wanted) if wanted else NO_PROOFS
