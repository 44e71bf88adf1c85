"""Exit statuses, as CONTRACT has them, and the exceptions by which commands ask for one."""

from enum import IntEnum

from gateway.deeds.refused import Refused


class Exit(IntEnum):
    DONE = 0
    WRONG = 1
    """The thing asked about is wrong or absent."""
    USAGE = 2
    """Bad usage or bad configuration."""
    LATER = 75
    """Try again later: EX_TEMPFAIL of sysexits, which mail programs know."""


class Fail(Refused):
    """Ends the command; `why` goes to stderr."""

    def __init__(self, why: str, status: Exit = Exit.WRONG) -> None:
        super().__init__(why)
        self.status = status
