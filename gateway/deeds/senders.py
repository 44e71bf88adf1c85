"""From addresses: how each stands, and the codes that prove them (Z7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.deeds.refused import Refused
from gateway.desk.senders import verifying
from gateway.desk.senders.proving import proofs_of
from gateway.domain.organisation import FromAddress, Organisation
from gateway.domain.senders import UNPROVEN, Proof, State, state_of, wants_code
from gateway.mail.address import address_key
from gateway.tokens.verification import Expired

ProvenBy = Literal["server", "gateway", "code"]


@dataclass(frozen=True, slots=True)
class Standing:
    """`by`: what proves that it is ours, None where nothing has yet; `coded`: only a code can."""

    sender: FromAddress
    proof: Proof
    state: State
    by: ProvenBy | None
    coded: bool


def standing_of(sender: FromAddress, proofs: Mapping[str, Proof], organisation: Organisation) -> Standing:
    proof, coded = proofs.get(sender.address, UNPROVEN), wants_code(sender, organisation)
    by: ProvenBy | None = None
    if not coded:
        by = "server" if sender.server is not None else "gateway"
    elif proof.verified:
        by = "code"
    return Standing(sender, proof, state_of(sender, proof, organisation), by, coded)


async def standings(session: AsyncSession, organisation: Organisation) -> list[Standing]:
    """In the order of the file."""
    proofs = await proofs_of(session, (each.address for each in organisation.from_addresses), organisation)
    return [standing_of(each, proofs, organisation) for each in organisation.from_addresses]


def sender_named(organisation: Organisation, address: str) -> FromAddress:
    key = address_key(address)
    found = next((each for each in organisation.from_addresses if each.address == key), None)
    if found is None:
        known = ", ".join(each.address for each in organisation.from_addresses) or "none"
        why = f"{address}: no such [[from_address]]; the configuration has {known}"
        raise Refused(why, "addresses.refused_no_sender", address=address)
    return found


async def send_code(session: AsyncSession, sender: FromAddress, organisation: Organisation) -> bool:
    """Whether a letter with a code was written: False where nothing has to be verified."""
    if not sender.enabled:
        raise Refused(f"{sender.address} is switched off: set its enabled = true first", "addresses.refused_off", address=sender.address)
    if not wants_code(sender, organisation):
        return False
    await verifying.send_code(session, sender, organisation, again=True)
    return True


async def confirm(session: AsyncSession, code: str, organisation: Organisation) -> str:
    """The address that it proves. Raises Refused."""
    read = await verifying.confirm(session, code.strip().lower(), organisation)
    if read is None:
        raise Refused("this is no code of a From address of this desk; copy all of it from the letter", "addresses.refused_code")
    if isinstance(read, Expired):
        at = read.at.strftime("%Y-%m-%d %H:%M:%S")
        why = f"the code for {read.address} counted until {at}; `deskgate senders verify {read.address}` sends another one"
        raise Refused(why, "addresses.refused_old_code", address=read.address, at=read.at)
    return read.address
