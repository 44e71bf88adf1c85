"""Keys for letters, and what two verifiers say of them: dkimpy, which others run, and our own for incoming mail."""

import base64
from collections.abc import Iterable
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import dkim
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.auth.verify import verify_content
from gateway.auth.written import read_written
from gateway.config.dkim import public_half
from gateway.domain.dkim import DkimKey, KeyKind

YEARS_LATER = 4e9
"""Unix time. Our signatures do not expire, and no letter of a test is from the future then."""


def dkim_key(kind: KeyKind, domain: str = "desk.test", selector: str = "", bits: int = 2048) -> DkimKey:
    pem = pem_of(kind, bits)
    return DkimKey(domain, selector or f"{kind}2026", kind, bits, public_half(pem)[1], pem)


@cache
def pem_of(kind: KeyKind, bits: int = 2048) -> str:
    private = rsa.generate_private_key(65537, bits) if kind == "rsa" else Ed25519PrivateKey.generate()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def ours(content: bytes, keys: Iterable[DkimKey]) -> list[tuple[str, str]]:
    """Selector and result of each signature, topmost first."""
    records = {f"{each.name}.": each.record.encode() for each in keys}
    return [(each.selector, each.result) for each in verify_content(content, records, YEARS_LATER).signatures]


def dkimpys(content: bytes, keys: Iterable[DkimKey]) -> list[bool]:
    """Of each signature, topmost first."""
    records = {f"{each.name}.": each.record.encode() for each in keys}
    many = len(read_written(content).dkim)
    clock = SimpleNamespace(time=lambda: YEARS_LATER)
    with patch.object(dkim, "nacl", NACL, create=True), patch.object(dkim, "time", clock):
        return [dkimpys_word(content, index, records) for index in range(many)]


def dkimpys_word(content: bytes, index: int, records: dict[str, bytes]) -> bool:
    try:
        return bool(dkim.DKIM(content).verify(idx=index, dnsfunc=lambda name, timeout: records[name.decode()]))
    except dkim.ValidationError:
        return False


def verified(content: bytes, keys: Iterable[DkimKey]) -> bool:
    """Whether there is a signature, and both verifiers take all there are. They must never disagree."""
    keys = tuple(keys)
    mine, theirs = [result == "pass" for _, result in ours(content, keys)], dkimpys(content, keys)
    assert mine == theirs
    return bool(mine) and all(mine)


class _BadSignatureError(Exception):
    pass


class _VerifyKey:
    def __init__(self, public: bytes, encoder: Any) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public))

    def verify(self, digest: bytes, signature: bytes) -> None:
        try:
            self._key.verify(signature, digest)
        except InvalidSignature as error:
            raise _BadSignatureError from error


NACL = SimpleNamespace(
    signing=SimpleNamespace(VerifyKey=_VerifyKey),
    encoding=SimpleNamespace(Base64Encoder=None),
    exceptions=SimpleNamespace(BadSignatureError=_BadSignatureError, ValueError=ValueError),
)
"""What dkimpy wants of PyNaCl for Ed25519; the arithmetic is `cryptography`'s."""
