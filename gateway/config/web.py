"""`[web]`: the pages over HTTP, and who may come into the console."""

import re
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, PlainSerializer, PlainValidator, SecretStr, ValidationInfo

from gateway.config.section import Kind, Section
from gateway.config.values import Address, Endpoint, Line, Listen, Network, read_secret, text_of, write_secret
from gateway.domain.language import Language

URL_TEXT = 'a URL, such as "https://desk.example.com"'
HASH_TEXT: Final = 'an Argon2 hash, as `deskgate web password` prints it, or "env:NAME" or "file:PATH" to keep it out of this file'
HASH: Final = re.compile(r"\$argon2(?:id|i|d)\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}")
"""The PHC string format, version 1.3 of Argon2 (RFC 9106)."""
MOST_KIBIBYTES: Final = 256 * 1024
MOST_PASSES: Final = 32
MOST_LANES: Final = 16
HEADER_TEXT: Final = 'the name of a header field, such as "Remote-User"'


def read_base_url(value: object) -> str:
    text = text_of(value, URL_TEXT)
    try:
        parts = urlsplit(text)
        plain = not (parts.query or parts.fragment or parts.username) and text.isprintable()
        if parts.scheme in ("http", "https") and parts.hostname and plain:
            return text.rstrip("/")
    except ValueError:
        pass
    raise ValueError(f"expected {URL_TEXT}, without a user, a query or a fragment")


def read_hash(value: object, info: ValidationInfo) -> SecretStr:
    """What a hash costs to verify stands in it: one that would take all memory is refused here, and not when somebody logs in."""
    secret = read_secret(value, info)
    found = HASH.fullmatch(secret.get_secret_value())
    if found is None:
        raise ValueError(f"expected {HASH_TEXT}; the password itself does not belong here")
    kibibytes, passes, lanes = (int(each) for each in found.groups())
    if not (1 <= passes <= MOST_PASSES and 1 <= lanes <= MOST_LANES and 8 * lanes <= kibibytes <= MOST_KIBIBYTES):
        raise ValueError(
            f"expected {HASH_TEXT}; this one takes too much to verify: m is {MOST_KIBIBYTES} at most, t {MOST_PASSES} and p {MOST_LANES}"
        )
    return secret


def read_header(value: object) -> str:
    """RFC 9110 §5.6.2."""
    text = text_of(value, HEADER_TEXT)
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", text):
        raise ValueError(f"expected {HEADER_TEXT}")
    return text


PasswordHash = Annotated[SecretStr, PlainValidator(read_hash), PlainSerializer(write_secret), Kind(HASH_TEXT, secret=True)]


class Operator(Section):
    """Somebody who may come into the console at `/`; see [console.md](console.md). Without any, there is no console. Whoever is changed
    or taken out here is logged out at once."""

    name: Line
    """The name to log in with, and the one that the audit log has."""
    password: PasswordHash | None = None
    """The hash of their password. Without one, only the proxy of `[web.proxy]` lets them in."""
    role: Literal["viewer", "agent", "admin"] = "agent"
    """What they may: `viewer` reads, `agent` also answers, sorts and sends again, `admin` does what concerns the whole desk, too."""
    departments: tuple[str, ...] | None = None
    """Keys of the departments that they see anything of; the default is those of their `agent`, else all."""
    agent: Address | None = None
    """The `[[agent]]` that they are: they act in that name. Without one, they act in their own."""
    language: Language | None = None
    """The language of the console for them, unless they choose another; the default is their browser's."""


class Proxy(Section):
    """A proxy in front of us that knows who comes (single sign-on), and names them in a header of each request. It must take that header
    out of what its own peers send."""

    header: Annotated[str, PlainValidator(read_header), Kind(HEADER_TEXT)] = "Remote-User"
    """The header that holds the name of a `[[web.operator]]`."""
    networks: Annotated[tuple[Network, ...], Field(min_length=1)]
    """Where the proxy connects from. From anywhere else the header counts for nothing."""


class Web(Section):
    """The pages over HTTP: the operators' console, where clients rate a ticket and download files, previews of letters, health, readiness
    and metrics."""

    listen: Listen = Endpoint("127.0.0.1", 8025)
    """Where pages are served. Put a proxy with TLS in front of it for the world."""
    base_url: Annotated[str, PlainValidator(read_base_url), Kind(URL_TEXT)] | None = None
    """The address that the world sees them at, for links in letters; the default is `http://` and `listen`. Files that are too large for a
    letter become links only where this key is set. Where it begins with `https`, browsers send the console's cookies over TLS alone."""
    session_idle_minutes: Annotated[int, Field(ge=5, le=7 * 24 * 60)] = 240
    """After so many minutes without a request, an operator has to log in again."""
    session_hours: Annotated[int, Field(ge=1, le=90 * 24)] = 16
    """After so many hours an operator has to log in again in any case."""
    proxy: Proxy | None = None
    operator: tuple[Operator, ...] = ()

    @property
    def address_is_known(self) -> bool:
        """With port 0 only the service knows, once it is up."""
        return self.base_url is not None or self.listen.port != 0

    @property
    def url(self) -> str:
        return self.base_url or f"http://{self.listen}"
