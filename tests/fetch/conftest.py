"""One Dovecot for each module that asks; users are what tests keep apart by."""

from collections.abc import Iterator

import pytest

from tests.peers.dovecot import Dovecot, dovecot


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot() as running:
        yield running
