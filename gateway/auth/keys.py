"""Public keys as they are published (RFC 6376 §3.6.1, RFC 8463), and what they may be used for.

The arithmetic is `cryptography`'s: ten times faster than dkimpy's, and Ed25519 needs no PyNaCl.
"""

import base64
import hashlib
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from gateway.auth.tags import Tags, names, read_tags, unfolded
from gateway.auth.written import Signed
from gateway.domain.verdict import Result

WEAKEST_RSA, STRONGEST_RSA = 1024, 8192
LONGEST_EXPONENT = 64

KINDS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}
"""What kind of key each algorithm wants; all of them hash with SHA-256."""

new_digest = hashlib.sha256

PublicKey = RSAPublicKey | Ed25519PublicKey


class RefusedError(Exception):
    """A signature that is not taken, and how RFC 8601 §2.7.1 calls that."""

    def __init__(self, result: Result, why: str) -> None:
        super().__init__(why)
        self.result = result
        self.why = why


def check_algorithm(tags: Tags) -> None:
    algorithm = tags.get("a", "")
    if algorithm.endswith("-sha1"):
        raise RefusedError("policy", "it uses SHA-1")  # RFC 8301 §3.1
    if algorithm not in KINDS:
        raise RefusedError("permerror", "it is malformed: a= names no known algorithm")


def public_key(signed: Signed, records: Mapping[str, bytes]) -> PublicKey:
    """That a signature names, if it may be used for it. `records` as for `verify.verify_content`; raises RefusedError."""
    record = _key_record(records.get(signed.key))
    if record.get("k", "rsa") != KINDS[signed.tags["a"]]:
        raise RefusedError("permerror", "its key is of another kind than the signature")
    if "h" in record and "sha256" not in names(record["h"]):
        raise RefusedError("permerror", "its key does not allow this digest")
    if not {"*", "email"} & set(names(record.get("s", "*"))):
        raise RefusedError("permerror", "its key is not for mail")
    flags = names(record.get("t", ""))
    if "y" in flags:
        raise RefusedError("neutral", "its key is being tested, so the signature counts as none")
    if "s" in flags and identity_domain(signed) != signed.tags["d"].lower():
        raise RefusedError("permerror", "its key does not allow subdomains in i=")
    return _decoded(record)


def identity_domain(signed: Signed) -> str:
    """Of DKIM's i=, which is another thing than ARC's: there nothing follows an @."""
    return signed.tags.get("i", "").partition("@")[2].lower() or signed.tags["d"].lower()


def agrees(key: PublicKey, digest: bytes, signed: Signed) -> bool:
    """Whether b= is this key's signature of the digest."""
    try:
        signature = base64.b64decode(unfolded(signed.tags["b"]), validate=True)
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, digest)  # RFC 8463 §3: the digest is what is signed
        else:
            key.verify(signature, digest, PKCS1v15(), Prehashed(SHA256()))
    except (KeyError, ValueError):
        raise RefusedError("permerror", "it is malformed: b= is not base64") from None
    except InvalidSignature:
        return False
    return True


def _key_record(record: bytes | None) -> Tags:
    if record is None:
        raise RefusedError("temperror", "its key could not be looked up")
    if not record:
        raise RefusedError("permerror", "its key is not published")
    tags = read_tags(record)
    if tags is None:
        raise RefusedError("permerror", "its key record is malformed")
    if tags.get("v", "DKIM1") != "DKIM1":
        raise RefusedError("permerror", "its key record is of another version")
    if not tags.get("p"):
        raise RefusedError("permerror", "its key has been revoked")
    return tags


def _decoded(record: Tags) -> PublicKey:
    try:
        encoded = base64.b64decode(unfolded(record["p"]), validate=True)
        if record.get("k", "rsa") == "ed25519":
            return Ed25519PublicKey.from_public_bytes(encoded)
        key = load_der_public_key(encoded)
        if not isinstance(key, RSAPublicKey):
            raise RefusedError("permerror", "its key is malformed")
        numbers = key.public_numbers()
    except (ValueError, UnsupportedAlgorithm):
        raise RefusedError("permerror", "its key is malformed") from None
    if not WEAKEST_RSA <= key.key_size <= STRONGEST_RSA or numbers.e.bit_length() > LONGEST_EXPONENT:
        raise RefusedError("policy", f"its key has {key.key_size} bits")  # RFC 8301 §3.2
    return key
