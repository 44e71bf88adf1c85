"""Tickets as CONTRACT shows them: rows of the database seen through today's configuration. PURE."""

from typing import Any

from gateway.domain.organisation import Organisation


def ticket_document(row: dict[str, Any], organisation: Organisation) -> dict[str, Any]:
    """A removed department's tickets show under the default one; a removed agent's under their department, assigned to nobody."""
    department = organisation.department_now(row["department"])
    assignee = row["assignee"]
    if assignee is not None and organisation.agent(assignee) is None:
        assignee = None
    return row | {"department": department, "assignee": assignee}
