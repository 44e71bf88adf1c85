"""Everything that DNS says of a desk: of the hosts that its letters leave by, and of each of its addresses. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.dnscheck.dkim import dkim_finding
from gateway.dnscheck.dmarc import HARSH, dmarc_finding, published
from gateway.dnscheck.findings import Finding, State, worst
from gateway.dnscheck.known import Known
from gateway.dnscheck.mx import mx_finding
from gateway.dnscheck.reverse import reverse_findings
from gateway.dnscheck.sending import Outlet, Sending, sending
from gateway.dnscheck.spf import judge, spf_finding
from gateway.dnscheck.straight import straight_findings
from gateway.domain.dkim import DkimKey, keys_for

Role = Literal["gateway", "from_address", "reply_address", "bounce_domain"]


@dataclass(frozen=True, slots=True)
class Address:
    """An address that mail goes to or comes from, normalised; of `bounce_domain` the domain alone. `own_server`: letters from it leave by a
    server of its own; `fetched`: its mail is fetched by us."""

    address: str
    role: Role
    own_server: bool = False
    fetched: bool = False

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Names:
    """What a check goes by: the addresses, where letters leave, the keys of `[[dkim]]`, and where return paths are; None: at the
    gateways'."""

    addresses: tuple[Address, ...]
    outlet: Outlet
    keys: tuple[DkimKey, ...] = ()
    bounce_domain: str | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    address: Address
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """`hosts` are findings about the addresses that letters come from."""

    sending: Sending
    hosts: tuple[Finding, ...]
    addresses: tuple[Reported, ...]

    @property
    def state(self) -> State:
        return worst((*self.hosts, *(each for reported in self.addresses for each in reported.findings)))


def report(names: Names, known: Known) -> Report:
    outgoing = sending(names.outlet, known)
    return Report(
        outgoing,
        (*straight_findings(names.outlet, outgoing, known), *reverse_findings(outgoing, names.outlet.hostname, known)),
        tuple(Reported(each, tuple(findings(each, names, outgoing, known))) for each in names.addresses),
    )


def findings(address: Address, names: Names, outgoing: Sending, known: Known) -> list[Finding]:
    found = [mx_finding(address.domain, names.outlet.hostname, known, elsewhere=elsewhere(address))]
    if address.own_server:
        return [*found, Finding("spf", "good", "letters leave by a server of its own, which needs no SPF record of ours")]
    if address.role == "reply_address":
        return found
    found.append(spf_finding(address.domain, outgoing, known))
    if address.role == "bounce_domain":
        return found
    signing = keys_for(address.domain, names.keys)
    keys = [each for each in signing if published(address.domain, known).meets(each.domain, address.domain, "dkim")]
    found += [dkim_finding(each, known) for each in keys]
    return [*found, dmarc_finding(address.domain, known), from_finding(address, names, keys, outgoing, known)]


def elsewhere(address: Address) -> str:
    match address.role:
        case "gateway" if not address.fetched:
            return f"have them pass it on to us; `deskgate gateways verify {address.address}` proves that they do"
        case "reply_address":
            return "see to it that they pass it on to us: agents' answers go there"
        case "bounce_domain":
            return "see to it that they pass it on to us: reports on our letters go there"
        case _:
            return ""


def from_finding(address: Address, names: Names, keys: Sequence[DkimKey], outgoing: Sending, known: Known) -> Finding:
    """Would DMARC pass letters that bear this address?"""
    policy = published(address.domain, known)
    path = path_domain(address, names)
    judged = judge(path, outgoing, known)
    by = ["SPF"] if judged.passes and policy.meets(path, address.domain, "spf") else []
    by += ["DKIM"] if any(dkim_finding(each, known).state == "good" for each in keys) else []
    details: tuple[tuple[str, object], ...] = (("passes", bool(by)), ("by", [each.lower() for each in by]), ("return_path", path))
    if by:
        return Finding("from", "good", f"letters from it pass DMARC by {' and '.join(by)}", details=details)
    if judged.unknown or policy.unknown:
        return Finding("from", "unknown", "whether letters from it pass DMARC, DNS did not say", "try again later", details=details)
    remedy = remedy_of(address, path, in_line=policy.meets(path, address.domain, "spf"))
    if address.role == "from_address":
        return Finding("from", "fault", "letters from it go out as `Name via Desk` from the gateway's address", remedy, details=details)
    harsh = policy.demand in HARSH
    says = f"letters from it fail DMARC, and the policy is {policy.demand}" if harsh else "letters from it are in line with nothing"
    return Finding("from", "fault" if harsh else "advice", says, remedy, details=details)


def remedy_of(address: Address, path: str, *, in_line: bool) -> str:
    """`in_line`: SPF of the return path's domain would count for the address."""
    if not in_line:
        return f"return paths are at {path}, which is not in line with it: sign its letters by a [[dkim]] key of {address.domain}"
    if path != address.domain:
        return f"publish what is named for the SPF of {path}, where return paths are, or sign by a [[dkim]] key of {address.domain}"
    return "publish what is named here for SPF or DKIM"


def path_domain(address: Address, names: Names) -> str:
    """Letters from an address that only SPF vouches for come back to that very domain."""
    if address.role == "from_address" or names.bounce_domain is None:
        return address.domain
    return names.bounce_domain
