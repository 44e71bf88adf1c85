"""config.example.toml: works as it stands, and shows every key."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from gateway.config.convert import organisation
from gateway.config.describe import describe_default
from gateway.config.load import EXAMPLE, Found, load
from gateway.config.outbound import Directory
from gateway.config.section import Section, section_of
from gateway.config.settings import Settings
from gateway.config.values import Endpoint
from tests.dnscheck.checking import RSA

TEXT = EXAMPLE.read_text()


def keys(model: type[Section], path: str = "") -> Iterator[tuple[str, str, FieldInfo]]:
    """Section, name and field of every key that there is."""
    for name, field in model.file_keys().items():
        inner = section_of(field.annotation)
        if inner in (None, model):
            yield path, name, field
        else:
            yield from keys(inner, f"{path}.{name}" if path else name)


KEYS = list(keys(Settings))


def shown() -> dict[str, dict[str, list[str]]]:
    """Section → key → its lines, set or commented out."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in TEXT.splitlines():
        if header := re.fullmatch(r"#?\[{1,2}([a-z_.]+)\]{1,2}", line):
            section = header[1]
        elif key := re.fullmatch(r"#?([a-z_]+) = .*", line):
            found.setdefault(section, {}).setdefault(key[1], []).append(line)
    return found


SHOWN = shown()
WHOLE_EXAMPLES = ("rule", "notification", "satisfaction.level")
"""Tables that are commented out as a whole: their keys are examples, not defaults."""


@pytest.mark.parametrize(("section", "name", "field"), KEYS, ids=[f"{section}.{name}" for section, name, _ in KEYS])
def test_every_key_is_shown_and_with_its_default_where_it_is_commented_out(section: str, name: str, field: FieldInfo) -> None:
    lines = SHOWN[section][name]
    commented = [line for line in lines if line.startswith("#")]
    if commented and not section.startswith(WHOLE_EXAMPLES) and field.default not in (None, PydanticUndefined):
        assert commented == [f"#{name} = {describe_default(field)}"]


def test_it_shows_no_key_that_there_is_not() -> None:
    assert {(section, name) for section, names in SHOWN.items() for name in names} == {(section, name) for section, name, _ in KEYS}


def test_it_stays_a_good_file_when_its_lines_are_uncommented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKGATE_SECRET", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("DESKGATE_RELAY_PASSWORD", "hunter2")
    monkeypatch.setenv("DESKGATE_HELP_PASSWORD", "hunter3")
    monkeypatch.setenv("MAILBOX_PASSWORD", "hunter4")
    monkeypatch.setenv("CRM_WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    text = re.sub(r"^#(?=[a-z_]+ = |\[)", "", TEXT, flags=re.MULTILINE)
    (tmp_path / "templates").mkdir()
    (tmp_path / "logo.png").write_bytes(b"a picture")
    (tmp_path / "dkim.pem").write_text(RSA)
    text = re.sub(r"^(certificate|key|ca|path|token_file) = \"/.*\n", "", text, flags=re.MULTILINE)
    (tmp_path / "config.toml").write_text(text)
    settings = load(tmp_path / "config.toml").settings
    assert settings.outbound.password is not None
    assert settings.outbound.password.get_secret_value() == "hunter2"


def test_it_works_as_it_stands_on_one_machine(tmp_path: Path) -> None:
    loaded = load(Found(EXAMPLE, tmp_path))
    settings = loaded.settings
    assert loaded.warnings == ()
    assert settings.database.is_embedded
    assert settings.server.listen == (Endpoint("127.0.0.1", 2525),)
    assert settings.web.listen == Endpoint("127.0.0.1", 8025)
    assert settings.outbound.relay == Directory(tmp_path / "data" / "outgoing")
    assert settings.trust.agent_authentication == "token"


def test_it_is_a_desk_in_two_languages(tmp_path: Path) -> None:
    desk = organisation(load(Found(EXAMPLE, tmp_path)).settings)
    assert (len(desk.departments), len(desk.gateways), len(desk.agents)) == (2, 2, 3)
    assert [each.language for each in desk.gateways] == [None, "ru"]
    assert desk.default_gateway.address == "support@example.com"
    assert all(any(gateway.department in agent.departments for agent in desk.agents) for gateway in desk.gateways)


def test_it_is_plain_toml_of_reserved_domains() -> None:
    def strings(value: Any) -> Iterator[str]:
        match value:
            case str():
                yield value
            case dict():
                for each in value.values():
                    yield from strings(each)
            case list():
                for each in value:
                    yield from strings(each)

    # RFC 2606: mail written by mistake must reach nobody.
    domains = {each.rpartition("@")[2] for each in strings(tomllib.loads(TEXT)) if "@" in each}
    assert domains <= {"example.com", "staff.example.com"}
