"""The children of `deskgate serve`, in the order in which they are stopped."""

from collections.abc import Collection

from gateway.supervisor.roles import Role

LISTENER, INTAKE, SENDER, POLLER, WEB = "listener", "intake", "sender", "poller", "web"
NAMES = (LISTENER, INTAKE, SENDER, POLLER, WEB)
ALL = "all"


def roles(processes: int, chosen: Collection[str] = (ALL,), *, shadow: bool = False, polls: bool = False) -> tuple[Role, ...]:
    """What is to run; `polls` says whether there are mailboxes to poll. Raises ValueError for a name that is no role's.

    In the shadow nothing is sent, so there is no sender; and no poller, which would take the other desk's mail out of its mailboxes.
    """
    unknown = set(chosen) - {ALL, *NAMES}
    if unknown:
        raise ValueError(f"expected a role, one of {', '.join((ALL, *NAMES))}: {', '.join(sorted(unknown))} is none")
    table = (
        Role(LISTENER, "gateway.app.listener:run", sockets=("smtp", "smtps"), processes=processes, patience=0.5, takes_mail=True),
        Role(POLLER, "gateway.app.poller:run", patience=0.6),
        Role(INTAKE, "gateway.app.intake:run", processes=processes, patience=0.8),
        Role(SENDER, "gateway.app.sender:run", processes=processes, patience=0.95),
        Role(WEB, "gateway.app.web:run", sockets=("web",)),
    )
    left_out = ({SENDER, POLLER} if shadow else set()) | (set() if polls else {POLLER} - set(chosen))
    return tuple(role for role in table if (ALL in chosen or role.name in chosen) and role.name not in left_out)
