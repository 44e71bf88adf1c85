import gc
from collections.abc import Iterator

import pytest

from gateway.supervisor.collector import spare_what_stands


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_stands_is_not_looked_through_again() -> None:
    standing = len(gc.get_objects())
    spare_what_stands()
    assert len(gc.get_objects()) < standing / 10


def test_what_comes_later_is_still_found_and_freed() -> None:
    spare_what_stands()
    cycle: list[object] = []
    cycle.append(cycle)
    del cycle
    assert gc.collect() >= 1
