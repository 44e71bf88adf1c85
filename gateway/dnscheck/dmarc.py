"""What a domain's DMARC policy (RFC 7489) asks for, and whether letters of ours meet it. Pure."""

from dataclasses import dataclass
from typing import Final

from gateway.auth.dmarc import Policy, read_policy
from gateway.auth.organisational import aligned, organisational_domain
from gateway.auth.tags import read_tags
from gateway.dnscheck.findings import Finding, Publish
from gateway.dnscheck.known import Known

FIRST_POLICY: Final = "v=DMARC1; p=none"
RELAXED: Final = Policy()
HARSH: Final = frozenset({"quarantine", "reject"})


@dataclass(frozen=True, slots=True)
class Published:
    """`domain` is whose policy counts for the author's. `demand` is what becomes of mail that fails; None where there is no policy."""

    domain: str
    policy: Policy = RELAXED
    demand: str | None = None
    record: str | None = None
    fault: str = ""
    unknown: bool = False

    def meets(self, domain: str, author_domain: str, by: str) -> bool:
        """Whether a pass for `domain`, `by` SPF or DKIM, is in line with the author's."""
        strict = self.policy.strict_spf if by == "spf" else self.policy.strict_dkim
        return aligned(domain, author_domain, strict=strict)


def published(domain: str, known: Known) -> Published:
    """RFC 7489 §6.6.3: the author's domain first, then its organisation's."""
    for host in dict.fromkeys((domain, organisational_domain(domain))):
        answer = known.ask(f"_dmarc.{host}", "TXT")
        if answer.status == "temperror":
            return Published(host, unknown=True)
        records = [each.decode("utf-8", "replace") for each in answer.texts if each.lower().replace(b" ", b"").startswith(b"v=dmarc1")]
        if len(records) > 1:
            return Published(host, record=records[0], fault=f"_dmarc.{host} has {len(records)} DMARC records, which count as none")
        if not records:
            continue
        policy = read_policy(answer)
        if not isinstance(policy, Policy):
            return Published(host, record=records[0], fault=f"the DMARC record of {host} is malformed: {records[0]}")
        tags = {name.lower(): value.lower() for name, value in (read_tags(records[0].encode()) or {}).items()}
        own = tags.get("p", "none")
        return Published(host, policy, own if host == domain else tags.get("sp", own), records[0])
    return Published(domain)


def dmarc_finding(domain: str, known: Known) -> Finding:
    found = published(domain, known)
    details: tuple[tuple[str, object], ...] = (("record", found.record), ("policy", found.demand))
    if found.unknown:
        return Finding("dmarc", "unknown", f"the DMARC policy of {domain} could not be looked up", "try again later", details=details)
    first = Publish(f"_dmarc.{found.domain}", "TXT", FIRST_POLICY)
    if found.fault:
        return Finding("dmarc", "fault", found.fault, "leave one record, such as this", first, details)
    if found.demand is None:
        says = f"{domain} has no DMARC policy, and large providers take less mail of such domains"
        return Finding("dmarc", "advice", says, "publish this record to begin with", first, details)
    of = "" if found.domain == domain else f", by {found.domain}"
    return Finding("dmarc", "good", f"the policy is {found.demand}{of}", details=details)
