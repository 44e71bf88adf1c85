"""What a probe of forwarding shows, and what to do about it, as keys of the console's words. PURE.

`desk.forwarding.report` tells the same in English and in full, for the command line; the page has that as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.desk.forwarding.forwarders import PROVIDERS
from gateway.desk.forwarding.missing import WAITS
from gateway.domain.organisation import Gateway, Organisation
from gateway.domain.probes import Arrival, Probe
from gateway.domain.states import OutboxState


@dataclass(frozen=True, slots=True)
class Said:
    """A key of the group `addresses`, and the values of its names."""

    key: str
    values: tuple[tuple[str, object], ...] = ()


def said(key: str, **values: object) -> Said:
    return Said(key, tuple(values.items()))


def seen(probe: Probe) -> Iterator[Said]:
    """Of one that came back: how its fields fared on the way."""
    arrival = probe.arrival
    if arrival is None:
        return
    if probe.direct:
        yield said("seen_direct")
    elif arrival.provider is not None:
        yield said("seen_provider", name=PROVIDERS[arrival.provider].name)
    yield said("seen_to" if arrival.to_survived else "seen_to_lost", names=", ".join(arrival.to) or "—")
    yield from seen_from(probe, arrival)
    if not probe.direct:
        yield said("seen_path" if arrival.path_kept else "seen_path_rewritten", path=arrival.reverse_path or "<>")
    yield said("seen_authenticated", spf=arrival.spf, dkim=arrival.dkim, dmarc=arrival.dmarc, arc=arrival.arc)


def seen_from(probe: Probe, arrival: Arrival) -> Iterator[Said]:
    if probe.direct or arrival.author_survived:
        yield said("seen_from", author=probe.author)
        return
    yield said("seen_from_lost", author=arrival.author or "—")
    if arrival.answers_to_author:
        yield said("seen_reply_to")


def advised(probe: Probe, organisation: Organisation) -> Iterator[Said]:
    """What to do, the likeliest first; nothing where nothing is amiss."""
    if probe.arrival is None:
        yield from missing(probe, organisation.gateway(probe.address))
        return
    arrival = probe.arrival
    if not arrival.author_known:
        yield said("advice_redirect")
        if arrival.answers_to_author:
            yield said("advice_reply_to")
    if arrival.gateway is None:
        yield said("advice_unrouted")
    yield from other_gateway(probe, arrival, organisation)
    if not arrival.aligned:
        yield from unproven(probe, arrival, organisation)


def missing(probe: Probe, own: Gateway | None) -> Iterator[Said]:
    letter = probe.letter
    if letter is None:
        yield said("advice_again")
        return
    match letter.state:
        case OutboxState.BOUNCED | OutboxState.FAILED:
            yield said("advice_refused", reply=letter.reply or "—")
        case OutboxState.CANCELLED:
            yield said("advice_cancelled")
        case state if state in WAITS:
            yield said("advice_unsent" if letter.attempts == 0 else "advice_retried", reply=letter.reply or "—")
        case _ if own is not None and own.fetch is not None:
            yield said("advice_polled")
        case _ if own is not None:
            yield said("advice_ours")
        case _:
            yield from (said(each) for each in ("advice_switched_off", "advice_spam", "advice_not_handed_on"))


def other_gateway(probe: Probe, arrival: Arrival, organisation: Organisation) -> Iterator[Said]:
    wanted = next((each for each in organisation.gateways if probe.address in each.probed), None)
    if wanted is not None and arrival.gateway not in (None, wanted.address) and not wanted.catches_all:
        yield said("advice_other_gateway", wanted=wanted.address, found=arrival.gateway)


def unproven(probe: Probe, arrival: Arrival, organisation: Organisation) -> Iterator[Said]:
    if probe.direct:
        yield said("advice_unsigned")
        return
    if arrival.arc == "pass" and arrival.sealers and arrival.sealers[-1] not in organisation.trust.arc_sealers:
        yield said("advice_arc", domain=arrival.sealers[-1])
    if arrival.spf in ("fail", "softfail") and arrival.path_kept:
        yield said("advice_srs")
    if arrival.dkim == "fail":
        yield said("advice_dkim")
