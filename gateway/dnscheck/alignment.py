"""By what receivers will find letters that bear an address in line with its domain (RFC 7489 §3.1). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.dnscheck.dkim import dkim_finding
from gateway.dnscheck.dmarc import published
from gateway.dnscheck.known import Known
from gateway.dnscheck.sending import Outlet, sending
from gateway.dnscheck.spf import judge
from gateway.domain.dkim import DkimKey, keys_for
from gateway.domain.senders import Alignment


@dataclass(frozen=True, slots=True)
class Aligned:
    """`by` None: by nothing that is published; unless `unknown`, for then DNS did not say."""

    by: Alignment | None = None
    unknown: bool = False
    why: str = ""


def alignment(address: str, keys: Sequence[DkimKey], outlet: Outlet, known: Known) -> Aligned:
    """Of letters whose return path is at the address's own domain, as those have that SPF is to vouch for."""
    domain = address.rpartition("@")[2]
    policy = published(domain, known)
    # While nobody knows the policy it may be a strict one.
    signing = keys_for(domain, keys)
    own = [each for each in signing if policy.meets(each.domain, domain, "dkim") and (not policy.unknown or each.domain == domain)]
    found = [dkim_finding(each, known) for each in own]
    if any(each.state == "good" for each in found):
        return Aligned("dkim")
    judged = judge(domain, sending(outlet, known), known)
    if judged.passes and not judged.unknown:
        return Aligned("spf")
    if judged.unknown or policy.unknown or any(each.state == "unknown" for each in found):
        return Aligned(unknown=True, why=f"DNS did not say whether {domain} vouches for our letters")
    return Aligned(
        why=f"{domain} vouches for our letters neither by SPF nor by a key of [[dkim]]; `deskgate check --dns` says what to publish"
    )
