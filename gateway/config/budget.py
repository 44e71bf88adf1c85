"""`[budget]`: how many automatic letters outside mail may cause."""

from gateway.config.section import Section
from gateway.config.values import Count


class Budget(Section):
    """Against mail storms: automatic letters to people who are not staff, at most. What is over is recorded on the ticket and not sent."""

    per_address_hour: Count = 5
    """To one address, in an hour."""
    per_ticket_day: Count = 10
    """On one ticket, in a day."""
    per_author_domain_hour: Count = 100
    """Because of mail from one domain and those below it, in an hour."""
    per_network_hour: Count = 200
    """Because of mail from one network (/24, or /48 of IPv6), in an hour."""
    overall_hour: Count = 1000
    """Altogether, in an hour. When it is spent, an alarm tells the operator."""
