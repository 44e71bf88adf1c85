"""Bounds on work, measured in processor time: machines that run tests are busy."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def within_seconds(limit: float) -> Iterator[None]:
    begun = time.process_time()
    yield
    spent = time.process_time() - begun
    assert spent < limit, f"took {spent:.2f} s of processor time"
