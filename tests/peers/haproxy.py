"""A real HAProxy on loopback, with the configuration that is given to it."""

import contextlib
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PROGRAM = "/usr/sbin/haproxy"
CONNECTIONS = 500
"""At most; what the configuration allows would need more files than a process of tests may open."""


def relocated(text: str, hosts: Mapping[str, str], ports: Mapping[int, int], binds: Mapping[int, int], at: str) -> str:
    """A configuration of containers, for this machine: its servers at other hosts and `ports`, and bound to `binds` of the address `at`."""

    def bound(found: re.Match[str]) -> str:
        return f"{found[1]}{at}:{binds[int(found[2])]}"

    def asked(found: re.Match[str]) -> str:
        return f"{found[1]}{ports[int(found[2])]}"

    text = re.sub(r"(?m)^( +bind ):(\d+)$", bound, re.sub(rf"((?:{'|'.join(hosts)}):|check port )(\d+)", asked, text))
    for name, address in hosts.items():
        text = text.replace(f"{name}:", f"{address}:")
    return text


@contextmanager
def haproxy(folder: Path, text: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Not bound yet when it is there: whoever connects tries again."""
    program = shutil.which("haproxy") or PROGRAM
    config = folder / "haproxy.cfg"
    config.write_text(text)
    checked = subprocess.run([program, "-c", "-f", config], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "[ALERT]" not in checked.stderr + checked.stdout, checked.stderr
    with (folder / "haproxy.log").open("wb") as log:
        process = subprocess.Popen([program, "-db", "-n", str(CONNECTIONS), "-f", config], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
