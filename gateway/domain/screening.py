"""What was found on a peer and on a content before the message was kept. `ingress.checks` makes it, storage keeps it, rules read it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Screening:
    """`notes` tell each finding in plain words, in the order of the checks."""

    notes: tuple[str, ...] = ()
    spam_score: float | None = None
    """The highest that a scanner gave, with what listings add; None where nothing counted."""
    hold: str | None = None
    """Why a person has to look at it first."""
    threat: bool = False
    """Whether that is for what the content would do to who opens it, whoever wrote it."""
