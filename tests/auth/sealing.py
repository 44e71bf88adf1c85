"""Mail that forwarders really sealed (RFC 8617 §5.1): the canonical forms are dkimpy's, the keys those of `signing`."""

import base64
import hashlib
import re

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from dkim import rfc822_parse
from dkim.canonicalization import Relaxed

from tests.auth.signing import ed25519_key, rsa_key

PASSES = "dmarc=pass header.from=client.test"
ARC = (b"arc-authentication-results", b"arc-message-signature", b"arc-seal")

Fields = list[tuple[bytes, bytes]]


def seal(
    content: bytes,
    domain: str = "list.test",
    selector: str = "s1",
    stated: str = PASSES,
    *,
    cv: str | None = None,
    covered: str = "from:to:subject:date:message-id",
    instance: int | None = None,
    message_tags: str = "",
    seal_tags: str = "",
    algorithm: str = "rsa-sha256",
) -> bytes:
    """`content` with one more set on top; `cv` and `instance` as a faithful sealer writes them unless they are told."""
    fields, body = _parsed(content)
    number = instance or 1 + sum(name == b"arc-seal" for name, _ in fields)
    names = f"i={number}; a={algorithm}; d={domain}; s={selector}"
    body_hash = base64.b64encode(hashlib.sha256(Relaxed.canonicalize_body(body)).digest()).decode()

    results = f" i={number}; mx.{domain}; {stated}\r\n"
    message = f" {names}; c=relaxed/relaxed; h={covered}; bh={body_hash}; {message_tags}b="
    message += _signature(_chosen(fields, covered) + _line("arc-message-signature", message), algorithm) + "\r\n"
    own = f" {names}; cv={cv or ('none' if number == 1 else 'pass')}; {seal_tags}b="
    new: Fields = [(ARC[0], results.encode()), (ARC[1], message.encode())]
    sealed = b"".join(name + b":" + value for name, value in [*_sets(fields), *Relaxed.canonicalize_headers(new)])
    own += _signature(sealed + _line("arc-seal", own), algorithm) + "\r\n"
    return f"ARC-Seal:{own}ARC-Message-Signature:{message}ARC-Authentication-Results:{results}".encode() + content


def _parsed(content: bytes) -> tuple[Fields, bytes]:
    fields, body = rfc822_parse(content)
    return [(name, value) for name, value in Relaxed.canonicalize_headers(fields)], body


def _sets(fields: Fields) -> Fields:
    """Of the chain so far, in the order of the seal."""
    numbered = [(_number(value), ARC.index(name), name, value) for name, value in fields if name in ARC]
    return [(name, value) for _, _, name, value in sorted(numbered)]


def _number(value: bytes) -> int:
    found = re.search(rb"\bi=(\d+)", value)
    return int(found[1]) if found else 0


def _chosen(fields: Fields, covered: str) -> bytes:
    left = list(fields)
    chosen = []
    for wanted in covered.encode().split(b":"):
        index = next((at for at in reversed(range(len(left))) if left[at][0] == wanted), None)
        if index is not None:
            chosen.append(b":".join(left.pop(index)))
    return b"".join(chosen)


def _line(name: str, value: str) -> bytes:
    return f"{name}:{value.strip()}".encode()


def _signature(data: bytes, algorithm: str) -> str:
    if algorithm == "ed25519-sha256":
        return base64.b64encode(ed25519_key().sign(hashlib.sha256(data).digest())).decode()
    return base64.b64encode(rsa_key(2048).sign(data, PKCS1v15(), SHA256())).decode()
