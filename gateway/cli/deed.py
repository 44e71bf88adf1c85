"""What the command under way does, for the audit log: as its options say, done by whoever runs this process."""

import argparse
import os
import pwd
from pathlib import Path
from typing import Final

from gateway.cli.acts import ACTS, NOT_RECORDED, Kind
from gateway.cli.output import say
from gateway.deeds.deed import Deed
from gateway.domain.audit import Access, Who
from gateway.domain.organisation import Organisation

LOGIN: Final = Path("/proc/self/loginuid")
NOBODY: Final = 2**32 - 1
"""The login user of a process that nobody logged in for, such as a service's."""


class CommandDeed(Deed):
    """Of one command. What it is about is told by its options, and by the command itself as it learns more."""

    def __init__(self, options: argparse.Namespace, desk: Organisation) -> None:
        command = str(getattr(options, "command", "?"))
        self._kind = ACTS.get(command) or Kind(command.replace(":", "."), Access.CHANGE)
        self._options = options
        super().__init__(self._kind.action, self._kind.access, who(), desk, recorded=command not in NOT_RECORDED)

    def begin_anew(self) -> None:
        """Nothing is known but what the options say."""
        super().begin_anew()
        options = self._options
        for option, kind in self._kind.about.items():
            self.about(kind, *listed(getattr(options, option, None)))
        for option in self._kind.addresses:
            self.about_addresses(*map(str, listed(getattr(options, option, None))))
        self.note(**{option: getattr(options, option, None) for option in self._kind.details})

    def not_written(self, failure: Exception) -> None:
        say(f"deskgate: the audit log has no entry of this ({self.action}): the database takes none now")


def listed(value: object) -> list[int | str]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]  # type: ignore[list-item]


def who() -> Who:
    """Who runs this process: the person who logged in, where the system knows, however they became the user that they are now."""
    user, node = user_name(os.geteuid()), os.uname().nodename
    return Who(f"{logged_in() or user}@{node}", f"{user}@{node}", "cli")


def logged_in() -> str | None:
    """Linux remembers it through su and sudo; sudo itself says it where there is no audit in the kernel."""
    try:
        number = int(LOGIN.read_text())
    except (OSError, ValueError):
        number = NOBODY
    if number != NOBODY:
        return user_name(number)
    return os.environ.get("SUDO_USER") or None


def user_name(number: int) -> str:
    """Containers run as users that no file names."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
