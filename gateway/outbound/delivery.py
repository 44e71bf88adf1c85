"""What a sender asks of a transport and gets from it; `deliver` speaks SMTP, `directory` writes files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gateway.outbound.retry import Outcome


class Lighter(Protocol):
    """The parcel's letter with links in the place of files."""

    def __call__(self, limit: int | None = None, *, plain: bool = False) -> bytes:
        """The content with no more links than it takes to have `limit` octets at most; None: whatever can be one. It may be larger than
        that all the same, with nothing left to take out. `plain`: as `Parcel.plain` is."""


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
    lighter: Lighter | None = field(default=None, compare=False)
    """Makes the same letter with links in the place of its files, for a server that it is too large for. None where that cannot be."""
    forced: bool = False
    """A person wants it tried now, whatever is known of the destination."""


class Transport(Protocol):
    @property
    def several(self) -> bool:
        """Whether it has destinations of its own inside, whose health and limits it looks after: no outcome says anything of the others."""

    async def deliver(self, parcel: Parcel) -> Mapping[str, Outcome]:
        """The outcome for each recipient. Never raises for what the other side does; cancelling it ends the attempt."""

    async def aclose(self) -> None:
        """Lets idle connections go politely."""
