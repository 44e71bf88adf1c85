"""Who may see and do what through the console or the API."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

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
