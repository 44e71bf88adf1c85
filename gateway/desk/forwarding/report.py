"""What a probe shows, in words: of its way, and of what to do about it (U7, U10). PURE."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Final

from gateway.desk.forwarding.forwarders import PROVIDERS, redirect_words, wherever_it_is
from gateway.desk.forwarding.missing import WAITS, missing
from gateway.domain.organisation import Gateway, Language, Organisation
from gateway.domain.probes import WORST_FIRST, Arrival, ForwardingState, Probe
from gateway.letters.texts import FORWARDING

PATIENCE: Final = timedelta(hours=1)
"""That a probe of the schedule has to come back; or half the time between two, where that is shorter."""


@dataclass(frozen=True, slots=True)
class Report:
    """`found` says what happened, `advice` what to do; `gateway` is where it came in or should have. `why`: what is wrong, in a line; None
    where nothing is."""

    state: ForwardingState
    found: tuple[str, ...]
    advice: tuple[str, ...]
    gateway: str | None
    why: str | None = None


def report(probe: Probe, organisation: Organisation, *, undecided: int = 0, relay_is_directory: bool = False) -> Report:
    """`undecided`: messages that came in and wait to be decided on."""
    wanted = gateway_of(probe, organisation)
    if probe.arrival is None:
        found, advice = missing(probe, organisation.gateway(probe.address), undecided=undecided, relay_is_directory=relay_is_directory)
        found = (*found, *before(probe))
        return Report(probe.state, found, advice, wanted.address if wanted is not None else None, found[0])
    expected = wanted if probe.address in (wanted.probed if wanted is not None else ()) else None
    found, advice = tuple(seen(probe, probe.arrival)), tuple(advised(probe, probe.arrival, expected, organisation))
    return Report(probe.state, found, advice, probe.arrival.gateway, wrong(probe, probe.arrival))


def gateway_of(probe: Probe, organisation: Organisation) -> Gateway | None:
    """Whose mail comes by this address: the one that it is, or that names it in `forwarded_from`; else where a probe came in last."""
    named = next((each for each in organisation.gateways if probe.address in each.probed), None)
    own = organisation.gateway(probe.address)
    arrived = probe.arrival.gateway if probe.arrival is not None else probe.last_gateway
    return named or own or (organisation.gateway(arrived) if arrived is not None else None)


def before(probe: Probe) -> Iterator[str]:
    if probe.last_success_at is not None:
        yield f"one before it came back as it should, on {probe.last_success_at.strftime('%Y-%m-%d %H:%M')} UTC"


def wrong(probe: Probe, arrival: Arrival) -> str | None:
    if not arrival.author_known:
        return author_in_words(probe, arrival)
    return None if arrival.works else route_in_words(arrival)


def seen(probe: Probe, arrival: Arrival) -> Iterator[str]:
    where = arrival.gateway or "no gateway"
    number = f", as message {probe.inbound_id}" if probe.inbound_id is not None else ""
    yield f"it came back after {seconds_in_words(probe)}, to {where}{number}"
    if probe.direct:
        yield "nobody forwarded it: mail to the address comes here directly"
    elif arrival.provider is not None:
        yield f"forwarded by {PROVIDERS[arrival.provider].name}, as its fields look"
    yield to_in_words(probe, arrival)
    yield route_in_words(arrival)
    yield author_in_words(probe, arrival)
    if not probe.direct:
        yield path_in_words(arrival)
    yield authenticated_in_words(arrival)
    if arrival.enclosed:
        yield "it came as a file within another mail, or with its subject and text replaced"


def seconds_in_words(probe: Probe) -> str:
    return "?" if probe.seconds is None else f"{probe.seconds:.1f} s" if probe.seconds >= 1 else "less than a second"


def to_in_words(probe: Probe, arrival: Arrival) -> str:
    if arrival.to_survived:
        return f"To survived: it names {probe.address}"
    return f"To was lost: it names {', '.join(arrival.to) or 'nobody'} instead of {probe.address}"


def route_in_words(arrival: Arrival) -> str:
    if not arrival.places:
        return "no field and no recipient names a gateway of ours"
    counting = [f"{each.where} ({each.address})" for each in arrival.places if each.counts]
    idle = [f"{each.where} ({each.address})" for each in arrival.places if not each.counts]
    told = f"the gateway is found by {', '.join(counting)}" if counting else "nothing that desk.route_by looks at names a gateway"
    return told + (f"; also named in {', '.join(idle)}, where desk.route_by does not look" if idle else "")


def author_in_words(probe: Probe, arrival: Arrival) -> str:
    if probe.direct:
        return f"From survived ({probe.author})"
    if arrival.author_survived:
        return f"From survived ({probe.author}): it is a redirect, and clients are known by their own addresses"
    told = f"From was replaced by {arrival.author or 'nothing'}: it is a forward, and every client looks like that one"
    return told + ("; Reply-To still names the author" if arrival.answers_to_author else "")


def path_in_words(arrival: Arrival) -> str:
    if arrival.path_kept:
        return "the return address was kept: the forwarder does not rewrite it (no SRS)"
    return f"the return address was rewritten to {arrival.reverse_path or 'the null one'}" + (
        " (SRS)" if arrival.reverse_path.upper().startswith(("SRS0", "SRS1", "PRVS")) else ""
    )


def authenticated_in_words(arrival: Arrival) -> str:
    spf = f"SPF {arrival.spf}" + (f" for {arrival.spf_domain}" if arrival.spf_domain else "")
    arc = f"ARC {arrival.arc}" + (f", sealed by {', '.join(arrival.sealers)}" if arrival.sealers else "")
    return f"{spf}; DKIM {arrival.dkim}; DMARC {arrival.dmarc}; {arc}. {arrival.auth_reason}"


def advised(probe: Probe, arrival: Arrival, expected: Gateway | None, organisation: Organisation) -> Iterator[str]:
    if not arrival.author_known:
        yield f"let it redirect, so that From stays: {redirect_words(arrival.provider)}"
        yield from wherever_it_is(arrival.provider)
        if arrival.answers_to_author:
            yield 'or set client_identity = "reply-to" for this desk or department: Reply-To still names the author'
    if arrival.gateway is None:
        yield from unrouted(arrival)
    elif expected is not None and arrival.gateway != expected.address and not expected.catches_all:
        yield f"it was to come to {expected.address} and came to {arrival.gateway}: look where it is forwarded to, and at forwarded_from"
    yield from unsigned(arrival) if probe.direct else unproven(arrival, organisation)


def unrouted(arrival: Arrival) -> Iterator[str]:
    words = sorted({word_for(each.where) for each in arrival.places if not each.counts})
    if words:
        yield f"add {' or '.join(words)} to desk.route_by, so that the gateway is found there"
    else:
        yield "forward to an address that stands in a [[gateway]] table and is enabled"


def word_for(where: str) -> str:
    match where:
        case "To" | "Cc":
            return f'"{where.lower()}"'
        case "the envelope":
            return '"envelope"'
        case _:
            return '"delivered-to"'


def unsigned(arrival: Arrival) -> Iterator[str]:
    """Nothing but ourselves stands between its writing and its arrival."""
    if not arrival.aligned:
        yield (
            "nothing proves our own letters from this address, which others will take for spam: `deskgate check --dns` says what to publish"
        )


def unproven(arrival: Arrival, organisation: Organisation) -> Iterator[str]:
    """Clients' mail will come by the same way: what does not prove the probe's author will not prove theirs."""
    if arrival.aligned:
        return
    if arrival.arc == "pass" and arrival.sealers and arrival.sealers[-1] not in organisation.trust.arc_sealers:
        yield f'its ARC chain is whole: trust.arc_sealers = ["{arrival.sealers[-1]}"] makes what {arrival.sealers[-1]} found count here'
    if arrival.spf in ("fail", "softfail") and arrival.path_kept:
        yield (
            f"SPF fails because the forwarder sends with the author's return address ({arrival.reverse_path}): have it rewrite that (SRS, "
            "which is postsrsd for Postfix); else only DKIM proves clients. A forwarder of your own may say what it found (trust.relays)"
        )
    if arrival.dkim == "fail":
        yield "a DKIM signature does not verify any more: the forwarder changes the mail (a footer, a tag in the subject); switch that off"


def patience(every: timedelta | None) -> timedelta:
    return PATIENCE if every is None else min(PATIENCE, every / 2)


def in_words(probe: Probe, language: Language, waited: timedelta = PATIENCE) -> str:
    """In a sentence, for agents."""
    words, at = FORWARDING[language], probe.sent_at.strftime("%Y-%m-%d %H:%M")
    arrival, letter = probe.arrival, probe.letter
    if arrival is not None and arrival.works:
        return words["works"].format(seconds=max(1, ceil(probe.seconds or 0)))
    if arrival is not None and arrival.gateway is None:
        return words["unrouted"]
    if arrival is not None:
        return words["hidden"].format(author=arrival.author or "—")
    reply = (letter.reply if letter is not None else None) or "—"
    if probe.lost:
        return words["returned"].format(at=at, reply=reply)
    if letter is not None and letter.state in WAITS:
        return words["unsent"].format(at=at, reply=reply)
    return words["silent"].format(at=at, minutes=max(1, round(waited / timedelta(minutes=1))))


def worst(states: Iterable[ForwardingState]) -> ForwardingState:
    """Of several addresses of one gateway."""
    return min(states, key=WORST_FIRST.index, default="unproven")
