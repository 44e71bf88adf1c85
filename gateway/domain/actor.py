"""Who acts on a ticket."""

from dataclasses import dataclass

from gateway.domain.states import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """`address` is an agent's normalised address or a client's as written; None for the system, and for staff whom the configuration has
    as no agent: an operator of the console, or a program with a token. `departments` says where those may act; an agent's are known."""

    role: Role
    name: str = ""
    address: str | None = None
    departments: tuple[str, ...] | None = None


SYSTEM = Actor(Role.SYSTEM, "Deskgate")
