"""The child that reads mail for pages: there while it is needed, and gone afterwards."""

import asyncio
import os
import signal

from gateway.console.reader import Reader
from gateway.domain.ours import Ours
from gateway.parsing.process import Limits
from tests.waiting import until

MAIL = b"From: Anna <anna@client.test>\r\nSubject: Hi\r\n\r\nwords\r\n"


async def test_it_is_started_when_needed_ended_when_idle_and_started_again() -> None:
    reader = Reader(idle=0.05)
    try:
        assert reader.pids == ()
        assert (await reader.read(MAIL, Ours())).subject == "Hi"
        await until(lambda: reader.pids == ())
        assert (await reader.read(MAIL, Ours())).subject == "Hi"
    finally:
        await reader.aclose()
    assert reader.pids == ()


async def test_several_at_once_share_one_child_which_may_be_killed() -> None:
    reader = Reader()
    try:
        found = await asyncio.gather(*(reader.read(MAIL.replace(b"Hi", str(number).encode()), Ours()) for number in range(5)))
        assert [each.subject for each in found] == ["0", "1", "2", "3", "4"]
        [pid] = reader.pids
        os.kill(pid, signal.SIGKILL)
        assert (await reader.read(MAIL, Ours())).subject == "Hi"
        assert pid not in reader.pids
    finally:
        await reader.aclose()


async def test_what_takes_too_long_comes_back_as_a_file_with_a_warning() -> None:
    reader = Reader(lambda: Limits(seconds=0.0001))
    try:
        message = await reader.read(MAIL * 20_000, Ours())
        assert any("longer than" in each for each in message.warnings)
    finally:
        await reader.aclose()
