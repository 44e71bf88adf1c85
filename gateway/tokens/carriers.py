"""Where tokens ride: an agent's reply address (`r+TOKEN@…`), and the Message-ID of every letter (`<r.TOKEN.…@…>`, `<t.TOKEN.…@…>`).

`r` marks an agent's reply token, of one ticket and one agent; `t` a client's thread token, of one ticket. A reply token of a letter that
tells of a note is of a purpose of its own: what answers it never leaves the desk.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.tokens.codec import Keyring, Purpose, claimed_payload

TOKEN = "[a-z2-7]{36,48}"
REPLY_LOCAL = re.compile(rf"([^+@]+)\+({TOKEN})", re.IGNORECASE)
ID_LEFT = re.compile(rf"([rt])\.({TOKEN})\.[a-z0-9]+", re.IGNORECASE)
TICKET_SIZE = 4


@dataclass(frozen=True, slots=True)
class ReplyToken:
    """An agent's reply token as found; unproven until `proves` says so. `ticket` is what it claims."""

    token: str
    ticket: int


@dataclass(frozen=True, slots=True)
class ThreadToken:
    """A client's token as found; unproven."""

    token: str
    ticket: int


def reply_token(keyring: Keyring, ticket: int, agent: str) -> str:
    return keyring.sign(Purpose.REPLY, pack(ticket), agent)


def note_token(keyring: Keyring, ticket: int, agent: str) -> str:
    """In place of the reply token, in a letter that shows a note."""
    return keyring.sign(Purpose.NOTE, pack(ticket), agent)


def thread_token(keyring: Keyring, ticket: int) -> str:
    return keyring.sign(Purpose.THREAD, pack(ticket))


def proves_reply(keyring: Keyring, found: ReplyToken, agent: str) -> bool:
    """Whether the token is genuine, of this ticket and of this agent (their normalised address)."""
    return keyring.payload(Purpose.REPLY, found.token, agent) == pack(found.ticket)


def proves_note(keyring: Keyring, found: ReplyToken, agent: str) -> bool:
    """As `proves_reply`, of the token of a letter that shows a note."""
    return keyring.payload(Purpose.NOTE, found.token, agent) == pack(found.ticket)


def whose(keyring: Keyring, found: ReplyToken, agents: Sequence[str]) -> str | None:
    """Of these agents the one that the token is genuine for, of a note's letter or another; None for a token that is nobody's."""
    if claimed_payload(found.token) != pack(found.ticket):
        return None
    proven = (keyring.bound_to(purpose, found.token, agents) for purpose in (Purpose.REPLY, Purpose.NOTE))
    return next((each for each in proven if each is not None), None)


def proves_thread(keyring: Keyring, found: ThreadToken) -> bool:
    return keyring.payload(Purpose.THREAD, found.token) == pack(found.ticket)


def reply_address(base: str, token: str) -> str:
    """`r@desk.example` → `r+TOKEN@desk.example`."""
    local, _, domain = base.rpartition("@")
    return f"{local}+{token}@{domain}"


def is_reply_address(address: str, base: str) -> bool:
    """Whether a normalised address is `base` itself, with or without anything behind a `+`."""
    local, _, domain = address.rpartition("@")
    base_local, _, base_domain = base.rpartition("@")
    return domain == base_domain and local.split("+", 1)[0] == base_local


def letter_id(mark: str, token: str, unique: str, domain: str) -> str:
    """The bare Message-ID of a letter; `unique` tells it from the ticket's others."""
    return f"{mark}.{token}.{unique}@{domain}"


def reply_tokens_in(addresses: Iterable[str], base: str) -> tuple[ReplyToken, ...]:
    """Those of normalised addresses that are `base` with a token, in order."""
    base_local, _, base_domain = base.rpartition("@")
    found = []
    for address in addresses:
        local, _, domain = address.rpartition("@")
        shape = REPLY_LOCAL.fullmatch(local)
        if domain == base_domain and shape is not None and shape[1] == base_local:
            found.append((shape[2].lower(), claimed_ticket(shape[2])))
    return tuple(ReplyToken(token, ticket) for token, ticket in found if ticket is not None)


def tokens_in_ids(ids: Iterable[str]) -> tuple[ReplyToken | ThreadToken, ...]:
    """The tokens of ids that look like our letters', in order; whatever the domain, for only the signature counts."""
    found: list[ReplyToken | ThreadToken] = []
    for each in ids:
        shape = ID_LEFT.fullmatch(each.rpartition("@")[0])
        ticket = claimed_ticket(shape[2]) if shape is not None else None
        if shape is not None and ticket is not None:
            found.append((ReplyToken if shape[1].lower() == "r" else ThreadToken)(shape[2].lower(), ticket))
    return tuple(found)


def carries_reply_token(identifier: str) -> bool:
    """Whether an id must not be shown to clients."""
    return any(isinstance(each, ReplyToken) for each in tokens_in_ids((identifier,)))


def pack(ticket: int) -> bytes:
    return ticket.to_bytes(max(TICKET_SIZE, (ticket.bit_length() + 7) // 8), "big")


def claimed_ticket(token: str) -> int | None:
    payload = claimed_payload(token)
    return int.from_bytes(payload, "big") if payload is not None and TICKET_SIZE <= len(payload) <= 8 else None
