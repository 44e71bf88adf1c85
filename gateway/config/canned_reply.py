"""`[[canned_reply]]`: texts that agents put into replies."""

from gateway.config.section import Section
from gateway.config.values import Address, Line, Text


class CannedReply(Section):
    """A text that `@template NAME` puts into a reply. It belongs to exactly one of everyone, a department or an agent."""

    name: Line
    """The name by which agents call it, in any case of letters. Of several with one name, an agent's own is taken before the department's,
    and that before everyone's."""
    text: Text
    """What goes to the client."""
    everyone: bool = False
    """Whether every agent may use it."""
    department: str | None = None
    """Key of the department on whose tickets it may be used."""
    agent: Address | None = None
    """Address of the one agent who may use it."""
