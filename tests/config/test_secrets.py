"""Secrets: where they come from, and that they are never shown."""

import os
from pathlib import Path

import pytest

from gateway.config.faults import ConfigurationError
from gateway.config.load import load
from gateway.config.settings import Settings
from tests.config.reading import SECRET, SMALLEST, read, settings_of

WHOLE = f"""
{SMALLEST}
[desk]
secret = "{SECRET}-desk"
old_secrets = ["{SECRET}-old"]
[database]
url = "postgresql://deskgate:{SECRET}@db.example.com/desk"
[outbound]
user = "desk"
password = "{SECRET}-relay"
"""


def write(directory: Path, text: str) -> Path:
    path = directory / "config.toml"
    path.write_text(text)
    return path


def test_a_secret_is_in_no_text_that_the_settings_make() -> None:
    settings = settings_of(WHOLE)
    for shown in (repr(settings), str(settings), settings.model_dump_json(), repr(settings.model_dump()), repr(settings.desk.secret)):
        assert SECRET not in shown


@pytest.mark.parametrize(
    "text",
    [
        'secret = 3\nold_secrets = "hunter2"',
        'old_secrets = ["hunter2", 3]',
        'secret = ["hunter2"]',
        'secret = {hunter2 = "hunter2"}',
        'secrets = "hunter2"',
        'sekret = "hunter2"',
        'token_key = ["hunter2"]',
        'secret = "hunter2"',
        'secret = "env:hunter2 with spaces"',
    ],
)
def test_a_secret_is_in_no_fault(text: str) -> None:
    found = read(f"{SMALLEST}[desk]\n{text}\n[outbound]\npassword = 'hunter2'\npasswd = 'hunter2'\n[database]\nurl = 'oracle://hunter2'")
    assert found.faults
    assert not [str(fault) for fault in found.faults if "hunter2" in str(fault)]
    assert not [repr(fault) for fault in found.faults if "hunter2" in repr(fault)]


def test_a_section_that_is_a_string_is_not_shown() -> None:
    assert [str(fault) for fault in read(f"outbound = 'smtp://desk:hunter2@relay'\n{SMALLEST}").faults] == [
        "outbound = …: expected a table"
    ]


def test_settings_come_whole_over_a_pipe() -> None:
    settings = settings_of(WHOLE)
    restored = Settings.restore(settings.dump())
    assert restored == settings
    assert restored.desk.secret is not None
    assert restored.desk.secret.get_secret_value() == f"{SECRET}-desk"


def test_a_restored_secret_is_not_taken_for_a_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKGATE_TEST_SECRET", "env:" + SECRET)
    loaded = load(write(tmp_path, f'{SMALLEST}[desk]\nsecret = "env:DESKGATE_TEST_SECRET"'))
    restored = Settings.restore(loaded.settings.dump())
    assert restored.desk.secret is not None
    assert restored.desk.secret.get_secret_value() == "env:" + SECRET


def test_secrets_are_read_from_the_environment_and_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKGATE_TEST_SECRET", SECRET)
    monkeypatch.setenv("DESKGATE_TEST_URL", "postgres://deskgate:pass@db.example.com/desk")
    (tmp_path / "old").write_text(f"{SECRET}-old\n")
    text = f"""{SMALLEST}
        [desk]
        secret = "env:DESKGATE_TEST_SECRET"
        old_secrets = ["file:old", "file:{tmp_path}/old"]
        [database]
        url = "env:DESKGATE_TEST_URL"
    """
    settings = load(write(tmp_path, text)).settings
    assert settings.desk.secret is not None
    assert settings.desk.secret.get_secret_value() == SECRET
    assert [each.get_secret_value() for each in settings.desk.old_secrets] == [f"{SECRET}-old"] * 2
    assert settings.database.url.get_secret_value() == "postgresql://deskgate:pass@db.example.com/desk"


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        ("env:DESKGATE_TEST_SECRET", "expected a value in the environment variable DESKGATE_TEST_SECRET, which is not set"),
        ("env:DESKGATE_TEST_EMPTY", "expected a value in the environment variable DESKGATE_TEST_EMPTY, which is empty"),
        ("file:absent", "expected a secret in {base}/absent, which cannot be read: No such file or directory"),
        ("file:empty", "expected a secret in {base}/empty, which is empty"),
        ("file:binary", "expected a secret in {base}/binary, which is not text in UTF-8"),
        ("file:large", "expected a secret in {base}/large, which is too large"),
        ("file:.", "expected a secret in {base}, which cannot be read: Is a directory"),
    ],
)
def test_a_secret_that_is_not_there_is_told_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str, expected: str
) -> None:
    monkeypatch.delenv("DESKGATE_TEST_SECRET", raising=False)
    monkeypatch.setenv("DESKGATE_TEST_EMPTY", "")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(os.urandom(32) + b"\xff")
    (tmp_path / "large").write_text("x" * (1 << 17))
    with pytest.raises(ConfigurationError) as caught:
        load(write(tmp_path, f'{SMALLEST}[desk]\nsecret = "{secret}"'))
    assert [str(each) for each in caught.value.faults] == [f'line 4: desk.secret = "{secret}": {expected.format(base=tmp_path)}']
