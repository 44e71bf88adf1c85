"""The units of deploy/systemd: as systemd itself judges them, beside what the product does, and with a gateway that lives within them."""

import asyncio
import fcntl
import os
import shlex
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosmtplib
import pytest

from gateway import __version__
from gateway.app.serve import SPARE_DESCRIPTORS
from gateway.cli.arguments import parser
from gateway.cli.exits import Exit
from gateway.config.limits import Limits
from tests.deploy.sandbox import CAP_DAC_OVERRIDE
from tests.deploy.units import FOLDER, unit
from tests.journeys.running import letter, write_config
from tests.peers.smtp_peer import SmtpPeer
from tests.processes.harness import Parent, parent, until
from tests.processes.test_notify import manager

UNITS = sorted(path.name for path in FOLDER.glob("deskgate*.s*[et]") if path.suffix in (".service", ".socket"))
PROGRAM = "/opt/deskgate/.venv/bin/deskgate"
MOST_EXPOSED = 20
"""In tenths: of systemd's own scale from 0 to 10."""

WANTED = {
    "Type": "notify",
    "NotifyAccess": "main",
    "User": "deskgate",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "KillMode": "mixed",
    "Restart": "always",
    "OOMPolicy": "continue",
    "StateDirectory": "deskgate",
    "ExecReload": "/bin/kill -HUP $MAINPID",
}
NOT_WANTED = ("RemoveIPC", "PrivateIPC", "PrivateUsers")
"""Each would part the service from commands that are given in a shell and share the embedded database with it."""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as on a machine where the program is."""
    program = tmp_path / "deskgate"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for name in UNITS:
        (tmp_path / name).write_text((FOLDER / name).read_text().replace(PROGRAM, str(program)))
    return tmp_path


def analyze(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_systemd_has_nothing_against_the_units(installed: Path) -> None:
    assert UNITS == ["deskgate-smtps.socket", "deskgate.service", "deskgate.socket"]
    verified = analyze("verify", "--man=no", *(installed / name for name in UNITS))
    assert (verified.returncode, verified.stderr.strip()) == (0, "")


def test_what_is_no_directive_would_be_found(installed: Path) -> None:
    service = installed / "deskgate.service"
    service.write_text(service.read_text().replace("ProtectHome=yes", "ProtectHouse=yes"))
    assert "ProtectHouse" in analyze("verify", "--man=no", service).stderr


def test_the_service_is_hardly_exposed() -> None:
    judged = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", FOLDER / "deskgate.service")
    assert judged.returncode == 0, judged.stdout


def test_the_service_is_as_it_was_meant() -> None:
    service = unit("deskgate.service")
    assert {name: service.value("Service", name) for name in WANTED} == WANTED
    assert [name for name in NOT_WANTED if service.values("Service", name)] == []
    # How long a database is away is no reason to give up.
    assert service.value("Unit", "StartLimitIntervalSec") == "0"


def test_the_service_and_the_product_agree() -> None:
    service = unit("deskgate.service")
    limits = Limits()
    assert int(service.value("Service", "TimeoutStopSec")) > limits.drain_seconds
    assert int(service.value("Service", "LimitNOFILE")) >= limits.connections + SPARE_DESCRIPTORS
    assert int(service.value("Service", "RestartPreventExitStatus")) == Exit.USAGE
    assert "DESKGATE_CONFIG=/etc/deskgate/config.toml" in service.values("Service", "Environment")
    program, *words = shlex.split(service.value("Service", "ExecStart"))
    assert program == PROGRAM
    assert words[-1] == "$DESKGATE_ROLES"
    for roles in ("", "--role listener --role web"):
        assert parser(__version__).parse_args([*words[:-1], *roles.split()]).command == "serve:serve"
    assert "--role listener --role web" in service.path.read_text()


@pytest.mark.parametrize(("name", "purpose", "port"), [("deskgate.socket", "smtp", 25), ("deskgate-smtps.socket", "smtps", 465)])
def test_the_sockets_are_the_services(name: str, purpose: str, port: int) -> None:
    opened = unit(name)
    assert opened.value("Socket", "FileDescriptorName") == purpose
    assert opened.value("Socket", "Service") == "deskgate.service"
    assert opened.values("Socket", "ListenStream") == [f"0.0.0.0:{port}", f"[::]:{port}"]
    assert name in unit("deskgate.service").value("Service", "Sockets").split()
    # It would be closed whenever the service is restarted, and peers refused.
    assert opened.values("Unit", "PartOf") == []


@asynccontextmanager
async def confined(config: Path, listening: socket.socket, notify: str) -> AsyncIterator[Parent]:
    """Started as systemd would start it, with the socket as descriptor 3."""
    # Well above 3, so that it is not overwritten on its way there.
    handed = fcntl.fcntl(listening, fcntl.F_DUPFD, 100)
    os.set_inheritable(handed, True)
    variables = {
        "HAND_OVER": str(handed),
        "LISTEN_FDS": "1",
        "LISTEN_FDNAMES": "smtp",
        "NOTIFY_SOCKET": notify,
        "WATCHDOG_USEC": "60000000",
    }
    command = ["-m", "tests.deploy.sandbox", "-m", "gateway", "serve", "--config", str(config)]
    try:
        async with parent(command, config.parent, variables, pass_fds=(handed,)) as begun:
            yield begun
    finally:
        os.close(handed)


async def test_a_gateway_that_systemd_starts_lives_within_its_sandbox(tmp_path: Path, database_url: str) -> None:
    async with SmtpPeer() as relay, manager(str(tmp_path / "notify")) as systemd:
        # Not to be listened on, since there is the socket.
        config = write_config(
            tmp_path,
            database_url,
            relay.url,
        )
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
            # Who connects before there is a service waits for it.
            early = asyncio.create_task(greeted(port))
            async with confined(config, listening, systemd.address) as served:
                assert f"smtp=127.0.0.1:{port}" in await systemd.hears("READY=1", "EXTEND_TIMEOUT_USEC=", "WATCHDOG=1")
                assert (await early).startswith("220 ")
                assert is_confined(served.pid)
                mail = letter("anna@client.test", "support@desk.test")
                await aiosmtplib.send(mail, hostname="127.0.0.1", port=port, start_tls=False, timeout=60)
                await until(lambda: {"anna@client.test", "dana@staff.test"} <= told(relay), 60, served.told)
                served.process.terminate()
                await systemd.hears("STOPPING=1", "READY=1", "WATCHDOG=1")
                assert await served.ends(60) == 0


async def greeted(port: int) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    line = (await reader.readline()).decode()
    writer.close()
    return line


def told(relay: SmtpPeer) -> set[str]:
    return {address for each in relay.messages for address in each.recipients}


def is_confined(pid: int) -> bool:
    """As the kernel sees it: a filter is on, and no capability is left to gain but what the sandbox says."""
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    return (status["Seccomp"], status["NoNewPrivs"], int(status["CapBnd"], 16) >> CAP_DAC_OVERRIDE) == ("2", "1", 1)
