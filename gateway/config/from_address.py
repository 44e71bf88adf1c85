"""`[[from_address]]`: what replies may go out from, besides the gateways."""

from typing import Annotated, Literal

from pydantic import Field, PlainValidator

from gateway.config.section import Kind, Section
from gateway.config.values import Address, ConfigPath, Line, ReadablePath, Secret, text_of
from gateway.mail.address import normalise_domain

HOST_TEXT = 'a host\'s name, such as "smtp.example.com"'


def read_host(value: object) -> str:
    host = normalise_domain(text_of(value, HOST_TEXT))
    if not host:
        raise ValueError(f"expected {HOST_TEXT}; the port stands in a key of its own")
    return host


class FromSmtp(Section):
    """A server of its own for letters from this address: they leave by it, and the address needs no verification. Reports about what it
    could not deliver go to its account."""

    host: Annotated[str, PlainValidator(read_host), Kind(HOST_TEXT)]
    """The server's name."""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    """Its port."""
    security: Literal["none", "starttls", "tls"] = "starttls"
    """How the connection is protected: not, by STARTTLS (ports 25 and 587) or from its start (465)."""
    user: Line | None = None
    """User name at the server. Where it is an address, it is the letters' return address."""
    password: Secret | None = None
    """Password at the server."""
    auth: Literal["login", "xoauth2"] = "login"
    """How to log in: with a password, or with an OAuth 2.0 access token from one of the next two keys."""
    token_file: ConfigPath | None = None
    """A file that something else keeps a valid access token in; read at each login."""
    token_command: tuple[Line, ...] = ()
    """A program and its arguments, which prints a valid access token; run at each login, without a shell."""
    ca: ReadablePath | None = None
    """A PEM file of the authorities that the server's certificate is verified by; the default is the system's."""


class FromAddress(Section):
    """An address that agents may choose by `@from`; those of the ticket's department's gateways need not stand here. One that is no
    gateway's, and has no server of its own, is verified first: it is sent a letter with a code, which `deskgate senders confirm` takes.
    It then stands in From once its domain vouches for our letters, by a `[[dkim]]` key or our relay in its SPF, which
    `deskgate check --dns` looks up; until then its name does, before the gateway's address. Answers come to the ticket's gateway."""

    address: Address
    """The address. If it is a gateway's too, what stands here has the last word on its name and whether it may be chosen."""
    name: Line | None = None
    """The name beside it; the default is `desk.name`."""
    department: str | None = None
    """Key of the department whose replies may go out from it; the default is any."""
    default: bool = False
    """Whether agents' replies of its department go out from it, where they name no other: instead of the ticket's gateway."""
    enabled: bool = True
    """Whether it may be chosen."""
    smtp: FromSmtp | None = None
    """A server of its own."""
