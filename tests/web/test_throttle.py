"""Token buckets, and whom a request counts for."""

import pytest
from starlette.requests import Request

from gateway.web import throttle
from gateway.web.throttle import Throttle, peer_of


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_then_one_in_so_many_seconds() -> None:
    clock = Clock()
    bounds = Throttle(3, 10, clock)
    assert [bounds.wait("a") for _ in range(5)] == [0, 0, 0, 10, 10]
    clock.now += 4
    assert bounds.wait("a") == 6
    clock.now += 6
    assert [bounds.wait("a") for _ in range(2)] == [0, 10]
    clock.now += 3600
    assert [bounds.wait("a") for _ in range(4)] == [0, 0, 0, 10]


def test_each_key_has_a_bucket_of_its_own() -> None:
    bounds = Throttle(1, 10, Clock())
    assert [bounds.wait(key) for key in ("a", "b", "a", "b")] == [0, 0, 10, 10]


def test_memory_is_bounded_and_who_asked_last_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "REMEMBERED", 2)
    bounds = Throttle(1, 10, Clock())
    for key in ("old", "new", "newest"):
        bounds.wait(key)
    assert bounds.wait("newest") == 10
    assert bounds.wait("old") == 0, "forgotten"
    assert len(bounds._buckets) == 2


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("8.8.8.8", ["198.51.100.7"], "8.8.8.8"),
        ("127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("::1", ["198.51.100.7"], "198.51.100.7"),
        ("172.17.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["192.0.2.66, 198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["192.0.2.66", "198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["not an address"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("2a00:1450:4001:81b::1", [], "2a00:1450:4001:81b::/64"),
        ("::ffff:8.8.4.4", ["198.51.100.7"], "8.8.4.4"),
    ],
)
def test_a_request_counts_for_its_peer_or_for_whom_a_near_proxy_names(peer: str, forwarded: list[str], counted: str) -> None:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    assert peer_of(Request({"type": "http", "client": (peer, 1), "headers": headers})) == counted


def test_who_has_no_address_counts_too() -> None:
    assert peer_of(Request({"type": "http", "client": None, "headers": []})) == "None"
