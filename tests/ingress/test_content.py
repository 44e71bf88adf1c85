import hashlib
import os
import tempfile
from pathlib import Path

import pytest

from gateway.ingress.content import Content, NoRoomError
from gateway.ingress.limits import Budget


@pytest.mark.parametrize("spill_at", [0, 9, 10, 11, 99, 1000])
async def test_content_is_the_same_in_memory_and_in_a_file(spill_at: int) -> None:
    memory, total = Budget(10**6), Budget(10**6)
    content = Content(spill_at=spill_at, memory=memory, total=total)
    octets = bytes(range(100))
    for start in range(0, 100, 10):
        content.append(octets[start : start + 10])
    assert content.spilled is (spill_at < 100)
    assert (content.size, content.head(15), content.digest) == (100, octets[:15], hashlib.sha256(octets).digest())
    assert (memory.used, total.used) == (0 if content.spilled else 100, 100)
    assert await content.read() == octets
    content.close()
    content.close()
    assert (memory.used, total.used) == (0, 0)


@pytest.mark.parametrize("spill_at", [0, 200_000, 10**7])
async def test_pieces_of_any_length_come_out_in_order_and_in_pieces_that_are_not_too_long(spill_at: int) -> None:
    lengths = (70_000, 1, 10, 65_535, 65_536, 3, 700_000, 0, 40_000, 40_000, 5)
    given = [bytes([number]) * length for number, length in enumerate(lengths)]
    memory = Budget(10**7)
    content = Content(spill_at=spill_at, memory=memory)
    for each in given:
        content.append(each)
    whole = b"".join(given)
    found = [each async for each in content.chunks()]
    assert (b"".join(found), await content.read(), content.digest) == (whole, whole, hashlib.sha256(whole).digest())
    assert max(map(len, found)) <= 256 * 1024
    assert [content.head(octets) for octets in (0, 1, 70_005, 10**7)] == [whole[:octets] for octets in (0, 1, 70_005, 10**7)]
    content.close()
    assert memory.used == 0


async def test_a_look_at_the_head_does_not_disturb_what_comes_after() -> None:
    content = Content(spill_at=2)
    content.append(b"abc")
    assert content.head(2) == b"ab"
    content.append(b"def")
    assert await content.read() == b"abcdef"
    content.close()


async def test_content_goes_to_a_file_when_others_have_used_the_memory_up() -> None:
    memory = Budget(100)
    first, second = Content(memory=memory), Content(memory=memory)
    first.append(b"x" * 80)
    second.append(b"y" * 10)
    second.append(b"z" * 20)
    assert (first.spilled, second.spilled, memory.used) == (False, True, 80)
    assert await second.read() == b"y" * 10 + b"z" * 20
    first.close()
    second.close()


def test_a_used_up_budget_is_no_room_and_keeps_what_was_taken() -> None:
    total = Budget(10)
    content = Content(total=total)
    content.append(b"x" * 8)
    with pytest.raises(NoRoomError):
        content.append(b"y" * 3)
    assert total.used == 8
    content.close()
    assert total.used == 0


def test_a_disk_that_takes_nothing_is_no_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    with pytest.raises(NoRoomError):
        Content(spill_at=1).append(b"xx")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: os.fdopen(os.open("/dev/full", os.O_RDWR), "r+b", buffering=0))
    content = Content(spill_at=1)
    with pytest.raises(NoRoomError):
        content.append(b"xx")
    content.close()
