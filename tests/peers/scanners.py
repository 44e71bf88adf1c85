"""ClamAV's clamd and SpamAssassin's spamd as they are installed, each with a configuration and a socket of its own.

clamd knows one signature, that of the EICAR test file. spamd looks at the content alone: no network, no learning.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAMS = ("/usr/sbin", "/usr/local/sbin", "/usr/bin")
SECONDS = 60.0
# Written in pieces, so that no scanner on a developer's machine takes this file for what it is about.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-" + b"STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"

CLAMD = """
Foreground yes
LocalSocket {root}/clamd.ctl
DatabaseDirectory {root}/signatures
LogFile {root}/log
StreamMaxLength 1M
"""


@contextmanager
def clamd() -> Iterator[str]:
    """Its socket's path. It takes a MiB at most."""
    with _directory() as root:
        (root / "signatures").mkdir()
        (root / "signatures" / "own.ndb").write_text(f"Test.Eicar:0:*:{EICAR.hex()}\n")
        (root / "clamd.conf").write_text(CLAMD.format(root=root))
        for each in (root / "signatures", root / "signatures" / "own.ndb", root / "clamd.conf"):
            each.chmod(0o755)
        command = [_program("clamd", "clamav-daemon"), "-c", str(root / "clamd.conf")]
        with _running(command, root / "clamd.ctl"):
            yield str(root / "clamd.ctl")


@contextmanager
def spamd() -> Iterator[str]:
    """Its socket's path."""
    with _directory() as root:
        path = root / "spamd.ctl"
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        options = ["--local", "--nouser-config", "--max-children=2", "--syslog=stderr", f"--socketpath={path}", "--socketmode=0666"]
        with _running([_program("spamd", "spamd"), *options, *user], path):
            yield str(path)


@contextmanager
def _directory() -> Iterator[Path]:
    # Paths of sockets have a hundred octets.
    with tempfile.TemporaryDirectory(prefix="sc-", dir="/tmp") as made:
        Path(made).chmod(0o777)
        yield Path(made)


def _program(name: str, package: str) -> str:
    """Skips the test where it is not installed, except in continuous integration, which installs it."""
    program = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), *PROGRAMS)))
    if program is None:
        told = f"{name} is not installed: apt-get install {package}"
        assert "CI" not in os.environ, told
        pytest.skip(told)
    return program


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as trying:
        return trying.connect_ex(str(path)) == 0


@contextmanager
def _running(command: list[str], path: Path) -> Iterator[None]:
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + SECONDS
            while not _answers(path):
                if process.poll() is not None or time.monotonic() > deadline:
                    said.seek(0)
                    raise AssertionError(f"{command[0]} does not listen: {said.read()[-2000:]!r}")
                time.sleep(0.05)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            process.kill()
            process.wait()
