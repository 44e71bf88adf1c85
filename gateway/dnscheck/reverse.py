"""Has the host that sends a name which leads back to it? Many servers refuse mail from one without. Pure."""

import ipaddress

from gateway.dnscheck.findings import Finding, Publish
from gateway.dnscheck.known import Known
from gateway.dnscheck.sending import Sending, is_inner

MOST_NAMES = 10


def reverse_findings(sending: Sending, hostname: str, known: Known) -> tuple[Finding, ...]:
    """One for each address; where there is none, what that comes of."""
    if sending.unknown and not sending.addresses:
        return (Finding("reverse", "unknown", f"the addresses of {sending.host} could not be looked up", "try again later"),)
    return tuple(reverse_finding(each, sending, hostname, known) for each in sending.addresses)


def reverse_finding(address: str, sending: Sending, hostname: str, known: Known) -> Finding:
    reverse = ipaddress.ip_address(address).reverse_pointer
    answer = known.ask(reverse, "PTR")
    names = [str(each) for each in answer.records][:MOST_NAMES]
    details: tuple[tuple[str, object], ...] = (("address", address), ("names", names))
    ours = sending.host == hostname
    publish = Publish(reverse, "PTR", f"{sending.host}.")
    if answer.status == "temperror":
        return Finding("reverse", "unknown", f"the name of {address} could not be looked up", "try again later", details=details)
    if not names:
        remedy = "set outbound.sends_from to the addresses that the world sees" if is_inner(address) else whose(ours)
        return Finding("reverse", "fault", f"{address} has no reverse name", remedy, publish, details)
    confirmed, unknown = [], False
    for each in names:
        found, lost = known.hosts(each)
        unknown |= lost
        if any(ipaddress.ip_address(one) == ipaddress.ip_address(address) for one in found):
            confirmed.append(each)
    if not confirmed and unknown:
        return Finding(
            "reverse", "unknown", f"the addresses of {', '.join(names)} could not be looked up", "try again later", details=details
        )
    if not confirmed:
        says = f"the reverse name of {address}, {', '.join(names)}, does not lead back to it"
        return Finding("reverse", "fault", says, f"give {names[0]} the address {address}, or {whose(ours)}", publish, details)
    if ours and hostname.lower() not in (each.lower() for each in confirmed):
        says = f"{address} is {confirmed[0]}, but greets others as {hostname}"
        return Finding("reverse", "advice", says, f'set server.hostname = "{confirmed[0]}"', details=details)
    return Finding("reverse", "good", f"{address} is {confirmed[0]}, which leads back to it", details=details)


def whose(ours: bool) -> str:
    """Who can publish reverse names: whoever the network belongs to."""
    return "have the provider of this address publish this record" if ours else "ask whoever runs the relay to have this record published"
