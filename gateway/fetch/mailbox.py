"""What every kind of mailbox can do, and the ways in which one fails."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

PAGE = 100
"""Messages that are looked up, read and marked together."""

Sink = Callable[[bytes], None]
"""Takes a message's octets as they come; may raise `TooLargeError`."""


class MailboxError(Exception):
    """The mailbox cannot be polled now; the text says why, for operators, and holds no secret."""


class RefusedError(MailboxError):
    """The server said no to one command; others may follow."""


class TooLargeError(Exception):
    """A message grew past the largest that is taken in."""


@dataclass(frozen=True, slots=True)
class Listed:
    """`key` names a message for good within its place: a UID, a UIDL, a file's unique name. `size` is what the server says."""

    key: str
    size: int


class Mailbox(Protocol):
    """An open one. Every method raises `MailboxError` where the mailbox or its server does not do what it should."""

    @property
    def place(self) -> str:
        """Within which the keys mean something."""
        ...

    @property
    def uidvalidity(self) -> int | None: ...

    def pages(self) -> AsyncIterator[Sequence[Listed]]:
        """What waits to be fetched, the oldest first, at most `PAGE` at a time. May list what was kept before."""
        ...

    async def read(self, key: str, sink: Sink) -> bool:
        """Hands the whole message over, changing nothing. False: it is gone. After `TooLargeError` the mailbox must be closed."""
        ...

    async def mark(self, keys: Sequence[str]) -> Sequence[str]:
        """Marks, moves or deletes what is kept. Returns those that will not be listed again."""
        ...

    async def flag(self, key: str) -> None:
        """Leaves a sign for people on what cannot be taken in, where there is such a sign."""
        ...

    async def wait(self, seconds: float) -> None:
        """Until something may have arrived, or the time is over."""
        ...

    @property
    def tells(self) -> bool:
        """Whether `wait` hears of new mail, so that the mailbox is better kept open."""
        ...

    async def aclose(self) -> None:
        """Takes leave politely; raises nothing."""
        ...
