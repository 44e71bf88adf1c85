"""What stops an automatic letter before it becomes a storm (X6)."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.desk.gather import network_of, why_spent
from gateway.domain.envelope import Entry, Peer
from gateway.domain.organisation import Budget, Trust
from storage.knowledge import Spent

BUDGET = Budget()
NOTHING = Spent(address=0, domain=0, network=0, overall=0, same_subject=False)
TRUST = Trust(relays=("198.51.100.0/24",), local=("127.0.0.0/8",))


@pytest.mark.parametrize(
    ("field", "bound", "what"),
    [
        ("address", BUDGET.per_address_hour, "this address"),
        ("domain", BUDGET.per_author_domain_hour, "the author's domain"),
        ("network", BUDGET.per_network_hour, "the peer's network"),
        ("overall", BUDGET.overall_hour, "all addresses together"),
    ],
)
def test_each_bound_is_kept_to_the_letter(field: str, bound: int, what: str) -> None:
    spent: list[dict[str, Any]] = [{field: count} for count in (bound - 1, bound, bound + 1)]
    why = f"the hour's budget of {bound} automatic letters for {what} is spent"
    assert [why_spent(replace(NOTHING, **each), BUDGET) for each in spent] == [None, why, why]


def test_a_source_trips_its_own_bound_before_everybodys() -> None:
    all_spent = replace(NOTHING, address=10**6, domain=10**6, network=10**6, overall=10**6)
    assert "this address" in str(why_spent(all_spent, BUDGET))
    bounds = (BUDGET.per_address_hour, BUDGET.per_author_domain_hour, BUDGET.per_network_hour, BUDGET.overall_hour)
    assert sorted(bounds) == list(bounds), "one source never spends what belongs to all"


def test_the_same_subject_is_answered_once_an_hour() -> None:
    assert why_spent(replace(NOTHING, same_subject=True), BUDGET) == "the same subject of this author was answered within the hour"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("198.51.100.9", ""),
        ("127.0.0.1", ""),
        ("no address", ""),
        (None, ""),
    ],
)
def test_a_peers_network_but_of_a_relay_behind_which_everybody_stands(address: str | None, network: str) -> None:
    assert network_of(Peer(Entry.SMTP, address), TRUST) == network
