"""Whose seal counts, and which of their statements."""

import pytest

from gateway.auth.dmarc import Policy, Published
from gateway.auth.forwarded import Forwarded, find_proof, is_listed, trusted
from gateway.auth.results import Stated
from gateway.auth.signature import Chain, Seal

DMARC = " mx.list.test; dmarc=pass header.from=client.test"
NOTHING = " mx.edge.test; arc=pass"
FOUND = Stated("dmarc", "pass", "client.test")


def chain(*seals: tuple[str, str]) -> Chain:
    """Of (domain, statement), the oldest first."""
    return Chain("pass", "", tuple([Seal(number, *each) for number, each in enumerate(seals, 1)]))


@pytest.mark.parametrize(
    ("domain", "sealers", "listed"),
    [
        ("list.test", ["list.test"], True),
        ("list.test", ["other.test", "List.Test"], True),
        ("arc.list.test", ["list.test"], True),
        ("list.test", ["arc.list.test"], False),
        ("other.list.test", ["arc.list.test"], False),
        ("notlist.test", ["list.test"], False),
        ("list.test.evil.test", ["list.test"], False),
        ("list.test", [], False),
        ("", ["list.test"], False),
    ],
)
def test_a_listed_domain_stands_for_what_is_below_it(domain: str, sealers: list[str], listed: bool) -> None:
    assert is_listed(domain, sealers) is listed


LIST, EDGE, EVIL = "list.test", "edge.test", "evil.test"


@pytest.mark.parametrize(
    ("seals", "proof"),
    [
        ([(LIST, DMARC)], Forwarded(LIST, FOUND)),
        ([(LIST, DMARC), (EDGE, NOTHING)], Forwarded(LIST, FOUND)),
        ([(LIST, NOTHING), (EDGE, DMARC)], Forwarded(EDGE, FOUND)),
        ([(LIST, DMARC), (EDGE, DMARC)], Forwarded(LIST, FOUND)),
        # A list breaks what the edge behind it finds no more.
        ([(LIST, DMARC), (EDGE, " mx; arc=pass; dmarc=fail header.from=client.test")], Forwarded(LIST, FOUND)),
        # What somebody unknown states counts for nothing, whoever seals it after them …
        ([(EVIL, DMARC)], None),
        ([(EVIL, DMARC), (EDGE, NOTHING)], None),
        ([(EVIL, DMARC), (LIST, NOTHING), (EDGE, NOTHING)], None),
        # … and what they had in their hands last may have been changed.
        ([(LIST, DMARC), (EVIL, NOTHING)], None),
        ([(LIST, DMARC), (EVIL, NOTHING), (EDGE, NOTHING)], None),
        ([(EVIL, NOTHING), (EDGE, DMARC)], Forwarded(EDGE, FOUND)),
        ([], None),
    ],
)
def test_only_an_unbroken_run_of_listed_sealers_is_believed(seals: list[tuple[str, str]], proof: Forwarded | None) -> None:
    assert find_proof(chain(*seals), [LIST, EDGE], "client.test", None) == proof


def test_without_listed_sealers_nothing_is_proven() -> None:
    assert find_proof(chain((LIST, DMARC)), [], "client.test", None) is None
    assert trusted(chain((LIST, DMARC)).seals, []) == ()


STRICT = Policy(strict_spf=True, strict_dkim=True)


@pytest.mark.parametrize(
    ("stated", "policy", "counts"),
    [
        ("dmarc=pass header.from=client.test", None, True),
        ("dmarc=pass header.from=client.test", STRICT, True),
        ("dmarc=pass header.from=mail.client.test", None, False),
        ("dmarc=pass header.from=other.test", None, False),
        ("dmarc=pass", None, False),
        ("dmarc=none header.from=client.test", None, False),
        ("dkim=pass header.d=client.test", None, True),
        ("dkim=pass header.i=@client.test", STRICT, True),
        ("dkim=pass header.d=mail.client.test", Policy(), True),
        ("dkim=pass header.d=mail.client.test", STRICT, False),
        ("dkim=pass header.d=mail.client.test", "temperror", False),
        ("dkim=fail header.d=client.test", None, False),
        ("dkim=pass header.d=other.test", None, False),
        ("dkim=fail header.d=client.test; dkim=pass header.d=client.test", None, True),
        ("spf=pass smtp.mailfrom=bounce@mail.client.test", None, True),
        ("spf=pass smtp.mailfrom=bounce@mail.client.test", STRICT, False),
        ("spf=softfail smtp.mailfrom=client.test", None, False),
        ("arc=pass header.d=client.test", None, False),
        ("dkim=pass header.d=client.test; dmarc=fail header.from=client.test", None, False),
        ("dkim=fail (dkim=pass header.d=client.test)", None, False),
        ("none", None, False),
    ],
)
def test_what_a_sealer_must_have_found(stated: str, policy: Published, counts: bool) -> None:
    assert (find_proof(chain((LIST, f" mx.list.test; {stated}")), [LIST], "client.test", policy) is not None) is counts


# As two large providers write it.
COMMENTED = (
    " mx.provider.test;\r\n       dkim=pass header.i=@client.test header.s=s1 header.b=AbCd1234;\r\n"
    "       spf=pass (provider.test: domain of anna@client.test designates 192.0.2.7 as permitted sender)"
    " smtp.mailfrom=anna@client.test;\r\n"
    "       dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=client.test\r\n"
)
WITH_ACTIONS = (
    " mx.provider.test 1; spf=pass (sender ip is 192.0.2.7) smtp.rcpttodomain=desk.test smtp.mailfrom=client.test;"
    " dmarc=pass (p=reject sp=reject pct=100) action=none header.from=client.test;"
    " dkim=pass (signature was verified) header.d=client.test; arc=none (0)\r\n"
)


@pytest.mark.parametrize("stated", [COMMENTED, WITH_ACTIONS])
@pytest.mark.parametrize("policy", [None, STRICT, "temperror"])
def test_statements_as_they_are_met(stated: str, policy: Published) -> None:
    assert find_proof(chain((LIST, stated)), [LIST], "client.test", policy) is not None
    assert find_proof(chain((LIST, stated)), [LIST], "victim.test", policy) is None


@pytest.mark.parametrize("stated", ["", ";", "dmarc=pass header.from=client.test", "\x00" * 10, "(" * 10_000])
def test_a_statement_that_cannot_be_read_states_nothing(stated: str) -> None:
    assert find_proof(chain((LIST, stated)), [LIST], "client.test", None) is None


def test_an_uncertain_author_is_never_proven() -> None:
    assert find_proof(chain((LIST, " mx.list.test; dmarc=pass; dkim=pass")), [LIST], "", None) is None
