"""A configuration as it may be kept and shown: all values in force, with a mask or the reference in the place of every secret."""

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from gateway.config.faults import path_of, value_at
from gateway.config.lines import Location
from gateway.config.load import Loaded
from gateway.config.values import MASK, REFERENCE, REVEAL
from gateway.domain.configurations import RedactedConfiguration

LIKE_A_KEY: Final = 20
"""Characters of a label that is no name: some lists in DNS are asked under a key of one's own (`KEY.zen.dq.example`)."""
EMBEDDED: Final = "embedded"
"""Stands where a database's URL may: it is none."""
MARK_SIZE: Final = 4
"""Octets: enough to see that a secret changed, too few to try out what it is, and keyed by `desk.secret` besides."""


def redacted(loaded: Loaded) -> RedactedConfiguration:
    settings = loaded.settings
    assert settings.desk.secret is not None
    key = settings.desk.secret.get_secret_value().encode()
    shown = settings.model_dump(mode="json")
    revealed = settings.model_dump(mode="json", context={REVEAL: True})
    marks: dict[str, str] = {}
    for location, secret in _secrets(shown, revealed, ()):
        written = value_at(loaded.written, location)
        _put(shown, location, _shown(location, secret, written))
        marks[path_of(location)] = hmac.new(key, f"deskgate mark {secret}".encode(), hashlib.sha256).digest()[:MARK_SIZE].hex()
    return RedactedConfiguration(loaded.fingerprint, shown, marks)


def _secrets(shown: Any, revealed: Any, at: Location) -> Iterator[tuple[Location, str]]:
    """What is masked by its model, and what may be a secret where it stands."""
    match revealed:
        case dict():
            for name, value in revealed.items():
                yield from _secrets(shown[name], value, (*at, name))
        case list():
            for index, value in enumerate(revealed):
                yield from _secrets(shown[index], value, (*at, index))
        case str() if shown != revealed or _may_be_one(at, revealed):
            yield at, revealed
        case _:
            pass


def _may_be_one(at: Location, value: str) -> bool:
    """Arguments of a program that prints a token, a key within a list's name, and what follows the host of a webhook, by which many
    receivers know who calls."""
    if _is_webhook(at):
        return _beyond_host(value) != ""
    argument = len(at) > 1 and at[-2] == "token_command" and at[-1] != 0
    return argument or (at[-1] == "zone" and any(_like_a_key(label) for label in value.split(".")))


def _is_webhook(at: Location) -> bool:
    return at[0] == "webhook" and at[-1] == "url"


def _beyond_host(url: str) -> str:
    parts = urlsplit(url)
    return parts.path.strip("/") + parts.query


def _like_a_key(label: str) -> bool:
    return len(label) >= LIKE_A_KEY and label.isalnum()


def _shown(at: Location, secret: str, written: Any) -> str:
    """`written` is what the file has there."""
    if secret == EMBEDDED or (isinstance(written, str) and REFERENCE.fullmatch(written)):
        return EMBEDDED if secret == EMBEDDED else str(written)
    if at[-1] == "zone":
        return ".".join(MASK if _like_a_key(label) else label for label in secret.split("."))
    if _is_webhook(at):
        parts = urlsplit(secret)
        return f"{parts.scheme}://{parts.netloc}/{MASK}"
    return MASK


def _put(document: Any, at: Location, value: str) -> None:
    for step in at[:-1]:
        document = document[step]
    document[at[-1]] = value
