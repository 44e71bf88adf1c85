"""The ids under which a letter's recipients will see it, where a relay writes a Message-ID of its own and says so when it takes the letter.

A client's answer then names that id, and some programs name no other (iOS' drops References). Pure.
"""

import re
from collections.abc import Iterable
from typing import Final

from gateway.mail.ids import normalise_id

MOST: Final = 2
"""Of one answer."""
LONGEST: Final = 255
"""Octets of an id."""


def announced_ids(reply: str, host: str, known: Iterable[str] = ()) -> tuple[str, ...]:
    """Without angle brackets. `reply` is the answer to the final dot and `host` the relay's; `known` are the letter's own id and addresses,
    which some servers repeat (LMTP's answers name the recipient), and which are none that the relay gave.
    """
    named = tuple(match[1] or match[2].rstrip(_STOPS) for match in _NAMED.finditer(reply[:_READ]))
    known = {normalise_id(each).lower() for each in known}
    found = (each for each in (*named, *_of_ses(reply, host)) if len(each) <= LONGEST and not each.endswith("@"))
    ids = dict.fromkeys(each for each in found if each.lower() not in known)
    return tuple(ids)[:MOST]


def _of_ses(reply: str, host: str) -> tuple[str, ...]:
    """Amazon SES answers with the left side alone. The right side is `email.amazonses.com` in its first region, and the region's own
    elsewhere; which one a domain gets, only its letters tell, so both are remembered."""
    if (answer := _SES_ANSWER.fullmatch(reply.strip())) is None:
        return ()
    region = _SES_HOST.search(host.rstrip(".").lower())
    sides = ["email", *([region[1]] if region is not None else [])]
    return tuple(f"{answer[1]}@{side}.amazonses.com" for side in sides)


_READ: Final = 2000
_STOPS: Final = ".,;:)]'\""
# In angle brackets: Exchange and Exchange Online (`250 2.6.0 <id> [InternalId=…]`), Brevo (`queued as <id>`); or bare after such words.
# The possessive quantifiers keep a hostile answer from being tried in every way.
_ID: Final = r"[!-;=?A-~]++@[!-;=?A-~]++"
_NAMED: Final = re.compile(rf"<({_ID})>|\b(?:queued as|message[ _-]?id|id)[ =:]++({_ID})", re.IGNORECASE)
_SES_ANSWER: Final = re.compile(r"250 ok:? ([0-9a-f]{16}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-[0-9]{6})", re.IGNORECASE)
_SES_HOST: Final = re.compile(r"(?:^|\.)email-smtp(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d)\.(?:vpce\.)?(?:amazonaws\.com(?:\.cn)?|api\.aws)$")
