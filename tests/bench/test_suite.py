"""The benchmark in forms of a second or two: what they count is right, and what is told of it complete. Their figures mean nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.bench import accepts, crowd, disk, start, suite
from gateway.bench.load import plain_messages

FOUND = {
    "machine": {"processors": 2},
    "accepts": {"ratio": 1.25, "accepts_per_second": 4000.0},
    "connections": {"greeting_p99_seconds": 0.6, "rss_above_start_mb": 20.0},
}


def test_figures_are_set_beside_what_they_are_to_reach() -> None:
    told = {each["name"]: (each["value"], each["reach"], each["reached"]) for each in suite.figures(FOUND)}
    assert told == {
        "accepts_ratio": (1.25, "≥ 1.2", True),
        "greeting_p99": (0.6, "≤ 0.5", False),
        "connections_rss": (20.0, "≤ 60", True),
    }


def test_every_figure_is_of_a_part_that_there_is() -> None:
    assert {aim.path[0] for aim in suite.AIMS} == set(suite.NAMES)
    assert len({aim.name for aim in suite.AIMS}) == len(suite.AIMS)


@pytest.mark.parametrize("size", [300, 4096, 4099, 1 << 20])
def test_contents_have_the_size_that_was_asked_for_and_end_where_they_should(size: int) -> None:
    content = plain_messages(size)
    for number in range(110):
        octets = content(number)
        assert size - 1 <= len(octets) <= size
        assert octets.endswith(b"\r\n")
        assert b"\r\n." not in octets


def test_a_part_that_there_is_not_is_bad_usage() -> None:
    done = subprocess.run([sys.executable, "-m", "gateway", "bench", "accepts", "beauty"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "beauty" in done.stderr
    assert "latency" in done.stderr, "the parts that there are"


def test_the_disk_is_asked() -> None:
    found = disk.measure(Path("/tmp"), writes=10)
    assert 0 < found["fsync_p50_seconds"] <= found["fsync_p99_seconds"]


async def test_every_message_of_the_accepts_is_kept(database_url: str) -> None:
    found = await accepts.measure(database_url, connections=5, messages=50, rounds=1)
    assert found["not_accepted"] == 0
    assert found["accepts_per_second"] > 0
    assert found["bare_aiosmtpd_per_second"] > 0
    assert found["durability"]["synchronous_commit"] == "off", "the database of the tests says so, and so does the benchmark"


async def test_at_half_load_messages_come_at_half_the_rate(database_url: str) -> None:
    found = await accepts.at_half_load(database_url, connections=5, messages=60, seconds=0.5)
    assert found["not_accepted"] == 0
    assert found["messages"] == int(found["offered_per_second"] * 0.5)
    assert found["accepts_per_second"] <= found["offered_per_second"] * 1.05 + 2


@pytest.mark.timeout(240)
async def test_a_crowd_is_greeted_and_its_memory_told(database_url: str, tmp_path: Path) -> None:
    found = await crowd.measure(database_url, tmp_path, connections=60, tls=True)
    assert found["connections"] == 60
    assert 0 < found["greeting_p50_seconds"] <= found["greeting_p99_seconds"]
    assert found["budget_connections"] == 500


@pytest.mark.timeout(240)
async def test_the_start_is_measured_to_the_ready_line(database_url: str, tmp_path: Path) -> None:
    found = await start.measure(database_url, tmp_path, starts=1)
    assert found["processor_seconds"] > 0
    assert 0 < found["ready_seconds"] == found["ready_slowest_seconds"]
