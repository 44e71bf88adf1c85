"""The rules of the configuration, weighed (U2, U8). PURE: whoever calls hands in what there is to see, and carries out what comes back.

`evaluate` takes the rules in their order; `rejects_at_smtp` is the part of it that the dialogue can know; `pick_assignee` chooses among
agents; `words` says all of it in plain English.
"""

from gateway.desk.rules.assignment import pick_assignee
from gateway.desk.rules.evaluation import Matched, Outcome, PassedOver, evaluate
from gateway.desk.rules.seen import Seen, seen_on_receipt
from gateway.desk.rules.smtp import rejects_at_smtp

__all__ = ["Matched", "Outcome", "PassedOver", "Seen", "evaluate", "pick_assignee", "rejects_at_smtp", "seen_on_receipt"]
