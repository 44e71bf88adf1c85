"""The kinds of value that keys take: read from what TOML holds, refused with a sentence that says what was expected.

A reader raises ValueError with that sentence. Values of a configuration that was handed on (no surroundings) are taken as they are.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, PlainSerializer, PlainValidator, SecretStr, SerializationInfo, ValidationInfo

from gateway.config.section import Kind, Surroundings
from gateway.domain.envelope import Entry
from gateway.mail.address import address_key, normalise_domain

REFERENCE: Final = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+")
LOCALHOST: Final = ("localhost", "ip6-localhost")
MASK: Final = "********"
REVEAL: Final = "reveal"
"""Key of the serialisation context that lets secrets out: for `Settings.dump` alone."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host name or address, and a TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def answers(self, other: "Endpoint") -> bool:
        """Whether a listener here takes connections to `other`, as far as addresses tell."""
        vague = self.host in ("0.0.0.0", "::", *LOCALHOST) or other.host in LOCALHOST  # noqa: S104  compared, not bound
        same_host = self.host == other.host or (vague and other.is_loopback)
        return self.port == other.port and same_host

    @property
    def is_loopback(self) -> bool:
        if self.host in LOCALHOST:
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


def text_of(value: object, expected: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected {expected}")  # noqa: TRY004  pydantic takes ValueError alone
    return value


def parse_endpoint(text: str, expected: str = 'an address and a port, such as "127.0.0.1:2525" or "[::1]:2525"') -> Endpoint:
    bracketed = re.fullmatch(r"\[([^\[\]]+)\]:(\d{1,5})", text)
    plain = re.fullmatch(r"([^\s:\[\]/@]+):(\d{1,5})", text)
    found = bracketed or plain
    if found is None:
        raise ValueError(f"expected {expected}")
    host, port = found[1].lower(), int(found[2])
    if port > 65535:
        raise ValueError(f"expected {expected}; ports end at 65535")
    if bracketed is not None:
        try:
            ip_address(host)
        except ValueError:
            raise ValueError(f"expected {expected}; {host} within the brackets is no IPv6 address") from None
    return Endpoint(host, port)


def read_listen(value: object) -> Endpoint:
    expected = 'an address and a port to listen at, such as "127.0.0.1:2525", "[::]:25" or "0.0.0.0:25"'
    return parse_endpoint(text_of(value, expected), expected)


def read_server(value: object) -> Endpoint:
    expected = 'a host and a port, such as "smtp.example.com:587"'
    endpoint = parse_endpoint(text_of(value, expected), expected)
    if endpoint.port == 0:
        raise ValueError(f"expected {expected}; port 0 cannot be connected to")
    return endpoint


def read_nameserver(value: object) -> Endpoint:
    endpoint = parse_endpoint(text_of(value, NAMESERVER_TEXT), NAMESERVER_TEXT)
    try:
        ip_address(endpoint.host)
    except ValueError:
        raise ValueError(f"expected {NAMESERVER_TEXT}; a name would have to be looked up first") from None
    return endpoint


def read_address(value: object) -> str:
    expected = 'an e-mail address, such as "support@example.com"'
    text = text_of(value, expected)
    if text.startswith("*@"):
        raise ValueError(f"expected {expected}; a catch-all stands in [[gateway]] alone")
    return _strict_address(text, expected)


def read_gateway_address(value: object) -> str:
    expected = 'an e-mail address, such as "support@example.com", or "*@example.com" for every address of a domain'
    text = text_of(value, expected)
    if not text.startswith("*@"):
        return _strict_address(text, expected)
    domain = normalise_domain(text[2:])
    if not domain:
        raise ValueError(f"expected {expected}")
    return f"*@{domain}"


def _strict_address(text: str, expected: str) -> str:
    key = address_key(text)
    if not key:
        raise ValueError(f"expected {expected}" + ("; the name stands in a key of its own" if "<" in text else ""))
    return key


def read_domain(value: object) -> str:
    expected = 'a domain, such as "example.com"'
    domain = normalise_domain(text_of(value, expected))
    if not domain:
        raise ValueError(f"expected {expected}")
    return domain


def read_network(value: object) -> str:
    expected = 'a network or an address, such as "192.0.2.0/24" or "2001:db8::7"'
    text = text_of(value, expected)
    try:
        return str(ip_network(text))
    except ValueError:
        pass
    try:
        wider = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"expected {expected}") from None
    raise ValueError(f'expected {expected}; write "{wider}" to mean the network that {text} is in')


def read_local(value: object) -> str:
    text = text_of(value, LOCAL_TEXT)
    if text in PEERLESS:
        return text
    if text == Entry.SMTP:
        raise ValueError(f"expected {LOCAL_TEXT}; to believe SMTP peers, name their networks")
    return read_network(text)


def read_line(value: object) -> str:
    expected = "a line of text, not empty and without control characters"
    text = text_of(value, expected).strip()
    # These stand in header fields: a line break would end one.
    if not text or not text.isprintable():
        raise ValueError(f"expected {expected}")
    return text


def read_text(value: object) -> str:
    expected = "a text, not empty and without control characters"
    lines = text_of(value, expected).replace("\r\n", "\n").strip("\n").split("\n")
    if not any(map(str.strip, lines)) or not all(each.replace("\t", "").isprintable() for each in lines):
        raise ValueError(f"expected {expected}")
    return "\n".join(lines)


_UNITS: Final = {"": 1, "b": 1} | {
    f"{letter}{rest}": base**power for power, letter in enumerate("kmg", 1) for rest, base in (("", 1024), ("ib", 1024), ("b", 1000))
}


def read_size(value: object) -> int:
    expected = 'a size above nothing: bytes, or a string such as "50 MiB"'
    match value:
        case bool():
            pass
        case int() if value > 0:
            return value
        case str():
            found = re.fullmatch(r"\s*(\d{1,12}(?:\.\d{1,3})?)\s*([A-Za-z]*)\s*", value)
            size = round(float(found[1]) * _UNITS[found[2].lower()]) if found and found[2].lower() in _UNITS else 0
            if size > 0:
                return size
    raise ValueError(f"expected {expected}")


def show_size(size: int) -> str:
    """`52428800` → `50 MiB`, for people."""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size % factor == 0:
            return f"{size // factor} {unit}"
    return str(size)


def read_path(value: object, info: ValidationInfo) -> Path:
    path = Path(value if isinstance(value, Path) else text_of(value, "a path"))
    if not str(value) or "\0" in str(value):
        raise ValueError("expected a path")
    return _surroundings(info).base / path if info.context else path


def read_readable_path(value: object, info: ValidationInfo) -> Path:
    path = read_path(value, info)
    if info.context:
        _surroundings(info).check_readable(path)
    return path


def read_secret(value: object, info: ValidationInfo) -> SecretStr:
    text = text_of(value, SECRET_TEXT)
    if info.context and REFERENCE.fullmatch(text):
        text = _surroundings(info).read_secret(text)
    if not text:
        raise ValueError(f"expected {SECRET_TEXT}, not an empty one")
    return SecretStr(text)


def write_secret(value: SecretStr, info: SerializationInfo) -> str:
    return value.get_secret_value() if info.context and info.context.get(REVEAL) else MASK


def _surroundings(info: ValidationInfo) -> Surroundings:
    context: Any = info.context
    assert isinstance(context, Surroundings)
    return context


NAMESERVER_TEXT: Final = 'an IP address and a port, such as "192.0.2.53:53"'
PEERLESS: Final = (Entry.STDIN, Entry.LMTP, Entry.IMAP, Entry.POP3, Entry.MAILDIR)
LOCAL_TEXT: Final = 'a network, such as "192.0.2.0/24", or a way of entry: "stdin", "lmtp", "imap", "pop3" or "maildir"'
SECRET_TEXT: Final = 'a string, or "env:NAME" or "file:PATH" to keep it out of this file'

Listen = Annotated[
    Endpoint, PlainValidator(read_listen), PlainSerializer(str), Kind('an address and a port, such as "127.0.0.1:2525" or "[::]:25"')
]
Nameserver = Annotated[Endpoint, PlainValidator(read_nameserver), PlainSerializer(str), Kind(NAMESERVER_TEXT)]
Address = Annotated[str, PlainValidator(read_address), Kind('an e-mail address, such as "support@example.com"')]
GatewayAddress = Annotated[
    str, PlainValidator(read_gateway_address), Kind('an e-mail address, or "*@example.com" for every address of a domain')
]
Domain = Annotated[str, PlainValidator(read_domain), Kind('a domain, such as "example.com"')]
Network = Annotated[str, PlainValidator(read_network), Kind('a network or an address, such as "192.0.2.0/24"')]
Local = Annotated[str, PlainValidator(read_local), Kind(LOCAL_TEXT)]
Line = Annotated[str, PlainValidator(read_line), Kind("a line of text")]
Text = Annotated[str, PlainValidator(read_text), Kind("a text, of several lines where it needs them")]
Size = Annotated[int, PlainValidator(read_size), Kind('a size in bytes, or a string such as "50 MiB"', show=show_size)]
ConfigPath = Annotated[Path, PlainValidator(read_path), Kind("a path")]
ReadablePath = Annotated[Path, PlainValidator(read_readable_path), Kind("the path of a file that can be read")]
Secret = Annotated[SecretStr, PlainValidator(read_secret), PlainSerializer(write_secret), Kind(SECRET_TEXT, secret=True)]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
