"""What one language has to offer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """Every field but `code` may stay empty."""

    code: str
    openers: str = ""
    """Words that may stand before the date in "On 12 March 2025 Anna wrote:"."""
    wrote: str = ""
    """Verbs that end an attribution."""
    wrote_by: str = ""
    """Verbs that the author's name follows ("schrieb Anna:"), or the date ("Anna schrieb am 12.3.:")."""
    starts: str = ""
    """Beginnings of attributions that name the author first ("Wiadomość napisana przez …")."""
    calendar: str = ""
    """Weekdays and months with their abbreviations."""
    author: str = ""
    recipient: str = ""
    copy: str = ""
    date: str = ""
    subject: str = ""
    reply_to: str = ""
    original: str = ""
    """What stands between dashes above a quoted message."""
    forwarded: str = ""
    """What stands between dashes, or alone and ended by a colon, above a forwarded one."""
    forward_stem: str = ""
    """Beginnings of the word between dashes that tells a forwarded message from an answered one."""
    forward_prefix: str = ""
    sent_from: str = ""
    """Beginnings of the line that a mail program signs with; with `…` for what may stand between, the whole of it."""
    vacation: str = ""
    """Beginnings of the subjects of automatic answers."""
    undelivered: str = ""
    """What delivery reports say in their subject or their text; `…` stands for up to 60 characters."""
    words: str = ""
    """Frequent short words, for the guess of the language."""
