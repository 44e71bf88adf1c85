"""`[gateway.fetch]`: the mailbox that a gateway's mail is fetched from (B4)."""

from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import Field, PlainValidator

from gateway.config.section import Kind, Section
from gateway.config.values import ConfigPath, Line, ReadablePath, Seconds, Secret, text_of
from gateway.mail.address import normalise_domain

HOST_TEXT = 'a host\'s name or address, such as "imap.example.com"'


def read_host(value: object) -> str:
    text = text_of(value, HOST_TEXT)
    try:
        return str(ip_address(text))
    except ValueError:
        host = normalise_domain(text)
    if not host or host.startswith("["):
        raise ValueError(f"expected {HOST_TEXT}; the port stands in a key of its own")
    return host


class Fetch(Section):
    """A mailbox of the gateway's, which is polled. Without this table, mail to the gateway comes by SMTP or LMTP. A message is marked,
    moved or deleted only once it is kept here."""

    protocol: Literal["imap", "imaps", "pop3", "pop3s", "maildir"]
    """How it is reached. `maildir` is a directory on this machine, which a local server delivers into."""
    host: Annotated[str, PlainValidator(read_host), Kind(HOST_TEXT)] | None = None
    """The server. Its certificate is verified wherever TLS is spoken."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Its port; the default is the protocol's: 143, 993, 110 or 995."""
    security: Literal["none", "starttls"] | None = None
    """What protects `imap` and `pop3`: STARTTLS, without which nothing is told; or nothing, for servers on this machine alone. The default
    is `none` for those and `starttls` for all others."""
    ca: ReadablePath | None = None
    """A PEM file of the certificates that the server's is verified by; the default is the system's."""
    user: Line | None = None
    """User name at the server."""
    password: Secret | None = None
    """Password at the server."""
    auth: Literal["login", "xoauth2"] = "login"
    """How to log in: with a password, or with an OAuth 2.0 access token from one of the next two keys."""
    token_file: ConfigPath | None = None
    """A file that something else keeps a valid access token in; read at each login."""
    token_command: tuple[Line, ...] = ()
    """A program and its arguments, which prints a valid access token; run at each login, without a shell."""
    path: ConfigPath | None = None
    """The directory of a `maildir`, which has `new`, `cur` and `tmp` in it."""
    folder: Line = "INBOX"
    """The IMAP folder, as people read its name: `Входящие/Обращения`."""
    interval: Seconds = 60
    """Seconds between two looks into the mailbox."""
    idle: bool = True
    """Whether to have new mail at once, where the server tells of it (IMAP's IDLE). `interval` holds beside it."""
    delete: bool = False
    """Whether kept messages are deleted there. Else they are marked as read; with POP3, which has no such mark, remembered."""
    move_to: Line | None = None
    """An IMAP folder that kept messages are moved to, instead of being marked as read. It is made where it is missing."""
    authserv_id: Line | None = None
    """The name by which the mailbox's own server signs `Authentication-Results`; without it, none of those fields is believed."""
