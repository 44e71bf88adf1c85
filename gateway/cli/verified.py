"""What `gateways verify` prints: a document for programs, lines for people."""

from typing import Any, Final

from gateway.cli.forwarding import instant
from gateway.cli.output import shown
from gateway.desk.forwarding.report import Report
from gateway.domain.probes import Arrival, ForwardingState, Probe, ProbeLetter

SAYS: Final[dict[ForwardingState, str]] = {
    "unproven": "nobody has verified it",
    "waiting": "a probe is under way",
    "working": "forwarding works",
    "impaired": "mail comes, but not as it should",
    "dead": "the probe did not come back",
}
OF_ARRIVAL: Final = ("to", "from", "how", "route", "reverse_path", "auth", "provider")
"""Fields that are null while nothing has come in."""


def verified_document(probe: Probe, told: Report, wait: float) -> dict[str, Any]:
    return {
        "address": probe.address,
        "gateway": told.gateway,
        "state": told.state,
        "ok": told.state == "working",
        "arrived": probe.arrival is not None,
        "sent_at": instant(probe.sent_at),
        "arrived_at": instant(probe.arrived_at),
        "seconds": None if probe.seconds is None else round(probe.seconds, 3),
        "waited_seconds": wait,
        "last_success": instant(probe.last_success_at),
        "inbound": probe.inbound_id,
        "outbox": None if probe.letter is None else letter_document(probe.letter),
        **(dict.fromkeys(OF_ARRIVAL) if probe.arrival is None else arrival_document(probe, probe.arrival)),
        "why": told.why,
        "found": list(told.found),
        "advice": list(told.advice),
    }


def letter_document(letter: ProbeLetter) -> dict[str, Any]:
    return {"id": letter.id, "state": str(letter.state), "attempts": letter.attempts, "reply": letter.reply}


def arrival_document(probe: Probe, arrival: Arrival) -> dict[str, Any]:
    return {
        "to": {"survived": arrival.to_survived, "names": list(arrival.to)},
        "from": {
            "survived": arrival.author_survived,
            "sent": probe.author,
            "arrived": arrival.author,
            "in_reply_to": arrival.answers_to_author,
        },
        "how": "direct" if probe.direct else "redirect" if arrival.author_survived else "forward",
        "route": {
            "gateway": arrival.gateway,
            "reason": arrival.route_reason,
            "by": [{"field": each.where, "address": each.address, "counts": each.counts} for each in arrival.places],
        },
        "reverse_path": {"address": arrival.reverse_path, "rewritten": not arrival.path_kept},
        "auth": {
            "spf": arrival.spf,
            "dkim": arrival.dkim,
            "dmarc": arrival.dmarc,
            "arc": arrival.arc,
            "aligned": arrival.aligned,
            "reason": arrival.auth_reason,
            "sealers": list(arrival.sealers),
        },
        "provider": None if probe.direct else arrival.provider,
    }


def print_verified(probe: Probe, told: Report) -> None:
    print(f"{probe.address}: {told.state}, {SAYS[told.state]}")
    for each in told.found:
        print(f"  {shown(each)}")
    if told.advice:
        print("what to do:" if probe.arrival is not None else "likeliest causes, and what to do:")
        for each in told.advice:
            print(f"  - {shown(each)}")
