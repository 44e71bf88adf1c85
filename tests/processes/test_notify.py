"""What systemd is told by a service of Type=notify: the datagrams of a whole life, and from nobody but the parent."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.supervisor.notify import Notifier
from tests.processes.harness import parent

ROLES = [{"name": "echo", "entry": "tests.processes.roles_for_tests:echo", "sockets": ["smtp"], "takes_mail": True}]


class Manager:
    """systemd's end of the line."""

    def __init__(self, listening: socket.socket, address: str) -> None:
        self._listening, self.address = listening, address

    async def hears(self, first: str, *others: str) -> str:
        """The next datagram that begins with `first`, of any but `others`, whole. Every one in between must begin with one of those."""
        async with asyncio.timeout(60):
            while True:
                told = (await asyncio.get_running_loop().sock_recv(self._listening, 4096)).decode()
                if told.startswith(first):
                    return told
                assert told.startswith(others), told


@asynccontextmanager
async def manager(address: str) -> AsyncIterator[Manager]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0" + address[1:] if address.startswith("@") else address)
        listening.setblocking(False)
        yield Manager(listening, address)


@pytest.mark.parametrize("abstract", [True, False])
async def test_a_whole_life_is_told(abstract: bool, tmp_path: Path) -> None:
    settings = tmp_path / "settings"
    settings.write_text("first")
    plan = {
        "settings": str(settings),
        "metrics": str(tmp_path),
        "sockets": {"smtp": ["127.0.0.1:0"]},
        "roles": ROLES,
        "database_seconds": 0.4,
    }
    address = f"@deskgate-tests-{os.getpid()}" if abstract else str(tmp_path / "notify")
    async with manager(address) as systemd:
        told = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "200000"}
        async with parent(["-m", "tests.processes.run_parent", json.dumps(plan)], more=told) as served:
            assert await systemd.hears("EXTEND_TIMEOUT_USEC=") == "EXTEND_TIMEOUT_USEC=60000000"
            ready = await systemd.hears("READY=1", "EXTEND_TIMEOUT_USEC=", "WATCHDOG=1")
            assert ready == f"READY=1\nSTATUS=ready smtp={(await served.ready())['smtp']}"
            for _ in range(3):
                await systemd.hears("WATCHDOG=1")

            settings.write_text("second")
            served.signal(signal.SIGHUP)
            assert "\nMONOTONIC_USEC=" in await systemd.hears("RELOADING=1", "WATCHDOG=1")
            assert await systemd.hears("READY=1", "WATCHDOG=1") == "READY=1\nSTATUS=configuration 2 is in force"

            settings.write_text("bad")
            served.signal(signal.SIGHUP)
            await systemd.hears("RELOADING=1", "WATCHDOG=1")
            assert await systemd.hears("READY=1", "WATCHDOG=1") == "READY=1\nSTATUS=the configuration has 2 faults; number 2 stays in force"

            [child] = served.children().values()
            inherited = Path(f"/proc/{child}/environ").read_text()
            assert "NOTIFY_SOCKET" not in inherited
            assert "WATCHDOG_" not in inherited

            served.signal(signal.SIGTERM)
            await systemd.hears("STOPPING=1", "WATCHDOG=1")
            assert await served.ends() == 0


@pytest.mark.parametrize(
    ("environ", "beats"),
    [
        ({}, False),
        ({"NOTIFY_SOCKET": ""}, False),
        ({"NOTIFY_SOCKET": "{address}"}, False),
        ({"NOTIFY_SOCKET": "{address}", "WATCHDOG_USEC": "1000"}, True),
        ({"NOTIFY_SOCKET": "{address}", "WATCHDOG_USEC": "1000", "WATCHDOG_PID": str(os.getpid())}, True),
        ({"NOTIFY_SOCKET": "{address}", "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}, False),
        ({"NOTIFY_SOCKET": "{address}", "WATCHDOG_USEC": "soon"}, False),
    ],
)
async def test_the_watchdog_is_fed_where_systemd_wants_it_of_us(environ: dict[str, str], beats: bool, tmp_path: Path) -> None:
    async with manager(str(tmp_path / "notify")) as systemd:
        given = {name: value.format(address=systemd.address) for name, value in environ.items()}
        beating = asyncio.ensure_future(Notifier.of(given).beat(lambda: False))
        assert given == {}
        if beats:
            await systemd.hears("WATCHDOG=1")
            assert beating.cancel()
        else:
            await beating


async def test_a_manager_that_went_away_stops_nobody(tmp_path: Path) -> None:
    notifier = Notifier(str(tmp_path / "gone"))
    notifier.ready("still here")
    notifier.stopping()
