"""Would our relay pass a domain's SPF (RFC 7208)? And what to publish where it would not. Pure."""

from dataclasses import dataclass
from typing import assert_never

from gateway.auth.spf import Needs, evaluate
from gateway.dnscheck.findings import Finding, Publish
from gateway.dnscheck.known import Known
from gateway.dnscheck.sending import Sending
from gateway.dnscheck.spf_advice import advised, costs
from gateway.dnscheck.spf_tree import MOST_LOOKUPS, MOST_VOID, Tree, spf_tree
from gateway.domain.verdict import Result


@dataclass(frozen=True, slots=True)
class Judged:
    """`results` of each address that we send from; `passes` counts what `include`s name too. `unknown`: DNS did not say."""

    tree: Tree
    results: tuple[tuple[str, Result], ...] = ()
    passes: bool = False
    unknown: bool = False


def judge(domain: str, sending: Sending, known: Known) -> Judged:
    """Of mail whose return path is at this domain."""
    tree = spf_tree(domain, known)
    results = tuple((each, result_of(each, domain, sending, known)) for each in sending.addresses)
    included = set(tree.domains()) if not tree.faults else set()
    passes = sending.known and all(result == "pass" for _, result in results) and all(each in included for each in sending.includes)
    unknown = sending.unknown or any(result == "temperror" for _, result in results) or (tree.unknown and not passes)
    return Judged(tree, results, passes and not sending.unknown, unknown)


def result_of(address: str, domain: str, sending: Sending, known: Known) -> Result:
    match evaluate(address, sending.host, f"postmaster@{domain}", known.answers):
        case Needs(questions):
            for each in questions:
                known.ask(each.name, each.kind)
            return "temperror"
        case str() as result:
            return result
        case never:
            assert_never(never)


def spf_finding(domain: str, sending: Sending, known: Known) -> Finding:
    judged = judge(domain, sending, known)
    tree = judged.tree
    details: tuple[tuple[str, object], ...] = (
        ("record", tree.record),
        ("lookups", tree.lookups),
        ("results", [{"address": address, "result": result} for address, result in judged.results]),
    )
    if tree.unknown and not tree.records:
        return Finding("spf", "unknown", f"the SPF record of {domain} could not be looked up", "try again later", details=details)
    if not sending.known:
        return without_addresses(sending, details)
    wrong = what_is_wrong(tree)
    if not wrong and judged.unknown:
        says = f"a part of the SPF record of {domain} could not be looked up"
        return Finding("spf", "unknown", says, "try again later", details=details)
    if not wrong and judged.passes:
        return Finding(
            "spf", "good", f"{told(sending)} passes; the record costs {tree.lookups} of {MOST_LOOKUPS} look-ups", details=details
        )
    says = "; ".join(wrong) or without_pass(domain, judged, sending)
    advice = advised(tree, sending)
    publish = Publish(domain, "TXT", advice.record)
    return Finding("spf", "fault", says, remedy_of(tree, advice.fits, advice.lookups, advice.left_out), publish, details)


def without_addresses(sending: Sending, details: tuple[tuple[str, object], ...]) -> Finding:
    if sending.unknown:
        return Finding("spf", "unknown", f"the addresses of {sending.host} could not be looked up", "try again later", details=details)
    says = f"{sending.host} has no address in DNS, so nobody knows where our letters come from"
    return Finding("spf", "fault", says, "set outbound.sends_from to the addresses that the world sees", details=details)


def what_is_wrong(tree: Tree) -> list[str]:
    wrong = list(tree.faults)
    if tree.lookups > MOST_LOOKUPS and len(tree.records) == 1:
        wrong.append(f"the SPF record of {tree.domain} takes {tree.lookups} look-ups, and beyond {MOST_LOOKUPS} it counts for nothing")
    if tree.voids > MOST_VOID:
        wrong.append(
            f"the SPF record of {tree.domain} names {tree.voids} hosts that do not exist, and beyond {MOST_VOID} it counts for nothing"
        )
    return wrong


def without_pass(domain: str, judged: Judged, sending: Sending) -> str:
    if not judged.tree.records:
        return f"{domain} has no SPF record"
    failing = [f"{address} gets {result}" for address, result in judged.results if result != "pass"]
    failing += [f"{each} is not included" for each in sending.includes if each not in set(judged.tree.domains())]
    return f"the SPF record of {domain} does not name our relay: {', '.join(failing)}"


def remedy_of(tree: Tree, fits: bool, lookups: int, left_out: tuple[str, ...]) -> str:
    parts = ["publish this record" if not tree.records else "put this record in the place of " + ("it" if tree.record else "all of them")]
    if left_out:
        parts.append(f"{', '.join(left_out)} cannot be obeyed and is left out")
    if not fits:
        dear = costs(tuple(each for each in tree.terms if not each.broken))
        parts.append(
            f"our relay passes by it before anything is looked up, yet for other senders it takes {lookups} look-ups: "
            f"take out what sends no more ({dear})"
        )
    return "; ".join(parts)


def told(sending: Sending) -> str:
    return ", ".join((*sending.addresses, *(f"include:{each}" for each in sending.includes)))
