"""The clients of scanners: what they say, what they make of answers, and of scanners that misbehave."""

import asyncio
import os
import time
from types import ModuleType

import pytest

from gateway.ingress.checks.policy import Place, Scanner
from gateway.ingress.checks.scanners import clamd, rspamd, scan, spamd
from gateway.ingress.checks.scanners.results import Clean, GarbledError, Infected, Later, NotAsked, Result, Spam, Unknown
from gateway.ingress.checks.scanners.scan import FAILURES, Scanners
from gateway.ingress.checks.scanners.wire import Asked
from gateway.ingress.content import Content
from tests.screening.scanner_peer import CLEAN, MISBEHAVIOURS, SPAM, Kind, Misbehaviour, ScannerPeer, hangs

KINDS: tuple[Kind, ...] = ("spamd", "rspamd", "clamd")
MAIL = b"Subject: Hi\r\n\r\nText\r\n"


def asked(content: Content) -> Asked:
    return Asked(
        content.size,
        content.chunks,
        b"Received: by us\r\n",
        "ann@client.test",
        ("support@example.com", "sales@example.com"),
        "192.0.2.9",
        "client.test",
        "mail.client.test",
        "abc-1",
    )


async def told(scanners: Scanners, octets: bytes = MAIL) -> tuple[Result, ...]:
    content = Content.of(octets)
    try:
        return tuple(each.result for each in await scanners.scan(asked(content)))
    finally:
        content.close()


@pytest.mark.parametrize(
    ("spoken", "answer", "result"),
    [
        (clamd, b"stream: OK\0", Clean()),
        (clamd, b"stream: OK\n", Clean()),
        (clamd, b"stream: Win.Test.EICAR_HDB-1 FOUND\0", Infected("Win.Test.EICAR_HDB-1")),
        (clamd, b"stream: a\x1b[31m b FOUND\0", Infected("a?[31m b")),
        (clamd, b"INSTREAM size limit exceeded. ERROR\0", NotAsked("it is larger than the scanner takes (StreamMaxLength)")),
        (clamd, b"stream: Can't allocate memory ERROR\0", Unknown("stream: Can't allocate memory ERROR")),
        (spamd, CLEAN["spamd"], Clean(1.2, 5)),
        (spamd, b"SPAMD/1.1 0 EX_OK\r\nSpam: False ; -2.1 / 5.0\r\n\r\nA,B", Clean(-2.1, 5)),
        (spamd, SPAM["spamd"], Spam(9.5, 5, ("GTUBE", "BAYES_9"))),
        (spamd, b"SPAMD/1.0 76 Bad header line: (Unknown header)\r\n", Unknown("Bad header line: (Unknown header)")),
        (spamd, b"SPAMD/1.1 79 \r\n", Unknown("status 79")),
        (rspamd, CLEAN["rspamd"], Clean(1.2, 15)),
        (rspamd, SPAM["rspamd"], Spam(16.5, 15, ("GTUBE",))),
        (rspamd, b'HTTP/1.1 200 OK\r\n\r\n{"action":"add header","score":7,"required_score":15,"symbols":null}', Spam(7, 15)),
        (rspamd, b'HTTP/1.1 200 OK\r\n\r\n{"action":"rewrite subject","score":7.5}', Spam(7.5, None)),
        (rspamd, b'HTTP/1.1 200 OK\r\n\r\n{"action":"greylist","score":5,"required_score":15}', Clean(5, 15)),
        (
            rspamd,
            b'HTTP/1.1 200 OK\r\n\r\n{"action":"soft reject","score":0,"messages":{"smtp_message":"Rate limit"}}',
            Later("Rate limit"),
        ),
        (rspamd, b'HTTP/1.1 200 OK\r\n\r\n{"action":"soft reject","score":0,"messages":[]}', Later("soft reject")),
        (rspamd, b"HTTP/1.1 403 Forbidden\r\n\r\n", Unknown("HTTP status 403 Forbidden")),
    ],
)
def test_an_answer_is_read(spoken: ModuleType, answer: bytes, result: Result) -> None:
    assert spoken.read_answer(answer) == result


@pytest.mark.parametrize(
    ("spoken", "answer"),
    [
        (clamd, b""),
        (clamd, b"OK\0"),
        (clamd, b"stream: " + b"x" * 5000 + b" FOUND\0"),
        (spamd, b"HTTP/1.1 200 OK\r\n\r\n"),
        (spamd, b"SPAMD/1.1 0 EX_OK\r\n\r\n"),
        (spamd, b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; 1.2.3 / 5.0\r\n\r\n"),
        (spamd, b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; nan / 5.0\r\n\r\n"),
        (rspamd, b"SPAMD/1.1 0 EX_OK\r\n\r\n"),
        (rspamd, b"HTTP/1.1 200 OK\r\n\r\n"),
        (rspamd, b"HTTP/1.1 200 OK\r\n\r\n[]"),
        (rspamd, b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 100_000),
        (rspamd, b'HTTP/1.1 200 OK\r\n\r\n{"action":"no action","score":NaN}'),
        (rspamd, b'HTTP/1.1 200 OK\r\n\r\n{"action":"no action","score":1' + b"0" * 400 + b"}"),
        (rspamd, b'HTTP/1.1 200 OK\r\n\r\n{"action":"no action","score":true}'),
        (rspamd, b'HTTP/1.1 200 OK\r\n\r\n{"action":"no action"}'),
        (rspamd, b'HTTP/1.1 200 OK\r\n\r\n{"action":7,"score":1}'),
    ],
)
def test_what_is_no_answer_is_never_taken_for_clean(spoken: ModuleType, answer: bytes) -> None:
    with pytest.raises(GarbledError):
        spoken.read_answer(answer)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_scanner_gets_the_content_to_the_octet_and_is_believed(kind: Kind) -> None:
    octets = MAIL + os.urandom(700_000)
    async with ScannerPeer(kind, SPAM[kind]) as peer:
        (result,) = await told(Scanners([peer.scanner()], 4), octets)
    assert isinstance(result, Infected if kind == "clamd" else Spam)
    (heard,) = peer.heard
    assert heard.content == (b"Received: by us\r\n" if kind == "spamd" else b"") + octets


async def test_rspamd_is_told_of_the_envelope_and_nothing_can_be_slipped_into_its_head() -> None:
    async with ScannerPeer("rspamd") as peer:
        content = Content.of(MAIL)
        hostile = Asked(
            len(MAIL), content.chunks, b"", "a@b.test", ("жук@пример.test", "x@y.test"), "192.0.2.9", "evil\r\nPass: all", None, "t-1"
        )
        await Scanners([peer.scanner()], 1).scan(hostile)
    assert peer.heard[0].head.decode().split("\r\n") == [
        "POST /checkv2 HTTP/1.0",
        "Content-Length: 21",
        "From: a@b.test",
        "Rcpt: жук@пример.test",
        "Rcpt: x@y.test",
        "IP: 192.0.2.9",
        "Queue-Id: t-1",
        "",
        "",
    ]


async def test_content_in_a_file_is_read_piece_by_piece_by_all_scanners_at_once() -> None:
    octets = os.urandom(3_000_000)
    content = Content(spill_at=1000)
    for start in range(0, len(octets), 100_000):
        content.append(octets[start : start + 100_000])
    assert content.spilled
    longest = max([len(piece) async for piece in content.chunks()])
    async with ScannerPeer("clamd") as one, ScannerPeer("rspamd") as other:
        results = await Scanners([one.scanner(), other.scanner()], 1).scan(asked(content))
    assert [each.result for each in results] == [Clean(), Clean(1.2, 15)]
    assert one.heard[0].content == other.heard[0].content == octets == await content.read()
    assert longest <= 1 << 18
    content.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("misbehaviour", MISBEHAVIOURS, ids=lambda each: each.__name__)
async def test_a_scanner_that_misbehaves_says_nothing_and_costs_its_time_at_most(kind: Kind, misbehaviour: Misbehaviour) -> None:
    began = time.monotonic()
    async with ScannerPeer(kind, misbehaves=misbehaviour) as peer:
        (result,) = await told(Scanners([peer.scanner(seconds=0.4)], 4), MAIL + b"x" * 9_000_000)
    assert isinstance(result, Unknown)
    assert result.why
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("place", [Place("127.0.0.1", 9), Place(path="/nowhere/clamd.ctl")])
async def test_a_scanner_that_is_not_there_says_nothing(place: Place) -> None:
    (result,) = await told(Scanners([Scanner("clamd", place, 1000)], 4))
    assert isinstance(result, Unknown)


async def test_a_scanner_that_answers_before_the_end_is_heard() -> None:
    async def answers_early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"INSTREAM size limit exceeded. ERROR\0")
        await writer.drain()
        await asyncio.sleep(60)

    async with ScannerPeer("clamd", misbehaves=answers_early) as peer:
        (result,) = await told(Scanners([peer.scanner()], 4), b"x" * 9_000_000)
    assert isinstance(result, NotAsked)


async def test_a_mail_beyond_the_bound_goes_past_the_scanner() -> None:
    async with ScannerPeer("spamd") as peer:
        (result,) = await told(Scanners([peer.scanner(max_size=10)], 4))
    assert result == NotAsked(f"{len(MAIL)} octets are more than its max_size, 10")
    assert peer.connections == 0


async def test_a_scanner_that_failed_again_and_again_is_left_alone_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "REST_SECONDS", 3600)
    async with ScannerPeer("clamd", misbehaves=hangs) as peer:
        scanners = Scanners([peer.scanner(seconds=0.5)], 4)
        for _ in range(FAILURES + 5):
            assert isinstance((await told(scanners))[0], Unknown)
        assert peer.connections == FAILURES
        peer.misbehaves = None
        [client] = scanners._clients
        client._rests_until -= 3600
        client.scanner = peer.scanner()
        assert await told(scanners) == (Clean(),)
        assert await told(scanners) == (Clean(),)


async def test_so_many_contents_are_scanned_at_once_and_no_more() -> None:
    async with ScannerPeer("clamd", delay=0.05) as peer:
        scanners = Scanners([peer.scanner()], at_once=3)
        results = await asyncio.gather(*(told(scanners) for _ in range(12)))
    assert set(results) == {(Clean(),)}
    assert peer.most_at_once == 3


async def test_who_finds_no_place_in_time_is_not_scanned_and_the_scanner_not_blamed() -> None:
    async with ScannerPeer("clamd", delay=1.2) as peer:
        scanners = Scanners([peer.scanner(seconds=2)], at_once=1)
        results = await asyncio.gather(*(told(scanners) for _ in range(5)))
        assert sum(isinstance(each, Unknown) for (each,) in results) >= 2
        peer.delay = 0
        assert await told(scanners) == (Clean(),)
