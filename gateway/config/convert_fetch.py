"""`[gateway.fetch]` → the value that the poller takes."""

from typing import Final, Literal

from gateway.config.fetch import Fetch
from gateway.config.login import login_of
from gateway.config.values import Endpoint
from gateway.domain import fetch as domain

PORTS: Final = {"imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995}


def fetch_of(table: Fetch) -> domain.Fetch:
    """Of a checked table; of one with faults, whatever it has."""
    return domain.Fetch(
        protocol=domain.Protocol(table.protocol),
        server=server_of(table),
        login=None if table.protocol == "maildir" else login_of(table),
        path=None if table.path is None else str(table.path),
        folder=table.folder,
        interval=table.interval,
        idle=table.idle,
        delete=table.delete,
        move_to=table.move_to,
        authserv_id=None if table.authserv_id is None else table.authserv_id.lower(),
    )


def server_of(table: Fetch) -> domain.Server | None:
    if table.host is None or table.protocol == "maildir":
        return None
    return domain.Server(table.host, table.port or PORTS[table.protocol], security_of(table), None if table.ca is None else str(table.ca))


def security_of(table: Fetch) -> Literal["none", "starttls", "tls"]:
    """In the clear only to this machine, unless told otherwise."""
    if table.protocol in ("imaps", "pop3s"):
        return "tls"
    if table.security is not None:
        return table.security
    return "none" if table.host is not None and Endpoint(table.host, 1).is_loopback else "starttls"
