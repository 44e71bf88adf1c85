"""One attempt against a real HTTP peer: where it connects, whom it believes, and what it makes of answers and of none."""

import asyncio
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.hooks.post import LARGEST_ANSWER, Post, asked
from gateway.hooks.retry import Answer
from tests.hooks.receiver import hook, receiver
from tests.peers.authority import Authority

BODY = b'{"type":"ticket.created"}'


class Names:
    """Name servers that say one thing first and another thing later, and remember how often they were asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def test_it_is_posted_as_it_is_and_signed() -> None:
    async with receiver() as peer:
        assert await Post()(hook(peer.url), "msg_1", BODY) == Answer(204)
    [got] = peer.got
    assert (got.line, got.body, got.id) == ("POST /hook?desk=1 HTTP/1.1", BODY, "msg_1")
    assert got.headers["content-type"] == "application/json"
    assert got.headers["host"] == f"127.0.0.1:{peer.port}"
    assert got.headers["user-agent"].startswith("Deskgate/")
    assert got.verified() == {"type": "ticket.created"}


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", "10.1.2.3", "169.254.169.254", "fe80::1%eth0", "0.0.0.0"])
async def test_an_address_inside_is_not_connected_to_whatever_the_name_says(address: str) -> None:
    async with receiver() as peer:
        names = Names([address])
        answer = await Post(names)(hook(f"http://hooks.example.com:{peer.port}/", allow_private=False), "msg_1", BODY)
    assert answer.status is None
    assert answer.error.startswith(f"hooks.example.com: {address} is ")
    assert peer.got == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "2130706433", "0x7f.1", "127.1", "localhost"])
async def test_however_the_url_spells_this_machine(host: str) -> None:
    async with receiver() as peer:
        answer = await Post()(hook(f"http://{host}:{peer.port}/", allow_private=False), "msg_1", BODY)
    assert answer.status is None
    assert peer.got == []


async def test_a_name_that_changes_between_the_look_and_the_connection_gains_nothing() -> None:
    """DNS rebinding: the address that was looked at is the one that is connected to, and nobody is asked again."""
    async with receiver() as peer:
        # What is looked at is nobody's; what the name says from then on is the peer.
        names = Names(["2001:db8::1", "203.0.113.9"], ["127.0.0.1"])
        refused = await Post(names)(hook(f"http://rebind.example.com:{peer.port}/", allow_private=False), "msg_1", BODY)
        assert refused.status is None
        assert names.asked == [("rebind.example.com", peer.port)]
        # And the other way round: it goes where was looked, not where the name leads by now.
        names = Names(["127.0.0.1"], ["169.254.169.254"])
        assert (await Post(names)(hook(f"http://rebind.example.com:{peer.port}/"), "msg_2", BODY)).taken
        assert names.asked == [("rebind.example.com", peer.port)]
    assert [each.id for each in peer.got] == ["msg_2"]
    assert peer.got[0].headers["host"] == f"rebind.example.com:{peer.port}"


async def test_of_several_addresses_only_those_that_may_be_are_tried_and_the_next_where_nobody_listens() -> None:
    with socket.socket() as taken:
        # Bound and not listening: whoever connects is refused.
        taken.bind(("127.0.0.2", 0))
        async with receiver(port=taken.getsockname()[1]) as peer:
            names = Names(["169.254.169.254", "127.0.0.2", "127.0.0.1"])
            assert (await Post(names)(hook(f"http://several.example.com:{peer.port}/"), "msg_1", BODY)).taken


async def test_a_redirect_is_not_followed() -> None:
    async with receiver() as elsewhere, receiver() as peer:
        peer.fallback = f"HTTP/1.1 307 Go\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        answer = await Post()(hook(peer.url), "msg_1", BODY)
    assert (answer.status, answer.taken, elsewhere.got) == (307, False, [])
    assert "redirects are not followed" in answer.error


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiver() as proxy, receiver() as peer:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert (await Post()(hook(peer.url), "msg_1", BODY)).taken
    assert proxy.got == []


FOREVER = b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n" + b"%x\r\n" % (4 * LARGEST_ANSWER) + b"x" * 4 * LARGEST_ANSWER


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (500, 500, "it answered 500"),
        (None, None, "127.0.0.1"),
        (b"220 mail.example.com ESMTP\r\n", None, "127.0.0.1"),
        (b"HTTP/1.1 422 No\r\nContent-Length: 26\r\n\r\nno such\x1b[31m  \r\n customer", 422, "it answered 422: no such [31m customer"),
        (b"HTTP/1.1 400 No\r\nContent-Length: 100\r\n\r\nshort", 400, "it answered 400: short"),
        (FOREVER, 500, "it answered 500: xxx"),
        (b"HTTP/1.1 200 Yes\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbomb", 200, ""),
    ],
    ids=["a status", "it hangs up", "it is no web server", "it says why", "it breaks off", "it never ends", "it packs"],
)
async def test_whatever_is_answered_is_an_outcome(answer: int | bytes | None, status: int | None, error: str) -> None:
    async with receiver() as peer:
        peer.fallback = answer
        found = await Post()(hook(peer.url), "msg_1", BODY)
    assert found.status == status
    assert found.error.startswith(error)
    assert len(found.error) < 300


async def test_a_receiver_that_says_nothing_costs_no_more_than_its_time() -> None:
    async with receiver() as peer:
        peer.holding.clear()
        async with asyncio.timeout(30):
            assert await Post(seconds=0.3)(hook(peer.url), "msg_1", BODY) == Answer(None, "no answer within 0.3 s")


async def test_nobody_there_and_no_such_name_are_outcomes() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = await Post()(hook(f"http://127.0.0.1:{taken.getsockname()[1]}/"), "msg_1", BODY)
    assert nobody.status is None
    assert nobody.error.startswith("127.0.0.1: ")
    nameless = await Post()(hook("https://nobody.invalid/"), "msg_1", BODY)
    assert nameless.error.startswith("nobody.invalid: ")


async def test_over_tls_the_certificate_is_to_be_the_names_though_an_address_is_connected_to(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with receiver(authority.context("hooks.example.com")) as peer:

        async def post(host: str, ca: str | None) -> Answer:
            return await Post(Names(["127.0.0.1"]))(hook(f"https://{host}:{peer.port}/", ca=ca), host, BODY)

        assert await post("hooks.example.com", str(authority.pem)) == Answer(204)
        other = await post("other.example.com", str(authority.pem))
        stranger = await post("hooks.example.com", None)
    assert "certificate" in other.error.lower()
    assert "certificate" in stranger.error.lower()
    assert [each.id for each in peer.got] == ["hooks.example.com"]


NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Sun, 22 Nov 2026 12:01:00 GMT", 60.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("9" * 400, 999999999.0),
    ],
)
def test_how_long_a_receiver_asks_for(value: str | None, seconds: float | None) -> None:
    assert asked(value, NOW) == seconds
