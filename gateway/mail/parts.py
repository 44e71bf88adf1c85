"""The leaf parts of a message, as the readers of kinds, bounces and forwards see them."""

from dataclasses import dataclass

Headers = tuple[tuple[str, str], ...]
"""Names lower-cased, values decoded and unfolded, in the order of the message."""


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of the MIME tree. `message/rfc822` is a leaf too, with its raw bytes as `content`."""

    content_type: str
    headers: Headers
    text: str | None
    """Decoded, with LF line ends; None for what is not text. Delivery reports and headers alone (RFC 3464, RFC 3462) are text."""
    content: bytes


Parts = tuple[Part, ...]


def header(headers: Headers, name: str) -> str:
    """The first field of that (lower-case) name, or `""`."""
    return next((value for key, value in headers if key == name), "")


def header_values(headers: Headers, name: str) -> tuple[str, ...]:
    return tuple(value for key, value in headers if key == name)
