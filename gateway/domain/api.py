"""Who comes by the API: tokens and what they are good for. PURE."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from gateway.domain.operators import Operator, Rank
from gateway.domain.organisation import Organisation


class Scope(StrEnum):
    """What a token is good for. `write` has `read` of the same things in it."""

    TICKETS_READ = "tickets:read"
    TICKETS_WRITE = "tickets:write"
    INBOUND_READ = "inbound:read"
    INBOUND_WRITE = "inbound:write"
    OUTBOX_READ = "outbox:read"
    OUTBOX_WRITE = "outbox:write"
    OUTBOX_HOLD = "outbox:hold"
    """Holding all letters of the desk, and letting them go."""
    CLIENTS_READ = "clients:read"
    CLIENTS_WRITE = "clients:write"
    RATINGS_READ = "ratings:read"


CONTAINS: Final = {
    Scope.TICKETS_WRITE: Scope.TICKETS_READ,
    Scope.INBOUND_WRITE: Scope.INBOUND_READ,
    Scope.OUTBOX_WRITE: Scope.OUTBOX_READ,
    Scope.OUTBOX_HOLD: Scope.OUTBOX_READ,
    Scope.CLIENTS_WRITE: Scope.CLIENTS_READ,
}


@dataclass(frozen=True, slots=True)
class ApiToken:
    """What the database keeps of a token; the token itself is shown once, and kept nowhere. `departments` None: all of the desk's.
    `agent` is the normalised address of the agent in whose name it acts."""

    id: int
    name: str
    scopes: frozenset[Scope]
    departments: tuple[str, ...] | None
    agent: str | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes or any(CONTAINS.get(each) is scope for each in self.scopes)

    def why_dead(self, now: datetime) -> str | None:
        """None while it is good."""
        if self.revoked_at is not None:
            return "the token was revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "the token has expired"
        return None


@dataclass(frozen=True, slots=True)
class Stranger:
    """A token that the configuration no longer stands behind."""

    why: str


def operator_of(token: ApiToken, organisation: Organisation) -> Operator | Stranger:
    """Whom the token acts as: its agent, whose departments bound its own, or itself under its own name."""
    known = tuple(each.key for each in organisation.departments)
    own = known if token.departments is None else tuple(each for each in token.departments if each in known)
    if token.agent is None:
        return Operator(token.name, rank_of(token), own, all_departments=token.departments is None)
    agent = organisation.agent(token.agent)
    if agent is None or not agent.active:
        return Stranger(f"{token.agent}, in whose name the token acts, is no active agent of the configuration")
    own = tuple(each for each in own if each in agent.departments)
    return Operator(token.name, rank_of(token), own, agent.address, agent.name, agent.language)


def rank_of(token: ApiToken) -> Rank:
    if token.may(Scope.OUTBOX_HOLD):
        return Rank.ADMIN
    return Rank.AGENT if any(each in CONTAINS for each in token.scopes) else Rank.VIEWER
