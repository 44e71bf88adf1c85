"""One message with everything that bears on it, and how its decision is put together. PURE."""

from dataclasses import dataclass, field, replace

from gateway.domain.actor import SYSTEM, Actor
from gateway.domain.decision import Decision, Outcome
from gateway.domain.facts import Facts
from gateway.domain.organisation import Organisation
from gateway.domain.states import InboundState
from gateway.domain.steps import Step
from gateway.domain.verdict import Verdict
from gateway.mail.message import Message


@dataclass(frozen=True, slots=True)
class Case:
    """`recipients` are the envelope's, normalised; `size` is in octets; `reasons` grows as it is decided."""

    message: Message
    recipients: tuple[str, ...]
    reverse_path: str
    verdict: Verdict
    facts: Facts
    organisation: Organisation
    size: int = 0
    department: str | None = None
    """The one that it is decided for, where each of several makes a ticket of it."""
    reasons: list[str] = field(default_factory=list)

    @property
    def held_back(self) -> str | None:
        """Why a person has to look at it first, by what was found before it was kept; None once a person has sorted it."""
        found = self.facts.screening
        if found is None or found.hold is None or self.facts.assigned is not None:
            return None
        return f"held for a person: {found.hold}"

    def settle(
        self,
        state: InboundState,
        outcome: Outcome,
        why: str,
        steps: tuple[Step, ...] = (),
        ticket: int | None = None,
        actor: Actor = SYSTEM,
        gateway: str | None = None,
    ) -> Decision:
        return Decision(state, outcome, why, (*self.reasons, why), ticket, actor, steps, gateway)

    def ignored(self, why: str) -> Decision:
        return self.settle(InboundState.IGNORED, "ignored", why)

    def ruled(self, state: InboundState, outcome: Outcome, why: str, rule: str | None) -> Decision:
        return replace(self.settle(state, outcome, why), rule=rule)

    def postponed(self, why: str) -> Decision:
        """To be decided anew later; nothing is written."""
        return self.settle(InboundState.QUEUED, "postponed", why)
