"""MTA-STS: what a domain publishes about its mail servers, by a TXT record and over HTTPS (RFC 8461). Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Mode = Literal["enforce", "testing", "none"]

LARGEST: Final = 64 << 10
"""Octets of a policy that are read (RFC 8461 §3.3 suggests this)."""
LONGEST: Final = 31_557_600
"""Seconds that a policy may be kept (RFC 8461 §3.2)."""
MOST_PATTERNS: Final = 200


@dataclass(frozen=True, slots=True)
class Policy:
    """`mx`: names of servers, `*.` at their beginning standing for one label; `max_age` in seconds."""

    mode: Mode
    mx: tuple[str, ...] = ()
    max_age: int = 0


def announced(texts: Sequence[bytes]) -> str | None:
    """The id of the policy that the TXT records at `_mta-sts` announce; None where they announce none."""
    ours = [each for each in texts if _VERSION.match(each)]
    # RFC 8461 §3.1: more than one, and there is no policy.
    if len(ours) != 1:
        return None
    found = dict(_fields(ours[0].decode("ascii", "replace"), ";"))
    identity = found.get("id", "")
    return identity if _ID.fullmatch(identity) else None


def read_policy(body: bytes) -> Policy | None:
    """None where it is no policy. Fields that are not known are passed over, and of one given twice the first counts (RFC 8461 §3.2)."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    fields = list(_fields(text.replace("\r\n", "\n"), "\n", colon=":"))
    first: dict[str, str] = {}
    for name, value in fields:
        first.setdefault(name, value)
    patterns = tuple(value.lower().rstrip(".") for name, value in fields if name == "mx")
    mode, age = first.get("mode"), first.get("max_age", "")
    if first.get("version") != "STSv1" or not re.fullmatch(r"[0-9]{1,10}", age, re.ASCII):
        return None
    if not all(map(_PATTERN.fullmatch, patterns)) or len(patterns) > MOST_PATTERNS:
        return None
    match mode:
        case "enforce" | "testing" if patterns:
            return Policy(mode, patterns, min(int(age), LONGEST))
        case "none":
            return Policy("none", patterns, min(int(age), LONGEST))
        case _:
            return None


def allows(policy: Policy, host: str) -> bool:
    """RFC 8461 §4.1: the name of the MX record against the patterns."""
    name = host.lower().rstrip(".")
    beyond = name.partition(".")[2]
    return any(name == pattern or (pattern.startswith("*.") and beyond == pattern[2:]) for pattern in policy.mx)


def _fields(text: str, between: str, colon: str = "=") -> Iterator[tuple[str, str]]:
    for each in text.split(between):
        name, found, value = each.partition(colon)
        if found:
            yield name.strip(" \t"), value.strip(" \t")


_VERSION: Final = re.compile(rb"v=STSv1[ \t]*(?:;|$)")
_ID: Final = re.compile(r"[A-Za-z0-9]{1,32}", re.ASCII)
_PATTERN: Final = re.compile(r"(?:\*\.)?[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?)*", re.ASCII)
