"""Runbooks as scripts: the blocks of docs/runbooks, carried out by bash on a machine of the test's. Not a test.

On that machine `deskgate` is the product's own command line, run within this process; `systemctl` starts real `serve`s; PostgreSQL's
programs are the embedded server's. What a runbook wants set under "What you need" the test sets.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from storage.embedded import binaries
from tests.journeys.in_process import run_here
from tests.packaging.tree import ROOT
from tests.processes.harness import alive, children_of

FOLDER = ROOT / "docs" / "runbooks"
HEADING = re.compile(r"(?m)^## (.+)$")
BLOCK = re.compile(r"(?ms)^ *```\n(.*?)^ *```$")
EXPORT = re.compile(r"(?m)^export ([A-Z_]+)=")
NEEDS = "What you need"
SECONDS = 120.0

ASK = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as line:
    line.connect({socket!r})
    piped = sys.stdin.buffer.read().decode("latin-1") if "-" in sys.argv else ""
    line.sendall(json.dumps([sys.argv[1:], piped, os.environ.get("DESKGATE_CONFIG")]).encode() + b"\\n")
    with line.makefile("rb") as told:
        status, out, err = json.loads(told.readline())
sys.stdout.buffer.write(out.encode("latin-1"))
sys.stdout.flush()
sys.stderr.write(err)
sys.exit(status)
"""

# `systemctl VERB deskgate`, for the unit of deploy/systemd. Its roles are in the file beside the configuration where the unit finds them;
# its source tree is where the link leads to, if there is one.
SYSTEMCTL = """#!/bin/bash
set -eu
cd "${{NODE_HOME:-{home}}}"
config=${{NODE_CONFIG:-{config}}}
[ -e "${{CURRENT:-/nowhere}}" ] && export PYTHONPATH="$(readlink -f "$CURRENT"):$PYTHONPATH"
pid() {{ cat pid 2>/dev/null || echo 0; }}
# One that nobody has waited for is no longer there.
running() {{ state=$(sed 's/.*) //; s/ .*//' "/proc/$(pid)/stat" 2>/dev/null) && [ "$state" != Z ]; }}
start() {{
    : >out
    roles=$(sed -n s/^DESKGATE_ROLES=//p "$(dirname "$config")/roles" 2>/dev/null || true)
    setsid {python} -m gateway serve --config $config $roles >out 2>>log </dev/null &
    echo $! >pid
    until grep -q ^ready out; do running || {{ tail -n 20 log >&2; exit 1; }}; sleep 0.05; done
}}
stop() {{ running || return 0; kill -TERM "$(pid)"; while running; do sleep 0.05; done; }}
case $1 in
    start) running || start ;;
    stop) stop ;;
    restart) stop; start ;;
    reload)
        known=$(wc -l <log)
        kill -HUP "$(pid)"
        until tail -n +$((known + 1)) log | grep -q -e configuration_in_force -e old_configuration_stays; do sleep 0.05; done
        ! tail -n +$((known + 1)) log | grep old_configuration_stays >&2 ;;
    is-active) running ;;
esac
"""


# `ssh NODE COMMAND...`: other machines are other directories of this one.
SSH = """#!/bin/sh
export NODE_HOME={folder}/$1/home NODE_CONFIG={folder}/$1/config.toml
shift
exec "$@"
"""


class Machine:
    """Where an operator sits: /etc/deskgate is `etc`, and the service writes into `home`."""

    def __init__(self, folder: Path) -> None:
        self.etc, self.home, self._bin = folder / "etc", folder / "home", folder / "bin"
        self.config = self.etc / "config.toml"
        self.environment: dict[str, str] = {}
        self.dns = 0
        self._socket = folder / "line"
        for each in (self.etc, self.home, self._bin):
            each.mkdir()

    def install(self) -> None:
        told = {
            "python": sys.executable,
            "home": self.home,
            "config": self.config,
            "roles": self.etc / "roles",
            "socket": str(self._socket),
        }
        self.program("deskgate", ASK.format(**told | {"python": shutil.which("python3", path=os.defpath) or sys.executable}))
        self.program("systemctl", SYSTEMCTL.format(**told))
        self.program("ssh", SSH.format(folder=self.home.parent))
        self.environment |= {
            "PATH": os.pathsep.join([str(self._bin), str(binaries().prefix / "bin"), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join(filter(None, map(os.path.abspath, sys.path))),
            "DESKGATE_CONFIG": str(self.config),
        }

    def program(self, name: str, text: str) -> None:
        path = self._bin / name
        path.write_text(text)
        path.chmod(0o755)

    def address(self, node: str = "") -> tuple[str, int]:
        """Where mail is taken."""
        [ready] = [line for line in (self.home.parent / node / "home" / "out").read_text().splitlines() if line.startswith("ready")]
        told = dict(part.split("=", 1) for part in ready.split()[1:])
        host, _, port = told["smtp"].rpartition(":")
        return host, int(port)

    def log(self) -> str:
        path = self.home / "log"
        return path.read_text() if path.exists() else ""

    @asynccontextmanager
    async def on(self) -> AsyncIterator["Machine"]:
        self.install()
        answering = await asyncio.start_unix_server(self._answer, self._socket)
        try:
            yield self
        finally:
            answering.close()
            await self._off()

    async def _off(self) -> None:
        for path in self.home.parent.rglob("pid"):
            pid = int(path.read_text())
            for each in (pid, *children_of(pid)):
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
            while alive(pid):
                await asyncio.sleep(0.02)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arguments, piped, config = json.loads(await reader.readline())
        if "--config" not in arguments and config:
            arguments += ["--config", config]
        status, out, err = await run_here(*arguments, stdin=piped.encode("latin-1"))
        writer.write(json.dumps([status, out.encode().decode("latin-1"), err]).encode() + b"\n")
        await writer.drain()
        writer.close()


class Runbook:
    """One document. Its parts are carried out by their headings; `whole` says whether all have been."""

    def __init__(self, name: str, machine: Machine, needs: Mapping[str, object]) -> None:
        headings = HEADING.split((FOLDER / f"{name}.md").read_text())[1:]
        self._parts = {heading: BLOCK.findall(text) for heading, text in zip(headings[::2], headings[1::2], strict=True)}
        self._machine = machine
        wanted = {each for block in self._parts.pop(NEEDS) for each in EXPORT.findall(block)}
        assert wanted == needs.keys(), "what the document wants set"
        self._variables = machine.environment | {name: str(value) for name, value in needs.items()}
        self._kept = machine.home.parent / "variables"
        self._kept.touch()
        self._done: set[str] = set()

    async def run(self, heading: str, *, fails: bool = False) -> str:
        """All blocks of this part, one after another, in one shell that ends with the first command that fails. What they print."""
        script = "\n".join(self._parts[heading])
        # What a block sets the next ones find; but for what bash itself has, such names are in small letters.
        kept = f"declare -p $(compgen -v | LC_ALL=C grep '^[a-z][a-z_]*$') >{self._kept} 2>/dev/null || true"
        whole = f"set -euo pipefail\nbegun=yes\n. {self._kept}\n{script}\n{kept}\n"
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", whole, cwd=self._machine.home, env=os.environ | self._variables, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(SECONDS):
            out, err = await process.communicate()
        assert (process.returncode != 0) is fails, f"{heading}:\n{script}\n{out.decode()}\n{err.decode()}\n{self._machine.log()[-3000:]}"
        self._done.add(heading)
        return out.decode() + err.decode() * fails

    def set(self, **variables: object) -> None:
        """From here on, as an operator would who does it for another machine."""
        self._variables |= {name: str(value) for name, value in variables.items()}

    def whole(self) -> None:
        assert {heading for heading, blocks in self._parts.items() if blocks} == self._done
