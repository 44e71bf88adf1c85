"""`[[webhook]]` in the file: what it makes, and what is said of what it must not be."""

import json
from pathlib import Path

import pytest

from gateway.config.comparing import differences
from gateway.config.convert_webhooks import webhooks
from gateway.config.faults import ConfigurationError
from gateway.config.load import load
from gateway.config.redacted import redacted
from gateway.config.settings import Settings
from gateway.domain.states import EventKind
from gateway.domain.webhooks import Webhook, secret_text
from tests.hooks.receiver import OLD_SECRET, SECRET

DESK = """
[[gateway]]
address = "support@example.com"
[[department]]
key = "support"
[[department]]
key = "sales"
[outbound]
relay = "directory:out"
"""
GOOD: dict[str, object] = {"url": "https://crm.example.com/hook", "secret": secret_text(SECRET)}


def written(folder: Path, *tables: dict[str, object]) -> Path:
    path = folder / "config.toml"
    lines = "".join("[[webhook]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in each.items()) for each in tables)
    path.write_text(DESK + lines)
    return path


def read(folder: Path, *tables: dict[str, object]) -> Settings:
    return load(written(folder, *tables)).settings


def test_with_url_and_secret_alone_it_is_told_of_everything(tmp_path: Path) -> None:
    [made] = webhooks(read(tmp_path, GOOD))
    assert made == Webhook("crm.example.com", "https://crm.example.com/hook", (SECRET,), tuple(EventKind), None, False, None)
    assert secret_text(SECRET) not in repr(made)


def test_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", secret_text(SECRET))
    (tmp_path / "old").write_text(secret_text(OLD_SECRET) + "\n")
    given = {
        "name": "crm", "url": "http://10.0.0.7:8080/in?x=1", "secret": "env:HOOK", "old_secrets": ["file:old"], "allow_private": True,
        "events": ["ticket.status_changed", "ticket.created"], "departments": ["sales"],
    }  # fmt: skip
    settings = read(tmp_path, given)
    kinds = (EventKind.CREATED, EventKind.STATUS_CHANGED)
    assert webhooks(settings) == (Webhook("crm", "http://10.0.0.7:8080/in?x=1", (SECRET, OLD_SECRET), kinds, ("sales",), True, None),)
    assert Settings.restore(settings.dump()) == settings


def test_in_shadow_mode_nobody_is_told(tmp_path: Path) -> None:
    assert webhooks(read(tmp_path, GOOD), shadow=True) == ()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"url": "crm.example.com"}, 'webhook[0].url = "crm.example.com": expected a URL'),
        ({"url": "ftp://crm.example.com/"}, "webhook[0].url"),
        ({"url": "https://user:word@crm.example.com/"}, "webhook[0].url"),
        ({"url": "https://crm.example.com/#top"}, "webhook[0].url"),
        ({"url": "https://crm.example.com:99999/"}, "webhook[0].url"),
        ({"url": "https:///hook"}, "webhook[0].url"),
        ({"url": "https://crm.example.com/a b"}, "webhook[0].url"),
        ({"url": "http://crm.example.com/"}, 'expected "https://": what clients wrote would cross the network in the clear'),
        ({"secret": "hunter2"}, "webhook[0].secret"),
        ({"secret": "whsec_c2hvcnQ="}, "it has 5 octets behind its base64"),
        ({"old_secrets": [secret_text(SECRET)]}, "this is the one that signs now"),
        ({"name": "a b"}, "webhook[0].name"),
        ({"events": []}, "expected one at least"),
        ({"events": ["ticket.exploded"]}, "webhook[0].events[0]"),
        ({"events": ["created"]}, "webhook[0].events[0]"),
        ({"departments": ["moon"]}, 'webhook[0].departments[0] = "moon": expected the key of a [[department]]'),
        ({"departments": []}, "webhook[0].departments"),
        ({"url": "http://127.0.0.1/", "allow_private": True, "ca": "config.toml"}, "without TLS there is no certificate to verify"),
        ({"methods": "GET"}, "webhook[0].methods"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, changed: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(tmp_path, GOOD | changed)
    assert told in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_two_have_two_names(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r'webhook\[1\].name: .*expected a name of its own: webhook\[0\] is "crm.example.com" already'
    ):
        read(tmp_path, GOOD, GOOD)
    assert [each.name for each in webhooks(read(tmp_path, GOOD, GOOD | {"name": "chat"}))] == ["crm.example.com", "chat"]


def test_the_history_of_configurations_tells_them_apart_and_keeps_no_secret(tmp_path: Path) -> None:
    one = redacted(load(written(tmp_path, GOOD)))
    two = redacted(load(written(tmp_path, {**GOOD, "name": "chat"}, GOOD)))
    assert secret_text(SECRET) not in json.dumps(one.document)
    # Many receivers know by the path who calls.
    assert one.document["webhook"][0]["url"] == "https://crm.example.com/********"
    assert {each.path.partition("]")[0] for each in differences(one, two) if "webhook" in each.path}
