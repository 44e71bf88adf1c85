"""Why mail in an agent's name is held, as that agent is told it; the operator reads the reason in full on the inbound row."""

from enum import StrEnum


class HeldCause(StrEnum):
    NO_TOKEN = "no_token"
    """It carries no reply token, and nothing else proves who wrote it."""
    OTHERS_TOKEN = "others_token"
    """Its token was another agent's: somebody answers a forwarded notification."""
    FORGED_TOKEN = "forged_token"
    EXPIRED_TOKEN = "expired_token"
    INACTIVE = "inactive"
    INCOMPLETE = "incomplete"
    """It could not be read as a whole."""
    AMBIGUOUS_AUTHOR = "ambiguous_author"
    UNPROVEN = "unproven"
    """Neither SPF nor DKIM proves the author's domain."""
    DISOWNED = "disowned"
    """DMARC fails."""
    DNS_AWAY = "dns_away"
    """DNS did not answer for an hour, so that nothing could be proven."""
    OTHER_DEPARTMENT = "other_department"
    """The ticket is of a department that is not theirs."""
    MIXED_WITH_QUOTE = "mixed_with_quote"
    """The agent's words could not be told from the quoted notification."""
    TICKET_GONE = "ticket_gone"
