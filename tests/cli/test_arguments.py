"""The command line as operators may write it."""

import pytest

from gateway.cli.arguments import parser


@pytest.mark.parametrize(
    "written", [("--role", "listener", "--role", "intake", "--role", "web"), ("--role", "listener", "intake", "--role", "web")]
)
def test_roles_may_stand_behind_one_option_or_several(written: tuple[str, ...]) -> None:
    assert parser("0").parse_args(["serve", *written]).role == ["listener", "intake", "web"]


@pytest.mark.parametrize("written", [("--config", "a.toml", "status"), ("status", "--config", "a.toml")])
def test_the_configuration_may_be_named_before_the_command_or_behind_it(written: tuple[str, ...]) -> None:
    assert parser("0").parse_args(written).config == "a.toml"
