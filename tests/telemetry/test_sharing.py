"""The directory of shared metrics; what children write into it is shown in tests/processes."""

import subprocess
import sys
from pathlib import Path

from gateway.telemetry import sharing
from gateway.telemetry.follow import Followed


def test_the_directory_is_private_and_goes_with_its_owner(tmp_path: Path) -> None:
    with sharing.directory(tmp_path) as shared:
        assert Path(shared).stat().st_mode & 0o777 == 0o700
    assert not Path(shared).exists()


def test_what_a_killed_parent_left_is_removed_and_a_living_ones_is_not(tmp_path: Path) -> None:
    script = "import os, sys; from pathlib import Path; from gateway.telemetry.sharing import directory\n"
    script += "with directory(Path(sys.argv[1])) as shared: print(shared, flush=True); os.kill(os.getpid(), 9)"
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)
    left = Path(killed.stdout.strip())
    assert left.exists()
    with sharing.directory(tmp_path) as living:
        assert not left.exists()
        with sharing.directory(tmp_path) as second:
            assert Path(living).exists()
            assert second != living


def test_only_the_gauges_of_the_dead_slot_are_buried(tmp_path: Path) -> None:
    names = ["counter_listener-0.db", "gauge_livesum_listener-0.db", "gauge_livesum_listener-1.db"]
    for name in names:
        (tmp_path / name).touch()
    sharing.bury(str(tmp_path), "listener-0")
    sharing.bury(str(tmp_path), "listener-0")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["counter_listener-0.db", "gauge_livesum_listener-1.db"]


class Count:
    def __init__(self) -> None:
        self.value = 0.0

    def inc(self, amount: float = 1) -> None:
        self.value += amount


def test_a_counter_follows_its_tally() -> None:
    tally, count = [5.0], Count()
    followed = Followed(count, lambda: tally[0])
    for tally[0], expected in ((5.0, 5.0), (5.0, 5.0), (7.0, 7.0)):
        followed.update()
        assert count.value == expected
