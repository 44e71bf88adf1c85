"""Every answer and every fault of a relay, over real sockets."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.login import Login
from gateway.outbound.deliver import Relay, SmtpTransport
from gateway.outbound.delivery import Parcel
from gateway.outbound.directory import DirectoryTransport
from gateway.outbound.retry import Deferred, Delivered, Outcome, Refused
from tests.peers.certificates import self_signed
from tests.peers.smtp_peer import Fault, SmtpPeer, close, hang, reply, reset, slow
from tests.waiting import until

CONTENT = b"From: a@desk.test\r\nSubject: x\r\nMessage-ID: <x@desk.test>\r\n\r\n.dot\r\nbody\r\n..\r\n"
PARCEL = Parcel("1", "b@desk.test", ("client@client.test",), CONTENT)
TWO = replace(PARCEL, recipients=("a@client.test", "b@client.test"))


def relay_of(peer: SmtpPeer, **given: Any) -> Relay:
    defaults: dict[str, Any] = {"timeout": 20.0, "final_timeout": 20.0, "attempt": 60.0, "hostname": "desk.test"}
    return Relay(peer.host, peer.port, **defaults | given)


@contextlib.asynccontextmanager
async def transport_to(peer: SmtpPeer, **given: Any) -> AsyncIterator[SmtpTransport]:
    transport = SmtpTransport(relay_of(peer, **given))
    try:
        yield transport
    finally:
        await transport.aclose()


async def deliver(peer: SmtpPeer, parcel: Parcel = PARCEL, **given: Any) -> dict[str, Outcome]:
    async with transport_to(peer, **given) as transport:
        return dict(await transport.deliver(parcel))


async def test_a_letter_arrives_as_it_is_dots_and_all() -> None:
    async with SmtpPeer() as peer:
        assert await deliver(peer) == {"client@client.test": Delivered("250 2.0.0 taken")}
        [mail] = peer.messages
        assert (mail.reverse_path, mail.recipients, mail.content) == ("b@desk.test", ("client@client.test",), CONTENT)
        assert mail.options == (f"SIZE={len(CONTENT)}",)


async def test_the_null_reverse_path_goes_out_as_such() -> None:
    async with SmtpPeer() as peer:
        await deliver(peer, replace(PARCEL, reverse_path=""))
        assert peer.commands[1].startswith("MAIL FROM:<> ")


@pytest.mark.parametrize("command", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "END"])
@pytest.mark.parametrize(
    "fault", [reply("421 4.3.2 closing"), reply("451 4.3.0 later"), hang(), close(), reset()], ids=lambda f: f.kind + f.text[:3]
)
async def test_a_passing_trouble_at_any_command_defers_the_letter(command: str, fault: Fault) -> None:
    async with SmtpPeer() as peer:
        peer.on(command, fault)
        if command == "EHLO":
            peer.on("HELO", fault)
        bounds: dict[str, Any] = {"timeout": 0.8, "final_timeout": 0.8} if fault.kind == "hang" else {}
        outcome = (await deliver(peer, **bounds))["client@client.test"]
        assert isinstance(outcome, Deferred)
        assert outcome.unanswered is (command == "END" and fault.kind != "reply")
        assert outcome.unreachable is (command in ("CONNECT", "EHLO"))
        assert outcome.reply
        assert peer.messages == []


@pytest.mark.parametrize("after", [0, 1, 17, 63, len(CONTENT)])
@pytest.mark.parametrize("fault", [close, reset])
async def test_a_connection_that_breaks_within_the_content_defers_the_letter(fault: Any, after: int) -> None:
    async with SmtpPeer() as peer:
        peer.on("CONTENT", fault(after=after))
        assert isinstance((await deliver(peer))["client@client.test"], Deferred)
        assert peer.messages == []


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "END"])
async def test_a_5yz_about_the_letter_refuses_it(command: str) -> None:
    async with SmtpPeer() as peer:
        peer.on(command, reply("550 5.7.1 never"))
        assert await deliver(peer) == {"client@client.test": Refused("550 5.7.1 never")}


@pytest.mark.parametrize("command", ["CONNECT", "EHLO"])
async def test_a_5yz_about_the_session_is_no_fault_of_the_letter(command: str) -> None:
    async with SmtpPeer() as peer:
        peer.on(command, reply("554 5.7.1 not you"))
        peer.on("HELO", reply("554 5.7.1 not you"))
        assert await deliver(peer) == {"client@client.test": Deferred("554 5.7.1 not you", 554, unreachable=True)}


async def test_one_recipient_is_refused_and_the_other_gets_the_letter() -> None:
    async with SmtpPeer() as peer:
        peer.on("RCPT", reply("550 5.1.1 nobody"), matching=lambda address: address == "a@client.test")
        outcomes = await deliver(peer, TWO)
        assert outcomes == {"a@client.test": Refused("550 5.1.1 nobody"), "b@client.test": Delivered("250 2.0.0 taken")}
        assert peer.messages[0].recipients == ("b@client.test",)


async def test_each_recipient_has_an_outcome_of_its_own_when_the_content_is_refused() -> None:
    async with SmtpPeer() as peer:
        peer.on("RCPT", reply("450 4.2.1 greylisted"), matching=lambda address: address == "a@client.test")
        peer.on("END", reply("554 5.6.0 spam"))
        outcomes = await deliver(peer, TWO)
        assert outcomes == {"a@client.test": Deferred("450 4.2.1 greylisted", 450), "b@client.test": Refused("554 5.6.0 spam")}


async def test_a_421_at_a_recipient_defers_those_before_and_after_it() -> None:
    async with SmtpPeer() as peer:
        peer.on("RCPT", reply("421 4.7.0 too many"), matching=lambda address: address == "b@client.test")
        outcomes = await deliver(peer, TWO)
        assert set(outcomes.values()) == {Deferred("421 4.7.0 too many", 421)}


async def test_multiline_replies_are_kept_whole() -> None:
    async with SmtpPeer() as peer:
        peer.on("RCPT", reply("550-5.1.1 no such\r\n550 5.1.1 user"))
        assert await deliver(peer) == {"client@client.test": Refused("550 5.1.1 no such\n5.1.1 user")}


async def test_what_is_no_smtp_reply_defers_the_letter() -> None:
    async with SmtpPeer() as peer:
        peer.on("MAIL", reply("HTTP/1.1 400 Bad Request"))
        assert isinstance((await deliver(peer))["client@client.test"], Deferred)


async def test_nobody_listening_is_unreachable() -> None:
    peer = SmtpPeer()
    await peer.start()
    await peer.stop()
    outcome = (await deliver(peer))["client@client.test"]
    assert isinstance(outcome, Deferred)
    assert outcome.unreachable
    assert str(peer.port) in outcome.reply


async def test_an_attempt_has_its_time_whatever_the_relay_does() -> None:
    async with SmtpPeer() as peer:
        peer.on("RCPT", slow(0.3))
        outcomes = await deliver(peer, replace(PARCEL, recipients=tuple(f"{n}@client.test" for n in range(20))), attempt=0.8)
        assert set(outcomes.values()) == {Deferred("the attempt took longer than 1 s")}
        assert peer.messages == []


async def test_a_hang_after_the_final_dot_may_have_delivered() -> None:
    async with SmtpPeer() as peer:
        peer.on("END", hang())
        outcome = (await deliver(peer, attempt=1.0))["client@client.test"]
        assert isinstance(outcome, Deferred)
        assert outcome.unanswered


async def test_a_large_letter_to_a_relay_that_breaks_midway_cannot_be_a_duplicate() -> None:
    large = replace(PARCEL, content=CONTENT + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 400_000)
    async with SmtpPeer() as peer:
        peer.on("CONTENT", reset(after=1000))
        outcome = (await deliver(peer, large))["client@client.test"]
        assert isinstance(outcome, Deferred)
        assert not outcome.unanswered


async def test_a_relay_that_answers_before_the_dot_is_heard() -> None:
    large = replace(PARCEL, content=CONTENT + (b"y" * 70 + b"\r\n") * 400_000)
    async with SmtpPeer() as peer:
        peer.on("CONTENT", replace(reply("552 5.3.4 too big"), after=100))
        outcome = (await deliver(peer, large))["client@client.test"]
        assert outcome == Refused("552 5.3.4 too big")


async def test_letters_share_a_connection() -> None:
    async with SmtpPeer() as peer, transport_to(peer) as transport:
        for _ in range(5):
            await transport.deliver(PARCEL)
        assert (len(peer.messages), peer.connections) == (5, 1)


async def test_a_connection_is_given_up_after_its_share_of_letters() -> None:
    async with SmtpPeer() as peer, transport_to(peer, letters_a_connection=2) as transport:
        for _ in range(5):
            await transport.deliver(PARCEL)
        assert (len(peer.messages), peer.connections) == (5, 3)


async def test_a_refused_letter_leaves_the_connection_fit_for_the_next() -> None:
    async with SmtpPeer() as peer, transport_to(peer) as transport:
        for command in ("MAIL", "RCPT", "DATA", "END"):
            peer.on(command, reply("550 5.0.0 no"), times=1)
            assert isinstance((await transport.deliver(PARCEL))["client@client.test"], Refused)
        assert isinstance((await transport.deliver(PARCEL))["client@client.test"], Delivered)
        assert peer.connections == 1


@pytest.mark.parametrize("fault", [close(), reset(), reply("421 4.4.2 idle for too long")], ids=["close", "reset", "421"])
async def test_a_kept_connection_that_the_relay_ended_costs_no_attempt(fault: Fault) -> None:
    async with SmtpPeer() as peer, transport_to(peer) as transport:
        await transport.deliver(PARCEL)
        peer.on("MAIL", fault, times=1)
        assert isinstance((await transport.deliver(PARCEL))["client@client.test"], Delivered)
        assert (len(peer.messages), peer.connections) == (2, 2)


async def test_idle_connections_are_quit() -> None:
    async with SmtpPeer() as peer, transport_to(peer, idle=0.05) as transport:
        await transport.deliver(PARCEL)
        await until(lambda: not peer.open_connections)
        assert peer.commands[-1] == "QUIT"


async def test_no_more_connections_are_opened_than_allowed() -> None:
    async with SmtpPeer() as peer, transport_to(peer, connections=3) as transport:
        peer.on("END", slow(0.02))
        outcomes = await asyncio.gather(*(transport.deliver(PARCEL) for _ in range(20)))
        assert all(isinstance(each["client@client.test"], Delivered) for each in outcomes)
        assert peer.most_open_connections <= 3


async def test_a_letter_that_finds_no_place_is_given_back_untried() -> None:
    async with SmtpPeer() as peer, transport_to(peer, connections=1, patience=0.05) as transport:
        peer.on("MAIL", slow(1.0), times=1)
        first = asyncio.create_task(transport.deliver(PARCEL))
        await until(lambda: peer.open_connections)
        outcome = (await transport.deliver(PARCEL))["client@client.test"]
        assert isinstance(outcome, Deferred)
        assert (outcome.busy, outcome.unreachable) == (True, False)
        assert outcome.after is not None
        assert isinstance((await first)["client@client.test"], Delivered)
        assert isinstance((await transport.deliver(PARCEL))["client@client.test"], Delivered)
        assert peer.connections == 1


async def test_a_cancelled_delivery_leaves_no_half_transaction_behind() -> None:
    async with SmtpPeer() as peer, transport_to(peer, connections=1) as transport:
        peer.on("RCPT", hang(), times=1)
        task = asyncio.create_task(transport.deliver(PARCEL))
        await until(lambda: any(each.startswith("RCPT") for each in peer.commands))
        task.cancel()
        assert isinstance((await transport.deliver(PARCEL))["client@client.test"], Delivered)
        assert peer.connections == 2


async def test_a_letter_beyond_the_announced_size_is_refused_without_being_sent() -> None:
    async with SmtpPeer(extensions=("SIZE 10",)) as peer:
        outcome = (await deliver(peer))["client@client.test"]
        assert isinstance(outcome, Refused)
        assert "552 5.3.4" in outcome.reply
        assert not any(line.startswith("MAIL") for line in peer.commands)


async def test_smtputf8_is_asked_for_where_an_address_needs_it() -> None:
    parcel = replace(PARCEL, recipients=("анна@пример.рф",), smtputf8=True)
    async with SmtpPeer() as peer:
        assert isinstance((await deliver(peer, parcel))["анна@пример.рф"], Delivered)
        assert peer.messages[0].recipients == ("анна@xn--e1afmkfd.xn--p1ai",)
        assert "SMTPUTF8" in peer.messages[0].options
    async with SmtpPeer(extensions=("8BITMIME",)) as peer:
        outcome = (await deliver(peer, parcel))["анна@пример.рф"]
        assert isinstance(outcome, Refused)
        assert "5.6.7" in outcome.reply


async def test_the_login_is_used_and_a_wrong_one_lets_letters_wait() -> None:
    async with SmtpPeer(users={"desk": "s3cret"}) as peer:
        assert isinstance((await deliver(peer, login=Login("desk", password="s3cret")))["client@client.test"], Delivered)
        assert peer.messages[0].login == "desk"
        wrong: list[dict[str, Any]] = [{"login": Login("desk", password="wrong")}, {}]
        for given in wrong:
            outcome = (await deliver(peer, **given))["client@client.test"]
            assert isinstance(outcome, Deferred)
            assert outcome.unreachable
            assert "s3cret" not in outcome.reply


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate of 127.0.0.1 with its key."""
    return self_signed(tmp_path_factory.mktemp("tls") / "peer.pem", "peer.test")


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_tls_is_spoken_and_the_certificate_verified(security: str, certificate: Path) -> None:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=certificate)
    async with SmtpPeer(tls=server, implicit_tls=security == "tls") as peer:
        assert isinstance((await deliver(peer, security=security, tls=trusting))["client@client.test"], Delivered)
        assert peer.messages[0].tls
        outcome = (await deliver(peer, security=security))["client@client.test"]
        assert isinstance(outcome, Deferred)
        assert outcome.unreachable
        assert "certificate" in outcome.reply
        assert len(peer.messages) == 1


async def test_a_relay_that_does_not_offer_starttls_gets_nothing() -> None:
    async with SmtpPeer() as peer:
        outcome = (await deliver(peer, security="starttls"))["client@client.test"]
        assert isinstance(outcome, Deferred)
        assert not any(line.startswith(("MAIL", "AUTH")) for line in peer.commands)


async def test_a_directory_gets_a_file_a_recipient_and_the_same_at_a_second_attempt(tmp_path: Path) -> None:
    transport = DirectoryTransport(tmp_path / "out")
    parcel = replace(TWO, name="00000007", recipients=("a@client.test", "../Ünsafe/@client.test"))
    for _ in range(2):
        outcomes = await transport.deliver(parcel)
        assert all(isinstance(each, Delivered) for each in outcomes.values())
    first, second = sorted((tmp_path / "out").iterdir())
    assert first.name.startswith("00000007-.._")
    assert second.name == "00000007-a@client.test.eml"
    assert second.read_bytes() == b"Return-Path: <b@desk.test>\r\nDelivered-To: a@client.test\r\n" + CONTENT
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


async def test_a_directory_that_cannot_be_written_defers_the_letter(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    outcome = (await DirectoryTransport(tmp_path / "file").deliver(PARCEL))["client@client.test"]
    assert isinstance(outcome, Deferred)
    assert outcome.unreachable
