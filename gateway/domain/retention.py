"""For how many days what is kept; 0 is for ever."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retention:
    """`links`: for how long files of letters may be asked for by link, during which they stay."""

    raw_mail: int
    ignored_mail: int
    letters: int
    closed_tickets: int
    spam: int
    audit: int
    links: int
    webhooks: int = 0
