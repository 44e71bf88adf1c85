"""Reads the argument of MAIL and RCPT (RFC 5321 §4.1.2): strictly, in linear time, without decoding anything that only looks encoded."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Literal

# RFC 5321 §4.5.3.1.3 says 256; rewritten senders (SRS, BATV, VERP of large mailers) do exceed it, and refusing them would lose their mail.
MAX_ADDRESS_OCTETS = 512
MAX_DOMAIN_OCTETS = 255
MAX_LABEL_OCTETS = 63
OFTEN = 128
"""Characters of an argument that may be remembered: of all of them together no more than these times a thousand."""

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]"
_DOT_STRING = rf"{_ATEXT}+(?:\.{_ATEXT}+)*"
# The underscore is no letter of a host name, but stands in domains that do send mail.
_LABEL_END = r"[A-Za-z0-9_\u0080-\U0010ffff]"
_DOMAIN = rf"{_LABEL_END}(?:[A-Za-z0-9_.\u0080-\U0010ffff-]*{_LABEL_END})?"
_PATH = re.compile(
    rf"""<
    (?P<route>@{_DOMAIN}(?:,@{_DOMAIN})*:)?  # a source route is read and forgotten (RFC 5321 appendix C)
    (?P<local>{_DOT_STRING}|"(?:[^"\\]|\\.)*")
    (?:@(?P<domain>{_DOMAIN}|\[[^\[\]\\\s]*\]))?
    >""",
    re.VERBOSE,
)
_PARAMETER = re.compile(r"(?P<keyword>[A-Za-z0-9][A-Za-z0-9-]*)(?:=(?P<value>[!-<>-~\u0080-\U0010ffff]+))?\Z")
_DIGITS = re.compile(r"[0-9]{1,20}\Z")
_DOT_STRING_ALONE = re.compile(rf"{_DOT_STRING}\Z")


class Fault(Enum):
    """What is wrong with an argument; the dialogue has a reply for each."""

    ADDRESS = auto()
    ARGUMENTS = auto()
    UNKNOWN_PARAMETER = auto()
    NEEDS_SMTPUTF8 = auto()


@dataclass(frozen=True, slots=True)
class Path:
    """`address` has no angle brackets, route or needless quotes; `""` is the null reverse-path. `parameters` have upper-case keywords."""

    address: str
    parameters: Mapping[str, str | None]

    @property
    def is_ascii(self) -> bool:
        return self.address.isascii()


@dataclass(frozen=True, slots=True)
class MailOptions:
    """`size` is what the client declares (RFC 1870), None when it does not."""

    size: int | None = None
    smtputf8: bool = False


def read_path(argument: str, keyword: Literal["FROM", "TO"]) -> Path | Fault:
    """Reads `FROM:<path> [parameters]` or `TO:…`. Only MAIL may have `<>`, and only RCPT a path without a domain: `<postmaster>`."""
    # A desk has few addresses, and is written to at them all day.
    return _read_again(argument, keyword) if len(argument) <= OFTEN else _read(argument, keyword)


def _read(argument: str, keyword: Literal["FROM", "TO"]) -> Path | Fault:
    if not argument.isprintable():  # no control characters, no line separators of Unicode, no lone surrogates
        return Fault.ARGUMENTS
    head, colon, rest = argument.partition(":")
    if not colon or head.upper() != keyword:
        return Fault.ARGUMENTS
    rest = rest.lstrip(" ")  # `FROM: <…>` is wrong and common
    if rest.startswith("<>"):
        return _with_parameters("", rest[2:]) if keyword == "FROM" else Fault.ADDRESS
    found = _PATH.match(rest)
    if found is None:
        return Fault.ADDRESS
    address = _address(found["local"], found["domain"], may_be_postmaster=keyword == "TO")
    return Fault.ADDRESS if address is None else _with_parameters(address, rest[found.end() :])


_read_again = lru_cache(1024)(_read)


def read_address(text: str, keyword: Literal["FROM", "TO"]) -> str | None:
    """The address as MAIL (`""` is the null one) or RCPT would take it; None when it would not."""
    path = read_path(f"{keyword}:<{text}>", keyword)
    return path.address if isinstance(path, Path) and not path.parameters else None


def read_mail_options(path: Path, *, extended: bool) -> MailOptions | Fault:
    """Reads what we announce: SIZE, BODY, SMTPUTF8. `extended` tells whether the client said EHLO, and so may use any."""
    parameters = dict(path.parameters)
    if parameters and not extended:
        return Fault.UNKNOWN_PARAMETER
    size = parameters.pop("SIZE", "0")
    body = parameters.pop("BODY", "7BIT")
    smtputf8 = "SMTPUTF8" in parameters
    if size is None or not _DIGITS.match(size) or body is None or body.upper() not in ("7BIT", "8BITMIME"):
        return Fault.ARGUMENTS
    if parameters.pop("SMTPUTF8", None) is not None:
        return Fault.ARGUMENTS
    if parameters:
        return Fault.UNKNOWN_PARAMETER
    if not path.is_ascii and not smtputf8:
        return Fault.NEEDS_SMTPUTF8
    return MailOptions(int(size) or None, smtputf8)


def _with_parameters(address: str, text: str) -> Path | Fault:
    if text and not text.startswith(" "):
        return Fault.ARGUMENTS
    parameters: dict[str, str | None] = {}
    for each in text.split():
        found = _PARAMETER.match(each)
        if found is None or found["keyword"].upper() in parameters:
            return Fault.ARGUMENTS
        parameters[found["keyword"].upper()] = found["value"]
    return Path(address, parameters)


def _address(local: str, domain: str | None, *, may_be_postmaster: bool) -> str | None:
    if domain is None:
        return local if may_be_postmaster and local.lower() == "postmaster" else None
    if not (_is_literal(domain) if domain.startswith("[") else _is_domain(domain)):
        return None
    address = f"{_plain(local)}@{domain}"
    return address if len(address.encode()) <= MAX_ADDRESS_OCTETS else None


def _plain(local: str) -> str:
    """Quotes that are not needed mean nothing: `"john"` is `john` (RFC 5321 §4.1.2)."""
    if not local.startswith('"'):
        return local
    content = re.sub(r"\\(.)", r"\1", local[1:-1])
    if _DOT_STRING_ALONE.match(content):
        return content
    escaped = content.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _is_domain(domain: str) -> bool:
    return len(domain.encode()) <= MAX_DOMAIN_OCTETS and all(map(_is_label, domain.split(".")))


def _is_label(label: str) -> bool:
    return bool(label) and len(label.encode()) <= MAX_LABEL_OCTETS and not label.startswith("-") and not label.endswith("-")


def _is_literal(domain: str) -> bool:
    """`[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 §4.1.3)."""
    inside = domain[1:-1]
    try:
        if inside[:5].upper() == "IPV6:":
            IPv6Address(inside[5:])
        else:
            IPv4Address(inside)
    except AddressValueError:
        return False
    return True
