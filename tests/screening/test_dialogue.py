"""What peers hear, and what is kept of it: by SMTP, with a name server and scanners on loopback."""

import asyncio
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from gateway.domain.envelope import Entry
from gateway.ingress import replies
from gateway.ingress.checks.policy import DnsList, Greylisting, Place, Policy, Scanner
from storage import inbound
from tests.auth.nameserver import Zone
from tests.ingress.conftest import Listener
from tests.screening.conftest import Counted, Screened
from tests.screening.scanner_peer import SPAM, ScannerPeer
from tests.waiting import until

LISTED: dict[tuple[str, str], Any] = {("1.0.0.127.bad.test", "A"): ["127.0.0.4"]}
NAMED: dict[tuple[str, str], Any] = {("1.0.0.127.in-addr.arpa", "PTR"): ["mail.client.test"], ("mail.client.test", "A"): ["127.0.0.1"]}
CONTENT = b"Subject: Hi\r\n\r\nText\r\n.\r\n"


def bad(action: Any, **more: Any) -> DnsList:
    return DnsList("bad.test", action, **more)


async def offered(listener: Listener, reverse_path: str = "ann@client.test", recipient: str = "support@example.com") -> str:
    """The reply to RCPT, or to the content where that was taken."""
    async with listener.client() as client:
        await client.hello()
        assert (await client.say(f"MAIL FROM:<{reverse_path}>")).startswith("250")
        reply = await client.say(f"RCPT TO:<{recipient}>")
        if not reply.startswith("250"):
            return reply
        reply = await client.say("DATA")
        return await client.say(CONTENT) if reply.startswith("354") else reply


@pytest.mark.parametrize(
    ("policy", "zone", "reply"),
    [
        (Policy(lists=(bad("reject"),)), LISTED, "550 5.7.1 127.0.0.1 is listed by bad.test"),
        (
            Policy(lists=(bad("reject", reply="see https://desk.test/?ip={address}"),)),
            LISTED,
            "550 5.7.1 127.0.0.1 is listed by bad.test: see https://desk.test/?ip=127.0.0.1",
        ),
        (Policy(lists=(bad("reject", reply="x" * 500),)), LISTED, "550 5.7.1 Your address is listed"),
        (Policy(lists=(bad("defer"),)), LISTED, "451 4.7.1 127.0.0.1 is listed by bad.test"),
        (Policy(lists=(bad("tag"),)), LISTED, "250 2.0.0"),
        (Policy(lists=(bad("reject"),)), {}, "250 2.0.0"),
        (Policy(lists=(bad("reject"),), dns_seconds=0.2), {("1.0.0.127.bad.test", "A"): "silent"}, "250 2.0.0"),
        # Of two that are at odds the good list wins, and of two bad ones the one that is final.
        (
            Policy(lists=(bad("reject"), DnsList("good.test", "accept"))),
            LISTED | {("1.0.0.127.good.test", "A"): ["127.0.9.2"]},
            "250 2.0.0",
        ),
        (Policy(lists=(DnsList("slow.test", "defer"), bad("reject"))), LISTED | {("1.0.0.127.slow.test", "A"): ["127.0.0.2"]}, "550 5.7.1"),
        (Policy(reverse_dns="reject"), {}, "550 5.7.25 Your address has no name"),
        (Policy(reverse_dns="defer"), {}, "451 4.7.25 Your address has no name"),
        (Policy(reverse_dns="tag"), {}, "250 2.0.0"),
        (Policy(reverse_dns="reject"), NAMED, "250 2.0.0"),
        (Policy(reverse_dns="reject", dns_seconds=0.2), {("1.0.0.127.in-addr.arpa", "PTR"): "silent"}, "250 2.0.0"),
        (Policy(lists=(bad("reject"),), reverse_dns="reject", exempt=(ip_network("127.0.0.0/8"),)), LISTED, "250 2.0.0"),
    ],
)
async def test_a_peer_hears_what_the_policy_says_of_it(screened: Screened, policy: Policy, zone: Zone, reply: str) -> None:
    listener = await screened(policy, zone)
    assert (await offered(listener)).startswith(reply)
    assert len(await listener.kept()) == reply.startswith("250")


async def test_postmaster_hears_everybody_and_who_is_unknown_stays_unknown(screened: Screened) -> None:
    listener = await screened(Policy(lists=(bad("reject"),), greylisting=Greylisting()), LISTED)
    assert (await offered(listener, recipient="postmaster")).startswith("250 2.0.0")
    assert (await offered(listener, recipient="Postmaster@example.com")).startswith("250 2.0.0")
    assert (await offered(listener, recipient="nobody@example.com")).startswith("550 5.1.1")


async def test_what_was_found_stands_on_the_row_and_the_name_in_received(screened: Screened) -> None:
    listener = await screened(Policy(lists=(bad("tag", score=2.5),), reverse_dns="tag"), LISTED | NAMED)
    await offered(listener)
    (row,) = await listener.kept()
    assert row.screening == {
        "notes": ["dns list: listed in bad.test (127.0.0.4)", "reverse dns: mail.client.test"],
        "spam_score": 2.5,
        "hold": None,
        "threat": False,
    }
    assert row.peer["host"] == "mail.client.test"
    async with listener.sessions.begin() as session:
        content = await inbound.content_of(session, row.id)
        (claimed,) = await inbound.claim(session, "worker", 10, 20.0)
    assert content is not None
    assert b"Received: from client.test (mail.client.test [127.0.0.1])\r\n\tby mx.example.com" in content
    found = claimed.envelope.screening
    assert found is not None
    assert (found.notes, found.spam_score) == (tuple(row.screening["notes"]), 2.5)
    assert claimed.envelope.peer.host == "mail.client.test"


async def test_with_nothing_switched_on_nothing_is_recorded(screened: Screened) -> None:
    listener = await screened(Policy())
    await offered(listener)
    (row,) = await listener.kept()
    assert row.screening == {"notes": [], "spam_score": None, "hold": None, "threat": False}
    assert "host" not in row.peer


async def test_a_refused_peer_is_told_of_in_the_log_once_a_session_and_counted(screened: Screened) -> None:
    counted = Counted()
    listener = await screened(Policy(lists=(bad("reject"),)), LISTED, counted)
    with capture_logs() as logs:
        async with listener.client() as client:
            await client.hello()
            await client.say("MAIL FROM:<a@b.test>")
            for _ in range(3):
                assert (await client.say("RCPT TO:<support@example.com>")).startswith("550 5.7.1")
    (told,) = (each for each in logs if each["event"] == "peer refused")
    assert (told["peer"], told["why"]) == ("127.0.0.1", "dns list: listed in bad.test (127.0.0.4)")
    assert counted == [("peer", "listed"), *[("dns_list", "refused")] * 3]


async def test_dns_is_asked_while_the_peer_still_talks(screened: Screened) -> None:
    """So that the recipient's reply waits for what is left of the time alone."""
    listener = await screened(Policy(lists=(bad("reject"),), dns_seconds=2.5), {("1.0.0.127.bad.test", "A"): "silent"})
    async with listener.client() as client:
        await client.hello()
        await client.say("MAIL FROM:<a@b.test>")
        await asyncio.sleep(2.5)
        async with asyncio.timeout(2):
            assert (await client.say("RCPT TO:<support@example.com>")).startswith("250")


async def test_by_lmtp_no_peer_is_asked_about_but_content_is_scanned(screened: Screened) -> None:
    async with ScannerPeer("clamd", SPAM["clamd"]) as clamd:
        policy = Policy(lists=(bad("reject"),), greylisting=Greylisting(), scanners=(clamd.scanner(),))
        listener = await screened(policy, LISTED, entry=Entry.LMTP)
        async with listener.client() as client:
            await client.hello("LHLO client.test")
            assert (await client.message()) == replies.INFECTED.wire.decode().strip()


async def minutes_pass(listener: Listener) -> None:
    async with listener.sessions.begin() as session:
        await session.execute(
            text("UPDATE greylist SET first_seen = first_seen - interval '6 min', last_seen = last_seen - interval '6 min'")
        )


async def test_a_stranger_is_asked_to_come_back_and_then_taken(screened: Screened) -> None:
    counted = Counted()
    listener = await screened(Policy(greylisting=Greylisting()), counted=counted)
    assert (await offered(listener)).startswith("451 4.7.1 Greylisted")
    await minutes_pass(listener)
    assert (await offered(listener, recipient="support+x@example.com")).startswith("250 2.0.0")
    assert (await offered(listener, "bob@client.test")).startswith("451 4.7.1")
    assert (await offered(listener, "dana@staff.test")).startswith("250 2.0.0")
    assert [outcome for check, outcome in counted if check == "greylist"] == ["waits", "passed", "waits"]


async def test_reports_to_strangers_wait_at_data_so_that_callouts_get_their_answer(screened: Screened) -> None:
    listener = await screened(Policy(greylisting=Greylisting()))
    async with listener.client() as client:
        await client.hello()
        await client.say("MAIL FROM:<>")
        assert (await client.say("RCPT TO:<support@example.com>")).startswith("250")
        assert (await client.say("DATA")).startswith("451 4.7.1")
        assert (await client.say("RSET")).startswith("250")
    await minutes_pass(listener)
    assert (await offered(listener, "")).startswith("250 2.0.0")


async def test_one_refused_recipient_of_two_leaves_the_other(screened: Screened) -> None:
    listener = await screened(Policy(greylisting=Greylisting()))
    await offered(listener)
    await minutes_pass(listener)
    async with listener.client() as client:
        await client.hello()
        await client.say("MAIL FROM:<ann@client.test>")
        assert (await client.say("RCPT TO:<support@example.com>")).startswith("250")
        assert (await client.say("RCPT TO:<x@all.example>")).startswith("451 4.7.1")
        assert (await client.content(CONTENT)).startswith("250")
    assert (await listener.kept())[0].recipients == ("support@example.com",)


@pytest.mark.parametrize(
    ("kind", "policy", "reply", "hold"),
    [
        ("spamd", Policy(), "250 2.0.0", None),
        ("spamd", Policy(on_spam="hold"), "250 2.0.0", "spamd: spam, 9.5 of 5 (GTUBE, BAYES_9)"),
        ("spamd", Policy(on_spam="reject"), "550 5.7.1 Refused: the message looks like spam", None),
        ("rspamd", Policy(on_spam="reject"), "550 5.7.1", None),
        ("clamd", Policy(), "550 5.7.1 Refused: the message carries malicious software", None),
        ("clamd", Policy(on_virus="hold"), "250 2.0.0", "clamd: infected by Eicar-Test-Signature"),
    ],
)
async def test_content_meets_what_the_policy_says(screened: Screened, kind: Any, policy: Policy, reply: str, hold: str | None) -> None:
    async with ScannerPeer(kind, SPAM[kind]) as peer:
        listener = await screened(replace(policy, scanners=(peer.scanner(),)))
        assert (await offered(listener)).startswith(reply)
    for row in await listener.kept():
        assert row.screening is not None
        assert row.screening["hold"] == hold
        assert row.screening["threat"] is (kind == "clamd")
        assert row.screening["spam_score"] == (None if kind == "clamd" else 9.5)


@pytest.mark.parametrize(("when_down", "reply"), [("accept", "250 2.0.0"), ("defer", "451 4.3.0 The content cannot be checked now")])
async def test_a_scanner_that_is_down_lets_through_or_defers(screened: Screened, when_down: Any, reply: str) -> None:
    listener = await screened(Policy(scanners=(Scanner("clamd", Place("127.0.0.1", 9), 1 << 20, when_down),)))
    assert (await offered(listener)).startswith(reply)
    for row in await listener.kept():
        assert row.screening is not None
        assert row.screening["notes"][0].startswith("clamd: no answer: ")
    assert len(await listener.kept()) == (when_down == "accept")


async def test_a_session_goes_on_after_a_refusal_and_nothing_of_the_content_is_left(screened: Screened) -> None:
    async with ScannerPeer("clamd", SPAM["clamd"]) as peer:
        listener = await screened(Policy(scanners=(peer.scanner(),)))
        async with listener.client() as client:
            await client.hello()
            assert (await client.message()).startswith("550 5.7.1")
            peer.answer = b"stream: OK\0"
            assert (await client.message()).startswith("250")
    door = listener.service._door
    assert (door.memory.used, door.total.used) == (0, 0)


async def test_a_scan_that_takes_long_neither_times_the_peer_out_nor_holds_up_others(screened: Screened) -> None:
    async with ScannerPeer("clamd", delay=2.5) as peer:
        listener = await screened(Policy(scanners=(peer.scanner(),)))
        listener.service._door.handler.limits = type(listener.service._door.limits)(idle_seconds=1.5)
        async with listener.client() as slow, listener.client() as other:
            await slow.hello()
            scanning = asyncio.create_task(slow.message())
            await until(lambda: peer.connections)
            await other.hello()
            assert (await other.say("NOOP")).startswith("250")
            assert (await scanning).startswith("250")


async def test_a_service_that_stops_in_the_middle_of_a_scan_keeps_nothing_of_it(screened: Screened) -> None:
    async with ScannerPeer("clamd", delay=30) as peer:
        listener = await screened(Policy(scanners=(peer.scanner(seconds=60),)))
        async with listener.client() as client:
            await client.hello()
            scanning = asyncio.create_task(client.message())
            while not peer.heard:
                await asyncio.sleep(0.01)
            await listener.service.close()
            assert (await scanning).startswith("421")
        door = listener.service._door
        while door.sessions:
            await asyncio.sleep(0.01)
    assert (door.memory.used, door.total.used) == (0, 0)
    assert await listener.kept() == []


@pytest.mark.parametrize(
    ("recipients", "reply"),
    [
        (("support@example.com",), "451 4.5.1"),
        (("away@example.com", "support@example.com"), "451 4.5.1"),
        (("nobody@example.com", "support@example.com"), "554 5.5.1"),
    ],
)
async def test_a_peer_that_pipelines_hears_nothing_final_of_recipients_that_are_to_come_back(
    screened: Screened, recipients: tuple[str, ...], reply: str
) -> None:
    listener = await screened(Policy(greylisting=Greylisting()))
    async with listener.client() as client:
        await client.hello()
        client.send(b"MAIL FROM:<ann@client.test>\r\n" + b"".join(b"RCPT TO:<%b>\r\n" % each.encode() for each in recipients) + b"DATA\r\n")
        for _ in ("MAIL", *recipients):
            await client.reply()
        assert (await client.reply()).startswith(reply)
