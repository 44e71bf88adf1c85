"""What doors show of mail and letters, as CONTRACT has it. PURE."""

from typing import Any

from storage.inbound import Inbound


def inbound_brief(found: Inbound) -> dict[str, Any]:
    return {name: value for name, value in inbound_document(found).items() if name != "decision"}


def inbound_document(found: Inbound) -> dict[str, Any]:
    names = (
        "id", "state", "outcome", "why", "rule", "received_at", "reverse_path", "recipients", "message_id", "subject", "size",
        "attempts", "ticket",
        "decision", "error", "kind", "trace_id", "entry", "writer", "assigned",
        "raw_removed_at", "raw_removed_why", "configuration",
    )  # fmt: skip
    return {name: getattr(found, name) for name in names} | {
        "from": found.author,
        "peer": found.peer,
        "screening": found.screening,
        "auth": {"spf": found.spf, "dkim": found.dkim, "dmarc": found.dmarc, "arc": found.arc},
        "decision": list(found.decision),
        "recipients": list(found.recipients),
    }
