"""What `deskgate erase` asks before it begins, and what it knows of the greylist."""

import argparse
import io
import sys

import pytest

from gateway.cli.arguments import parser
from gateway.cli.erase import confirm, knocks_of, read
from gateway.cli.exits import Fail
from gateway.ingress.checks.greylist import Knocks
from storage.erasure.arrived import Knocked


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "goes_on"), [("anna@client.test\n", True), (" ANNA@client.test \n", True), ("y\n", False), ("\n", False)]
)
def test_at_a_terminal_the_address_is_typed_once_more(monkeypatch: pytest.MonkeyPatch, typed: str, goes_on: bool) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    if goes_on:
        confirm("Anna@client.test")
    else:
        with pytest.raises(Fail, match="nothing is erased"):
            confirm("Anna@client.test")


def test_a_script_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    confirm("anna@client.test")


def test_the_greylist_is_asked_by_the_network_and_by_the_domain_that_may_vouch_for_the_peer() -> None:
    found = knocks_of(Knocked("192.0.2.17", "mx.client.test", "anna@client.test", ("support@desk.test", "sales@desk.test")))
    expected = {
        Knocks(source, "anna@client.test", to).triplet
        for source in ("192.0.2.0/24", "client.test")
        for to in ("support@desk.test", "sales@desk.test")
    }
    assert set(found) == expected


def test_whom_it_is_about_must_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parser("1").parse_args(["erase", "--yes"])
    assert end.value.code == 2
    assert "--client" in capsys.readouterr().err
    options = parser("1").parse_args(["legal-hold", "set", "--ticket", "3", "--reason", "  a\nb "])
    assert isinstance(options, argparse.Namespace)
    assert (options.ticket, options.reason) == (3, "a b")
    with pytest.raises(SystemExit):
        parser("1").parse_args(["legal-hold", "set", "--ticket", "3", "--client", "a@b.test", "--reason", "x"])


@pytest.mark.parametrize("content", ["", "{}", "[1]", '[{"keys": 3}]', "[" * 10_000])
def test_a_list_of_erasures_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    if content == "{}":
        assert read("-") == []
    else:
        with pytest.raises(Fail, match="erasures list --json"):
            read("-")
