"""DMARC (RFC 7489): what the author's domain demands, and whether a message meets it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.auth.dns import Answer, Resolver
from gateway.auth.organisational import aligned, organisational_domain
from gateway.domain.verdict import Result


@dataclass(frozen=True, slots=True)
class Policy:
    """`strict_spf` and `strict_dkim`: the domains must be the same, and not only of one organisation (aspf=s, adkim=s)."""

    strict_spf: bool = False
    strict_dkim: bool = False


Published = Policy | None | Result
"""A policy; None where none is published; `temperror` where nobody knows for now, `permerror` where it is malformed."""


async def fetch_policy(domain: str, resolver: Resolver, deadline: float) -> Published:
    """RFC 7489 §6.6.3: the author's domain first, then its organisation's."""
    for host in dict.fromkeys((domain, organisational_domain(domain))):
        published = read_policy(await resolver.ask(f"_dmarc.{host}", "TXT", deadline))
        if published is not None:
            return published
    return None


def read_policy(answer: Answer) -> Published:
    if answer.status == "temperror":
        return "temperror"
    records = [tags for tags in map(_tags, answer.texts) if tags]
    # §6.6.3: several records are as good as none.
    return _policy(records[0]) if len(records) == 1 else None


def _tags(record: bytes) -> dict[str, str]:
    """Empty for a record that is not DMARC's: v= must come first and read exactly so (§6.4)."""
    pairs = [part.partition("=") for part in record.decode("ascii", "replace").split(";")]
    tags = {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}
    return tags if next(iter(tags.items()), None) == ("v", "DMARC1") else {}


def _policy(tags: dict[str, str]) -> Policy | Result:
    # §6.6.3: a faulty p= is taken for none when there is an address for reports, else the record does not count.
    if tags.get("p", "").lower() not in ("none", "quarantine", "reject") and "rua" not in tags:
        return "permerror"
    return Policy(strict_spf=tags.get("aspf", "r").lower() == "s", strict_dkim=tags.get("adkim", "r").lower() == "s")


def wants_strict(policy: Published, method: Literal["spf", "dkim"]) -> bool:
    """Whether only the author's very domain will do; while nobody knows the policy it may say so."""
    if isinstance(policy, Policy):
        return policy.strict_spf if method == "spf" else policy.strict_dkim
    return policy == "temperror"


def judge(author_domain: str, policy: Policy, spf: tuple[Result, str], dkim: Sequence[tuple[Result, str]]) -> Result:
    """§6.6.2, from results and the domains that they are about: one aligned pass is enough; where one may yet come, `temperror`."""
    results = [result for result, domain in [spf] if aligned(domain, author_domain, strict=policy.strict_spf)]
    results += [result for result, domain in dkim if aligned(domain, author_domain, strict=policy.strict_dkim)]
    if "pass" in results:
        return "pass"
    return "temperror" if "temperror" in results else "fail"
