"""SPF (RFC 7208): pyspf's reading of records, over answers that are fetched for it.

`evaluate` is pure: it comes to a result, or says which answers it needs for the next step. `check` fetches those and repeats it. An
evaluation costs well under a millisecond.
"""

import asyncio
import ipaddress
from dataclasses import dataclass
from typing import cast

import structlog

from gateway.auth.dns import Answer, Answers, Question, Resolver
from gateway.domain.verdict import Result
from gateway.mail.address import normalise_domain

log = structlog.get_logger()

MOST_ROUNDS = 50
"""RFC 7208 §4.6.4 allows 10 terms that ask, and 10 names for each mx and ptr; those of one term are asked at once."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The questions whose answers are wanted before there can be a result."""

    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose record is looked at: that of MAIL FROM, or of HELO where the reverse-path is null (RFC 7208 §2.4)."""

    sender: str
    domain: str


def identify(reverse_path: str, helo: str) -> Identity | None:
    """None where neither names a domain, as with an address literal."""
    local, _, domain = (reverse_path or f"postmaster@{helo}").rpartition("@")
    domain = normalise_domain(domain.removesuffix("."))
    if "." not in domain or domain.startswith("["):
        return None
    return Identity(f"{local or 'postmaster'}@{domain}", domain)


async def check(address: str, helo: str, reverse_path: str, resolver: Resolver, deadline: float) -> Result:
    answers: dict[Question, Answer] = {}
    for _ in range(MOST_ROUNDS):
        match evaluate(address, helo, reverse_path, answers):
            case Needs(questions):
                found = await asyncio.gather(*(resolver.ask(each.name, each.kind, deadline) for each in questions))
                answers.update(zip(questions, found, strict=True))
            case result:
                return result
    return "permerror"


def evaluate(address: str, helo: str, reverse_path: str, answers: Answers) -> Result | Needs:
    identity = identify(reverse_path, helo)
    if identity is None:
        return "none"
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return "none"
    # Imported here: pyspf is heavy, and few roles of the service need it.
    from gateway.auth.pyspf import MissingError, Query

    query = Query(address, identity.sender, normalise_domain(helo) or "unknown", answers)
    try:
        result, _, _ = query.check()
    except MissingError as missing:
        return Needs(missing.questions)
    except Exception:
        # The edge to pyspf: a record that makes it stumble is a faulty one.
        log.exception("spf_failed", domain=identity.domain)
        return "permerror"
    return cast(Result, result)
