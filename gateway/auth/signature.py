"""A DKIM signature as it was found to be, and the DNS name of its key. Light: the parent process imports it, the verifier does not."""

from dataclasses import dataclass

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


def key_name(selector: str, domain: str) -> str:
    """Where the public key is published (RFC 6376 §3.6.2.1): A-labels in lower case, with the final dot."""
    host = normalise_domain(domain) or domain.strip().strip(".").lower()
    return f"{selector.strip().strip('.').lower()}._domainkey.{host}."
