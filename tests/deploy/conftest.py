"""A relay that keeps what it took, and the machine on which runbooks are carried out."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.auth.nameserver import name_server
from tests.conftest import fresh_database, memory
from tests.deploy.runbook import Machine
from tests.peers.smtp_peer import SmtpPeer


@pytest_asyncio.fixture
async def relay() -> AsyncIterator[SmtpPeer]:
    async with SmtpPeer() as peer:
        yield peer


@pytest_asyncio.fixture
async def machine() -> AsyncIterator[Machine]:
    """In memory, and where the user that an embedded server runs as can reach it."""
    folder = Path(tempfile.mkdtemp(prefix="deskgate-tests-runbook-", dir=memory()))
    folder.chmod(0o711)
    async with name_server({}) as dns, Machine(folder).on() as made:
        made.dns = dns.port
        yield made
    shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture
async def empty_url(server_url: str) -> AsyncIterator[str]:
    """A database without any schema."""
    async with fresh_database(server_url, "template0") as url:
        yield url
