"""`[[dkim]]`: keys that letters are signed with."""

import base64
import re
from collections.abc import Iterator
from typing import Annotated, Final

from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from pydantic import PlainSerializer, PlainValidator, SecretStr, ValidationInfo

from gateway.config.section import Kind, Section, Surroundings
from gateway.config.values import REFERENCE, Domain, text_of, write_secret
from gateway.domain.dkim import DkimKey

SELECTOR_TEXT: Final = 'a selector, such as "desk2026": letters, digits and hyphens, with dots between'
KEY_TEXT: Final = "the path of a private key in PEM, RSA or Ed25519, without a passphrase"
PEM: Final = "-----BEGIN"
WEAKEST_RSA: Final = 1024
"""RFC 8301 §3.2: verifiers take nothing below."""


def read_selector(value: object) -> str:
    selector = text_of(value, SELECTOR_TEXT).lower()
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*", selector):
        raise ValueError(f"expected {SELECTOR_TEXT}")
    return selector


def read_key(value: object, info: ValidationInfo) -> SecretStr:
    """A path, or `env:NAME` and `file:PATH` as other secrets have it; the key itself once it was handed on."""
    text = text_of(value, KEY_TEXT)
    around = info.context
    if isinstance(around, Surroundings) and not text.startswith(PEM):
        text = around.read_secret(text if REFERENCE.fullmatch(text) else f"file:{text}")
    key, _ = public_half(text)
    if isinstance(around, Surroundings) and isinstance(key, RSAPrivateKey):
        check_halves(key)
    return SecretStr(text)


def check_halves(key: RSAPrivateKey) -> None:
    """That the public half verifies what the private one signs; of Ed25519 the former follows from the latter."""
    try:
        key.public_key().verify(key.sign(b"", PKCS1v15(), SHA256()), b"", PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature, InternalError):
        raise ValueError(f"expected {KEY_TEXT}; this one is damaged") from None


def public_half(pem: str) -> tuple[RSAPrivateKey | Ed25519PrivateKey, str]:
    """The key, and `p=` of its record. Raises ValueError with a sentence."""
    try:
        # Of a file of the operator's own, so what costs time with keys of strangers is left out.
        key = load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    except TypeError:
        raise ValueError(f"expected {KEY_TEXT}; this one has a passphrase") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError(f"expected {KEY_TEXT}; this is none") from None
    match key:
        case RSAPrivateKey() if key.key_size < WEAKEST_RSA:
            raise ValueError(f"expected {KEY_TEXT}; RSA of {key.key_size} bits is refused by everybody: make one of 2048")
        case RSAPrivateKey():
            # RFC 6376 §3.6.1 with the erratum that everybody follows: a SubjectPublicKeyInfo.
            public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        case Ed25519PrivateKey():
            public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)  # RFC 8463 §4
        case _:
            raise ValueError(f"expected {KEY_TEXT}; this is of another kind")
    return key, base64.b64encode(public).decode()


class Dkim(Section):
    """A key that letters from addresses of one domain are signed with. `deskgate check --dns` says whether it is published, and what to
    publish. A domain may have several, an RSA and an Ed25519 one for instance."""

    domain: Domain
    """The domain of the From addresses that it vouches for; those of its subdomains too, where DMARC does not forbid it."""
    selector: Annotated[str, PlainValidator(read_selector), Kind(SELECTOR_TEXT)]
    """Its name under the domain: the public half stands at `SELECTOR._domainkey.DOMAIN`."""
    key: Annotated[SecretStr, PlainValidator(read_key), PlainSerializer(write_secret), Kind(KEY_TEXT, secret=True)]
    """Path of the private half in PEM, without a passphrase; `deskgate dkim new DOMAIN` makes one. `env:NAME` may hold it as well."""


def dkim_keys(tables: tuple[Dkim, ...]) -> Iterator[DkimKey]:
    for each in tables:
        pem = each.key.get_secret_value()
        key, public = public_half(pem)
        if isinstance(key, RSAPrivateKey):
            yield DkimKey(each.domain, each.selector, "rsa", key.key_size, public, pem)
        else:
            yield DkimKey(each.domain, each.selector, "ed25519", 256, public, pem)
