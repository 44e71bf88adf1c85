"""deploy/compose.yaml: what it refers to is there, what it hands the gateways is what they take, and the balancer's words fit theirs."""

import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from gateway import __version__
from gateway.cli.arguments import parser
from gateway.config.load import Loaded
from tests.deploy.manifests import DEPLOY, PROBES, configuration, documents, seconds
from tests.packaging.tree import last

COMPOSE = DEPLOY / "compose.yaml"
BALANCER = (DEPLOY / "compose" / "haproxy.cfg").read_text()
OURS = ("gateway-one", "gateway-two", "migrate")
FROM_OPERATORS = {"relay_password"}
"""Secrets that nobody can make up."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    [found] = documents(COMPOSE)
    return found


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As make-secrets makes them, and the operator adds to them."""
    made = tmp_path_factory.mktemp("secrets")
    for _ in range(2):
        before = {each.name: each.read_text() for each in made.iterdir()}
        told = subprocess.run([DEPLOY / "compose" / "make-secrets", made], capture_output=True, text=True, check=True).stdout
        assert before == {} or "made" not in told, "what is there stays"
    assert all(each.stat().st_mode & 0o777 == 0o444 for each in made.iterdir())
    for name in FROM_OPERATORS:
        (made / name).write_text("a password\n")
    return made


@pytest.fixture(scope="module")
def loaded(secrets: Path, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    at = tmp_path_factory.mktemp("compose") / "config.toml"
    return configuration(DEPLOY / "compose" / "config.toml", {"/run/secrets": secrets}, at)


def test_whatever_a_service_refers_to_is_defined(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert set(service.get("networks", ())) <= compose["networks"].keys(), name
        assert set(service.get("secrets", ())) <= compose["secrets"].keys(), name
        assert {each["source"] for each in service.get("configs", ())} <= compose["configs"].keys(), name
        assert set(service.get("depends_on", ())) <= compose["services"].keys(), name
        assert {each.partition(":")[0] for each in service.get("volumes", ())} <= compose["volumes"].keys(), name


def test_files_exist_and_secrets_are_made(compose: dict[str, Any], secrets: Path) -> None:
    assert [each for each in compose["configs"].values() if not (DEPLOY / each["file"]).is_file()] == []
    assert {each["file"] for each in compose["secrets"].values()} == {f"compose/secrets/{path.name}" for path in secrets.iterdir()}
    assert (DEPLOY / compose["x-gateway"]["build"] / "Dockerfile").resolve().is_file()


def test_no_secret_is_ever_committed() -> None:
    for folder in ("compose", "kubernetes"):
        ignored = (DEPLOY / folder / "secrets" / ".gitignore").read_text().splitlines()
        assert [line for line in ignored if not line.startswith("#")] == ["*", "!.gitignore"]


@pytest.mark.parametrize("name", OURS)
def test_our_containers_may_write_nothing_and_gain_nothing(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "user" not in service, "the image's own is not root"
    assert parser(__version__).parse_args(service["command"]).command
    assert service["environment"]["DESKGATE_CONFIG"] in {each["target"] for each in service["configs"]}
    user = last("USER").value.partition(":")[0]
    assert any(last("WORKDIR").value in each and f"uid={user}" in each for each in service["tmpfs"])


def test_gateways_have_time_to_drain_and_migrate_first(compose: dict[str, Any], loaded: Loaded) -> None:
    for name in ("gateway-one", "gateway-two"):
        service = compose["services"][name]
        assert seconds(service["stop_grace_period"]) > loaded.settings.limits.drain_seconds
        assert service["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
        assert service["init"] is True
        health = urlsplit(service["environment"]["DESKGATE_HEALTH"])
        assert (health.path, health.port) == ("/readyz", loaded.settings.web.listen.port)


def test_the_configuration_is_one_that_the_gateways_take(loaded: Loaded) -> None:
    assert loaded.warnings == ()
    assert loaded.settings.database.url.get_secret_value().startswith("postgresql://deskgate:")
    assert not loaded.settings.database.is_embedded


def test_the_database_is_the_one_that_the_url_names(compose: dict[str, Any], secrets: Path) -> None:
    url = urlsplit((secrets / "database_url").read_text().strip())
    postgres = compose["services"]["postgres"]
    assert url.hostname == "postgres"
    assert (url.username, url.path) == (postgres["environment"]["POSTGRES_USER"], f"/{postgres['environment']['POSTGRES_DB']}")
    assert url.password == (secrets / "database_password").read_text().strip()
    assert postgres["environment"]["POSTGRES_PASSWORD_FILE"].rpartition("/")[2] in postgres["secrets"]
    # Nobody but the gateways reaches it, and what it has outlives its container.
    assert postgres["networks"] == ["back"]
    assert compose["networks"]["back"]["internal"] is True
    assert postgres["volumes"] == ["database:/var/lib/postgresql"]


def test_the_balancer_is_the_one_whose_word_counts(compose: dict[str, Any], loaded: Loaded) -> None:
    address = compose["services"]["balancer"]["networks"]["front"]["ipv4_address"]
    assert [str(each) for each in loaded.settings.server.proxies] == [f"{address}/32"]


def test_the_balancer_speaks_to_the_gateways_as_they_listen(compose: dict[str, Any], loaded: Loaded) -> None:
    settings = loaded.settings
    [smtp], [smtps], web = settings.server.listen, settings.server.listen_tls, settings.web.listen
    backends = dict(re.findall(r"(?ms)^backend (\w+)\n(.*?)(?=^\w|\Z)", BALANCER))
    for name, port, header in (("smtp", smtp.port, True), ("smtps", smtps.port, True), ("pages", web.port, False)):
        servers = re.findall(r"server \w+ (\S+):(\d+)( send-proxy-v2)?", backends[name])
        assert servers == [(each, str(port), " send-proxy-v2" if header else "") for each in ("gateway-one", "gateway-two")], name
        [asked] = re.findall(r"option httpchk GET (\S+)", backends[name])
        assert asked in PROBES
    assert f"check port {web.port} " in BALANCER


def test_the_balancer_listens_where_its_ports_lead(compose: dict[str, Any]) -> None:
    published = {int(each.rpartition(":")[2]): each for each in compose["services"]["balancer"]["ports"]}
    assert published.keys() == {int(port) for port in re.findall(r"(?m)^ +bind :(\d+)$", BALANCER)}
    assert published[2525] == "25:2525"
    # The pages go out in the clear: to a proxy with TLS on this machine alone.
    assert published[8080].startswith("127.0.0.1:")


def test_a_service_that_is_defined_by_halves_would_be_found() -> None:
    with pytest.raises(AssertionError, match="gateway-one"):
        test_whatever_a_service_refers_to_is_defined(yaml.safe_load(COMPOSE.read_text().replace("  database_url: {file", "  url: {file")))
