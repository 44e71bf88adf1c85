"""What of ours a message may name: the reply cutter and the kind reader use it to know our own letters."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ours:
    """Normalised gateway addresses (catch-alls as `*@domain`), display names of gateways and desk, and domains that our ids carry."""

    addresses: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
