"""mail-parser's own reading of the fields that say who wrote when: a second opinion beside ours.

Two readers that differ on an author are what forgers look for, so authority needs them to agree. mail-parser is handed the one field
that it is asked about, already bounded: its `MailParser` would read much else beside, and see `mime` for why the body is not its work.
"""

import logging
from dataclasses import dataclass
from email.errors import MessageError
from typing import Any

from mailparser.utils import get_addresses

from gateway.mail.address import address_key
from gateway.mail.headers import Block

_MAX_VALUE = 8 * 1024

# It logs what it cannot decode: people's mail, which has no place in a log.
logging.getLogger("mailparser").setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True)
class SecondReading:
    """`author` is the key of the one From address it sees, or `""`; `doubts` are the recoveries that it had to make."""

    author: str
    doubts: tuple[str, ...]


def read_again(block: Block) -> SecondReading:
    field = block.first("from")
    if field is None or len(field.raw) > _MAX_VALUE:
        return SecondReading("", ())
    defects: list[dict[str, Any]] = []
    try:
        addresses = [address for _, address in get_addresses(field.value, defects=defects, decode_names=True) if address]
    except (AttributeError, IndexError, LookupError, MessageError, TypeError, ValueError, RecursionError):
        return SecondReading("", ("From cannot be read",))
    doubts = tuple(f"From: {defect['reason']}" for defect in defects)
    return SecondReading(address_key(addresses[0]) if len(addresses) == 1 else "", doubts)
