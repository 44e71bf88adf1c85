"""A DKIM signature and an ARC chain as they were found to be, and the DNS name of a key. Light: the parent process imports it, the verifier
does not."""

from dataclasses import dataclass, field

from gateway.domain.verdict import Result
from gateway.mail.address import normalise_domain

MOST_SIGNATURES = 10
"""More are not looked at: each costs a DNS query and a public-key operation."""


@dataclass(frozen=True, slots=True)
class Signature:
    """`domain` (d=) is normalised. `why` tells an operator what is amiss; it is empty when `result` is `pass`."""

    domain: str
    selector: str
    result: Result
    why: str = ""


@dataclass(frozen=True, slots=True)
class Seal:
    """What one who passed the message on states of it: `stated` is the ARC-Authentication-Results without its instance.

    `domain` is that of the ARC-Seal, normalised; it binds the whole set. Whether it does is the chain's `result`.
    """

    instance: int
    domain: str
    stated: str


@dataclass(frozen=True, slots=True)
class Chain:
    """`pass`: every seal verified, and the newest message signature covers author and body as they are now. `seals`: oldest first; empty
    where the chain's structure is broken."""

    result: Result = "none"
    why: str = ""
    seals: tuple[Seal, ...] = ()


@dataclass(frozen=True, slots=True)
class Verified:
    signatures: tuple[Signature, ...] = ()
    chain: Chain = field(default_factory=Chain)


def key_name(selector: str, domain: str) -> str:
    """Where the public key is published (RFC 6376 §3.6.2.1): A-labels in lower case, with the final dot."""
    host = normalise_domain(domain) or domain.strip().strip(".").lower()
    return f"{selector.strip().strip('.').lower()}._domainkey.{host}."
