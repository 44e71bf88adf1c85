"""Verifying DKIM signatures (RFC 6376) with keys that were fetched beforehand. Runs in the parse child: the content is hostile."""

import base64
from collections.abc import Mapping

from gateway.auth.covered import Covered, forms
from gateway.auth.keys import RefusedError, agrees, check_algorithm, identity_domain, new_digest, public_key
from gateway.auth.signature import Signature
from gateway.auth.tags import Tags, names, unfolded
from gateway.auth.written import Faulty, Signed

LEEWAY = 3600
"""Seconds after x= for which a signature still counts: a message may have waited for us, never for longer than retries of DNS go on."""
FUTURE = 36_000
"""Seconds that a signer's clock may be ahead of ours."""
LONGEST_NUMBER = 12
"""Digits; RFC 6376 §3.5 allows t= and x= 12 at least, and a body is shorter."""


def verify_signature(written: Signed | Faulty, covered: Covered, keys: Mapping[str, bytes], now: float) -> Signature:
    """`keys` and `now` as for `verify.verify_content`."""
    if isinstance(written, Faulty):
        return Signature("", "", written.result, written.why)
    try:
        _check(written, now)
        complete = covers(written, covered, keys)
    except RefusedError as refused:
        return Signature(written.domain, written.selector, refused.result, refused.why)
    if not complete:
        # RFC 6376 §8.2: whoever passes the mail on may add to a body that l= leaves open, a command for one.
        return Signature(written.domain, written.selector, "policy", "it covers the beginning of the body only")
    return Signature(written.domain, written.selector, "pass")


def covers(signed: Signed, covered: Covered, keys: Mapping[str, bytes]) -> bool:
    """Whether a signature that verifies covers all of the body. Raises RefusedError where it does not verify, or does not cover the author.

    ARC's message signature is made in the same way (RFC 8617 §4.1.2).
    """
    check_algorithm(signed.tags)
    header_form, body_form = forms(signed.tags.get("c", "simple/simple"))
    chosen = names(signed.tags.get("h", ""))
    if "from" not in chosen or not covered.how_many(b"from"):
        raise RefusedError("permerror", "it does not cover From")  # RFC 6376 §5.4
    key = public_key(signed, keys)
    complete = _check_body(covered.body(body_form), signed.tags)
    # One From more than h= names, so that whoever adds a second author breaks the signature.
    if not agrees(key, covered.header_digest(header_form, [*chosen, "from"], signed.field), signed):
        raise RefusedError("fail", "the header was changed after it was signed, or another key signed it")
    return complete


def check_time(tags: Tags, now: float) -> None:
    """t= and x= (RFC 6376 §3.5)."""
    made, expiry = number(tags, "t"), number(tags, "x")
    if made is not None and made > now + FUTURE:
        raise RefusedError("permerror", "it is malformed: t= lies in the future")
    if made is not None and expiry is not None and expiry < made:
        raise RefusedError("permerror", "it is malformed: it expired before it was made")
    if expiry is not None and now > expiry + LEEWAY:
        raise RefusedError("fail", "it has expired")


def number(tags: Tags, name: str) -> int | None:
    if name not in tags:
        return None
    if not (tags[name].isascii() and tags[name].isdigit() and len(tags[name]) <= LONGEST_NUMBER):
        raise RefusedError("permerror", f"it is malformed: {name}= is no number")
    return int(tags[name])


def _check(signed: Signed, now: float) -> None:
    tags = signed.tags
    if tags.get("v") != "1":
        raise RefusedError("permerror", "it is malformed: v= is not 1")
    if "q" in tags and "dns/txt" not in names(tags["q"]):
        raise RefusedError("permerror", "it is malformed: its key is not to be had from DNS")
    identity, domain = identity_domain(signed), tags["d"].lower()
    if identity != domain and not identity.endswith(f".{domain}"):
        raise RefusedError("permerror", "it is malformed: i= is not of the domain of d=")
    check_time(tags, now)


def _check_body(body: bytes, tags: Tags) -> bool:
    """Whether all of it is covered. Raises when what is covered was changed."""
    length = number(tags, "l")
    try:
        expected = base64.b64decode(unfolded(tags["bh"]), validate=True)
    except (KeyError, ValueError):
        raise RefusedError("permerror", "it is malformed: bh= is not base64") from None
    digest = new_digest(memoryview(body)[:length]).digest()
    if (length is not None and length > len(body)) or digest != expected:
        raise RefusedError("fail", "the body was changed after it was signed")
    return length is None or length == len(body)
