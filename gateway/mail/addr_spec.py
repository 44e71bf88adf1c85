"""The strict reader of addr-spec, and how addresses are compared: what everything security touches uses.

RFC 5321 §4.1.2 with the non-ASCII of RFC 6531 §3.3. The obsolete forms of RFC 5322 §4.4 (comments and white space inside an address,
routes) are refused: programs read them differently, and a difference is a way to forge. Nothing is ever decoded inside an address.
"""

import ipaddress
import re
import unicodedata
from functools import lru_cache

import idna

_MAX_OCTETS = 320

_ATEXT = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~\-"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ASCII_DOMAIN = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
_PLAIN = re.compile(rf"([{_ATEXT}]+(?:\.[{_ATEXT}]+)*)@({_ASCII_DOMAIN.pattern})")
_DOT_ATOM = re.compile(rf"[{_ATEXT}\x80-\U0010ffff]+(?:\.[{_ATEXT}\x80-\U0010ffff]+)*")
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~\x80-\U0010ffff]|\\[ -~])*)"')
_QUOTED_PAIR = re.compile(r"\\(.)")
_LITERAL = re.compile(r"\[(?:(?i:ipv6):([0-9A-Fa-f:.]{2,45})|([0-9.]{7,15}))\]")
_REFUSED_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"))


def is_addr_spec(text: str) -> bool:
    """Whether the strict reader accepts it as one address, and nothing but an address."""
    return bool(address_key(text))


def address_key(text: str) -> str:
    """What addresses are compared by: case-folded local part, A-label domain; `""` when the strict reader refuses."""
    return _key(text) if 0 < len(text) <= _MAX_OCTETS else ""


@lru_cache(maxsize=4096)
def _key(text: str) -> str:
    if plain := _PLAIN.fullmatch(text):
        return text.lower() if len(plain[2]) <= 253 else ""
    if len(text.encode("utf-8", "surrogatepass")) > _MAX_OCTETS:
        return ""
    local, _, domain = text.rpartition("@")
    return _joined(_normalise_local(local), normalise_domain(domain))


def _joined(local: str, domain: str) -> str:
    return f"{local}@{domain}" if local and domain else ""


def _normalise_local(local: str) -> str:
    """`""` for what is no local part. A quoted string that needs no quotes means the same as without (RFC 5321 §4.1.2)."""
    if any(unicodedata.category(each) in _REFUSED_CATEGORIES or each == "\ufffd" for each in local if each != " "):
        return ""
    if _DOT_ATOM.fullmatch(local):
        return _fold(local)
    quoted = _QUOTED.fullmatch(local)
    if quoted is None or not quoted[1]:
        return ""
    inner = _QUOTED_PAIR.sub(r"\1", quoted[1])
    if _DOT_ATOM.fullmatch(inner):
        return _fold(inner)
    escaped = inner.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_fold(escaped)}"'


def _fold(local: str) -> str:
    """Without case. A letter beyond ASCII never becomes one within: `boſs@` must not pass for `boss@`."""
    if local.isascii():
        return local.lower()
    return "".join(_fold_letter(each) for each in unicodedata.normalize("NFC", local))


def _fold_letter(letter: str) -> str:
    folded = letter.casefold()
    return folded if letter.isascii() or not any(each.isascii() for each in folded) else letter


def normalise_domain(text: str) -> str:
    """The domain in A-labels, lower case (RFC 5891), or a canonical address literal; `""` when it is no domain."""
    return _normalise(text) if 0 < len(text) <= 255 else ""


@lru_cache(maxsize=4096)
def _normalise(text: str) -> str:
    if _ASCII_DOMAIN.fullmatch(text) and len(text) <= 253:
        return text.lower()
    if text.startswith("["):
        return _normalise_literal(text)
    if text.isascii():
        return ""
    try:
        encoded = idna.encode(text, uts46=True, std3_rules=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError, ValueError):
        return ""
    return encoded if _ASCII_DOMAIN.fullmatch(encoded) and len(encoded) <= 253 else ""


def _normalise_literal(text: str) -> str:
    literal = _LITERAL.fullmatch(text)
    if literal is None:
        return ""
    try:
        return f"[ipv6:{ipaddress.IPv6Address(literal[1])}]" if literal[1] else f"[{ipaddress.IPv4Address(literal[2])}]"
    except ValueError:
        return ""


def shown_address(address: str) -> str:
    """The address for people: its domain in Unicode (RFC 5890), where that leads back to the same A-labels."""
    local, at, domain = address.rpartition("@")
    if "xn--" not in domain.lower():
        return address
    try:
        shown = idna.decode(domain)
    except (idna.IDNAError, UnicodeError, ValueError):
        return address
    return f"{local}{at}{shown}" if normalise_domain(shown) == domain.lower() else address
