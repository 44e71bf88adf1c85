"""A key that mail of one domain is signed with (RFC 6376), and the record that has to be published for it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

KeyKind = Literal["rsa", "ed25519"]


@dataclass(frozen=True, slots=True)
class DkimKey:
    """`domain` and `selector` are normalised; `public` is the record's `p=`, in base64; `private` a PEM."""

    domain: str
    selector: str
    kind: KeyKind
    bits: int
    public: str
    private: str = field(repr=False)

    @property
    def name(self) -> str:
        """Where the record stands in DNS (RFC 6376 §3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        return f"v=DKIM1; k={self.kind}; p={self.public}"


class OfDomain(Protocol):
    @property
    def domain(self) -> str: ...


Key = TypeVar("Key", bound=OfDomain)


def keys_for(domain: str, keys: Iterable[Key]) -> tuple[Key, ...]:
    """Those that letters from this normalised domain are signed with: all of its own, else all of the nearest domain above it.

    A signature of a domain above is in line with the author's unless its DMARC policy is strict (RFC 7489 §3.1.1); then it does no harm.
    """
    by_domain: dict[str, list[Key]] = {}
    for each in keys:
        by_domain.setdefault(each.domain, []).append(each)
    while domain:
        if domain in by_domain:
            return tuple(by_domain[domain])
        domain = domain.partition(".")[2]
    return ()
