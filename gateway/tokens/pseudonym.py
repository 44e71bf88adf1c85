"""What stands for a stranger's address, or another word of theirs, where it must not be kept: the same each time, and nothing that leads
back to it without the desk's secret."""

from gateway.tokens.codec import Keyring, Purpose, derive, mac

SIZE = 10
"""Octets: 80 bits are never met by two addresses of one desk."""


def pseudonyms(keyring: Keyring, kind: str, word: str) -> tuple[str, ...]:
    """Such as `address:9f2c…`; the first is what is written now, the others were by the old secrets. `word` is normalised by the caller."""
    found = (mac(derive(secret, Purpose.AUDIT), kind.encode(), word)[:SIZE].hex() for secret in keyring.secrets)
    return tuple(f"{kind}:{each}" for each in found)
