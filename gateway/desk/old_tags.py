"""The numbers that other desks put into subjects: tickets that were imported from one are known by theirs as well. PURE."""

import re
from typing import Final

from gateway.desk.remembered import digest

# Zammad's hook is a setting (`[Ticket#2024001]`, `[Call#7]`), osTicket writes `[#123456]`, Zoho Desk `[## 101 ##]`.
OLD_TAG: Final = re.compile(r"\[[^\[\]#\d\n]{0,40}#{1,2}[ \t]{0,2}([0-9A-Za-z][0-9A-Za-z-]{0,31})[ \t]{0,2}#{0,2}\]")
MOST_TAGS: Final = 8
"""Of one subject; the last ones are looked up, for programs put theirs at the end."""


def old_tags(subject: str) -> tuple[str, ...]:
    """Numbers as `old_number` has them, the last first."""
    found = (each.casefold() for each in OLD_TAG.findall(subject)[: -MOST_TAGS - 1 : -1])
    return tuple(dict.fromkeys(found))


def old_number(written: str) -> str:
    """As it is compared: `Ticket#2024001`, `#2024001` and `2024001` are one."""
    return written.strip("[]# \t").rpartition("#")[2].strip().casefold()


def old_tag_key(number: str) -> bytes:
    """By which the number is remembered among the ids of messages (relation `tag`): a subject does not say which desk's it is."""
    return digest("old tag", number)


def shown(number: str) -> str:
    return f"[#{number}]"
