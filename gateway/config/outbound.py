"""`[outbound]`: how letters leave."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, PlainValidator, SerializationInfo, ValidationInfo

from gateway.config.section import Kind, Section
from gateway.config.values import Count, Domain, Endpoint, Line, Seconds, Secret, read_path, read_server, text_of

RELAY_TEXT = 'a relay\'s host and port, such as "smtp.example.com:587", or "directory:PATH"'
DIRECTORY = "directory:"
SENDS_FROM_TEXT = 'an IP address, such as "192.0.2.7", or the domain of a provider\'s SPF record, such as "_spf.example.net"'


@dataclass(frozen=True, slots=True)
class Directory:
    """Letters are written here as .eml files, and go nowhere."""

    path: Path

    def __str__(self) -> str:
        return f"{DIRECTORY}{self.path}"


Relay = Endpoint | Directory


def read_relay(value: object, info: ValidationInfo) -> Relay:
    text = text_of(value, RELAY_TEXT)
    if text == "mx":
        raise ValueError(f"expected {RELAY_TEXT}; direct delivery by MX is not in this version yet: name the relay that does it")
    if text.startswith(DIRECTORY):
        return Directory(read_path(text.removeprefix(DIRECTORY), info))
    try:
        return read_server(text)
    except ValueError:
        raise ValueError(f"expected {RELAY_TEXT}") from None


def write_relay(value: Any, info: SerializationInfo) -> str:
    return str(value)


def read_sends_from(value: object) -> str:
    text = text_of(value, SENDS_FROM_TEXT)
    try:
        return str(ip_address(text))
    except ValueError:
        pass
    domain = text.strip(".").lower()
    # Names of such records begin with an underscore as a rule, which no host's may.
    if "." not in domain or not re.fullmatch(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9])", domain) or ".." in domain:
        raise ValueError(f"expected {SENDS_FROM_TEXT}")
    return domain


SendsFrom = Annotated[str, PlainValidator(read_sends_from), Kind(SENDS_FROM_TEXT)]


class Retry(Section):
    """When a letter that could not be delivered is tried again: the delay doubles, with jitter, until the letter expires."""

    first_delay: Seconds = 60
    """Seconds before the second attempt."""
    max_delay: Seconds = 14400
    """Seconds between two attempts, at most."""


class Outbound(Section):
    """The relay that takes our letters on."""

    relay: Annotated[Endpoint | Directory, PlainValidator(read_relay), PlainSerializer(write_relay), Kind(RELAY_TEXT)] = Endpoint(
        "127.0.0.1", 25
    )
    """The server that takes our letters on. `directory:PATH` writes them there as .eml files and sends nothing."""
    security: Literal["none", "starttls", "tls"] = "none"
    """How the connection is protected: not, by STARTTLS (ports 25 and 587) or from its start (465). The relay's certificate is verified."""
    user: Line | None = None
    """User name at the relay."""
    password: Secret | None = None
    """Password at the relay."""
    connections: Count = 10
    """Connections to the relay at once, of one process."""
    timeout: Seconds = 60
    """Seconds that the relay has to answer one command."""
    bounce_domain: Domain | None = None
    """A domain whose mail reaches us, for return addresses of our letters: bounces are then tied to the letter. Without it, they go to the
    gateway's address."""
    sends_from: tuple[SendsFrom, ...] = ()
    """What the world sees our letters come from, for `deskgate check --dns` and From addresses: IP addresses, or the domain of the SPF
    record that a relay's provider tells its customers to include. The default is the relay's addresses or, where it is on our own network,
    those of `server.hostname`."""
    retry: Retry = Retry()
    """When a letter is tried again."""
    expiry: Annotated[float, Field(gt=0, le=8760)] = 120
    """Hours after which a letter that could not be delivered is given up (RFC 5321 §4.5.4.1 asks for four days or five)."""
