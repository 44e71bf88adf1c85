"""What is kept of a configuration: every value in force, and no secret in any shape."""

import json
from pathlib import Path

import pytest

from gateway.config.load import Loaded, load
from gateway.config.redacted import redacted

FILE = """
[desk]
secret = "env:DESK_SECRET"
old_secrets = ["an older secret of the desk, long enough", "file:old"]
reply_address = "r@desk.test"
[database]
url = "postgresql://desk:hunter2-database@db.test/desk"
[outbound]
relay = "relay.test:25"
security = "starttls"
user = "desk"
password = "hunter2-relay"
[screening]
[[screening.dns_list]]
zone = "zen.blocklist.test"
[[screening.dns_list]]
zone = "h4x0rh4x0rh4x0rh4x0rh4x0r1.zen.dq.blocklist.test"
[[gateway]]
address = "support@desk.test"
name = "Support"
department = "support"
default = true
[gateway.fetch]
protocol = "imaps"
host = "imap.test"
user = "support@desk.test"
auth = "xoauth2"
token_command = ["/usr/bin/token", "--refresh", "hunter2-token"]
[[from_address]]
address = "info@desk.test"
[from_address.smtp]
host = "smtp.test"
user = "info@desk.test"
password = "file:info.password"
[[department]]
key = "support"
name = "Support"
"""
SECRETS = {
    "desk.secret": "a secret of the desk, long enough for it",
    "desk.old_secrets[0]": "an older secret of the desk, long enough",
    "desk.old_secrets[1]": "the oldest secret of the desk, long enough",
    "database.url": "hunter2-database",
    "outbound.password": "hunter2-relay",
    "gateway[0].fetch.token_command[1]": "--refresh",
    "gateway[0].fetch.token_command[2]": "hunter2-token",
    "from_address[0].smtp.password": "hunter2-info",
    "screening.dns_list[1].zone": "h4x0rh4x0rh4x0rh4x0rh4x0r1",
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DESK_SECRET", SECRETS["desk.secret"])
    (tmp_path / "old").write_text(SECRETS["desk.old_secrets[1]"])
    (tmp_path / "info.password").write_text(SECRETS["from_address[0].smtp.password"])
    return tmp_path


def loaded(here: Path, text: str = FILE) -> Loaded:
    (here / "config.toml").write_text(text)
    return load(here / "config.toml")


def test_no_secret_is_in_it_and_every_one_has_a_mark(here: Path) -> None:
    found = redacted(loaded(here))
    kept = json.dumps([found.document, found.secrets])
    assert [path for path, secret in SECRETS.items() if secret in kept] == []
    assert found.secrets.keys() == SECRETS.keys()
    assert len(set(found.secrets.values())) == len(SECRETS)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (("desk", "secret"), "env:DESK_SECRET"),
        (("desk", "old_secrets"), ["********", "file:old"]),
        (("database", "url"), "********"),
        (("outbound", "password"), "********"),
        (("outbound", "relay"), "relay.test:25"),
        (("gateway", 0, "fetch", "token_command"), ["/usr/bin/token", "********", "********"]),
        (("from_address", 0, "smtp", "password"), "file:info.password"),
        (("screening", "dns_list", 0, "zone"), "zen.blocklist.test"),
        (("screening", "dns_list", 1, "zone"), "********.zen.dq.blocklist.test"),
        (("limits", "attempts"), 5),
        (("gateway", 0, "address"), "support@desk.test"),
    ],
)
def test_references_stay_and_secrets_are_masked(here: Path, path: tuple[str | int, ...], shown: object) -> None:
    value: object = redacted(loaded(here)).document
    for each in path:
        value = value[each]  # type: ignore[index]
    assert value == shown


def test_a_secret_behind_the_same_reference_is_told_by_its_mark_alone(here: Path) -> None:
    before = redacted(loaded(here))
    (here / "info.password").write_text("hunter3-info")
    after = redacted(loaded(here))
    assert before.document == after.document
    assert {path for path in before.secrets if before.secrets[path] != after.secrets[path]} == {"from_address[0].smtp.password"}
    assert before.fingerprint != after.fingerprint


def test_the_embedded_databases_secret_is_none_to_tell_and_its_url_is_no_secret(tmp_path: Path) -> None:
    text = FILE.replace('url = "postgresql://desk:hunter2-database@db.test/desk"', f'data_dir = "{tmp_path}"')
    (tmp_path / "old").write_text(SECRETS["desk.old_secrets[1]"])
    (tmp_path / "info.password").write_text("hunter2-info")
    found = redacted(loaded(tmp_path, text.replace('secret = "env:DESK_SECRET"\n', "")))
    assert (found.document["database"]["url"], found.document["desk"]["secret"]) == ("embedded", "********")
