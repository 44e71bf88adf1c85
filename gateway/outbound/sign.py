"""DKIM signatures (RFC 6376, RFC 8463): what the domain of a letter's author vouches for. Pure: keys and time are passed in.

Without `l=`, which lets whoever passes a letter on add to its body (RFC 6376 §8.2). Without `x=`: a letter may wait for days, here and at
each relay, and is verified again whenever somebody forwards it.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final, assert_never

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.domain.dkim import DkimKey, keys_for
from gateway.domain.letter import RELAY, Letter, Party
from gateway.mail.address import address_key
from gateway.outbound.assemble import Copy
from gateway.outbound.headers import fold, wire_address

GUARDED: Final = (
    "From",
    "Subject",
    "To",
    "Cc",
    "Date",
    "Message-ID",
    "Reply-To",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Auto-Submitted",
)
"""What people see and programs act on. Each is signed once more than the letter has it (RFC 6376 §8.15): another one, put in on the way for
programs to show instead, breaks the signature. Left out is what lists and relays rightly add or take away."""


class SigningError(Exception):
    """A letter that should be signed cannot be."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that was loaded."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)


class Signing:
    """The keys of a desk, and which letters may not leave without a signature: those whose From is another's than ours, and stands there
    because its domain has a key. `is_ours` says whether a normalised address is a gateway's."""

    def __init__(self, keys: Iterable[DkimKey] = (), is_ours: Callable[[str], bool] = lambda _address: True) -> None:
        # Ed25519 is young: who looks at the topmost signature alone shall find one that everybody can verify.
        self._signers = [signer(each) for each in sorted(keys, key=lambda each: each.kind != "rsa")]
        self._is_ours = is_ours

    @property
    def signs(self) -> bool:
        return bool(self._signers)

    @property
    def takes_long(self) -> bool:
        """Whether a signature takes milliseconds, most of them without Python's lock. By RSA of 2048 bits it takes a third of one, which
        is no more than it costs to have another thread do it."""
        return any(isinstance(each.private, RSAPrivateKey) and each.private.key_size > QUICK_RSA for each in self._signers)

    def signed(self, letter: Letter, copy: Copy, content: bytes) -> bytes:
        """`content` is the copy as it was assembled. The time of the signature is the letter's, so that every attempt has the same bytes.

        Raises `SigningError`. Letters whose domain has no key stay as they are, but for those that stand by a key alone.
        """
        authors = authors_of(letter)
        domains = dict.fromkeys([domain_of(each.address) for each in authors]) if self._signers else ()
        found = dict.fromkeys([each for domain in domains for each in keys_for(domain, self._signers)])
        if not found:
            self._refuse_if_lost(letter, copy, authors)
        return sign(content, tuple(found), letter.created_at)

    def _refuse_if_lost(self, letter: Letter, copy: Copy, authors: tuple[Party, ...]) -> None:
        for each in authors:
            if stands_by_a_key(letter, copy, each.address) and not self._is_ours(address_key(each.address) or each.address):
                domain = domain_of(each.address)
                raise SigningError(f"there is no [[dkim]] key of {domain} any more to vouch for it; put one back, or cancel the letter")


def signer(key: DkimKey) -> Signer:
    # The configuration has read it before, and refuses what is neither kind.
    private = load_pem_private_key(key.private.encode(), None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(private, RSAPrivateKey | Ed25519PrivateKey)
    return Signer(key.domain, key.selector, private)


def stands_by_a_key(letter: Letter, copy: Copy, author: str) -> bool:
    """Whether nothing but a signature can vouch for this author: SPF speaks of the return path's domain (RFC 7489 §3.1.2), another one.

    An author whose own mailbox the reports go to is a gateway, or proved by SPF; and a server of its own has its own say.
    """
    if letter.destination != RELAY or domain_of(copy.reverse_path) == domain_of(author):
        return False
    return address_key(letter.reverse_path) != address_key(author)


def authors_of(letter: Letter) -> tuple[Party, ...]:
    return tuple(party for name, value in letter.headers if name.lower() == "from" and not isinstance(value, str) for party in value)


def domain_of(address: str) -> str:
    """In A-labels, as keys have theirs."""
    return wire_address(address).rpartition("@")[2].lower()


def sign(content: bytes, signers: Sequence[Signer], at: datetime) -> bytes:
    """A whole message with CRLF line ends, and above it a signature of each signer, in their order. Raises `SigningError`."""
    if not signers:
        return content
    header, _, body = content.partition(b"\r\n\r\n")
    names, covered = chosen(header)
    body_hash = b64encode(sha256(relaxed_body(body)).digest()).decode()
    head = sha256(covered)
    fields = []
    for each in signers:
        tags = [f"v=1; a={algorithm(each)}-sha256;", "c=relaxed/relaxed;", f"d={each.domain};", f"s={each.selector};"]
        tags += [f"t={int(at.timestamp())};", *listed(names), f"bh={body_hash};"]
        digest = head.copy()
        # RFC 6376 §3.7: itself, as if b= were empty, and without a line end. The tags are in relaxed form already.
        digest.update(f"{FIELD.lower()}:{' '.join(tags)} b=".encode())
        fields.append(fold(FIELD, [*tags, *cut(f"b={b64encode(signature(each, digest.digest())).decode()}")]))
    return b"".join((*fields, content))


def chosen(header: bytes) -> tuple[list[str], bytes]:
    """The names that h= lists, and what they stand for, in relaxed form. Of fields of one name the lowest comes first (RFC 6376 §5.4.2)."""
    found: dict[bytes, list[bytes]] = {}
    for line in header.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").split(b"\r\n"):
        name, _, value = line.partition(b":")
        key = name.rstrip(b" \t").lower()
        found.setdefault(key, []).insert(0, key + b":" + _single_spaced(value).strip(b" ") + b"\r\n")
    names: list[str] = []
    covered = bytearray()
    for each, key in _GUARDED:
        fields = found.get(key, [])
        names += [each] * (len(fields) + 1)
        covered += b"".join(fields)
    return names, bytes(covered)


def relaxed_body(body: bytes) -> bytes:
    """RFC 6376 §3.4.4."""
    if b"  " in body or b"\t" in body:
        body = b"".join(map(_single_spaced, _by_lines(body)))
    kept = body.replace(b" \r\n", b"\r\n").rstrip(b"\r\n")
    return kept + b"\r\n" if kept else b""


def _single_spaced(lines: bytes) -> bytes:
    return _WHITE.sub(b" ", lines) if b"  " in lines or b"\t" in lines else lines


def _by_lines(body: bytes) -> Iterator[bytes]:
    """Whole lines, some kilobytes of them at once. What a large letter's words have need not be looked for in its files, during which
    the expression would keep Python's lock for a second."""
    start = 0
    while start < len(body):
        end = body.find(b"\n", start + LINES) + 1 or len(body)
        yield body[start:end]
        start = end


def algorithm(of: Signer) -> str:
    match of.private:
        case RSAPrivateKey():
            return "rsa"
        case Ed25519PrivateKey():
            return "ed25519"
        case never:
            assert_never(never)


def signature(by: Signer, digest: bytes) -> bytes:
    try:
        match by.private:
            case RSAPrivateKey():
                return by.private.sign(digest, PKCS1v15(), Prehashed(SHA256()))
            case Ed25519PrivateKey():
                return by.private.sign(digest)  # RFC 8463 §3: the digest is what is signed
            case never:
                assert_never(never)
    except (ValueError, UnsupportedAlgorithm, InternalError) as error:
        raise SigningError(f"the [[dkim]] key {by.selector} of {by.domain} does not sign: {error}") from error


def listed(names: Sequence[str]) -> Iterator[str]:
    """`h=` in pieces between which a line may be broken: white space may stand beside its colons."""
    piece = "h="
    for name in names:
        if len(piece) + len(name) >= PIECE:
            yield piece
            piece = ""
        piece += f"{name}:"
    yield f"{piece.removesuffix(':')};"


def cut(text: str) -> Iterator[str]:
    """Base64, which may be broken anywhere."""
    return (text[start : start + PIECE] for start in range(0, len(text), PIECE))


FIELD: Final = "DKIM-Signature"
PIECE: Final = 72
"""Octets of a line that may be broken after them (RFC 5322 §2.1.1 asks for 78 at most)."""
LINES: Final = 64 * 1024
QUICK_RSA: Final = 2048
"""Bits."""
_GUARDED: Final = tuple((each, each.lower().encode()) for each in GUARDED)
_WHITE: Final = re.compile(rb"[\t ]+")
