"""What follows from what was found. PURE."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.domain.screening import Screening
from gateway.ingress import replies
from gateway.ingress.checks.look import Named, Nameless, Seen
from gateway.ingress.checks.policy import Policy
from gateway.ingress.checks.scanners.results import Clean, Infected, Later, Spam, Unknown
from gateway.ingress.checks.scanners.scan import Told
from gateway.ingress.replies import Reply


@dataclass(frozen=True, slots=True)
class Refused:
    """`check` is one of few words, for metrics; `why` is for the log."""

    reply: Reply
    check: str
    why: str


def about_peer(seen: Seen, address: str, policy: Policy) -> Refused | None:
    """The first refusal, else the first deferral; None where the peer may go on. What is only recorded has no say."""
    if seen.accepted:
        return None
    found = [*_by_lists(seen, address), *_by_name(seen, policy)]
    return min(found, key=lambda each: each.reply.code < 500, default=None)


def _by_lists(seen: Seen, address: str) -> list[Refused]:
    return [
        Refused(replies.listed(address, each.by.zone, each.by.reply, later=each.by.action == "defer"), "dns_list", str(each))
        for each in seen.listings
        if each.by.action in ("reject", "defer")
    ]


def _by_name(seen: Seen, policy: Policy) -> list[Refused]:
    if not isinstance(seen.reverse, Nameless) or policy.reverse_dns not in ("reject", "defer"):
        return []
    reply = replies.NAMELESS if policy.reverse_dns == "reject" else replies.NAMELESS_LATER
    return [Refused(reply, "reverse_dns", str(seen.reverse))]


def about_content(seen: Seen | None, told: Sequence[Told], policy: Policy, *, refusable: bool) -> Refused | Screening:
    """`refusable`: somebody waits for our answer. What nobody can be refused for waits for a person instead; to defer such mail is to
    leave it where it is."""
    infected = next((each for each in told if isinstance(each.result, Infected)), None)
    spam = next((each for each in told if isinstance(each.result, Spam)), None)
    if infected is not None and policy.on_virus == "reject" and refusable:
        return Refused(replies.INFECTED, "virus", str(infected))
    if infected is None and (later := next(filter(_is_to_come_back, told), None)) is not None:
        return Refused(replies.NOT_SCANNED, "scanner", str(later))
    if infected is None and spam is not None and policy.on_spam == "reject" and refusable:
        return Refused(replies.SPAM, "spam", str(spam))
    held = infected if infected is not None else spam if policy.on_spam != "tag" else None
    return Screening(
        notes=(*(seen.notes if seen is not None else ()), *map(str, told)),
        spam_score=spam_score(seen, told),
        hold=str(held) if held is not None else None,
        threat=infected is not None,
    )


def _is_to_come_back(told: Told) -> bool:
    return isinstance(told.result, Later) or (isinstance(told.result, Unknown) and told.scanner.when_down == "defer")


def spam_score(seen: Seen | None, told: Sequence[Told]) -> float | None:
    scanned = [each.result.score for each in told if isinstance(each.result, Clean | Spam) and each.result.score is not None]
    listed = [each.by.score for each in seen.listings if each.by.score] if seen is not None else []
    return max(scanned, default=0.0) + sum(listed) if scanned or listed else None


def outcome_of(seen: Seen) -> str:
    """Of the look at a peer, for metrics."""
    if seen.accepted:
        return "accepted"
    if seen.listings:
        return "listed"
    return "clean" if seen.reverse is None or isinstance(seen.reverse, Named) else "nameless"
