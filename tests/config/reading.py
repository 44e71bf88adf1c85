"""Reading a configuration that stands in a test."""

import tomllib
from pathlib import Path
from typing import Any

from gateway.config.convert import organisation
from gateway.config.examine import Examined, examine
from gateway.config.section import Surroundings
from gateway.config.settings import Settings
from gateway.domain.rules import Rule

SECRET = "0123456789abcdef0123456789abcdef"
SMALLEST = '[[gateway]]\naddress = "support@example.com"\n'
WITH_STAFF = f"""{SMALLEST}[desk]
secret = "{SECRET}"
[[department]]
key = "support"
[[department]]
key = "sales"
[[agent]]
address = "anna@staff.example.com"
aliases = ["a.nowak@example.net"]
[[agent]]
address = "ivan@staff.example.com"
departments = ["support"]
[[agent]]
address = "left@staff.example.com"
active = false
"""


def no_secret(reference: str) -> str:
    raise ValueError(f"expected {reference} to be asked for in another test")


def read(text: str) -> Examined:
    """The text alone: nothing in it may refer to the world outside."""
    return read_document(tomllib.loads(text))


def read_document(document: dict[str, Any]) -> Examined:
    return examine(document, Surroundings(Path("/etc/deskgate"), no_secret, lambda path: None))


def settings_of(text: str) -> Settings:
    examined = read(text)
    assert examined.settings is not None, [str(fault) for fault in examined.faults]
    return examined.settings


def rules(text: str) -> tuple[Rule, ...]:
    """Of a configuration with `WITH_STAFF`, as they also come out of what is handed to the children."""
    settings = settings_of(f"{WITH_STAFF}{text}")
    desk = organisation(settings)
    assert organisation(Settings.restore(settings.dump())) == desk
    return desk.rules
