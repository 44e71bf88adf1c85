"""What somebody of some departments may see of mail that is on no ticket yet: whatever came to an address of theirs."""

from collections.abc import Collection
from dataclasses import dataclass

from gateway.domain.organisation import Organisation


@dataclass(frozen=True, slots=True)
class Visible:
    """`departments` are keys; `addresses` and `domains` what their gateways take, normalised; `others` are the addresses of everybody
    else's gateways, which no catch-all takes away. Where one is asked for, None means everything: also what belongs to no department."""

    departments: tuple[str, ...]
    addresses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def visible_to(departments: Collection[str] | None, desk: Organisation) -> Visible | None:
    """None: all departments, and what belongs to none."""
    if departments is None:
        return None
    theirs = [each for each in desk.gateways if each.department in departments]
    return Visible(
        tuple(sorted(departments)),
        tuple(each.address for each in theirs if not each.catches_all),
        tuple(each.domain for each in theirs if each.catches_all),
        tuple(each.address for each in desk.gateways if each not in theirs and not each.catches_all),
    )
