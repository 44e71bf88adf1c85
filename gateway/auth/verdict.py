"""From single findings to one `Verdict`. PURE: what was looked up and verified comes in as values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gateway.auth.dmarc import Policy, Published, judge
from gateway.auth.organisational import aligned
from gateway.auth.results import Stated, aligned_pass, first_result
from gateway.auth.signature import Signature
from gateway.domain.envelope import Peer
from gateway.domain.verdict import Result, Verdict
from gateway.mail.message import Message

# What is told of several signatures: the first of these that one of them has.
_DKIM_ORDER: tuple[Result, ...] = ("pass", "temperror", "policy", "fail", "neutral", "permerror")


@dataclass(frozen=True, slots=True)
class Findings:
    """Of one message. `spf` is `none` where no peer was seen, or the peer is a relay of ours, whose own address proves nothing."""

    spf: Result = "none"
    spf_domain: str | None = None
    signatures: tuple[Signature, ...] = ()
    policy: Published = None
    spf_was_possible: bool = False


def author_domain(message: Message) -> str:
    """The domain that alignment is judged by; `""` where it is not certain who the author is."""
    if not message.author_unambiguous or message.author is None:
        return ""
    return message.author.key.rpartition("@")[2]


def local_verdict(message: Message, peer: Peer) -> Verdict:
    """Of mail from a network or by a way of entry that `trust.local` names: its From is believed as it stands."""
    where = peer.address or peer.entry.value
    verdict = Verdict(aligned=True, source="local", reason=f"trust.local believes mail from {where}")
    return verdict if author_domain(message) else _without_author(verdict)


def stated_verdict(message: Message, stated: Sequence[Stated]) -> Verdict:
    """What relays of ours say, alone."""
    domain = author_domain(message)
    dkim = [each for each in stated if each.method == "dkim"]
    verdict = Verdict(
        spf=first_result(stated, "spf") or "none",
        spf_domain=next((each.domain for each in stated if each.method == "spf"), None) or None,
        dkim=first_result(stated, "dkim") or "none",
        dkim_domains=_unique(each.domain for each in dkim if each.result == "pass" and each.domain),
        dmarc=first_result(stated, "dmarc") or "none",
        arc=first_result(stated, "arc") or "none",
        source="relay" if stated else "none",
        reason="a trusted relay reports nothing that authenticates the author's domain" if stated else "nothing was checked",
    )
    proof = aligned_pass(stated, domain)
    if proof is not None:
        verdict = replace(verdict, aligned=True, reason=f"a trusted relay reports {proof.method}=pass for {proof.domain}")
    return _refuse_failed_dmarc(verdict, domain) if domain else _without_author(verdict)


def own_verdict(message: Message, found: Findings, stated: Sequence[Stated] = ()) -> Verdict:
    """What we found ourselves, with what relays said of the methods that we could not try."""
    said = stated_verdict(message, stated)
    domain = author_domain(message)
    spf, spf_domain = (found.spf, found.spf_domain) if found.spf_was_possible else (said.spf, said.spf_domain)
    dkim = _strongest(found.signatures)
    verdict = Verdict(
        spf=spf,
        spf_domain=spf_domain,
        dkim=dkim if dkim != "none" else said.dkim,
        dkim_domains=_unique(each.domain for each in found.signatures if each.result == "pass") or said.dkim_domains,
        dmarc=said.dmarc if said.dmarc != "none" else _dmarc(domain, found, (spf, spf_domain or "")),
        arc=said.arc,
        source="peer" if found.spf_was_possible or found.signatures else said.source,
    )
    if not domain:
        return _without_author(verdict)
    return _refuse_failed_dmarc(_align(verdict, domain, said, found), domain)


def _align(verdict: Verdict, domain: str, said: Verdict, found: Findings) -> Verdict:
    if said.aligned:
        return replace(verdict, aligned=True, source="relay", reason=said.reason)
    signer = next((each for each in verdict.dkim_domains if aligned(each, domain)), None)
    if signer is not None:
        return replace(verdict, aligned=True, reason=f"DKIM passed for {signer}, of one organisation with the author's {domain}")
    if verdict.spf == "pass" and aligned(verdict.spf_domain or "", domain):
        return replace(verdict, aligned=True, reason=f"SPF passed for {verdict.spf_domain}, of one organisation with the author's {domain}")
    return replace(verdict, reason=f"nothing authenticates the author's {domain}: {_complaints(verdict, found)}")


def _complaints(verdict: Verdict, found: Findings) -> str:
    spf = f"SPF is {verdict.spf}" + (f" for {verdict.spf_domain}" if verdict.spf_domain else "")
    signatures = [f"the signature of {each.domain or 'an unknown domain'} is {_described(each)}" for each in found.signatures]
    return "; ".join([spf, *(signatures or ["no DKIM signature was verified"])])


def _described(signature: Signature) -> str:
    return f"{signature.result} ({signature.why})" if signature.why else signature.result


def _dmarc(domain: str, found: Findings, spf: tuple[Result, str]) -> Result:
    if not domain or found.policy is None:
        return "none"
    if not isinstance(found.policy, Policy):
        return found.policy
    result = judge(domain, found.policy, spf, [(each.result, each.domain) for each in found.signatures])
    # Without a peer SPF could not be tried, so that nothing passed is no proof of forgery.
    return "none" if result == "fail" and not found.spf_was_possible and spf[0] == "none" else result


def _strongest(signatures: Sequence[Signature]) -> Result:
    results = {each.result for each in signatures}
    return next((result for result in _DKIM_ORDER if result in results), "none")


def _refuse_failed_dmarc(verdict: Verdict, domain: str) -> Verdict:
    if verdict.dmarc != "fail":
        return verdict
    return replace(verdict, aligned=False, reason=f"DMARC of {domain} fails; {verdict.reason}")


def _without_author(verdict: Verdict) -> Verdict:
    return replace(verdict, aligned=False, reason="the author is missing or ambiguous, so nothing can be aligned with it")


def _unique(domains: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(domains))
