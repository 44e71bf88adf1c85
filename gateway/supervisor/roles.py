"""What a child process may be. `gateway.app` has the table; tests bring their own."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """`entry` is `module:function`, an `async def (control: Control) -> None` that a child of this role lives in.

    Roles stand in the order in which they are stopped, and `patience` is the share of the stopping time after which the next ones are told
    to stop even though this one has not finished.
    """

    name: str
    entry: str
    sockets: tuple[str, ...] = ()
    """Names of the sockets that its children inherit."""
    processes: int = 1
    patience: float = 1.0
    takes_mail: bool = False
    """Whether mail is accepted only once all its children are ready."""

    @property
    def slots(self) -> tuple[str, ...]:
        return tuple(f"{self.name}-{index}" for index in range(self.processes))
