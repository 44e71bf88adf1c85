"""Which configuration a gateway ran with, since when, and what became of one that it refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Occasion(StrEnum):
    """How it came into force; of a `refused` one, that it did not."""

    START = "start"
    RELOAD = "reload"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RedactedConfiguration:
    """All values in force, with a mask or the reference where a secret stands. `secrets` has a short keyed digest by key path: of two
    configurations it tells that a secret changed, and nothing of the secret."""

    fingerprint: str
    document: Mapping[str, Any]
    secrets: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ConfigurationEvent:
    """`configuration` is in force from `at` on; of a refused file, the one that stayed. `key` is this very event's: written twice, it is
    there once. `source` is the file, `account` the user whose process read it."""

    key: str
    at: datetime
    kind: Occasion
    configuration: RedactedConfiguration
    node: str
    account: str
    version: str
    source: str
    faults: tuple[str, ...] = ()
    needs_restart: tuple[str, ...] = ()
