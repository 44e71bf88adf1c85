"""`[[department]]`: who works together."""

from typing import Annotated

from pydantic import Field

from gateway.config.section import Kind, Section
from gateway.config.values import Line
from gateway.domain.organisation import ClientIdentity, Language

Key = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$"), Kind('a short name of the letters a-z, digits, "-" and "_", such as "sales"')
]


class Department(Section):
    """A group of agents. Without any, there is one, `support`."""

    key: Key = "support"
    """The name by which tickets and other tables refer to it: keep it."""
    name: Line | None = None
    """The name that people read; the default is the key with a capital."""
    available: bool = True
    """Whether it serves clients. A department that does not has no gateway."""
    language: Language | None = None
    """The language of its letters, where the gateway has none; the default is `desk.language`."""
    auto_cc: bool | None = None
    """As `desk.auto_cc`, for this department; the default is the desk's."""
    client_identity: ClientIdentity | None = None
    """As `desk.client_identity`, likewise."""
    requester_from_forward: bool | None = None
    """As `desk.requester_from_forward`, likewise."""
    private_without_client: bool | None = None
    """As `desk.private_without_client`, likewise."""

    @property
    def display_name(self) -> str:
        return self.name or self.key.capitalize()
