"""Which user the server runs as, and what that user can reach.

PostgreSQL refuses to run as root. For root it therefore runs as the user who owns the data already, else as `postgres`, else as `nobody`;
for everybody else as themselves. Users are looked up, never made or changed.
"""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage.embedded.errors import EmbeddedError

CANDIDATES = ("postgres", "nobody")

# PostgreSQL's programs read PG* variables; the server shall depend on none of ours.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]

    @property
    def is_ours(self) -> bool:
        return self.uid == os.geteuid()

    @property
    def identity(self) -> dict[str, Any]:
        """What `subprocess` takes to run a child as this user; nothing where it is ourselves."""
        return {} if self.is_ours else {"user": self.uid, "group": self.gid, "extra_groups": list(self.groups)}


def server_account(cluster: Path) -> Account:
    """The user to run the server as; `cluster` need not exist yet."""
    owner = cluster.stat().st_uid if cluster.is_dir() else None
    us = os.geteuid()
    if us != 0:
        if owner not in (None, us):
            raise EmbeddedError(
                f"{cluster} belongs to {name_of(owner)}, and we are {name_of(us)}: run Deskgate as {name_of(owner)} or as root"
            )
        return Account(name_of(us), us, os.getegid(), tuple(os.getgroups()))
    if owner:
        return _known(pwd.getpwuid(owner)) if _exists(owner) else Account(str(owner), owner, cluster.stat().st_gid, ())
    for name in CANDIDATES:
        try:
            return _known(pwd.getpwnam(name))
        except KeyError:
            continue
    raise EmbeddedError(
        f"PostgreSQL does not run as root, and there is no user {' or '.join(CANDIDATES)} to run it as: run Deskgate as an ordinary user"
    )


def _known(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, tuple(os.getgrouplist(entry.pw_name, entry.pw_gid)))


def _exists(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def name_of(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid).pw_name if uid is not None else "nobody in particular"
    except KeyError:
        return f"user {uid}"


def run_as(account: Account, command: list[str | Path], *, text: str = "") -> subprocess.CompletedProcess[str]:
    """Runs to its end with `text` as its input; output and errors come together in `stdout`."""
    done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - PostgreSQL's own programs and sh, with arguments of ours
        command,
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd="/",
        env=ENVIRONMENT,
        umask=0o077,
        check=False,
        **account.identity,
    )
    return done


def first_unreachable(account: Account, paths: list[Path]) -> Path | None:
    """The first of these directories and programs that the account may not enter or execute, as the kernel judges it (ACLs too)."""
    script = 'for path; do test -x "$path" || { printf %s "$path"; exit 1; }; done'
    done = run_as(account, ["/bin/sh", "-c", script, "sh", *paths])
    return Path(done.stdout) if done.returncode else None
