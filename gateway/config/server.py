"""`[server]` and `[tls]`: what listens, and how."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.config.section import Section
from gateway.config.values import Domain, Endpoint, Listen, Network, ReadablePath


class Server(Section):
    """The listener and its processes."""

    hostname: Domain = "localhost"
    """The name by which this server greets others, signs its `Received:` and builds Message-IDs: the one that its MX record has."""
    listen: tuple[Listen, ...] = (Endpoint("127.0.0.1", 2525),)
    """Where mail is taken in. Port 0 takes a free port, which `serve` prints. Mail from outside needs `"0.0.0.0:25"` and `"[::]:25"`."""
    listen_tls: tuple[Listen, ...] = ()
    """Where mail is taken in under TLS from the start (RFC 8314), such as `"0.0.0.0:465"`. Needs `tls.certificate`."""
    proxies: tuple[Network, ...] = ()
    """Networks of load balancers in front of us that begin each connection with a PROXY header (version 1 or 2): the peer is whom it
    names, for limits, SPF, `Received:` and all else. A connection of theirs without one is refused; anybody else's header is an error."""
    bare_newline: Literal["reject", "normalize"] = "reject"
    """What becomes of content with a bare CR, a bare LF or a NUL: `reject` refuses it (550 5.6.0), `normalize` makes ends of lines of the
    former and drops the latter. Neither lets anything but CRLF.CRLF end a message, so that none can be smuggled in another."""
    protocol: Literal["smtp", "lmtp"] = "smtp"
    """`lmtp` when a local MTA hands the mail over (RFC 2033)."""
    processes: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes of each kind: listeners, intakes, senders."""
    log: Literal["text", "json"] = "text"
    """How the log on stderr is written: for people, or one JSON object a line."""


class Tls(Section):
    """TLS of the listener, version 1.2 or later. Without a certificate STARTTLS is not offered. The files may be renewed at any time: they
    are read again when they change, and one that cannot be used leaves the one before in place."""

    certificate: ReadablePath | None = None
    """PEM file of the certificate and its chain."""
    key: ReadablePath | None = None
    """PEM file of the certificate's private key, without a passphrase."""
    required: bool = False
    """Refuse mail in the clear. Not for a server that the whole world writes to (RFC 3207 §4)."""
