"""Checks against a name server on loopback, over the one resolver."""

from collections.abc import Sequence
from functools import partial
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.auth.dns import Resolver
from gateway.config.dkim import public_half
from gateway.dnscheck.ask import answered
from gateway.dnscheck.findings import Finding
from gateway.dnscheck.known import Check
from gateway.dnscheck.report import Address, Names, Report, report
from gateway.dnscheck.sending import Outlet, Sending
from gateway.dnscheck.spf import spf_finding
from gateway.domain.dkim import DkimKey
from tests.auth.nameserver import Zone, name_server

OURS = "192.0.2.10"
OUTLET = Outlet("mx.desk.test", "127.0.0.1")
SENDING = Sending("mx.desk.test", (OURS,))
WELL: dict[tuple[str, str], Sequence[Any] | str] = {
    ("desk.test", "MX"): [(10, "mx.desk.test")],
    ("mx.desk.test", "A"): [OURS],
    ("10.2.0.192.in-addr.arpa", "PTR"): ["mx.desk.test"],
    ("desk.test", "TXT"): [f"v=spf1 ip4:{OURS} -all"],
    ("_dmarc.desk.test", "TXT"): ["v=DMARC1; p=reject"],
}
Result = TypeVar("Result")
SUPPORT = Address("support@desk.test", "gateway")


def pem_of(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


RSA = pem_of(rsa.generate_private_key(65537, 1024))
ED25519 = pem_of(ed25519.Ed25519PrivateKey.generate())


def rsa_key(domain: str = "desk.test", selector: str = "one") -> DkimKey:
    return DkimKey(domain, selector, "rsa", 1024, public_half(RSA)[1], RSA)


def ed25519_key(domain: str = "desk.test", selector: str = "two") -> DkimKey:
    return DkimKey(domain, selector, "ed25519", 256, public_half(ED25519)[1], ED25519)


async def ask(check: Check[Result], zone: Zone, seconds: float = 5.0) -> Result:
    async with name_server(zone) as server:
        resolver = Resolver([server.address], seconds=seconds)
        try:
            return await answered(check, resolver, seconds)
        finally:
            await resolver.close()


async def reported(zone: Zone, *addresses: Address, keys: tuple[DkimKey, ...] = (), **names: Any) -> Report:
    return await ask(partial(report, Names(addresses or (SUPPORT,), **{"outlet": OUTLET, "keys": keys, **names})), zone)


async def spf_of(zone: Zone, domain: str = "desk.test", sending: Sending = SENDING) -> Finding:
    return await ask(partial(spf_finding, domain, sending), zone)


def states(found: Report, address: str = "support@desk.test") -> dict[str, str]:
    [one] = [each for each in found.addresses if each.address.address == address]
    return {each.subject: each.state for each in one.findings}


def finding(found: Report, subject: str, address: str = "support@desk.test") -> Finding:
    [one] = [each for each in found.addresses if each.address.address == address]
    return next(each for each in one.findings if each.subject == subject)
