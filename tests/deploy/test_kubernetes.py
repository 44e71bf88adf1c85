"""deploy/kubernetes: the parts fit each other, and every flag, path, port, role and key is one that the product knows."""

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gateway import __version__
from gateway.app.roles import NAMES
from gateway.cli.arguments import parser
from gateway.config.load import Loaded
from tests.deploy.manifests import DEPLOY, PROBES, configuration, documents, every
from tests.packaging.tree import last
from tests.peers.certificates import self_signed

FOLDER = DEPLOY / "kubernetes"
KINDS = {
    "Namespace": "v1", "Service": "v1", "Deployment": "apps/v1", "Job": "batch/v1", "PodDisruptionBudget": "policy/v1",
    "NetworkPolicy": "networking.k8s.io/v1", "Ingress": "networking.k8s.io/v1",
}  # fmt: skip
PUBLIC = {("/rate/", "Prefix"), ("/file/", "Prefix"), ("/logo", "Exact")}

[KUSTOMIZATION] = documents(FOLDER / "kustomization.yaml")
RESOURCES = [each for name in KUSTOMIZATION["resources"] for each in documents(FOLDER / name)]
WORKLOADS = [each for each in RESOURCES if each["kind"] in ("Deployment", "Job")]
SERVING = [each for each in WORKLOADS if each["kind"] == "Deployment"]


def named(kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in RESOURCES if each["kind"] == kind}


def pod(workload: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = workload["spec"]["template"]["spec"]
    return found


def container(workload: dict[str, Any]) -> dict[str, Any]:
    [found] = pod(workload)["containers"]
    return dict(found)


def ports(workload: dict[str, Any]) -> dict[str, int]:
    return {each["name"]: each["containerPort"] for each in container(workload).get("ports", ())}


def selected(selector: dict[str, str]) -> list[dict[str, Any]]:
    return [each for each in WORKLOADS if selector.items() <= each["spec"]["template"]["metadata"]["labels"].items()]


def name_of(workload: dict[str, Any]) -> str:
    return str(workload["metadata"]["name"])


def generated(generator: str) -> dict[str, set[str]]:
    """The keys of generated maps and secrets."""
    return {each["name"]: {Path(file).name for file in each["files"]} for each in KUSTOMIZATION[generator]}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    at = tmp_path_factory.mktemp("kubernetes")
    (at / "database_url").write_text("postgresql://deskgate:password@db.example.com/deskgate\n")
    (at / "desk_secret").write_text("a secret of the tests, which is long enough\n")
    (at / "relay_password").write_text("a password\n")
    shutil.copy(self_signed(at / "tls.crt", "mx.example.com"), at / "tls.key")
    return configuration(FOLDER / "config.toml", {"/run/secrets/deskgate": at, "/run/tls": at}, at / "config.toml")


def test_every_file_is_applied() -> None:
    assert {path.name for path in FOLDER.glob("*.yaml")} == {"kustomization.yaml", *KUSTOMIZATION["resources"]}
    assert {each["kind"] for each in RESOURCES} == KINDS.keys()
    assert [each for each in RESOURCES if each["apiVersion"] != KINDS[each["kind"]]] == []
    identities = [(each["kind"], each["metadata"]["name"]) for each in RESOURCES]
    assert len(identities) == len(set(identities))
    assert KUSTOMIZATION["namespace"] in named("Namespace")


def test_the_image_is_of_this_version() -> None:
    [image] = KUSTOMIZATION["images"]
    assert {container(each)["image"] for each in WORKLOADS} == {image["name"]}
    assert image["newTag"] == __version__


def test_the_configuration_is_one_that_the_pods_take(loaded: Loaded) -> None:
    assert loaded.warnings == ()
    assert not loaded.settings.database.is_embedded


@pytest.mark.parametrize("workload", WORKLOADS, ids=name_of)
def test_what_the_configuration_reads_is_mounted(workload: dict[str, Any]) -> None:
    holders = {"secret": generated("secretGenerator"), "configMap": generated("configMapGenerator")}
    volumes = {each["name"]: each for each in pod(workload)["volumes"]}
    files = set()
    for mount in container(workload)["volumeMounts"]:
        volume = volumes.pop(mount["name"])
        for kind, key in (("secret", "secretName"), ("configMap", "name")):
            if kind in volume:
                files |= {f"{mount['mountPath']}/{file}" for file in holders[kind][volume[kind][key]]}
                assert mount["readOnly"] is True
    assert volumes == {}, "each volume is mounted"
    written = tomllib.loads((FOLDER / "config.toml").read_text())
    read = {written["tls"]["certificate"], written["tls"]["key"]}
    read |= {
        secret.removeprefix("file:") for secret in (written["database"]["url"], written["desk"]["secret"], written["outbound"]["password"])
    }
    assert read <= files
    [variable] = container(workload)["env"]
    assert variable["name"] == "DESKGATE_CONFIG"
    assert variable["value"] in files


@pytest.mark.parametrize("workload", WORKLOADS, ids=name_of)
def test_pods_are_as_the_restricted_standard_wants_them(workload: dict[str, Any]) -> None:
    assert named("Namespace")["deskgate"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    whole, one = pod(workload), container(workload)
    user, group = map(int, last("USER").value.split(":"))
    assert whole["securityContext"] == {
        "runAsNonRoot": True, "runAsUser": user, "runAsGroup": group, "fsGroup": group, "seccompProfile": {"type": "RuntimeDefault"},
    }  # fmt: skip
    assert one["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert whole["automountServiceAccountToken"] is False
    # What is written to all the same: temporary files, and the directory that the image works in.
    writable = {each["name"] for each in whole["volumes"] if "emptyDir" in each}
    assert {mount["mountPath"] for mount in one["volumeMounts"] if mount["name"] in writable} == {"/tmp", last("WORKDIR").value}
    assert all("sizeLimit" in each["emptyDir"] for each in whole["volumes"] if "emptyDir" in each)
    assert {"requests", "limits"} <= one["resources"].keys()


def test_commands_are_the_products_and_every_role_runs_somewhere() -> None:
    roles: set[str] = set()
    for each in WORKLOADS:
        options = parser(__version__).parse_args(container(each)["args"])
        roles |= set(getattr(options, "role", None) or ())
    assert roles == set(NAMES)
    assert container(named("Job")["deskgate-migrate"])["args"] == ["migrate"]


@pytest.mark.parametrize("workload", SERVING, ids=name_of)
def test_probes_ask_what_is_served(workload: dict[str, Any], loaded: Loaded) -> None:
    one = container(workload)
    asked = {kind: one[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")}
    assert {kind: each["path"] for kind, each in asked.items()} == dict(zip(("startup", "readiness", "liveness"), PROBES, strict=True))
    # They are answered by a web process in the very pod.
    assert "web" in one["args"]
    assert {each["port"] for each in asked.values()} == {"web"}
    assert ports(workload)["web"] == loaded.settings.web.listen.port


def test_listeners_listen_where_their_ports_are(loaded: Loaded) -> None:
    server = loaded.settings.server
    found = ports(named("Deployment")["deskgate-listener"])
    assert (found["smtp"], found["smtps"]) == (server.listen[0].port, server.listen_tls[0].port)


@pytest.mark.parametrize("workload", SERVING, ids=name_of)
def test_pods_go_one_by_one_and_have_time_to_drain(workload: dict[str, Any], loaded: Loaded) -> None:
    assert pod(workload)["terminationGracePeriodSeconds"] > loaded.settings.limits.drain_seconds
    assert workload["spec"]["replicas"] >= 2
    assert workload["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert pod(workload)["shareProcessNamespace"] is True
    own = workload["spec"]["selector"]["matchLabels"]
    assert selected(own) == [workload]
    budgets = [each for each in named("PodDisruptionBudget").values() if each["spec"]["selector"]["matchLabels"] == own]
    assert [each["spec"]["maxUnavailable"] for each in budgets] == [1]


def test_services_lead_to_pods_and_keep_the_peers_addresses() -> None:
    services = named("Service")
    for each in services.values():
        [workload] = selected(each["spec"]["selector"])
        assert {port["targetPort"] for port in each["spec"]["ports"]} <= ports(workload).keys()
    smtp = services["deskgate-smtp"]["spec"]
    assert (smtp["type"], smtp["externalTrafficPolicy"]) == ("LoadBalancer", "Local")
    assert {port["name"]: port["port"] for port in smtp["ports"]} == {"smtp": 25, "smtps": 465}


def test_the_world_sees_the_clients_pages_alone() -> None:
    [ingress] = named("Ingress").values()
    [rule] = ingress["spec"]["rules"]
    assert {(each["path"], each["pathType"]) for each in rule["http"]["paths"]} == PUBLIC
    assert f"https://{rule['host']}" == tomllib.loads((FOLDER / "config.toml").read_text())["web"]["base_url"]
    [service] = {each["name"] for each in every("service", rule)}
    ways = {port["name"] for port in named("Service")[service]["spec"]["ports"]}
    assert {each["port"]["name"] for each in every("service", rule)} <= ways


def test_networks_are_closed_but_for_what_is_named() -> None:
    policies = named("NetworkPolicy")
    assert policies["deskgate"]["spec"]["podSelector"] == {}
    assert policies["deskgate"]["spec"]["policyTypes"] == ["Ingress", "Egress"]
    for each in policies.values():
        chosen = selected(each["spec"]["podSelector"].get("matchLabels", {}))
        assert chosen, each["metadata"]["name"]
        ways = {port for workload in chosen for port in ports(workload)}
        rules = [port["port"] for rule in each["spec"].get("ingress", ()) for port in rule["ports"]]
        assert set(rules) <= ways
    # Port 25 is the listeners', and what goes out by it the senders'.
    assert "from" not in policies["deskgate-listener"]["spec"]["ingress"][0]
    assert 25 in every_port_out(policies["deskgate-sender"])


def every_port_out(policy: dict[str, Any]) -> set[int]:
    return {port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]}
