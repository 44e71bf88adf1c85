"""No image is built here; what it would be made of is: the copied tree is laid out as the Dockerfile says, and must work from there."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from gateway import __version__
from gateway.cli.arguments import parser
from gateway.config.server import Server
from gateway.config.web import Web
from tests.conftest import memory
from tests.packaging.tree import ROOT, copied, instructions, last, pyproject

# Nothing answers there: the check must ask the container itself, whatever proxy the operator's network has.
PROXY = "http://127.0.0.1:9"

CONFIG = """
[server]
listen = ["127.0.0.1:0"]
[[gateway]]
address = "support@example.com"
[web]
listen = "127.0.0.1:0"
"""


@pytest.fixture(scope="module")
def image() -> Iterator[Path]:
    """The copied tree, and a home to work in, where the user that the embedded server runs as can reach it."""
    place = Path(tempfile.mkdtemp(prefix="deskgate-tests-image-", dir=memory()))
    place.chmod(0o711)
    for source, target in copied():
        origin, copy = ROOT / source, place / "app" / target
        copy.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(origin, copy)
    (place / "home").mkdir(mode=0o755)
    yield place
    shutil.rmtree(place, ignore_errors=True)


def command(*arguments: str) -> list[str]:
    """The image's entry: its console script's module, never the working tree that pytest stands in."""
    assert pyproject()["project"]["scripts"]["deskgate"] == "gateway.__main__:main"
    return [sys.executable, "-P", "-m", "gateway", *arguments]


def surroundings(image: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(image / "app"), "PYTHONDONTWRITEBYTECODE": "1"}


def run(image: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(*arguments), cwd=image / "home", env=surroundings(image), capture_output=True, text=True, timeout=60, check=False
    )


def healthcheck(url: str) -> int:
    """The exit status of the image's own check."""
    name, *arguments = last("HEALTHCHECK").command
    assert name == "python"
    variables = {"DESKGATE_HEALTH": url, "http_proxy": PROXY}
    return subprocess.run([sys.executable, *arguments], env=variables, stderr=subprocess.DEVNULL, timeout=60, check=False).returncode


def test_every_source_that_is_copied_exists() -> None:
    assert copied()
    assert [source for source, _ in copied() if not (ROOT / source).exists()] == []


def test_the_context_has_what_is_copied_and_nothing_else() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    allowed = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert allowed == {source for source, _ in copied()}


def test_the_image_is_slim_and_of_two_stages_on_one_base() -> None:
    bases = [each.words[0] for each in instructions() if each.name == "FROM"]
    assert len(bases) == 2
    assert set(bases) == {bases[0]}
    assert re.fullmatch(r"python:3\.\d+-slim", bases[0])
    minor = int(bases[0].removeprefix("python:3.").removesuffix("-slim"))
    assert minor >= int(pyproject()["project"]["requires-python"].removeprefix(">=3."))


def test_the_dependencies_are_installed_by_hash_from_a_copied_lock() -> None:
    installing = next(each.value for each in instructions() if each.name == "RUN" and "--requirement" in each.value)
    lock = re.search(r"--requirement (\S+)", installing)
    assert "--require-hashes" in installing
    assert lock is not None
    assert lock[1] in {source for source, _ in copied()}


def test_it_does_not_run_as_root() -> None:
    user, group = last("USER").value.split(":")
    making = next(each.value for each in instructions() if "useradd" in each.value)
    assert int(user) > 0
    assert int(group) > 0
    assert f"--uid {user} --gid {group}" in making
    assert f"--home-dir {last('WORKDIR').value} " in making


def test_the_image_that_runs_has_nothing_to_build_with_and_signals_reach_the_parent() -> None:
    stage = last("FROM").stage
    commands = [each.value for each in instructions() if each.stage == stage and each.name == "RUN"]
    assert [each for each in commands if re.search(r"\b(apt-get|apt|pip|gcc|build-essential)\b", each)] == []
    # A shell in between would keep SIGTERM to itself.
    assert last("ENTRYPOINT").command == ["deskgate"]
    assert [each for each in instructions() if each.name == "STOPSIGNAL"] == []


def test_the_entry_is_serve() -> None:
    assert last("ENTRYPOINT").command == ["deskgate"]
    assert "deskgate" in pyproject()["project"]["scripts"]
    assert parser(__version__).parse_args(last("CMD").command).command == "serve:serve"


def test_the_copied_tree_answers_for_help_and_version(image: Path) -> None:
    helped, told = run(image, "--help"), run(image, "--version")
    assert helped.returncode == 0, helped.stderr
    assert "serve" in helped.stdout
    assert told.stdout == f"deskgate {__version__}\n", told.stderr


def test_the_copied_tree_has_the_built_in_example(image: Path) -> None:
    checked = run(image, "check")
    assert checked.returncode == 0, checked.stderr
    assert str(image / "app" / "config.example.toml") in checked.stdout


@pytest.mark.timeout(200)
async def test_the_copied_tree_serves_and_is_healthy(image: Path) -> None:
    (image / "home" / "config.toml").write_text(CONFIG)
    with (image / "home" / "log").open("w") as log:
        served = await asyncio.create_subprocess_exec(
            *command(*last("CMD").command), cwd=image / "home", env=surroundings(image), stdout=asyncio.subprocess.PIPE, stderr=log
        )
    try:
        assert served.stdout is not None
        async with asyncio.timeout(90):
            line = (await served.stdout.readline()).decode()
        web = re.search(r"web=(\S+)", line)
        assert web is not None, (image / "home" / "log").read_text()
        async with asyncio.timeout(60):
            while await asyncio.to_thread(healthcheck, f"http://{web[1]}/healthz") != 0:
                await asyncio.sleep(0.2)
        served.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            assert await served.wait() == 0
    finally:
        if served.returncode is None:
            served.kill()
            await served.wait()
    assert (image / "home" / "data" / "database" / "cluster" / "PG_VERSION").exists()


@pytest.fixture
def answering() -> Iterator[HTTPServer]:
    """Answers with the status that the path names."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(int(self.path.removeprefix("/")))
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False), (404, False)])
def test_the_healthcheck_believes_only_a_200(answering: HTTPServer, status: int, healthy: bool) -> None:
    assert (healthcheck(f"http://127.0.0.1:{answering.server_port}/{status}") == 0) is healthy


def test_the_healthcheck_fails_where_nothing_answers(answering: HTTPServer) -> None:
    port = answering.server_port
    answering.server_close()
    assert healthcheck(f"http://127.0.0.1:{port}/200") != 0


def test_the_healthcheck_asks_where_the_pages_are_by_default() -> None:
    variables = dict(word.split("=", 1) for word in last("ENV").words)
    assert variables["DESKGATE_HEALTH"] == f"http://{Web().listen}/healthz"


def test_the_exposed_ports_are_the_defaults() -> None:
    assert last("EXPOSE").words == [*(str(each.port) for each in Server().listen), str(Web().listen.port)]
