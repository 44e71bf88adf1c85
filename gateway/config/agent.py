"""`[[agent]]`: who answers."""

from typing import Annotated

from pydantic import Field

from gateway.config.section import Section
from gateway.config.values import Address, Line
from gateway.domain.organisation import Language


class Agent(Section):
    """A member of staff."""

    address: Address
    """The agent's own address, where notifications go and answers come from. Never a gateway's."""
    name: Line | None = None
    """The name that clients read; the default is the address's local part."""
    departments: tuple[str, ...] | None = None
    """Keys of the departments whose tickets the agent sees and handles; the default is all of them."""
    aliases: tuple[Address, ...] = ()
    """Other addresses that the agent writes from."""
    active: bool = True
    """Whether the agent is still one. Keep those who left, so that their tickets keep a name."""
    language: Language | None = None
    """The language of letters to the agent; the default is `desk.language`."""
    notify: bool = True
    """Whether the agent is told of tickets that are nobody's yet."""
    digest_minutes: Annotated[int, Field(ge=1, le=60 * 24)] | None = None
    """The agent is told of everything at once, every so many minutes; without it, of each thing when it happens."""

    @property
    def display_name(self) -> str:
        return self.name or self.address.partition("@")[0]
