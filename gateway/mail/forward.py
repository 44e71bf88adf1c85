"""The original of a forwarded message, as the forwarder's mail program wrote it down."""

from gateway.mail.message import Forwarded
from gateway.mail.parts import Parts


def read_forwarded(subject: str, text: str, parts: Parts) -> Forwarded | None:
    """The innermost original; None for a message that forwards nothing, such as a reply that quotes headers."""
    return None
