"""`[[webhook]]`: other systems that are told what becomes of tickets (docs/webhooks.md)."""

import re
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, SecretStr, ValidationInfo

from gateway.config.section import Kind, Section
from gateway.config.values import ReadablePath, text_of, write_secret
from gateway.config.values import read_secret as read_any
from gateway.domain.states import EventKind
from gateway.domain.webhooks import EVENT_TYPES, EVERYTHING, PREFIX, secret_of

URL_TEXT: Final = 'a URL, such as "https://crm.example.com/hooks/deskgate"'
SECRET_TEXT: Final = '"whsec_" and the base64 of 24 to 64 random octets, as `deskgate webhooks secret` prints it'
NAME_TEXT: Final = 'a name of letters, digits, dots, dashes and underscores, such as "crm"'
EVENT_TEXT: Final = f'"{EVERYTHING}" for all, or a type of event, such as "ticket.created"'
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def read_url(value: object) -> str:
    text = text_of(value, URL_TEXT)
    try:
        parts = urlsplit(text)
        # The port is read, and refused, where it is asked for.
        plain = text.isascii() and text.isprintable() and " " not in text and parts.port != 0
        if parts.scheme in ("http", "https") and parts.hostname and plain and not (parts.username or parts.password or parts.fragment):
            return text
    except ValueError:
        pass
    raise ValueError(f"expected {URL_TEXT}, without a user and a fragment")


def read_secret(value: object, info: ValidationInfo) -> SecretStr:
    found = read_any(value, info)
    try:
        if info.context:
            secret_of(found.get_secret_value())
    except ValueError as error:
        raise ValueError(f"expected {SECRET_TEXT}; {error}") from None
    return found


def read_name(value: object) -> str:
    name = text_of(value, NAME_TEXT)
    if not NAME.fullmatch(name):
        raise ValueError(f"expected {NAME_TEXT}")
    return name


def read_event(value: object) -> str:
    text = text_of(value, EVENT_TEXT)
    if text != EVERYTHING and text not in EVENT_TYPES:
        raise ValueError(f"expected {EVENT_TEXT}; types are {', '.join(EVENT_TYPES)}")
    return text


def some(events: tuple[str, ...]) -> tuple[str, ...]:
    if not events:
        raise ValueError(f"expected one at least: {EVENT_TEXT}")
    return events


HookSecret = Annotated[SecretStr, PlainValidator(read_secret), PlainSerializer(write_secret), Kind(SECRET_TEXT, secret=True)]


class Webhook(Section):
    """A system that is told what becomes of tickets, as it happens: by POST, signed as Standard Webhooks has it. What it does not take is
    tried for 3 days; docs/webhooks.md has the whole."""

    url: Annotated[str, PlainValidator(read_url), Kind(URL_TEXT)]
    """Where it listens. `http://` is taken only beside `allow_private`: tickets hold what clients write in confidence."""
    secret: HookSecret
    """By which it knows that it was us; the receiver's own settings have the same."""
    old_secrets: tuple[HookSecret, ...] = ()
    """Secrets that messages are signed by as well, while a receiver changes over to a new one."""
    name: Annotated[str, PlainValidator(read_name), Kind(NAME_TEXT)] | None = None
    """What commands, log and alarms call it; the default is the host of `url`. Under another name it is another webhook."""
    events: Annotated[tuple[Annotated[str, PlainValidator(read_event), Kind(EVENT_TEXT)], ...], AfterValidator(some)] = (EVERYTHING,)
    """What it is told of; all of it by default."""
    departments: tuple[str, ...] | None = Field(None, min_length=1)
    """Keys of the departments whose tickets it is told of; the default is all."""
    allow_private: bool = False
    """Whether it may be on this machine or in a private network. Else such addresses are refused, whatever DNS says of the name. Link-local
    ones, where clouds have their metadata, always are."""
    ca: ReadablePath | None = None
    """A PEM file of the authorities that the server's certificate is verified by; the default is the system's."""

    @property
    def called(self) -> str:
        return self.name or urlsplit(self.url).hostname or ""

    @property
    def kinds(self) -> tuple[EventKind, ...]:
        return tuple(each for each in EventKind if EVERYTHING in self.events or f"{PREFIX}{each}" in self.events)
