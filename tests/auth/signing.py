"""Mail that is really signed, by dkimpy, and the key records that go with it."""

import base64
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import dkim
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

MAIL = (
    b"From: Anna <anna@client.test>\r\n"
    b"To: support@desk.test\r\n"
    b"Subject: A question\r\n"
    b"Date: Fri, 20 Nov 2026 10:00:00 +0000\r\n"
    b"Message-ID: <one@client.test>\r\n"
    b"\r\n"
    b"Dear  support,\r\n\r\nit does not work. \r\n\r\n"
)


def plain_id(value: object) -> str | None:
    """A test's id for what is signed anew in every process: workers must agree on the names of tests."""
    return "bytes" if isinstance(value, bytes) else None


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return key_of_size(bits)


@cache
def key_of_size(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@cache
def ed25519_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def rsa_record(bits: int = 2048, extra: bytes = b"") -> bytes:
    der = rsa_key(bits).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; " + extra + b"p=" + base64.b64encode(der)


def odd_rsa_record(modulus: int, exponent: int = 65537) -> bytes:
    """Of a key that no library would make any more, as PKCS #1 writes it."""
    numbers = b"".join(_der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big")) for number in (modulus, exponent))
    return b"v=DKIM1; p=" + base64.b64encode(_der(0x30, numbers))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, *([len(content)] if len(content) < 128 else [0x80 | len(size), *size])]) + content


def ed25519_record() -> bytes:
    raw = ed25519_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return b"v=DKIM1; k=ed25519; p=" + base64.b64encode(raw)


def sign_rsa(content: bytes, domain: str = "client.test", selector: str = "s1", *, bits: int = 2048, **options: Any) -> bytes:
    pem = rsa_key(bits).private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return bytes(dkim.DKIM(content).sign(selector.encode(), domain.encode(), pem, **options)) + content


def sign_ed25519(content: bytes, domain: str = "client.test", selector: str = "s2", **options: Any) -> bytes:
    """dkimpy wants PyNaCl for this, and gets what it needs of it."""
    signer = SimpleNamespace(sign=lambda digest: SimpleNamespace(signature=ed25519_key().sign(digest)))
    nacl = SimpleNamespace(signing=SimpleNamespace(SigningKey=lambda key, encoder: signer), encoding=SimpleNamespace(Base64Encoder=None))
    with patch.object(dkim, "nacl", nacl, create=True):
        signature = dkim.DKIM(content).sign(selector.encode(), domain.encode(), b"", signature_algorithm=b"ed25519-sha256", **options)
    return bytes(signature) + content
