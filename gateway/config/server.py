"""`[server]` and `[tls]`: what listens, and how."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.config.section import Section
from gateway.config.values import Domain, Endpoint, Listen, ReadablePath


class Server(Section):
    """The listener and its processes."""

    hostname: Domain = "localhost"
    """The name by which this server greets others, signs its `Received:` and builds Message-IDs: the one that its MX record has."""
    listen: tuple[Listen, ...] = (Endpoint("127.0.0.1", 2525),)
    """Where mail is taken in. Port 0 takes a free port, which `serve` prints. Mail from outside needs `"0.0.0.0:25"` and `"[::]:25"`."""
    protocol: Literal["smtp", "lmtp"] = "smtp"
    """`lmtp` when a local MTA hands the mail over (RFC 2033)."""
    processes: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes of each kind: listeners, intakes, senders."""
    log: Literal["text", "json"] = "text"
    """How the log on stderr is written: for people, or one JSON object a line."""


class Tls(Section):
    """STARTTLS of the listener. Without a certificate it is not offered."""

    certificate: ReadablePath | None = None
    """PEM file of the certificate and its chain."""
    key: ReadablePath | None = None
    """PEM file of the certificate's private key, without a passphrase."""
    required: bool = False
    """Refuse mail in the clear. Not for a server that the whole world writes to (RFC 3207 §4)."""
