"""Strangers come back: what is counted, for how long, and who need not."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.auth.dns import Resolver
from gateway.ingress.checks.greylist import Greylist, Knocks, sender_key
from gateway.ingress.checks.policy import Greylisting
from storage import greylist
from storage.greylist import Knock
from tests.auth.nameserver import Zone, name_server

Sessions = async_sessionmaker[AsyncSession]

POLICY = Greylisting()
STRANGER = Knocks("192.0.2.0/24", "ann@client.test", "support@example.com")


def of(sessions: Sessions, resolver: Resolver | None = None) -> Greylist:
    return Greylist(sessions, POLICY, resolver or Resolver([("127.0.0.1", 9)]), 1.0)


async def passes(sessions: Sessions, **past: float) -> None:
    """Time, by moving every row back."""
    async with sessions.begin() as session:
        moved = "first_seen = first_seen - make_interval(secs => :seconds), last_seen = last_seen - make_interval(secs => :seconds)"
        await session.execute(
            text(f"UPDATE greylist SET {moved}"), {"seconds": past.get("minutes", 0) * 60.0 + past.get("days", 0) * 86400.0}
        )


async def rows(sessions: Sessions) -> list[tuple[str, int]]:
    async with sessions() as session:
        found = await session.execute(text("SELECT kind, passes FROM greylist ORDER BY kind, passes"))
        return [(row.kind, row.passes) for row in found]


async def test_a_stranger_who_comes_back_in_time_is_let_in_from_then_on(sessions: Sessions) -> None:
    asked = of(sessions)
    assert await asked.weigh(STRANGER) == "waits"
    await passes(sessions, minutes=4)
    assert await asked.weigh(STRANGER) == "waits"
    await passes(sessions, minutes=2)
    assert await asked.weigh(STRANGER) == "passed"
    assert await asked.weigh(STRANGER) == "passed"
    await passes(sessions, days=34)
    assert await asked.weigh(STRANGER) == "passed"


@pytest.mark.parametrize(
    "other",
    [
        Knocks("198.51.100.0/24", STRANGER.reverse_path, STRANGER.recipient),
        Knocks(STRANGER.source, "bob@client.test", STRANGER.recipient),
        Knocks(STRANGER.source, STRANGER.reverse_path, "sales@example.com"),
        Knocks(STRANGER.source, "", STRANGER.recipient),
    ],
)
async def test_another_network_sender_or_recipient_is_another_stranger(sessions: Sessions, other: Knocks) -> None:
    asked = of(sessions)
    await asked.weigh(STRANGER)
    await passes(sessions, minutes=6)
    assert await asked.weigh(other) == "waits"


async def test_one_who_comes_back_too_late_is_a_stranger_once_more(sessions: Sessions) -> None:
    asked = of(sessions)
    await asked.weigh(STRANGER)
    await passes(sessions, days=2.1)
    assert await asked.weigh(STRANGER) == "waits"
    await passes(sessions, minutes=6)
    assert await asked.weigh(STRANGER) == "passed"


async def test_who_was_not_seen_for_long_is_forgotten(sessions: Sessions) -> None:
    asked = of(sessions)
    await asked.weigh(STRANGER)
    await passes(sessions, minutes=6)
    await asked.weigh(STRANGER)
    await passes(sessions, days=36)
    assert await asked.weigh(STRANGER) == "waits"


async def test_a_network_that_came_through_in_five_hours_is_let_in_whatever_it_brings(sessions: Sessions) -> None:
    asked = of(sessions)
    for number in range(5):
        knocks = Knocks(STRANGER.source, f"{chr(97 + number)}@client.test", STRANGER.recipient)
        assert await asked.weigh(knocks) == "waits"
        await passes(sessions, minutes=61)
        assert await asked.weigh(knocks) == "passed"
        # A hundred recipients within the hour prove no more than one.
        await asked.weigh(knocks)
        assert ("source", number + 1) in await rows(sessions)
    assert await asked.weigh(Knocks(STRANGER.source, "new@other.test", "sales@example.com")) == "trusted"
    assert await asked.weigh(Knocks("198.51.100.0/24", "new@other.test", "sales@example.com")) == "waits"
    await passes(sessions, days=36)
    assert await asked.weigh(Knocks(STRANGER.source, "new@other.test", "sales@example.com")) == "waits"


async def test_a_clients_address_is_no_strangers_and_leaves_no_row(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(text("INSERT INTO clients (id, name) VALUES (7, 'Ann')"))
        await session.execute(
            text("INSERT INTO client_addresses (key, address, client_id) VALUES ('ann@client.test', 'Ann@client.test', 7)")
        )
    assert await of(sessions).weigh(Knocks("192.0.2.0/24", "ANN@Client.test", "support@example.com")) == "known"
    assert await rows(sessions) == []


async def test_listeners_of_several_nodes_agree_on_who_came_first(sessions: Sessions) -> None:
    asked = [of(sessions) for _ in range(8)]
    assert set(await asyncio.gather(*(each.weigh(STRANGER) for each in asked))) == {"waits"}
    assert await rows(sessions) == [("triplet", 0)]
    await passes(sessions, minutes=6)
    assert set(await asyncio.gather(*(each.weigh(STRANGER) for each in asked))) == {"passed"}
    assert await rows(sessions) == [("source", 1), ("triplet", 8)]


async def test_a_database_that_is_away_keeps_nobody_out(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.ingress.checks.greylist.DATABASE_SECONDS", 0.3)
    async with sessions.begin() as session:
        await session.execute(text("LOCK TABLE greylist IN ACCESS EXCLUSIVE MODE"))
        found: Knock | None = await of(sessions).weigh(STRANGER)
    assert found is None


async def test_rows_that_served_their_time_go_and_the_oldest_beyond_the_bound(sessions: Sessions) -> None:
    asked = of(sessions)
    await asked.weigh(STRANGER)
    await passes(sessions, minutes=6)
    await asked.weigh(STRANGER)  # came back: a triplet and a source that are remembered
    for number in range(6):
        await asked.weigh(Knocks("192.0.2.0/24", f"{chr(97 + number)}@robot.test", STRANGER.recipient))
        await passes(sessions, minutes=1)
    async with sessions.begin() as session:
        assert await greylist.forget(session, POLICY.window, POLICY.remembered, most=4) == 2
    assert await rows(sessions) == [("source", 1), *[("triplet", 0)] * 4, ("triplet", 1)]
    await passes(sessions, days=2.1)
    async with sessions.begin() as session:
        assert await greylist.forget(session, POLICY.window, POLICY.remembered, most=4) == 4
    await passes(sessions, days=34)
    async with sessions.begin() as session:
        assert await greylist.forget(session, POLICY.window, POLICY.remembered, most=4) == 2
    assert await rows(sessions) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("bounce-1234@list.test", "bounce-77@list.test", True),
        ("news+1f3a@list.test", "news+99bc@list.test", True),
        ("prvs=4711abcdef=ann@client.test", "prvs=0815fedcba=ann@client.test", True),
        ("Ann@Client.test", "ann@client.test", True),
        ("ann@client.test", "bob@client.test", False),
        ("ann@client.test", "ann@client2.test", False),
        ("", "ann@client.test", False),
    ],
)
def test_a_sender_is_the_same_whatever_number_its_letters_carry(one: str, other: str, same: bool) -> None:
    assert (sender_key(one) == sender_key(other)) is same


def test_a_recipient_is_the_same_with_any_detail() -> None:
    first, second = (Knocks("n", "a@b.test", each).triplet for each in ("Support+x@Example.com", "support+y@example.com"))
    assert first == second


SPF: Zone = {
    ("big.test", "TXT"): ["v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 -all"],
    ("mail.big.test", "TXT"): ["v=spf1 a -all"],
    ("mail.big.test", "A"): ["192.0.2.9"],
}


@pytest.mark.parametrize(
    ("address", "host", "reverse_path", "helo", "source"),
    [
        ("192.0.2.9", None, "a@big.test", "x.big.test", "big.test"),  # SPF passes: the provider may come back from anywhere
        ("203.0.113.9", None, "a@big.test", "x.big.test", "203.0.113.0/24"),  # SPF fails: somebody in its name
        ("203.0.113.9", "mx7.big.test", "a@sub.big.test", "x", "big.test"),  # its name in DNS says as much
        ("203.0.113.9", "mx7.other.test", "a@none.test", "x", "203.0.113.0/24"),
        ("192.0.2.9", None, "", "mail.big.test", "big.test"),  # a null reverse-path is its HELO's
        ("2001:db8:1:2:3::4", None, "a@none.test", "x", "2001:db8:1:2::/64"),
    ],
)
async def test_a_domain_that_vouches_for_the_peer_knocks_in_its_place(
    sessions: Sessions, address: str, host: str | None, reverse_path: str, helo: str, source: str
) -> None:
    async with name_server(SPF) as server:
        resolver = Resolver([server.address])
        assert await of(sessions, resolver).source_of(address, host, reverse_path, helo) == source
        await resolver.close()
