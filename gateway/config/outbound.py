"""`[outbound]`: how letters leave."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, PlainValidator, SerializationInfo, ValidationInfo

from gateway.config.section import Kind, Section
from gateway.config.values import (
    ConfigPath,
    Count,
    Domain,
    Endpoint,
    Line,
    ReadablePath,
    Seconds,
    Secret,
    Size,
    read_path,
    read_server,
    text_of,
)

RELAY_TEXT = 'a relay\'s host and port, such as "smtp.example.com:587", "mx", or "directory:PATH"'
DIRECTORY = "directory:"
MX = "mx"
SENDS_FROM_TEXT = 'an IP address, such as "192.0.2.7", or the domain of a provider\'s SPF record, such as "_spf.example.net"'


@dataclass(frozen=True, slots=True)
class Directory:
    """Letters are written here as .eml files, and go nowhere."""

    path: Path

    def __str__(self) -> str:
        return f"{DIRECTORY}{self.path}"


@dataclass(frozen=True, slots=True)
class Mx:
    """Letters go straight to the mail servers of their recipients' domains."""

    def __str__(self) -> str:
        return MX


Relay = Endpoint | Directory | Mx


def read_relay(value: object, info: ValidationInfo) -> Relay:
    text = text_of(value, RELAY_TEXT)
    if text == MX:
        return Mx()
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
    """How letters leave: by a relay, or straight to the recipients' mail servers."""

    relay: Annotated[Endpoint | Directory | Mx, PlainValidator(read_relay), PlainSerializer(write_relay), Kind(RELAY_TEXT)] = Endpoint(
        "127.0.0.1", 25
    )
    """The server that takes our letters on. `mx` delivers them to the mail servers of their recipients' domains, as a mail server does.
    `directory:PATH` writes them there as .eml files and sends nothing."""
    security: Literal["none", "starttls", "tls"] = "none"
    """How the connection is protected: not, by STARTTLS (ports 25 and 587) or from its start (465). The relay's certificate is verified."""
    user: Line | None = None
    """User name at the relay."""
    password: Secret | None = None
    """Password at the relay."""
    auth: Literal["login", "xoauth2"] = "login"
    """How to log in: with a password, or with an OAuth 2.0 access token from one of the next two keys."""
    token_file: ConfigPath | None = None
    """A file that something else keeps a valid access token in; read at each login."""
    token_command: tuple[Line, ...] = ()
    """A program and its arguments, which prints a valid access token; run at each login, without a shell."""
    ca: ReadablePath | None = None
    """A PEM file of the authorities that the relay's certificate is verified by; the default is the system's. With `mx`, of those that
    MTA-STS goes by."""
    connections: Count = 10
    """Connections to the relay at once, of one process; with `mx` those to all domains together."""
    connections_per_domain: Count = 5
    """With `mx`, those to the mail servers of one domain."""
    mx_port: Annotated[int, Field(ge=1, le=65535)] = 25
    """With `mx`, the port that mail servers listen on. They are the world's, and it is 25: another one is for networks of one's own."""
    dane: bool = True
    """With `mx`, whether servers have to show the certificates that their TLSA records name (RFC 7672). It takes name servers that validate
    DNSSEC, on this machine (`trust.dnssec` says more); without one it changes nothing."""
    mta_sts: bool = True
    """With `mx`, whether the MTA-STS policies of domains are obeyed (RFC 8461). They are fetched by HTTPS."""
    letters_per_connection: Count = 200
    """Letters that one connection is used for, before another is opened."""
    max_message_size: Size | None = None
    """The largest letter that the relay takes, where that is less than it says itself (SIZE). Files of larger ones go out as links where
    `web.base_url` is set."""
    timeout: Seconds = 60
    """Seconds that the relay has to answer one command."""
    bounce_domain: Domain | None = None
    """A domain whose mail reaches us, for return addresses of our letters: bounces are then tied to the letter. Without it, they go to the
    gateway's address."""
    suppression_days: Annotated[int, Field(ge=0, le=36500)] = 90
    """Days for which automatic letters do not go to an address whose server said that there is no such mailbox; 0: until somebody lifts
    it. Replies of agents go there all the same, and the agent is warned."""
    complaint_days: Annotated[int, Field(ge=0, le=36500)] = 0
    """Likewise, where the owner complained of a letter of ours; 0: until somebody lifts it."""
    sends_from: tuple[SendsFrom, ...] = ()
    """What the world sees our letters come from, for `deskgate check --dns` and From addresses: IP addresses, or the domain of the SPF
    record that a relay's provider tells its customers to include. The default is the relay's addresses or, with `mx` and where it is on our
    own network, those of `server.hostname`."""
    link_days: Annotated[int, Field(ge=1, le=365)] = 30
    """Days for which files can be downloaded that were too large for the server their letter went to, and stand in it as links. With
    `web.base_url` alone; without it such a letter fails, and the agent who wrote it is told."""
    retry: Retry = Retry()
    """When a letter is tried again."""
    warn_hours: Annotated[float, Field(gt=0, le=8760)] = 4
    """Hours after which a ticket is told that its letter has not left yet."""
    expiry: Annotated[float, Field(gt=0, le=8760)] = 120
    """Hours after which a letter that could not be delivered is given up (RFC 5321 §4.5.4.1 asks for four days or five)."""
