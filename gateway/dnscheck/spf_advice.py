"""The SPF record to publish, so that our relay passes: what is there, with ours put first. Pure."""

from dataclasses import dataclass
from typing import Final

from gateway.dnscheck.sending import Sending
from gateway.dnscheck.spf_tree import MOST_LOOKUPS, VERSION, Term, Tree

OTHERWISE: Final = "~all"
"""How a new record ends: who else sends for the domain we cannot know, and `-all` would cut them off."""
MILDEST_FIRST: Final = ("+all", "all", "?all", "~all", "-all")


@dataclass(frozen=True, slots=True)
class Advised:
    """`lookups` is what the record costs whoever it does not name before its end; `left_out` are terms that break the one that is there."""

    record: str
    lookups: int
    left_out: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        return self.lookups <= MOST_LOOKUPS


def own_terms(sending: Sending) -> tuple[str, ...]:
    """IP addresses cost no look-ups."""
    addresses = (f"ip6:{each}" if ":" in each else f"ip4:{each}" for each in sending.addresses)
    return (*addresses, *(f"include:{each}" for each in sending.includes))


def advised(tree: Tree, sending: Sending) -> Advised:
    """One record of all the terms there are, ours first: an evaluation that comes to them stops, whatever stands behind."""
    own = own_terms(sending)
    once = {each.text.lower(): each for each in reversed(tree.terms)}
    standing = [each for text, each in reversed(once.items()) if text not in own]
    kept = [each for each in standing if not each.broken]
    ends = [each.text.lower() for each in kept if each.name == "all"]
    modifiers = [each for each in kept if "=" in each.text]
    mechanisms = [each for each in kept if each.name != "all" and each not in modifiers]
    # RFC 7208 §6.1: a redirect is followed where no `all` stands, and one beside it never.
    redirected = any(each.name == "redirect" for each in modifiers)
    end = [mildest(ends)] if ends else [] if redirected else [OTHERWISE]
    texts = [each.text for each in (*mechanisms, *modifiers)]
    lookups = sum(each.lookups for each in kept) + sum(each.startswith("include:") for each in own)
    return Advised(" ".join((VERSION, *own, *texts, *end)), lookups, tuple(each.text for each in standing if each.broken))


def mildest(ends: list[str]) -> str:
    """Of the ends of several records, the one that cuts off fewest: each was right for the senders of its own."""
    return next((each for each in MILDEST_FIRST if each in ends), OTHERWISE)


def costs(terms: tuple[Term, ...]) -> str:
    """Those that ask most, dearest first: `include:_spf.example.net costs 4, mx costs 1`."""
    dear = sorted((each for each in terms if each.lookups), key=lambda each: -each.lookups)
    return ", ".join(f"{each.text} costs {each.lookups}" for each in dear[:5])
