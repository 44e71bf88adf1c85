"""What is asked of a server by what it offers, and what is done with its second thoughts."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.outbound.commands import pieces, sayable, xtext
from gateway.outbound.deliver import Relay, SmtpTransport
from gateway.outbound.delivery import Parcel
from gateway.outbound.retry import Deferred, Delivered, Outcome, Refused
from tests.peers.smtp_peer import SmtpPeer, close, reply, reset

A, B, C, D = (f"{each}@client.test" for each in "abcd")
CONTENT = b"From: d@desk.test\r\nMessage-ID: <x@desk.test>\r\n\r\nbody\r\n"
PARCEL = Parcel("00000007", "b@desk.test", (A,), CONTENT)
EIGHT_BIT = "From: d@desk.test\r\n\r\nпривет\r\n".encode()


@contextlib.asynccontextmanager
async def transport_to(peer: SmtpPeer, **given: Any) -> AsyncIterator[SmtpTransport]:
    defaults: dict[str, Any] = {"timeout": 20.0, "final_timeout": 20.0, "attempt": 60.0, "hostname": "desk.test"}
    transport = SmtpTransport(Relay(peer.host, peer.port, **defaults | given))
    try:
        yield transport
    finally:
        await transport.aclose()


async def deliver(peer: SmtpPeer, parcel: Parcel = PARCEL, **given: Any) -> dict[str, Outcome]:
    async with transport_to(peer, **given) as transport:
        return dict(await transport.deliver(parcel))


def mails(peer: SmtpPeer) -> list[str]:
    return [each for each in peer.commands if each.startswith("MAIL")]


async def test_the_envelope_goes_in_one_write_where_pipelining_is_offered() -> None:
    seen: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for said in (b"220 here", b"250-here\r\n250 PIPELINING", b"250 a\r\n250 b\r\n550 5.1.1 c\r\n354 go", b"250 taken"):
            writer.write(said + b"\r\n")
            seen.append(await reader.read(65536))
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1") as server:
        transport = SmtpTransport(Relay("127.0.0.1", server.sockets[0].getsockname()[1], hostname="desk.test", timeout=20.0))
        outcomes = await transport.deliver(replace(PARCEL, recipients=(A, B)))
        await transport.aclose()
    assert [type(outcomes[each]) for each in (A, B)] == [Delivered, Refused]
    assert seen[1] == f"MAIL FROM:<b@desk.test>\r\nRCPT TO:<{A}>\r\nRCPT TO:<{B}>\r\nDATA\r\n".encode()
    assert seen[2] == CONTENT + b".\r\n"


async def test_data_that_is_taken_for_nobody_gets_an_empty_letter() -> None:
    """RFC 2920 §3.1."""
    async with SmtpPeer(takes_letters_to_nobody=True) as peer, transport_to(peer) as transport:
        peer.on("RCPT", reply("550 5.1.1 nobody"), times=2)
        outcomes = await transport.deliver(replace(PARCEL, recipients=(A, B)))
        assert set(outcomes.values()) == {Refused("550 5.1.1 nobody")}
        assert [(each.recipients, each.content) for each in peer.messages] == [((), b"")]
        assert isinstance((await transport.deliver(PARCEL))[A], Delivered)
        assert (peer.messages[1].content, peer.connections) == (CONTENT, 2)


async def test_a_refused_sender_is_a_refused_letter_whatever_data_is_answered() -> None:
    async with SmtpPeer(takes_letters_to_nobody=True) as peer:
        peer.on("MAIL", reply("550 5.7.1 not from you"))
        assert await deliver(peer) == {A: Refused("550 5.7.1 not from you")}


async def test_reports_are_asked_for_where_the_server_can_make_them() -> None:
    async with SmtpPeer(extensions=("DSN", "PIPELINING")) as peer:
        await deliver(peer, replace(PARCEL, name="00000007+x", recipients=("plus+tag=1@client.test",)))
        await deliver(peer, replace(PARCEL, reverse_path=""))
        first, second = peer.messages
    assert first.options == ("RET=HDRS", "ENVID=00000007+2Bx")
    assert first.recipient_options == (("NOTIFY=FAILURE,DELAY", "ORCPT=rfc822;plus+2Btag+3D1@client.test"),)
    assert second.recipient_options == (("NOTIFY=NEVER", f"ORCPT=rfc822;{A}"),)


async def test_an_address_beyond_ascii_is_named_to_reports_as_such() -> None:
    async with SmtpPeer(extensions=("DSN", "SMTPUTF8", "8BITMIME")) as peer:
        await deliver(peer, replace(PARCEL, recipients=("анна@client.test",), smtputf8=True))
        [mail] = peer.messages
    original = r"\x{430}\x{43D}\x{43D}\x{430}@client.test"
    assert mail.recipient_options == (("NOTIFY=FAILURE,DELAY", f"ORCPT=utf-8;{original}"),)
    assert mail.options == ("SMTPUTF8", "RET=HDRS", "ENVID=00000007")


async def test_8_bit_goes_where_it_is_offered_alone() -> None:
    async with SmtpPeer(extensions=("8BITMIME",)) as peer:
        assert isinstance((await deliver(peer, replace(PARCEL, content=EIGHT_BIT)))[A], Delivered)
        assert peer.messages[0].options == ("BODY=8BITMIME",)
    async with SmtpPeer(extensions=()) as peer:
        outcome = (await deliver(peer, replace(PARCEL, content=EIGHT_BIT)))[A]
        assert isinstance(outcome, Refused)
        assert "5.6.3" in outcome.reply
        assert mails(peer) == []


async def test_smtputf8_without_8bitmime_is_none() -> None:
    async with SmtpPeer(extensions=("SMTPUTF8",)) as peer:
        outcomes = await deliver(peer, replace(PARCEL, content=EIGHT_BIT, smtputf8=True, plain=CONTENT))
        assert isinstance(outcomes[A], Delivered)
        assert (peer.messages[0].content, peer.messages[0].options) == (CONTENT, ())


@pytest.mark.parametrize("code", ["500", "501", "502", "503", "504", "555"])
async def test_a_server_that_refuses_its_own_parameters_is_asked_without(code: str) -> None:
    async with SmtpPeer(extensions=("SIZE 1000", "DSN", "PIPELINING")) as peer, transport_to(peer) as transport:
        peer.on("MAIL", reply(f"{code} 5.5.4 no parameters"), matching=lambda argument: "SIZE" in argument)
        for _ in range(2):
            assert isinstance((await transport.deliver(PARCEL))[A], Delivered)
        assert [each.partition("> ")[2] for each in mails(peer)] == [f"SIZE={len(CONTENT)} RET=HDRS ENVID=00000007", "", ""]
        assert peer.connections == 1


async def test_a_server_that_closes_at_its_own_parameters_is_asked_in_another_session() -> None:
    async with SmtpPeer(extensions=("SIZE 1000",)) as peer:
        peer.on("MAIL", reply("501 5.5.4 no parameters"), matching=lambda argument: "SIZE" in argument)
        peer.on("RSET", close(), times=1)
        assert isinstance((await deliver(peer))[A], Delivered)
        assert peer.connections == 2


async def test_parameters_refused_at_one_recipient_cost_the_others_nothing() -> None:
    async with SmtpPeer(extensions=("DSN", "PIPELINING")) as peer:
        peer.on("RCPT", reply("501 5.5.4 what is NOTIFY?"), times=1)
        outcomes = await deliver(peer, replace(PARCEL, recipients=(A, B)))
        assert all(isinstance(each, Delivered) for each in outcomes.values())
        assert [(each.recipients, bool(each.recipient_options[0])) for each in peer.messages] == [((B,), True), ((A,), False)]


async def test_a_parameter_that_the_letter_needs_is_not_given_up() -> None:
    async with SmtpPeer(extensions=("8BITMIME", "SIZE 1000")) as peer:
        peer.on("MAIL", reply("501 5.5.4 no"))
        assert isinstance((await deliver(peer, replace(PARCEL, content=EIGHT_BIT)))[A], Refused)
        assert [each.partition("> ")[2] for each in mails(peer)] == [f"SIZE={len(EIGHT_BIT)} BODY=8BITMIME", "BODY=8BITMIME"]


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
@pytest.mark.parametrize("answer", ["452 4.5.3 two are enough", "452 too many", "552 too many", "550 5.5.3 too many"])
async def test_too_many_recipients_get_the_letter_in_more_transactions(answer: str, extensions: tuple[str, ...]) -> None:
    """RFC 5321 §4.5.3.1.10."""
    recipients = tuple(f"{number}@client.test" for number in range(7))
    async with SmtpPeer(extensions=extensions) as peer:
        peer.on("RCPT", reply(answer), matching=lambda _address: peer.commands[::-1].index(mails(peer)[-1]) > 2)
        outcomes = await deliver(peer, replace(PARCEL, recipients=recipients))
        assert all(isinstance(each, Delivered) for each in outcomes.values())
        assert peer.connections == 1
        assert sorted(address for each in peer.messages for address in each.recipients) == sorted(recipients)
        assert len(peer.messages) > 2


async def test_a_full_mailbox_is_no_crowd() -> None:
    async with SmtpPeer() as peer:
        peer.on("RCPT", reply("452 4.2.2 mailbox full"), matching=lambda address: address == B)
        outcomes = await deliver(peer, replace(PARCEL, recipients=(A, B)))
        assert outcomes[B] == Deferred("452 4.2.2 mailbox full", 452)
        assert len(mails(peer)) == 1


def lighter(limit: int | None = None, *, plain: bool = False) -> bytes:
    return CONTENT


HEAVY = replace(PARCEL, content=CONTENT + b"file\r\n" * 100, lighter=lighter)


@pytest.mark.parametrize("limit", [{"extensions": ("SIZE 200",)}, {"max_size": 200}])
async def test_a_letter_that_is_too_large_goes_lighter(limit: dict[str, Any]) -> None:
    async with SmtpPeer(extensions=limit.get("extensions", ("SIZE",))) as peer:
        given = {"max_size": limit["max_size"]} if "max_size" in limit else {}
        assert isinstance((await deliver(peer, HEAVY, **given))[A], Delivered)
        assert peer.messages[0].content == CONTENT
        without = (await deliver(peer, replace(HEAVY, lighter=None), **given))[A]
        assert isinstance(without, Refused)
        assert "552 5.3.4" in without.reply


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "END"])
@pytest.mark.parametrize("answer", ["552 5.3.4 too large", "554 5.3.4 too large", "550 5.2.3 too large for this mailbox"])
async def test_a_letter_that_is_refused_for_its_size_goes_lighter_at_once(command: str, answer: str, extensions: tuple[str, ...]) -> None:
    async with SmtpPeer(extensions=extensions) as peer:
        peer.on(command, reply(answer), times=1)
        assert isinstance((await deliver(peer, HEAVY))[A], Delivered)
        assert peer.messages[0].content == CONTENT
    async with SmtpPeer(extensions=extensions) as peer:
        peer.on(command, reply(answer))
        assert await deliver(peer, HEAVY) == {A: Refused(answer)}
        assert len(mails(peer)) == 2


async def test_only_those_get_it_lighter_who_have_to() -> None:
    async with SmtpPeer() as peer:
        peer.on("RCPT", reply("552 5.2.3 too large for this mailbox"), times=1, matching=lambda address: address == B)
        outcomes = await deliver(peer, replace(HEAVY, recipients=(A, B)))
        assert all(isinstance(each, Delivered) for each in outcomes.values())
        assert [(each.recipients, each.content) for each in peer.messages] == [((A,), HEAVY.content), ((B,), CONTENT)]


async def test_a_server_that_hangs_up_on_size_gets_it_lighter_in_another_session() -> None:
    large = replace(HEAVY, content=CONTENT + (b"y" * 70 + b"\r\n") * 100_000)
    async with SmtpPeer() as peer:
        peer.on("CONTENT", replace(reply("552 5.3.4 too big"), after=100), times=1)
        assert isinstance((await deliver(peer, large))[A], Delivered)
        assert (peer.messages[0].content, peer.connections) == (CONTENT, 2)


async def test_a_letter_is_made_lighter_beside_the_event_loop() -> None:
    """What stays in it may be tens of megabytes: others go on meanwhile."""
    others = asyncio.Event()
    loop = asyncio.get_running_loop()

    def waiting_for_others(limit: int | None = None, *, plain: bool = False) -> bytes:
        assert asyncio.run_coroutine_threadsafe(others.wait(), loop).result(60)
        return CONTENT

    async with SmtpPeer(extensions=("SIZE 200",)) as peer, asyncio.TaskGroup() as tasks:
        delivery = tasks.create_task(deliver(peer, replace(HEAVY, lighter=waiting_for_others)))
        await asyncio.sleep(0.1)
        others.set()
        assert isinstance((await delivery)[A], Delivered)


async def test_an_attempt_that_ends_while_the_letter_is_made_lighter_is_no_possible_duplicate() -> None:
    """The final dot was answered with 552: the server has nothing."""
    begun, go_on = threading.Event(), threading.Event()

    def slow(limit: int | None = None, *, plain: bool = False) -> bytes:
        begun.set()
        go_on.wait(60)
        return CONTENT

    async with SmtpPeer() as peer:
        peer.on("END", reply("552 5.3.4 too large"), times=1)
        try:
            outcomes = await deliver(peer, replace(HEAVY, lighter=slow), attempt=1.4)
        finally:
            go_on.set()
        assert begun.is_set()
        assert outcomes == {A: Deferred("the attempt took longer than 1 s")}
        assert peer.messages == []


async def test_what_was_said_of_one_recipient_stays_when_the_session_breaks() -> None:
    async with SmtpPeer(extensions=()) as peer:
        peer.on("RCPT", reply("550 5.1.1 nobody"), matching=lambda address: address == A)
        peer.on("RCPT", reset(), matching=lambda address: address == B)
        outcomes = await deliver(peer, replace(PARCEL, recipients=(A, B)))
        assert outcomes[A] == Refused("550 5.1.1 nobody")
        assert isinstance(outcomes[B], Deferred)


async def test_a_farewell_to_a_session_that_waits_costs_no_attempt() -> None:
    async with SmtpPeer(extensions=("PIPELINING",)) as peer, transport_to(peer) as transport:
        peer.on("END", reply("250 2.0.0 taken\r\n421 4.4.2 idle"), times=1)
        for _ in range(2):
            assert isinstance((await transport.deliver(PARCEL))[A], Delivered)
        assert (len(peer.messages), peer.connections) == (2, 2)


async def test_an_address_that_would_break_the_line_is_refused_unsaid() -> None:
    async with SmtpPeer() as peer:
        outcomes = await deliver(peer, replace(PARCEL, recipients=("x@y.test>\r\nDATA\r\n<z", A)))
        assert [type(outcomes[each]) for each in ("x@y.test>\r\nDATA\r\n<z", A)] == [Refused, Delivered]
        assert peer.messages[0].recipients == (A,)
        assert isinstance((await deliver(peer, replace(PARCEL, reverse_path="a b@desk.test")))[A], Refused)


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("a@b.test", True),
        ("", True),
        ('"a b"@b.test', True),
        ("a b@b.test", False),
        ("a\r\n@b.test", False),
        ("a>@b.test", False),
        ("я@b.test", True),
    ],
)
def test_whether_an_address_can_be_said(address: str, fine: bool) -> None:
    assert sayable(address) is fine


def test_xtext() -> None:
    assert xtext("a+b=c d") == "a+2Bb+3Dc+20d"


@given(content=st.text("\r\n.ab", max_size=60).map(str.encode), size=st.integers(1, 20))
def test_content_in_pieces_is_what_it_is_in_one(content: bytes, size: int) -> None:
    cut = list(pieces(content, size))
    assert [last for _, last in cut] == [False] * (len(cut) - 1) + [True]
    joined = b"".join(piece for piece, _ in cut)
    assert joined.endswith(b".\r\n")
    body = joined[:-3]
    undone = (
        b"".join(line.removeprefix(b".") for line in body.splitlines(keepends=True)) if b"\r" not in content.replace(b"\r\n", b"") else None
    )
    if undone is not None and (content.endswith(b"\r\n") or not content):
        assert undone == content
    # Nothing before the end can be taken for the end, by whatever line ends a server goes.
    assert b"\n.\r\n" not in body
    assert b"\n.\n" not in body
