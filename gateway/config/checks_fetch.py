"""What the keys of `[gateway.fetch]` must agree on, and gateways among each other."""

from collections.abc import Iterator
from typing import Final

from gateway.config.checks import Check, Problem
from gateway.config.convert_fetch import fetch_of, security_of
from gateway.config.fetch import Fetch
from gateway.config.lines import Location
from gateway.config.login import secret_is_whole
from gateway.config.settings import Settings
from gateway.config.values import Endpoint

EXTERNAL_ONLY: Final = ("host", "port", "security", "ca", "user", "password", "token_file", "token_command", "move_to")
IMAP: Final = ("imap", "imaps")


def tables(settings: Settings) -> Iterator[tuple[Location, Fetch]]:
    for index, gateway in enumerate(settings.gateway):
        if gateway.fetch is not None:
            yield ("gateway", index, "fetch"), gateway.fetch


def mailboxes_are_whole(settings: Settings) -> Iterator[Problem]:
    for place, fetch in tables(settings):
        if fetch.protocol == "maildir":
            yield from local_is_whole(place, fetch)
        else:
            yield from external_is_whole(place, fetch)
        if fetch.delete and fetch.move_to is not None:
            yield (*place, "delete"), "expected false: kept messages are moved, as move_to says"


def local_is_whole(place: Location, fetch: Fetch) -> Iterator[Problem]:
    if fetch.path is None:
        yield (*place, "path"), "missing: expected the directory of the maildir"
    for key in EXTERNAL_ONLY:
        if getattr(fetch, key):
            yield (*place, key), "expected nothing here: a maildir is a directory on this machine"


def external_is_whole(place: Location, fetch: Fetch) -> Iterator[Problem]:
    for key in ("host", "user"):
        if getattr(fetch, key) is None:
            yield (*place, key), f"missing: expected the {key} of the mailbox"
    if fetch.path is not None:
        yield (*place, "path"), 'expected nothing here: only protocol = "maildir" has a path'
    if fetch.move_to is not None and fetch.protocol not in IMAP:
        yield (*place, "move_to"), "expected nothing here: POP3 has no folders"
    if fetch.move_to is not None and fetch.move_to == fetch.folder:
        yield (*place, "move_to"), "expected another folder than the one that is polled"
    yield from secret_is_whole(place, fetch, "of the mailbox")
    yield from connection_is_safe(place, fetch)


def connection_is_safe(place: Location, fetch: Fetch) -> Iterator[Problem]:
    if fetch.security is not None and fetch.protocol in ("imaps", "pop3s"):
        yield (*place, "security"), f'expected nothing here: "{fetch.protocol}" is TLS from its start'
    elif fetch.host is not None and security_of(fetch) == "none" and not Endpoint(fetch.host, 1).is_loopback:
        yield (*place, "security"), 'expected "starttls": password and mail would cross the network in the clear'
    if fetch.ca is not None and security_of(fetch) == "none":
        yield (*place, "ca"), "expected nothing here: without TLS there is no certificate to verify"


def mailboxes_differ(settings: Settings) -> Iterator[Problem]:
    first: dict[str, Location] = {}
    for place, table in tables(settings):
        identity = fetch_of(table).place
        if identity in first:
            index = first[identity][1]
            yield place, f"expected a mailbox of its own: gateway[{index}].fetch is this one; the fields of each message say whom it is for"
        first.setdefault(identity, place)


WHOLE_BY: Final = ("protocol", "auth", "path", "delete", *EXTERNAL_ONLY)
WHERE: Final = ("protocol", "host", "port", "user", "folder", "path")

FETCH_CHECKS: Final[tuple[tuple[Check, frozenset[str]], ...]] = (
    (mailboxes_are_whole, frozenset(f"gateway.fetch.{key}" for key in WHOLE_BY)),
    (mailboxes_differ, frozenset({"gateway", "gateway.fetch", *(f"gateway.fetch.{key}" for key in WHERE)})),
)
