"""Where mail to a domain of ours goes: to us, elsewhere, or nowhere (RFC 5321 §5.1, RFC 7505). Pure."""

from collections.abc import Sequence
from typing import Final

from gateway.dnscheck.findings import Finding, Publish
from gateway.dnscheck.known import Known
from gateway.dnscheck.sending import is_address

OWNERS: Final = "publish the name of the server that its mail goes to"


def mx_finding(domain: str, hostname: str, known: Known, *, elsewhere: str = "") -> Finding:
    """`elsewhere` is what to do where the mail goes to other servers; empty: that is as it should be, and only its owner knows to which."""
    answer = known.ask(domain, "MX")
    hosts = [host for _, host in sorted(each for each in answer.records if isinstance(each, tuple))]
    details: tuple[tuple[str, object], ...] = (("hosts", hosts),)
    publish = Publish(domain, "MX", f"10 {hostname}.") if elsewhere else None
    if answer.status == "temperror":
        return Finding("mx", "unknown", f"the MX records of {domain} could not be looked up", "try again later", details=details)
    if not hosts:
        return without_records(domain, publish, known)
    if [host.strip(".") for host in hosts] == [""]:
        says, remedy = f"{domain} takes no mail: its MX record says so", "put this record in its place"
        return Finding("mx", "fault", says, remedy if publish else OWNERS, publish, details)
    lost = [host for host in hosts if not any(known.hosts(host))]
    if lost:
        return nowhere(domain, hosts, lost, publish, details)
    if any(leads_here(host, hostname, known) for host in hosts):
        return Finding("mx", "good", f"mail comes here: {', '.join(hosts)}", details=details)
    return Finding("mx", "advice" if elsewhere else "good", f"mail goes to {', '.join(hosts)}", elsewhere, details=details)


def without_records(domain: str, publish: Publish | None, known: Known) -> Finding:
    addresses, unknown = known.hosts(domain)
    remedy = "publish this record" if publish else OWNERS
    if addresses:
        says = f"{domain} has no MX record; mail goes to its own address, {', '.join(addresses)}"
        return Finding("mx", "advice", says, remedy, publish)
    if unknown:
        return Finding("mx", "unknown", f"the addresses of {domain} could not be looked up", "try again later")
    return Finding("mx", "fault", f"{domain} has neither an MX record nor an address, so no mail can come", remedy, publish)


def nowhere(
    domain: str, hosts: Sequence[str], lost: Sequence[str], publish: Publish | None, details: tuple[tuple[str, object], ...]
) -> Finding:
    literal = next((host for host in lost if is_address(host)), None)
    if literal is not None:
        says = f"an MX record of {domain} names the address {literal}, where a host's name must stand"
        return Finding("mx", "fault", says, "put a name in its place, such as this" if publish else OWNERS, publish, details)
    says = f"of the MX records of {domain}, {', '.join(lost)} has no address"
    return Finding("mx", "fault" if len(lost) == len(hosts) else "advice", says, "give it one, or take it out", details=details)


def leads_here(host: str, hostname: str, known: Known) -> bool:
    if host.lower() == hostname.lower():
        return True
    return bool(set(known.hosts(host)[0]) & set(known.hosts(hostname)[0]))
