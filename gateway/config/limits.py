"""`[limits]`: what one message, one session, one peer may cost us."""

from typing import Annotated

from pydantic import Field

from gateway.config.section import Section
from gateway.config.values import Count, Seconds, Size

KIB = 1 << 10
MIB = 1 << 20

# RFC 5321 §4.5.3.2.1: a client waits five minutes for the greeting; those who wait less are still mail servers.
Delay = Annotated[float, Field(ge=0, le=30, allow_inf_nan=False)]


class Limits(Section):
    """Bounds on what comes in. They hold for each process, and for peers on loopback too."""

    max_message_size: Size = 50 * MIB
    """The largest message taken in; announced as SIZE, refused with 552 beyond."""
    max_line_length: Size = 1 * MIB
    """The longest line of a message that is taken in."""
    connections: Count = 4000
    """Connections at once from all peers; 421 beyond."""
    connections_per_address: Count = 50
    """Connections at once from one address; 421 beyond."""
    connections_per_network: Count = 250
    """Connections at once from one IPv4 /24 or IPv6 /64; 421 beyond."""
    tls_connections: Count = 500
    """TLS connections at once, for each holds more memory than one in the clear; STARTTLS is answered with 454 beyond."""
    greeting_delay: Delay = 0.05
    """Seconds of silence before the greeting. Who speaks first is no mail server: 554. With 0 nobody is listened to before the greeting."""
    recipients: Count = 100
    """Recipients of one message; 452 beyond. Refused recipients do not count as errors."""
    noops: Count = 100
    """NOOP and the like in one session; 421 beyond."""
    bad_commands: Count = 20
    """Commands in one session that we do not understand or that stand out of order; 421 beyond."""
    received_hops: Count = 50
    """`Received:` fields from which on a message goes in circles (RFC 5321 §6.3); 554 then."""
    idle_seconds: Seconds = 300
    """Silence after which a session is closed (RFC 5321 §4.5.3.2.7 asks for five minutes)."""
    session_seconds: Seconds = 3600
    """Age at which a session is closed between two messages; at twice that age, in the middle of one."""
    commit_seconds: Seconds = 10
    """Time that the database has to make a message durable, or to take the next piece of a large one; then the peer is told 451 and tries
    again later."""
    parse_seconds: Seconds = 10
    """Time that parsing a message may take. Beyond, it becomes a ticket with its subject, author and raw file."""
    parse_memory: Size = 512 * MIB
    """Memory that parsing a message may take, likewise."""
    attempts: Count = 5
    """Attempts to make a ticket of a message before it is buried, to be looked at by a person."""
    drain_seconds: Seconds = 20
    """Time that work in hand has to finish when the service is told to stop."""
