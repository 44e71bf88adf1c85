"""Who acts on a ticket."""

from dataclasses import dataclass

from gateway.domain.states import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """`address` is an agent's normalised address or a client's as written; None for the system."""

    role: Role
    name: str = ""
    address: str | None = None


SYSTEM = Actor(Role.SYSTEM, "Deskgate")
