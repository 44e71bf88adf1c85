"""An event's deliveries, written by the very statement that writes the event: neither is there without the other, whoever changed the
ticket. Where no webhook is configured it costs a look at an empty table.
"""

from typing import Final

INTERESTED: Final = """
    h.active AND h.disabled_at IS NULL AND e.kind = ANY(h.kinds)
        -- What another desk had was told by that one.
        AND NOT jsonb_exists(e.data, 'imported')
        AND (h.departments IS NULL OR (SELECT department FROM tickets WHERE number = e.ticket) = ANY(h.departments)
            -- That it leaves is the last that a department hears of a ticket.
            OR e.kind = 'department_changed' AND e.data ->> 'from' = ANY(h.departments))
"""
"""Of an event `e` and a webhook `h`."""

EVENTS_RETURNED: Final = "RETURNING id, ticket, kind, data"
"""What the statement's CTE `events`, which writes them, ends with."""

ROW: Final = "h.name, e.id, e.ticket, 'msg_' || replace(CAST(gen_random_uuid() AS text), '-', '')"
"""Of `webhook_deliveries (webhook, event_id, ticket, message_id)`."""

QUEUED: Final = f"""
    INSERT INTO webhook_deliveries (webhook, event_id, ticket, message_id)
    SELECT {ROW} FROM webhooks h JOIN events e ON {INTERESTED} ORDER BY e.id, h.name
"""  # noqa: S608
"""Behind that CTE: a statement, or a CTE of its own."""
