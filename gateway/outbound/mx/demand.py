"""What a mail server has to prove before it gets a letter. Pure.

DANE comes before MTA-STS (RFC 8461 §2): a server that DNSSEC vouches for needs no authority's certificate. Where a domain publishes
neither, any encryption is better than none, and none is better than no delivery (RFC 7435).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from gateway.auth.dns import Answer, Tlsa
from gateway.outbound.mx import dane, sts
from gateway.outbound.mx.route import Target


@dataclass(frozen=True, slots=True)
class Opportunistic:
    """TLS where it is offered and succeeds, whatever the certificate."""


@dataclass(frozen=True, slots=True)
class Encrypted:
    """TLS, whatever the certificate: its TLSA records say nothing that could be compared (RFC 7672 §2.2)."""


@dataclass(frozen=True, slots=True)
class ByAuthority:
    """TLS with a certificate of the host's name, from an authority that this machine trusts."""

    host: str


@dataclass(frozen=True, slots=True)
class ByRecords:
    """TLS with a certificate that a TLSA record names; `names` as in `dane.mismatch`."""

    records: tuple[Tlsa, ...]
    names: tuple[str, ...]


Demand = Opportunistic | Encrypted | ByAuthority | ByRecords


@dataclass(frozen=True, slots=True)
class Barred:
    """This server must not get the letter."""

    why: str


def demand(target: Target, tlsa: Answer | None, policy: sts.Policy | None, domain: str) -> Demand | Barred:
    """`tlsa` is the answer for the server's TLSA records, None where DANE does not apply; `policy` the domain's by MTA-STS."""
    if tlsa is not None and tlsa.status == "temperror":
        # RFC 7672 §2.1.2: whoever can suppress the answer could read the letter.
        return Barred("its TLSA records could not be looked up")
    records = [each for each in tlsa.records if isinstance(each, Tlsa)] if tlsa is not None and tlsa.secure else []
    if records:
        return _of_records(records, target, domain)
    if policy is None or policy.mode != "enforce":
        return Opportunistic()
    if not sts.allows(policy, target.host):
        return Barred(f"the MTA-STS policy of {domain} does not name it")
    return ByAuthority(target.host)


def _of_records(records: Sequence[Tlsa], target: Target, domain: str) -> Demand:
    fit = dane.usable(records)
    # RFC 7672 §3.2.2: the name where the records are, or the domain that was written to.
    return ByRecords(fit, tuple(dict.fromkeys((target.host, domain)))) if fit else Encrypted()


def is_mandatory(asked: Demand) -> bool:
    """Whether a letter may not go in the clear."""
    match asked:
        case Opportunistic():
            return False
        case Encrypted() | ByAuthority() | ByRecords():
            return True
        case _:
            assert_never(asked)
