"""What a sender asks of a transport and gets from it; `deliver` speaks SMTP, `directory` writes files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from gateway.outbound.retry import Outcome


@dataclass(frozen=True, slots=True)
class Parcel:
    """One transaction: the envelope and the bytes. `name` is the same at every attempt and of this copy alone."""

    name: str
    reverse_path: str
    recipients: tuple[str, ...]
    content: bytes
    smtputf8: bool = False
    """Whether an address in envelope or header cannot be written in ASCII."""
    plain: bytes | None = None
    """The same for the others where a server lacks SMTPUTF8: such addresses stand in it as text. None where that cannot be."""


class Transport(Protocol):
    async def deliver(self, parcel: Parcel) -> Mapping[str, Outcome]:
        """The outcome for each recipient. Never raises for what the other side does; cancelling it ends the attempt."""

    async def aclose(self) -> None:
        """Lets idle connections go politely."""
