"""The children of `deskgate serve`, in the order in which they are stopped."""

from collections.abc import Collection

from gateway.supervisor.roles import Role

LISTENER, INTAKE, SENDER, WEB = "listener", "intake", "sender", "web"
NAMES = (LISTENER, INTAKE, SENDER, WEB)
ALL = "all"


def roles(processes: int, chosen: Collection[str] = (ALL,), *, shadow: bool = False) -> tuple[Role, ...]:
    """What is to run. In the shadow nothing is sent, so there is no sender. Raises ValueError for a name that is no role's."""
    unknown = set(chosen) - {ALL, *NAMES}
    if unknown:
        raise ValueError(f"expected a role, one of {', '.join((ALL, *NAMES))}: {', '.join(sorted(unknown))} is none")
    table = (
        Role(LISTENER, "gateway.app.listener:run", sockets="smtp", processes=processes, patience=0.5, takes_mail=True),
        Role(INTAKE, "gateway.app.intake:run", processes=processes, patience=0.8),
        Role(SENDER, "gateway.app.sender:run", patience=0.95),
        Role(WEB, "gateway.app.web:run", sockets="web"),
    )
    return tuple(role for role in table if (ALL in chosen or role.name in chosen) and not (shadow and role.name == SENDER))
