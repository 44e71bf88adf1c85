"""The outcome of deciding on a message."""

from dataclasses import dataclass
from typing import Literal

from gateway.domain.actor import SYSTEM, Actor
from gateway.domain.states import InboundState
from gateway.domain.steps import Step

Outcome = Literal[
    "ticket",
    "client_reply",
    "stranger_reply",
    "agent_reply",
    "commands",
    "postponed",
    "auto_reply",
    "bounce",
    "complaint",
    "probe",
    "duplicate",
    "held",
    "ignored",
]


@dataclass(frozen=True, slots=True)
class Decision:
    """`state` is done, held or ignored, or queued where the message is to be decided later. `reasons` tell, in plain words and in order,
    what was seen and what follows; `why` is the one that settled it."""

    state: InboundState
    outcome: Outcome
    why: str
    reasons: tuple[str, ...]
    ticket: int | None = None
    """The ticket that the steps change; None where they open one, or there is none."""
    actor: Actor = SYSTEM
    steps: tuple[Step, ...] = ()
    gateway: str | None = None
    """The address of ours that it was written to."""
    rule: str | None = None
    """The rule that discarded or held it."""
