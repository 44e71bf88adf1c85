"""From single findings to one `Verdict`. PURE: what was looked up and verified comes in as values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from gateway.auth.dmarc import Policy, Published, judge, wants_strict
from gateway.auth.forwarded import find_proof
from gateway.auth.organisational import aligned
from gateway.auth.results import Stated, aligned_pass, first_result
from gateway.auth.signature import Chain, Signature
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
    chain: Chain = field(default_factory=Chain)
    policy: Published = None
    spf_was_possible: bool = False

    @property
    def unverified(self) -> bool:
        """Whether the verifier itself failed, so that there may be a signature of anybody's that passes."""
        return any(each.result == "temperror" and not each.domain for each in self.signatures)


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


def own_verdict(message: Message, found: Findings, stated: Sequence[Stated] = (), sealers: Sequence[str] = ()) -> Verdict:
    """What we found ourselves, with what relays said of the methods that we could not try. `sealers` as in `trust.arc_sealers`."""
    said = stated_verdict(message, stated)
    domain = author_domain(message)
    spf, spf_domain = (found.spf, found.spf_domain) if found.spf_was_possible else (said.spf, said.spf_domain)
    dkim = _strongest(found.signatures)
    verdict = Verdict(
        spf=spf,
        spf_domain=spf_domain,
        dkim=dkim if dkim != "none" else said.dkim,
        dkim_domains=_unique(each.domain for each in found.signatures if each.result == "pass") or said.dkim_domains,
        # A relay's trouble with DNS will not pass, ours may.
        dmarc=said.dmarc if said.dmarc not in ("none", "temperror") else _dmarc(domain, found, (spf, spf_domain or "")),
        arc=found.chain.result if found.chain.result != "none" else said.arc,
        source="peer" if found.spf_was_possible or found.signatures or found.chain.seals else said.source,
    )
    if not domain:
        return _without_author(verdict)
    verdict = _refuse_failed_dmarc(_align(verdict, domain, said, found), domain)
    return verdict if verdict.aligned else _consider_forwarding(verdict, domain, found, sealers)


def _align(verdict: Verdict, domain: str, said: Verdict, found: Findings) -> Verdict:
    """On SPF and DKIM. An unknown policy may be a strict one, which a pass for another domain of the organisation does not meet."""
    if said.aligned:
        return replace(verdict, aligned=True, source="relay", reason=said.reason)
    strict_spf, strict_dkim = wants_strict(found.policy, "spf"), wants_strict(found.policy, "dkim")
    signer = next((each for each in verdict.dkim_domains if aligned(each, domain, strict=strict_dkim)), None)
    if signer is not None:
        return replace(verdict, aligned=True, reason=f"DKIM passed for {signer}, of one organisation with the author's {domain}")
    if verdict.spf == "pass" and aligned(verdict.spf_domain or "", domain, strict=strict_spf):
        return replace(verdict, aligned=True, reason=f"SPF passed for {verdict.spf_domain}, of one organisation with the author's {domain}")
    return replace(verdict, reason=f"nothing authenticates the author's {domain}: {_complaints(verdict, found)}")


def _consider_forwarding(verdict: Verdict, domain: str, found: Findings, sealers: Sequence[str]) -> Verdict:
    """A message that nothing aligned proves any more, or that fails DMARC, may have been changed by a forwarder who saw it before that."""
    proof = find_proof(found.chain, sealers, domain, found.policy)
    if proof is None or found.chain.result != "pass":
        hidden = proof is not None and found.chain.result == "temperror"
        return replace(verdict, inconclusive=hidden or _inconclusive(verdict, domain, found))
    overridden = "; that outweighs the DMARC fail of what arrived here" if verdict.dmarc == "fail" else ""
    reason = f"the ARC seal of {proof.sealer} states {proof.stated.method}=pass for {proof.stated.domain}{overridden}"
    return replace(verdict, aligned=True, source="arc", reason=reason)


def _inconclusive(verdict: Verdict, domain: str, found: Findings) -> bool:
    """Of a verdict that is not aligned. Somebody else's trouble is no reason to wait, and where DMARC fails all that counts is known.

    An unknown policy is reason enough: it may make a pass for another domain of the organisation count, or demand a pass that is not there.
    """
    if verdict.dmarc == "fail":
        return False
    tried = [(found.spf, found.spf_domain or ""), *((each.result, each.domain) for each in found.signatures)]
    hidden = any(result == "temperror" and aligned(of, domain) for result, of in tried)
    return hidden or found.unverified or verdict.dmarc == "temperror"


def _complaints(verdict: Verdict, found: Findings) -> str:
    spf = f"SPF is {verdict.spf}" + (f" for {verdict.spf_domain}" if verdict.spf_domain else "")
    signatures = [f"the signature of {each.domain or 'an unknown domain'} is {_described(each)}" for each in found.signatures]
    forwarded = [f"its ARC chain is {found.chain.result}" + (f" ({found.chain.why})" if found.chain.why else "")]
    unknown = ["the DMARC policy could not be looked up"] if found.policy == "temperror" else []
    chain = forwarded if found.chain.result != "none" else []
    return "; ".join([spf, *(signatures or ["no DKIM signature was verified"]), *chain, *unknown])


def _described(signature: Signature) -> str:
    return f"{signature.result} ({signature.why})" if signature.why else signature.result


def _dmarc(domain: str, found: Findings, spf: tuple[Result, str]) -> Result:
    if not domain or found.policy is None:
        return "none"
    if not isinstance(found.policy, Policy):
        return found.policy
    result = judge(domain, found.policy, spf, [(each.result, each.domain) for each in found.signatures])
    if result == "fail" and found.unverified:
        return "temperror"
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
