"""From addresses that are no gateways: who proved to read their mail, and by what receivers will believe that ours may bear them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

from gateway.domain.organisation import FromAddress, Organisation

Alignment = Literal["dkim", "spf"]
"""By what DMARC passes mail of ours that bears the address (RFC 7489 §3.1): a key of its domain that we sign with, or our relay in its
SPF."""

State = Literal["ready", "unaligned", "unverified", "disabled"]
"""`unaligned`: letters go out as `Name via Desk`, from the gateway; `unverified` and `disabled`: not used at all."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known of one From address. `why` says in words what DNS lacks; `checked_at` None: DNS was not asked yet."""

    verified_at: datetime | None = None
    requested_at: datetime | None = None
    """When the last letter with a code was written."""
    aligned: Alignment | None = None
    checked_at: datetime | None = None
    why: str = ""

    @property
    def verified(self) -> bool:
        return self.verified_at is not None


Proofs = Mapping[str, Proof]
"""By normalised address; what stands in none is not proven."""

UNPROVEN: Final = Proof()
NO_PROOFS: Final[Proofs] = MappingProxyType({})


def verified_addresses(proofs: Proofs) -> frozenset[str]:
    return frozenset(address for address, proof in proofs.items() if proof.verified)


def wants_code(sender: FromAddress, organisation: Organisation) -> bool:
    """Whether only a code proves it: mail to it does not come to us, and no server of its own vouches for it."""
    return sender.server is None and not organisation.receives(sender.address)


def state_of(sender: FromAddress, proof: Proof, organisation: Organisation) -> State:
    if not sender.enabled:
        return "disabled"
    if not wants_code(sender, organisation):
        return "ready"
    if not proof.verified:
        return "unverified"
    return "ready" if proof.aligned is not None else "unaligned"
