"""A directory for an embedded database, and a relay that keeps what it took."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.conftest import memory
from tests.peers.smtp_peer import SmtpPeer


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """In memory, and where the user that the embedded server runs as can reach it. Under a name that no other run of pytest sweeps away
    while its server is stopped."""
    path = Path(tempfile.mkdtemp(prefix="deskgate-faults-", dir=memory()))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest_asyncio.fixture
async def relay() -> AsyncIterator[SmtpPeer]:
    async with SmtpPeer() as peer:
        yield peer
