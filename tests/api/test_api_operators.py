"""Whom a token acts as, and what it is good for, as tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.api import ApiToken, Scope, Stranger, operator_of
from gateway.domain.operators import Operator, Rank, Right
from tests.desk.values import ORGANISATION

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOKEN = ApiToken(1, "crm", frozenset({Scope.TICKETS_READ}), None, None, NOW, "tests", None)


@pytest.mark.parametrize(
    ("departments", "agent", "seen", "everything"),
    [
        (None, None, ("support", "sales"), True),
        (("sales",), None, ("sales",), False),
        (("sales", "moon"), None, ("sales",), False),
        (("moon",), None, (), False),
        (None, "dana@staff.test", ("support",), False),
        (("sales",), "dana@staff.test", (), False),
        (None, "oleg@staff.test", ("support", "sales"), False),
    ],
)
def test_a_token_sees_its_departments_that_there_are_within_its_agents(
    departments: tuple[str, ...] | None, agent: str | None, seen: tuple[str, ...], everything: bool
) -> None:
    found = operator_of(replace(TOKEN, departments=departments, agent=agent), ORGANISATION)
    assert isinstance(found, Operator)
    assert (found.departments, found.all_departments, found.actor.address) == (seen, everything, agent)


@pytest.mark.parametrize("agent", ["ina@staff.test", "eve@evil.test"])
def test_a_token_of_no_active_agent_is_nobodys(agent: str) -> None:
    found = operator_of(replace(TOKEN, agent=agent), ORGANISATION)
    assert isinstance(found, Stranger)
    assert agent in found.why


@pytest.mark.parametrize(
    ("scopes", "may", "may_not", "rank"),
    [
        ({Scope.TICKETS_READ}, {Scope.TICKETS_READ}, {Scope.TICKETS_WRITE, Scope.CLIENTS_READ}, Rank.VIEWER),
        ({Scope.TICKETS_WRITE}, {Scope.TICKETS_READ, Scope.TICKETS_WRITE}, {Scope.INBOUND_READ}, Rank.AGENT),
        ({Scope.OUTBOX_HOLD}, {Scope.OUTBOX_READ, Scope.OUTBOX_HOLD}, {Scope.OUTBOX_WRITE}, Rank.ADMIN),
        (set(), set(), set(Scope), Rank.VIEWER),
    ],
)
def test_to_write_is_to_read_and_nothing_else(scopes: set[Scope], may: set[Scope], may_not: set[Scope], rank: Rank) -> None:
    token = replace(TOKEN, scopes=frozenset(scopes))
    assert {each for each in Scope if token.may(each)} >= may
    assert not [each for each in may_not if token.may(each)]
    found = operator_of(token, ORGANISATION)
    assert isinstance(found, Operator)
    assert (found.rank, found.may(Right.ACT)) == (rank, rank is not Rank.VIEWER)


def test_a_token_is_good_until_it_expires_or_is_revoked() -> None:
    assert TOKEN.why_dead(NOW) is None
    assert replace(TOKEN, expires_at=NOW + timedelta(seconds=1)).why_dead(NOW) is None
    assert replace(TOKEN, expires_at=NOW).why_dead(NOW) == "the token has expired"
    assert replace(TOKEN, revoked_at=NOW, expires_at=NOW).why_dead(NOW) == "the token was revoked"
