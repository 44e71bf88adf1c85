"""What a verified ARC chain proves of the author (RFC 8617 §7.2). PURE.

Mailing lists and forwarders change messages and their way, so that SPF and DKIM of the author fail when the message gets here. A forwarder
that seals states what it found on arrival. Anybody can make a chain that passes and states anything, so it counts only as far as it is
sealed by those whom `trust.arc_sealers` lists: from the newest seal downwards, up to the first that is not listed. Below that one anything
may have been invented, or changed after it was found true.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from gateway.auth.dmarc import Published, wants_strict
from gateway.auth.organisational import aligned
from gateway.auth.results import Stated, read_field
from gateway.auth.signature import Chain, Seal
from gateway.mail.message import Trace


@dataclass(frozen=True, slots=True)
class Forwarded:
    """`stated` is what the sealer `sealer` found of the author's domain on arrival."""

    sealer: str
    stated: Stated


def find_proof(chain: Chain, sealers: Sequence[str], domain: str, policy: Published) -> Forwarded | None:
    """The oldest trusted statement that authenticates the author's domain, the one made nearest to the author. Says nothing of whether
    the chain verified."""
    for seal in reversed(trusted(chain.seals, sealers)):
        proof = _proof(read_field(Trace(seal.stated, 0)).stated, domain, policy)
        if proof is not None:
            return Forwarded(seal.domain, proof)
    return None


def trusted(seals: Sequence[Seal], sealers: Sequence[str]) -> tuple[Seal, ...]:
    """Newest first, without a gap."""
    return tuple(takewhile(lambda seal: is_listed(seal.domain, sealers), reversed(seals)))


def is_listed(domain: str, sealers: Iterable[str]) -> bool:
    """A listed domain stands for the names below it, whose keys only its owner can publish; and for nothing above or beside it, as an
    organisation's forwarder is not all of the organisation."""
    return any(domain == each or domain.endswith(f".{each}") for each in map(str.lower, sealers))


def _proof(stated: Sequence[Stated], domain: str, policy: Published) -> Stated | None:
    """A sealer's own DMARC result outranks what we make of its SPF and DKIM results."""
    if any(each.method == "dmarc" and each.result == "fail" for each in stated):
        return None
    return next((each for each in stated if each.result == "pass" and _meets(each, domain, policy)), None)


def _meets(stated: Stated, domain: str, policy: Published) -> bool:
    match stated.method:
        case "dmarc":
            return stated.domain == domain != ""
        case "spf":
            return aligned(stated.domain, domain, strict=wants_strict(policy, "spf"))
        case "dkim":
            return aligned(stated.domain, domain, strict=wants_strict(policy, "dkim"))
        case _:
            return False
