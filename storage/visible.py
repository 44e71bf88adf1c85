"""What `Visible` means in SQL. A condition stands in a WHERE beside others, and `parameters` in the statement's own."""

from typing import Any, Final

from gateway.domain.visible import Visible

# A ticket's mail is its department's, also after the ticket went elsewhere. Else it is whose a person said, else the addresses' that it
# was written to: `local+anything@` is `local@` (RFC 5233).
INBOUND: Final = r"""
    CASE
        WHEN inbound_messages.ticket IS NOT NULL THEN EXISTS (
            SELECT FROM tickets t WHERE t.number = inbound_messages.ticket AND t.department = ANY (CAST(:departments AS text[])))
        WHEN inbound_messages.assigned ->> 'department' IS NOT NULL
            THEN inbound_messages.assigned ->> 'department' = ANY (CAST(:departments AS text[]))
        ELSE EXISTS (
            SELECT FROM (SELECT regexp_replace(lower(r), '[+][^@]*@', '@') FROM unnest(inbound_messages.recipients) r) AS came(address)
            WHERE came.address = ANY (CAST(:addresses AS text[]))
                OR (split_part(came.address, '@', 2) = ANY (CAST(:domains AS text[])) AND came.address <> ALL (CAST(:others AS text[]))))
    END
"""

OF_TICKET: Final = """
    EXISTS (SELECT FROM tickets t WHERE t.number = {ticket} AND t.department = ANY (CAST(:departments AS text[])))
"""
"""Of what is on a ticket or nobody's; `ticket` is its column."""


def inbound_seen(sees: Visible | None) -> str:
    return "true" if sees is None else INBOUND


def ticket_seen(sees: Visible | None, column: str) -> str:
    return "true" if sees is None else OF_TICKET.format(ticket=column)


def of_inbound(sees: Visible | None) -> dict[str, Any]:
    if sees is None:
        return {}
    return {name: list(getattr(sees, name)) for name in ("departments", "addresses", "domains", "others")}


def of_ticket(sees: Visible | None) -> dict[str, Any]:
    return {} if sees is None else {"departments": list(sees.departments)}
