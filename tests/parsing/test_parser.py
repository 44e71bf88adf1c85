"""The parser's children: at work, misbehaving, killed, replaced."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.auth.signature import Chain, Seal, Verified
from gateway.domain.ours import Ours
from gateway.parsing.parent import Counters, Parser
from gateway.parsing.process import Child, ChildEndedError, Limits
from tests.auth.sealing import PASSES, seal
from tests.auth.signing import MAIL, rsa_record, sign_rsa

HOGS = "tests.parsing.hogs"
OURS = Ours(("support@desk.test",), ("Desk",), ("desk.test",))
PLAIN = b"From: Anna <anna@client.test>\r\nTo: support@desk.test\r\nSubject: A question\r\n\r\nIt does not work.\r\n"


@asynccontextmanager
async def parser(limits: Limits | None = None, *, program: str = HOGS, size: int = 1, spares: int = 0) -> AsyncIterator[Parser]:
    async with Parser(limits, size=size, spares=spares, program=program) as started:
        yield started


async def warm(parser: Parser, children: int = 2) -> None:
    async with asyncio.timeout(60):
        while len(parser.pids) < children:
            await asyncio.sleep(0.01)


async def works(parser: Parser) -> bool:
    message = await parser.parse(PLAIN, OURS)
    return (message.subject, message.warnings) == ("A question", ())


async def test_a_message_is_parsed_in_a_child() -> None:
    async with parser(program="gateway.parsing.child") as real:
        assert os.getpid() not in real.pids
        assert await works(real)
        assert real.counters == Counters(requests=1)


async def test_signatures_are_verified_in_a_child() -> None:
    key = {"s1._domainkey.client.test.": rsa_record()}
    async with parser(program="gateway.parsing.child") as real:
        assert [each.result for each in (await real.verify(sign_rsa(MAIL), key)).signatures] == ["pass"]
        assert [each.result for each in (await real.verify(sign_rsa(MAIL) + b"more", key)).signatures] == ["fail"]
        assert [each.result for each in (await real.verify(sign_rsa(MAIL), {})).signatures] == ["temperror"]
        assert await real.verify(MAIL, {}) == Verified()
        sealed = Seal(1, "list.test", f" mx.list.test; {PASSES}\r\n")
        assert await real.verify(seal(MAIL), {"s1._domainkey.list.test.": rsa_record()}) == Verified((), Chain("pass", "", (sealed,)))


@pytest.mark.parametrize(
    ("content", "limits", "why", "counted"),
    [
        (b"sleep 60", Limits(seconds=0.3), "longer than 0.3 seconds", Counters(requests=1, timeouts=1)),
        (b"spin", Limits(seconds=0.3), "longer than 0.3 seconds", Counters(requests=1, timeouts=1)),
        (b"memory", Limits(memory=64 << 20), "more memory", Counters(requests=1, deaths=1)),
        (b"abort", Limits(), "ended twice", Counters(requests=1, deaths=2)),
        (b"raise it is odd", Limits(), "ValueError: it is odd", Counters(requests=1, failures=1)),
        (b"write /tmp/never-written", Limits(), "OSError", Counters(requests=1, failures=1)),
    ],
)
async def test_a_message_that_kills_the_parser_becomes_a_raw_one(content: bytes, limits: Limits, why: str, counted: Counters) -> None:
    hostile = content + b"\r\nSubject: Help\r\n\r\nplease"
    async with parser(limits) as hogs:
        message = await hogs.parse(hostile, OURS)
        assert any(why in warning for warning in message.warnings), message.warnings
        assert [attachment.content for attachment in message.attachments] == [hostile]
        assert hogs.counters == counted
        assert await works(hogs)


async def test_processor_time_is_bounded_even_when_the_parent_does_not_look() -> None:
    child = await Child.start(HOGS, Limits(seconds=0.5))
    with pytest.raises(ChildEndedError) as ended:
        await child.ask("parse", b"\x93\x90\x90\x90", b"spin")
    assert ended.value.status == -signal.SIGXCPU
    assert ended.value.exceeded == "processor time"


async def test_a_child_killed_mid_parse_costs_the_message_nothing() -> None:
    async with parser(spares=1) as hogs:
        await warm(hogs)
        parsing = asyncio.create_task(hogs.parse(b"sleep 1.2\r\nSubject: Slow\r\n\r\n", OURS))
        await asyncio.sleep(0.2)
        for pid in hogs.pids:  # the one at work and the spare
            os.kill(pid, signal.SIGKILL)
        message = await parsing
        assert message.subject == "Slow"
        assert hogs.counters.deaths == 2


async def test_a_child_that_dies_once_is_tried_again(tmp_path: Path) -> None:
    async with parser() as hogs:
        content = b"die-once " + os.fsencode(tmp_path / "marker") + b"\r\nSubject: Help\r\n\r\n"
        message = await hogs.parse(content, OURS)
        assert (message.subject, message.attachments, hogs.counters.deaths) == ("Help", (), 1)


async def test_a_spare_takes_over_at_once() -> None:
    async with parser(Limits(seconds=1), spares=1) as hogs:
        await warm(hogs)
        before = hogs.pids
        await hogs.parse(b"spin", OURS)
        assert int((await hogs.parse(b"pid", OURS)).subject) in before


async def test_a_child_that_has_grown_is_replaced() -> None:
    async with parser() as hogs:
        before = hogs.pids
        await hogs.parse(b"keep 1000", OURS)
        assert hogs.pids == before
        await hogs.parse(b"keep 200000000", OURS)
        assert await works(hogs)
        assert set(hogs.pids).isdisjoint(before)
        assert hogs.counters == Counters(requests=3)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_to_the_group_does_not_end_a_child(number: signal.Signals) -> None:
    async with parser() as hogs:
        before = hogs.pids
        os.kill(before[0], number)
        assert await works(hogs)
        assert hogs.pids == before


async def test_a_cancelled_request_leaves_no_answer_for_the_next_one() -> None:
    async with parser() as hogs:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await hogs.parse(b"sleep 1.5\r\nSubject: Late\r\n\r\n", OURS)
        assert await works(hogs)


async def test_a_hundred_at_once() -> None:
    async with parser(size=2) as hogs:
        contents = [b"Subject: %d\r\n\r\n" % number + b"x" * 50 * number for number in range(100)]
        messages = await asyncio.gather(*(hogs.parse(content, OURS) for content in contents))
        assert [message.subject for message in messages] == [str(number) for number in range(100)]


async def test_a_huge_content_passes_through() -> None:
    huge = PLAIN + b"All work and no play.\r\n" * 2_300_000
    assert len(huge) > 50 << 20
    async with parser(Limits(seconds=60), program="gateway.parsing.child") as real:
        message = await real.parse(huge, OURS)
        assert message.subject == "A question"
        assert real.counters.deaths == real.counters.timeouts == real.counters.failures == 0
        assert await works(real)


async def test_a_child_gets_neither_our_environment_nor_our_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKGATE_SECRET", "very")
    async with parser() as hogs:
        environment = (await hogs.parse(b"environment", OURS)).subject
        assert "PYTHONPATH" in environment
        assert "DESKGATE_SECRET" not in environment
        if sys.platform == "linux":  # standard ones, the socket, and the one that lists them
            assert int((await hogs.parse(b"descriptors", OURS)).subject) == 5


async def test_what_a_library_prints_goes_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    async with parser() as hogs:
        await hogs.parse(b"noise", OURS)
        assert await works(hogs)
    assert "xxx" not in "".join(capfd.readouterr())


async def test_a_program_that_does_not_start_says_why() -> None:
    with pytest.raises(RuntimeError, match="No module named tests"):
        async with parser(program="tests.parsing.nothing"):
            pass


async def test_leaving_ends_every_child() -> None:
    async with parser(size=2) as hogs:
        assert await works(hogs)
        pids = hogs.pids
    assert pids
    assert not any(alive(pid) for pid in pids)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the end of the socket ends the child when it is idle")
@pytest.mark.parametrize("content", ["b''", "b'sleep 60'"])
def test_children_die_with_their_parent(content: str) -> None:
    program = f"""
import asyncio
from gateway.parsing.parent import Parser
from gateway.domain.ours import Ours
async def main():
    async with Parser(program={HOGS!r}) as parser:
        while len(parser.pids) < 2:
            await asyncio.sleep(0.01)
        print(*parser.pids, flush=True)
        await parser.parse({content}, Ours())
        await asyncio.sleep(60)
asyncio.run(main())
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        time.sleep(0.2)
        assert len(pids) == 2
        assert all(alive(pid) for pid in pids)
        parent.kill()
    deadline = time.monotonic() + 60
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(alive(pid) for pid in pids)
