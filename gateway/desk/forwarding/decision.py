"""A probe of ours that comes in: recognised by its signed mark before anything else is made of it (U7). PURE.

It is never a ticket and never a letter. A mark that is forged is no mark; one that was seen before changes nothing.
"""

import re
from collections.abc import Iterator
from typing import Final

from gateway.desk.articles import own_words
from gateway.desk.case import Case
from gateway.desk.forwarding.forwarders import provider_of
from gateway.desk.route import IN_WORDS, Route, route
from gateway.domain.decision import Decision
from gateway.domain.organisation import Organisation, RouteSource
from gateway.domain.probes import Arrival, KnownProbe, Place
from gateway.domain.states import InboundState
from gateway.domain.steps import MarkAnswered, MarkArrived
from gateway.mail.address import address_key, parse_mailboxes
from gateway.mail.message import Message
from gateway.tokens.codec import Keyring
from gateway.tokens.probe import probe_in

FIELD: Final = "x-deskgate-probe"
WRITTEN: Final = ("auto-submitted", "x-auto-response-suppress", FIELD)
"""What a probe has besides the usual fields when it leaves."""
MOST_TEXT: Final = 200_000
MOST_ENCLOSED: Final = 65_536
NAMES_US: Final[dict[str, RouteSource | None]] = {
    "to": "to",
    "cc": "cc",
    "delivered-to": "delivered-to",
    "x-original-to": "delivered-to",
    "x-forwarded-to": "delivered-to",
    "envelope-to": "delivered-to",
    "resent-to": None,
}
"""Fields that may name a gateway, with the word of `desk.route_by` that has them looked at."""
_ANSWER: Final = re.compile(r"\s*(?:re|aw|sv|antw|odp|отв|ответ)\s?(?:[\[(]\d+[\])])?\s?[:：]", re.IGNORECASE)
_SEALER: Final = re.compile(r"(?:^|;)\s*d\s*=\s*([a-z0-9._-]{1,255})", re.IGNORECASE)
_INSTANCE: Final = re.compile(r"(?:^|;)\s*i\s*=\s*(\d{1,2})\b")


def carried_probe(message: Message, organisation: Organisation) -> int | None:
    """The number of the probe that the message is, answers or reports on: its mark is genuine."""
    keyring = Keyring(organisation.desk.secrets)
    return next((number for text in carriers(message) if (number := probe_in(keyring, text)) is not None), None)


def carriers(message: Message) -> Iterator[str]:
    """Wherever a mark may have survived."""
    yield "\n".join(value for name, value in message.headers if name == FIELD)
    yield message.subject
    yield "\n".join((message.message_id or "", *message.in_reply_to, *message.references[-5:]))
    if message.bounce is not None:
        yield message.bounce.original_message_id or ""
    yield message.body.text[:MOST_TEXT]
    yield from enclosed(message)


def enclosed(message: Message) -> Iterator[str]:
    """Of a forward as an attachment, and of a report: the original."""
    for each in message.attachments:
        if each.content_type.lower().startswith(("message/", "text/rfc822")):
            yield each.content[:MOST_ENCLOSED].decode("ascii", "replace")


def decide_on_probe(case: Case) -> Decision | None:
    """None where the message is mail like any other."""
    number = carried_probe(case.message, case.organisation)
    if number is None or is_answer(case.message):
        return None
    if case.message.kind == "auto_reply":
        steps = (MarkAnswered(number),)
        return case.settle(InboundState.DONE, "probe", f"a program answered our probe {number}: its mailbox is there", steps)
    probe = case.facts.probe
    if probe is None or probe.seen:
        if own_words(case.message)[0].strip() and case.message.forwarded is not None:
            return None
        what = "which came in before" if probe is not None else "of which nothing is known here"
        return case.settle(InboundState.DONE, "probe", f"it is our probe {number}, {what}: nothing changes")
    arrival = read_arrival(case, probe)
    why = f"it is our probe {number} to {probe.address}: {'forwarding works' if arrival.works else 'it came, but not as it should'}"
    return case.settle(InboundState.DONE, "probe", why, (MarkArrived(number, arrival),), gateway=arrival.gateway)


def is_answer(message: Message) -> bool:
    """Whether somebody wrote back to it. Forwarders keep the subject, or put a word for forwarding before it."""
    return message.kind == "message" and _ANSWER.match(message.subject) is not None and message.forwarded is None


def read_arrival(case: Case, probe: KnownProbe) -> Arrival:
    message, organisation, verdict = case.message, case.organisation, case.verdict
    routed = route(message, case.recipients, organisation)
    gateway = routed.gateway if isinstance(routed, Route) else None
    author = message.author
    kept = author is not None and author.key == probe.author
    return Arrival(
        gateway=routed.address if isinstance(routed, Route) else None,
        route_reason=routed.reason,
        to=tuple(each.address for each in message.to),
        to_survived=any(each.key == probe.address for each in message.to),
        places=tuple(places(message, case.recipients, organisation)),
        author=author.address if author is not None else None,
        author_survived=kept,
        answers_to_author=any(each.key == probe.author for each in message.reply_to[:1]),
        known_by_reply_to=organisation.client_identity(gateway.department if gateway is not None else "") == "reply-to",
        reverse_path=case.reverse_path,
        path_kept=is_ours_to_report(case.reverse_path, probe, organisation),
        spf=verdict.spf,
        spf_domain=verdict.spf_domain,
        dkim=verdict.dkim,
        dmarc=verdict.dmarc,
        arc=verdict.arc,
        aligned=verdict.aligned,
        auth_reason=verdict.reason,
        sealers=sealers(message),
        provider=provider_of(message.headers, WRITTEN, probe.address if kept or author is None else author.key),
        enclosed=not any(probe_in(Keyring(organisation.desk.secrets), each) for each in (message.subject, message.body.text[:MOST_TEXT])),
    )


def is_ours_to_report(reverse_path: str, probe: KnownProbe, organisation: Organisation) -> bool:
    """Whether reports about it would still come to us directly."""
    key = address_key(reverse_path)
    bounces = organisation.desk.bounce_domain
    return key == probe.author or (bounces is not None and key.startswith("b+") and key.endswith(f"@{bounces}"))


def places(message: Message, recipients: tuple[str, ...], organisation: Organisation) -> Iterator[Place]:
    """Wherever a gateway of ours that is switched on is named, each once."""
    found: dict[tuple[str, str], Place] = {}
    for name, value in message.headers:
        if name in NAMES_US:
            source = NAMES_US[name]
            for each in parse_mailboxes(value):
                if each.key and organisation.receives(each.key):
                    shown = "-".join(part.capitalize() for part in name.split("-"))
                    found.setdefault((name, each.key), Place(shown, each.key, source in organisation.desk.route_by))
    for recipient in recipients:
        if organisation.receives(recipient):
            found.setdefault(("envelope", recipient), Place(IN_WORDS["envelope"], recipient, "envelope" in organisation.desk.route_by))
    yield from found.values()


def sealers(message: Message) -> tuple[str, ...]:
    """By whom its ARC chain was sealed, the first one first; whether rightly, the verdict says."""
    seals = [value for name, value in message.headers if name == "arc-seal"]
    numbered = sorted(
        (int(instance[1]), domain[1].lower())
        for value in seals
        if (instance := _INSTANCE.search(value)) is not None and (domain := _SEALER.search(value)) is not None
    )
    return tuple(domain for _, domain in numbered)
