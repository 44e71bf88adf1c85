"""`[desk.retention]`: for how long what is kept (docs/privacy.md)."""

from typing import Annotated

from pydantic import Field

from gateway.config.section import Section

Days = Annotated[int, Field(ge=0, le=36_500)]


class Retention(Section):
    """For how many days what is kept; 0 is for ever. `retention = 90` in `[desk]` is short for its `raw_mail`. What is on legal hold stays,
    whatever is said here; docs/privacy.md lists all that is kept, and for how long."""

    raw_mail: Days = 365
    """Raw bytes of mail from the day on which it was done. Tickets have its text and files; afterwards it cannot be decided on again."""
    ignored_mail: Days = 90
    """The same of mail that came to nothing: ignored, discarded, buried. Mail that is held waits for a person however long that takes."""
    letters: Days = 90
    """Text and files of letters from the day on which they were sent or given up. The replies of agents stay on their tickets, and so do
    automatic letters to clients."""
    closed_tickets: Days = 0
    """All that was written on a ticket, from the day on which it was closed or cancelled. Number, dates, status, category, tags and score
    stay."""
    spam: Days = 0
    """The same for tickets in `spam` and `trash`."""
    webhooks: Days = 30
    """What webhooks were told, from the day on which they took it or it was given up, and what waits for one that is disabled."""
    audit: Days = 0
    """Entries of the audit log, which names agents and users of this machine, and no client by an address. What is taken away is an entry
    of its own, so that the chain of digests goes on."""


def in_short(value: object) -> object:
    """A number alone is `raw_mail`."""
    return {"raw_mail": value} if isinstance(value, int) and not isinstance(value, bool) else value
