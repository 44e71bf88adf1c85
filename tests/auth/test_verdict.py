"""Findings to verdicts: when an answer that DNS did not give is worth waiting for, and what a trusted forwarder outweighs."""

from itertools import product
from typing import get_args

import pytest

from gateway.auth.dmarc import Policy, Published
from gateway.auth.results import Stated
from gateway.auth.signature import Chain, Seal, Signature
from gateway.auth.verdict import Findings, own_verdict
from gateway.domain.verdict import Result, Verdict
from tests.auth.messages import message

SEALERS = ("list.test",)
STATED = (Seal(1, "list.test", " mx.list.test; dmarc=pass header.from=client.test"),)
FOREIGN = (Seal(1, "evil.test", " mx.list.test; dmarc=pass header.from=client.test"),)
STRICT = Policy(strict_spf=True, strict_dkim=True)
OWN, SUB, OTHER = "client.test", "mail.client.test", "other.test"


def findings(
    spf: Result = "none",
    spf_domain: str = OWN,
    dkim: Result | None = None,
    dkim_domain: str = OWN,
    policy: Published = None,
    chain: Chain | None = None,
) -> Findings:
    signatures = () if dkim is None else (Signature(dkim_domain, "s1", dkim),)
    return Findings(spf, spf_domain, signatures, chain or Chain(), policy, spf_was_possible=True)


def conclude(found: Findings, stated: tuple[Stated, ...] = ()) -> Verdict:
    return own_verdict(message(), found, stated, SEALERS)


@pytest.mark.parametrize(
    ("found", "aligned", "inconclusive"),
    [
        # A pass is a pass, whatever else failed for now.
        (findings("pass", policy=None), True, False),
        (findings("temperror", dkim="pass"), True, False),
        (findings("pass", dkim="temperror"), True, False),
        (findings("pass", policy="temperror"), True, False),
        (findings(dkim="pass", policy="temperror"), True, False),
        (findings("pass", chain=Chain("temperror", "x", STATED)), True, False),
        # For another domain of the organisation it depends on a policy that nobody knows for now.
        (findings("pass", SUB), True, False),
        (findings("pass", SUB, policy="temperror"), False, True),
        (findings(dkim="pass", dkim_domain=SUB, policy="temperror"), False, True),
        (findings("pass", SUB, policy=STRICT), False, False),
        # No pass, but one may have been hidden.
        (findings("temperror"), False, True),
        (findings("temperror", SUB), False, True),
        (findings("fail", dkim="temperror"), False, True),
        (findings("fail", dkim="temperror", dkim_domain=SUB), False, True),
        (findings("temperror", policy=Policy()), False, True),
        (findings("fail", dkim="temperror", policy=Policy()), False, True),
        # The verifier was killed over it, so nobody knows whose signatures these are.
        (findings("fail", dkim="temperror", dkim_domain=""), False, True),
        (findings("fail", dkim="temperror", dkim_domain="", policy=Policy()), False, True),
        (findings("pass", dkim="temperror", dkim_domain="", policy=Policy()), True, False),
        # No policy, no word on whether this is a forgery that its domain disowns.
        (findings("fail", policy="temperror"), False, True),
        (findings("none", policy="temperror"), False, True),
        # Nothing of the author's was in doubt.
        (findings("temperror", OTHER), False, False),
        (findings("fail", dkim="temperror", dkim_domain=OTHER), False, False),
        (findings("temperror", SUB, policy=STRICT), False, False),
        (findings("temperror", OTHER, "temperror", OTHER, Policy()), False, False),
        (findings("fail"), False, False),
        (findings("permerror", dkim="permerror", policy="permerror"), False, False),
        (findings("fail", policy=Policy()), False, False),
        # A chain that could not be verified for now, by whom it says it is.
        (findings("fail", policy=Policy(), chain=Chain("temperror", "x", STATED)), False, True),
        (findings("fail", chain=Chain("temperror", "x", STATED)), False, True),
        (findings("fail", chain=Chain("temperror", "x", FOREIGN)), False, False),
        (findings("fail", chain=Chain("fail", "x", STATED)), False, False),
        (findings("fail", chain=Chain("pass", "", STATED)), True, False),
    ],
)
def test_when_to_ask_again(found: Findings, aligned: bool, inconclusive: bool) -> None:
    verdict = conclude(found)
    assert (verdict.aligned, verdict.inconclusive) == (aligned, inconclusive), verdict.reason


def test_a_relays_trouble_with_dns_does_not_pass_and_ours_is_judged_instead() -> None:
    said = (Stated("spf", "temperror", OWN), Stated("dmarc", "temperror", OWN))
    verdict = own_verdict(message(), Findings(policy=Policy()), said, SEALERS)
    assert (verdict.dmarc, verdict.aligned, verdict.inconclusive) == ("temperror", False, True)
    nobody = own_verdict(message(), Findings(), said, SEALERS)
    assert (nobody.dmarc, nobody.aligned, nobody.inconclusive) == ("none", False, False)


@pytest.mark.parametrize("policy", [None, Policy(), STRICT, "temperror", "permerror"])
def test_a_trusted_forwarder_outweighs_what_the_forwarding_broke(policy: Published) -> None:
    verdict = conclude(findings("pass", "list.test", "fail", policy=policy, chain=Chain("pass", "", STATED)))
    assert (verdict.aligned, verdict.source, verdict.arc, verdict.disowned) == (True, "arc", "pass", False)
    assert verdict.reason.startswith("the ARC seal of list.test states dmarc=pass for client.test")
    assert ("outweighs the DMARC fail" in verdict.reason) is (verdict.dmarc == "fail") is isinstance(policy, Policy)


@pytest.mark.parametrize("chain", [Chain("pass", "", FOREIGN), Chain("fail", "it was changed", STATED), Chain("permerror", "x")])
def test_any_other_chain_is_recorded_and_changes_nothing(chain: Chain) -> None:
    found = findings("pass", "list.test", "fail", policy=Policy(), chain=chain)
    verdict, without = conclude(found), conclude(findings("pass", "list.test", "fail", policy=Policy()))
    assert (verdict.arc, verdict.dmarc, verdict.disowned) == (chain.result, "fail", True)
    assert (verdict.aligned, verdict.inconclusive, verdict.source) == (without.aligned, without.inconclusive, without.source)
    assert f"its ARC chain is {chain.result}" in verdict.reason


def test_a_seal_proves_nothing_for_an_ambiguous_author() -> None:
    verdict = own_verdict(message(unambiguous=False), findings(chain=Chain("pass", "", STATED)), (), SEALERS)
    assert (verdict.aligned, verdict.inconclusive, verdict.arc) == (False, False, "pass")


POLICIES: list[Published] = [None, Policy(), STRICT, "temperror", "permerror"]


def test_what_every_verdict_keeps_to() -> None:
    """Every mix of outcomes: {SPF} × {DKIM} × {domains} × {policy} × {chain}."""
    results = get_args(Result)
    chains = [Chain(), *(Chain(result, "", seals) for result in ("pass", "fail", "temperror") for seals in (STATED, FOREIGN))]
    for spf, dkim, domain, policy, chain in product(results, results, (OWN, SUB, OTHER), POLICIES, chains):
        verdict = conclude(findings(spf, domain, dkim, domain, policy, chain))
        sealed = chain == Chain("pass", "", STATED)
        passed = "pass" in (spf, dkim) and domain != OTHER
        assert not (verdict.aligned and verdict.inconclusive)
        assert not (verdict.aligned and verdict.disowned)
        assert (verdict.source == "arc") <= (verdict.aligned and sealed)
        assert verdict.aligned <= (sealed or passed)
        assert verdict.inconclusive <= ("temperror" in (spf, dkim, policy, chain.result))
        if domain == OWN or policy in (None, "permerror"):
            assert verdict.aligned == (sealed or passed)
        if policy is STRICT and not sealed:
            assert verdict.aligned == (passed and domain == OWN)
