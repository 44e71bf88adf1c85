"""The organisational domain (RFC 7489 §3.2), by which alignment is judged."""

from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


@lru_cache(maxsize=4096)
def organisational_domain(domain: str) -> str:
    """Of a normalised domain: `mail.example.co.uk` → `example.co.uk`. A public suffix, a name without a dot and an IP address stand for
    themselves alone."""
    last = domain.rpartition(".")[2]
    if domain.startswith("[") or last.isdigit():
        return domain
    return _suffixes().privatesuffix(domain) or domain


def aligned(one: str, other: str, *, strict: bool = False) -> bool:
    """RFC 7489 §3.1. Both normalised; an empty domain is aligned with nothing."""
    if not one or not other:
        return False
    return one == other if strict else organisational_domain(one) == organisational_domain(other)


@cache
def _suffixes() -> "PublicSuffixList":
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
