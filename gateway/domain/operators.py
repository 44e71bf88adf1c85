"""Who may see and do what through the console or the API, and how they come in."""

import hashlib
import json
import unicodedata
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum, StrEnum
from ipaddress import IPv4Network, IPv6Network

from gateway.domain.actor import Actor
from gateway.domain.language import Language
from gateway.domain.states import Role


class Right(IntEnum):
    """What a page or an action asks of whoever comes; each includes those before it."""

    SEE = 1
    """Reading tickets, mail and letters of one's departments."""
    ACT = 2
    """Answering, sorting, assigning, sending again."""
    RUN = 3
    """What concerns the whole desk: holding all letters, sessions, the audit log."""


class Rank(StrEnum):
    """`role` of `[[web.operator]]`."""

    VIEWER = "viewer"
    AGENT = "agent"
    ADMIN = "admin"

    @property
    def right(self) -> Right:
        return RIGHTS[self]


class Way(StrEnum):
    """How somebody came in."""

    PASSWORD = "password"
    PROXY = "proxy"


RIGHTS = {Rank.VIEWER: Right.SEE, Rank.AGENT: Right.ACT, Rank.ADMIN: Right.RUN}


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody of the console. `departments` are keys, all of the desk's where the file names none. `agent` is the normalised address of
    the agent of the configuration that they are; without one they act under their own name."""

    name: str
    rank: Rank
    departments: tuple[str, ...]
    agent: str | None = None
    agent_name: str = ""
    language: Language | None = None
    all_departments: bool = False
    """Whether also what belongs to no department is theirs to see: the file names none for them."""
    password: str | None = field(default=None, repr=False)
    """Its argon2 hash; None: only a trusted proxy can tell that it is them."""

    def may(self, right: Right) -> bool:
        return self.rank.right >= right

    def sees(self, department: str | None) -> bool:
        return self.all_departments if department is None else department in self.departments

    @property
    def actor(self) -> Actor:
        """In whose name they act on tickets."""
        return Actor(Role.AGENT, self.agent_name or self.name, self.agent, self.departments if self.agent is None else None)

    @property
    def fingerprint(self) -> bytes:
        """Of all that lets them in and decides what they may: sessions from before a change of it are over."""
        decisive = [self.name, self.rank, self.departments, self.all_departments, self.agent, self.password]
        return hashlib.sha256(json.dumps(decisive).encode()).digest()


@dataclass(frozen=True, slots=True)
class TrustedProxy:
    """Requests from `networks` are those of the operator whom `header` names."""

    header: str
    networks: tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """Who may come into the console, and how. `origin` is that of the pages as the world sees them, where it is known."""

    operators: tuple[Operator, ...] = ()
    idle: timedelta = timedelta(hours=4)
    longest: timedelta = timedelta(hours=16)
    proxy: TrustedProxy | None = None
    origin: str | None = None

    @property
    def secure(self) -> bool:
        """Whether browsers see the pages over TLS."""
        return self.origin is not None and self.origin.startswith("https://")

    def operator(self, name: str) -> Operator | None:
        key = name_key(name)
        return next((each for each in self.operators if name_key(each.name) == key), None)


def name_key(name: str) -> str:
    """By which names are told apart: not by capitals, composition or white space."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
