"""DANE: whether the certificates that a mail server shows are those that its TLSA records name (RFC 6698, 7671, 7672). Pure."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import verification

from gateway.auth.dns import Tlsa

TRUST_ANCHOR, END_ENTITY = 2, 3
"""The two usages that mail servers may publish; 0 and 1 are nobody's who delivers mail (RFC 7672 §3.1.3)."""


def usable(records: Sequence[Tlsa]) -> tuple[Tlsa, ...]:
    return tuple(each for each in records if each.usage in (TRUST_ANCHOR, END_ENTITY) and each.selector in (0, 1) and _well_formed(each))


def mismatch(records: Sequence[Tlsa], chain: Sequence[bytes], names: Sequence[str], now: datetime) -> str | None:
    """None where the chain (DER, the server's own certificate first) is what usable `records` demand; else what is wrong with it.
    `names` are those of which the certificate has to have one, where an authority vouches for it."""
    try:
        certificates = [x509.load_der_x509_certificate(each) for each in chain]
        if certificates and any(each.usage == END_ENTITY and matches(each, certificates[0]) for each in records):
            # RFC 7672 §3.1.1: neither its names nor its dates count, for the record says it all.
            return None
        anchors = [(each, place) for place, each in enumerate(certificates) if place and _is_anchor(each, records)]
        anchors += [(each, len(certificates)) for each in _written_out(records)]
    except ValueError as error:
        return f"a certificate cannot be read: {error}"
    faults = [_fault(anchor, certificates[0], certificates[1:place], names, now) for anchor, place in anchors if certificates]
    if None in faults:
        return None
    return next(iter(faults), "no certificate of it matches a TLSA record")


def matches(record: Tlsa, certificate: x509.Certificate) -> bool:
    """RFC 6698 §2.1.2, §2.1.3."""
    if record.selector == 0:
        octets = certificate.public_bytes(Encoding.DER)
    else:
        octets = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    match record.matching:
        case 0:
            return octets == record.data
        case 1:
            return hashlib.sha256(octets).digest() == record.data
        case _:
            return hashlib.sha512(octets).digest() == record.data


def _well_formed(record: Tlsa) -> bool:
    return record.matching in _LENGTH and (len(record.data) == _LENGTH[record.matching] if record.matching else bool(record.data))


def _is_anchor(certificate: x509.Certificate, records: Sequence[Tlsa]) -> bool:
    return any(each.usage == TRUST_ANCHOR and matches(each, certificate) for each in records)


def _written_out(records: Sequence[Tlsa]) -> list[x509.Certificate]:
    """An anchor that stands whole in its record need not be sent (RFC 7672 §3.1.2)."""
    whole = [each for each in records if (each.usage, each.selector, each.matching) == (TRUST_ANCHOR, 0, 0)]
    return [x509.load_der_x509_certificate(each.data) for each in whole]


def _fault(
    anchor: x509.Certificate, leaf: x509.Certificate, between: Sequence[x509.Certificate], names: Sequence[str], now: datetime
) -> str | None:
    builder = (
        verification.PolicyBuilder()
        .store(verification.Store([anchor]))
        .time(now)
        .extension_policies(ca_policy=_AUTHORITIES, ee_policy=_SERVERS)
    )
    fault = ""
    for name in names:
        try:
            builder.build_server_verifier(x509.DNSName(name)).verify(leaf, list(between))
        except (verification.VerificationError, ValueError) as error:
            fault = fault or f"its certificate does not stand up to the authority that a TLSA record names: {error}"
        else:
            return None
    return fault or "there is no name to verify"


_LENGTH: Final = {0: 0, 1: 32, 2: 64}


def _is_authority(_policy: object, _certificate: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    """RFC 5280 §6.1.4 (k): else whoever got any certificate of an authority could sign more."""
    if not constraints.ca:
        raise ValueError("it is no authority's certificate")


# Private authorities leave out much of what the web's must write; who signs and for which names is needed.
_AUTHORITIES: Final = verification.ExtensionPolicy.permit_all().require_present(
    x509.BasicConstraints, verification.Criticality.AGNOSTIC, _is_authority
)
_SERVERS: Final = verification.ExtensionPolicy.permit_all().require_present(
    x509.SubjectAlternativeName, verification.Criticality.AGNOSTIC, None
)
