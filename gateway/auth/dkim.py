"""Verifying DKIM signatures (RFC 6376) with keys that were fetched beforehand. Runs in the parse child: the content is hostile.

dkimpy does the canonicalisation and the arithmetic of RSA. Here is what it leaves to its caller: which signatures count at all, every
signature and not the first, Ed25519 without PyNaCl, and bounds on what its regular expressions are let near.
"""

import base64
import re
from collections.abc import Mapping

import dkim
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from dkim.canonicalization import CanonicalizationPolicy
from dkim.crypto import UnparsableKeyError, parse_public_key
from dkim.util import InvalidTagValueList, parse_tag_value

from gateway.auth.signature import MOST_SIGNATURES, Signature, key_name
from gateway.domain.verdict import Result

LONGEST_HEADER = 256 << 10
LONGEST_SIGNATURE = 8 << 10
WEAKEST_RSA, STRONGEST_RSA = 1024, 8192
LONGEST_EXPONENT = 64
LEEWAY = 3600
"""Seconds after x= for which a signature still counts: a message may have waited for us, never for longer than retries of DNS go on."""

Tags = Mapping[bytes, bytes]

_HEADER_END = re.compile(rb"(?:\A|\n)\r?\n")
_BARE_LF = re.compile(rb"(?<!\r)\n")
_WHITE_RUN = re.compile(rb"\s{100}")


class _RefusedError(Exception):
    """A signature that is not taken, and how RFC 8601 §2.7.1 calls that."""

    def __init__(self, result: Result, why: str) -> None:
        super().__init__(why)
        self.result = result
        self.why = why


def verify_signatures(content: bytes, keys: Mapping[str, bytes], now: float) -> tuple[Signature, ...]:
    """Of every signature, topmost first, `MOST_SIGNATURES` at most.

    `keys` are TXT records by `key_name`, `b""` where none is published; a name that is missing could not be looked up. `now` in Unix time.
    """
    end = _HEADER_END.search(content)
    header, body = (content, b"") if end is None else (content[: end.start() + 1], content[end.end() :])
    if len(header) > LONGEST_HEADER:
        return (Signature("", "", "permerror", "the header block is too long to be verified"),)
    mail = dkim.DKIM(minkey=WEAKEST_RSA)
    try:
        mail.headers, _ = dkim.rfc822_parse(header.rstrip(b"\r\n") + b"\r\n\r\n")
    except (dkim.MessageFormatError, IndexError):
        return (Signature("", "", "permerror", "the header block is malformed"),)
    values = [value for name, value in mail.headers if name.lower() == b"dkim-signature"][:MOST_SIGNATURES]
    if values:
        mail.body = _BARE_LF.sub(b"\r\n", body)
    return tuple([_verify(mail, index, value, keys, now) for index, value in enumerate(values)])


def _verify(mail: "dkim.DKIM", index: int, value: bytes, keys: Mapping[str, bytes], now: float) -> Signature:
    domain = selector = ""
    try:
        tags = _tags(value)
        domain, selector = _text(tags, b"d"), _text(tags, b"s")
        name = key_name(selector, domain)
        domain = name.partition("._domainkey.")[2].rstrip(".")
        _check_tags(tags, now)
        key = _key_record(keys.get(name))
        _check_key(tags, key)
        _check_arithmetic(mail, index, key)
        _check_length(mail, tags)
    except _RefusedError as refused:
        return Signature(domain, selector, refused.result, refused.why)
    return Signature(domain, selector, "pass")


def _tags(value: bytes) -> Tags:
    # dkimpy's expression for b= takes quadratic time and more on long runs of white space.
    if len(value) > LONGEST_SIGNATURE or _WHITE_RUN.search(value):
        raise _RefusedError("permerror", "the signature field is too long")
    return _tag_list(value, "the signature")


def _tag_list(value: bytes, what: str) -> Tags:
    try:
        tags: Tags = parse_tag_value(value)
    except InvalidTagValueList:
        raise _RefusedError("permerror", f"{what} is malformed") from None
    return tags


def _text(tags: Tags, name: bytes) -> str:
    try:
        return tags[name].decode()
    except (KeyError, UnicodeDecodeError):
        raise _RefusedError("permerror", f"the signature has no proper {name.decode()}=") from None


def _key_record(record: bytes | None) -> Tags:
    if record is None:
        raise _RefusedError("temperror", "its key could not be looked up")
    if not record:
        raise _RefusedError("permerror", "its key is not published")
    tags = _tag_list(record, "its key record")
    if tags.get(b"v", b"DKIM1") != b"DKIM1":
        raise _RefusedError("permerror", "its key record is of another version")
    if not tags.get(b"p"):
        raise _RefusedError("permerror", "its key has been revoked")
    return tags


def _check_tags(tags: Tags, now: float) -> None:
    if b"from" not in _names(tags.get(b"h", b"").lower()):
        raise _RefusedError("permerror", "it does not cover From")  # RFC 6376 §5.4
    if tags.get(b"a", b"").endswith(b"-sha1"):
        raise _RefusedError("policy", "it uses SHA-1")  # RFC 8301 §3.1
    expiry = tags.get(b"x", b"")
    if expiry.isdigit() and now > int(expiry[:20]) + LEEWAY:
        raise _RefusedError("policy", "it has expired")


def _check_key(tags: Tags, key: Tags) -> None:
    """RFC 6376 §3.6.1: what the key's owner lets it be used for."""
    algorithm, _, digest = tags.get(b"a", b"").partition(b"-")
    if algorithm != key.get(b"k", b"rsa"):
        raise _RefusedError("permerror", "its key is of another kind than the signature")
    if b"h" in key and digest not in _names(key[b"h"]):
        raise _RefusedError("permerror", "its key does not allow this digest")
    if not {b"*", b"email"} & _names(key.get(b"s", b"*")):
        raise _RefusedError("permerror", "its key is not for mail")
    identity = tags.get(b"i", b"@" + tags[b"d"]).rpartition(b"@")[2]
    if b"s" in _names(key.get(b"t", b"")) and identity.lower() != tags[b"d"].lower():
        raise _RefusedError("permerror", "its key does not allow subdomains in i=")


def _names(value: bytes) -> set[bytes]:
    return {each.strip() for each in value.split(b":")}


def _check_arithmetic(mail: "dkim.DKIM", index: int, key: Tags) -> None:
    try:
        tags, names, fields = mail.verify_headerprep(index)
    except (dkim.DKIMException, KeyError, IndexError, ValueError) as error:
        raise _RefusedError("permerror", f"it is malformed: {str(error)[:200]}") from None
    public = _Ed25519(key[b"p"]) if key.get(b"k") == b"ed25519" else _Rsa(key[b"p"])
    mail.pk, mail.keysize, mail.ktag, mail.seqtlsrpt = public.key, public.bits, public.kind, False
    try:
        valid = mail.verify_sig_process(tags, names, fields[index], None)
    except dkim.ValidationError:
        # dkimpy raises this when the body's hash differs, and answers False when the header's does.
        raise _RefusedError("fail", "the body was changed after it was signed") from None
    except (dkim.DKIMException, ValueError, TypeError, AssertionError) as error:
        raise _RefusedError("permerror", f"it is malformed: {str(error)[:200]}") from None
    if not (valid and public.agreed):
        raise _RefusedError("fail", "the header was changed after it was signed, or another key signed it")


def _check_length(mail: "dkim.DKIM", tags: Tags) -> None:
    """RFC 6376 §8.2: whoever passes the mail on may add to a body that l= leaves open."""
    if b"l" in tags:
        policy = CanonicalizationPolicy.from_c_value(tags.get(b"c"))
        if int(tags[b"l"]) < len(policy.canonicalize_body(mail.body)):
            raise _RefusedError("policy", "it covers the beginning of the body only")


class _Rsa:
    """A key as dkimpy does arithmetic with it, within bounds that keep the arithmetic short."""

    kind = b"rsa"
    agreed = True

    def __init__(self, encoded: bytes) -> None:
        try:
            self.key = parse_public_key(base64.b64decode(encoded))
        except (UnparsableKeyError, ValueError, IndexError, TypeError):
            raise _RefusedError("permerror", "its key is malformed") from None
        self.bits = self.key["modulus"].bit_length()
        if not WEAKEST_RSA <= self.bits <= STRONGEST_RSA:
            raise _RefusedError("policy", f"its key has {self.bits} bits")  # RFC 8301 §3.2
        if self.key["publicExponent"].bit_length() > LONGEST_EXPONENT:
            raise _RefusedError("policy", "its key takes too long to compute with")


class _Ed25519:
    """What dkimpy takes for PyNaCl's key (RFC 8463). It cannot raise as that does, so it remembers whether it agreed."""

    kind = b"ed25519"
    bits = 256

    def __init__(self, encoded: bytes) -> None:
        self.agreed = False
        self.key = self
        try:
            self._public = Ed25519PublicKey.from_public_bytes(base64.b64decode(encoded, validate=True))
        except ValueError:
            raise _RefusedError("permerror", "its key is malformed") from None

    def verify(self, digest: bytes, signature: bytes) -> None:
        try:
            self._public.verify(signature, digest)
        except InvalidSignature:
            return
        self.agreed = True
