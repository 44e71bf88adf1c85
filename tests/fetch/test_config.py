"""`[gateway.fetch]`: what is taken, what is refused and how it is told, and which roles run."""

from pathlib import Path

import pytest

from gateway.app.roles import roles
from gateway.app.serve import polls
from gateway.config.convert import organisation
from gateway.config.faults import ConfigurationError
from gateway.config.load import load
from gateway.config.settings import Settings
from gateway.domain.fetch import Server
from gateway.domain.login import Login
from gateway.domain.organisation import Trust

DESK = """
[desk]
secret = "a secret that is long enough for tests"
"""
IMAPS = """
[[gateway]]
address = "support@example.com"
[gateway.fetch]
protocol = "imaps"
host = "imap.example.com"
user = "support@example.com"
password = "open-sesame"
"""


def read(tmp_path: Path, gateways: str) -> Settings:
    path = tmp_path / "config.toml"
    path.write_text(DESK + gateways)
    return load(path).settings


def faults(tmp_path: Path, keys: str, gateways: str = "") -> list[str]:
    table = f'[[gateway]]\naddress = "support@example.com"\ndefault = true\n[gateway.fetch]\n{keys}\n{gateways}'
    with pytest.raises(ConfigurationError) as failure:
        read(tmp_path, table)
    return [f"{fault.path}: {fault.expected}" for fault in failure.value.faults]


def test_what_is_left_out_has_the_usual_values(tmp_path: Path) -> None:
    fetch = organisation(read(tmp_path, IMAPS)).gateways[0].fetch
    assert fetch is not None
    assert fetch.server == Server("imap.example.com", 993, "tls")
    assert fetch.login == Login("support@example.com", password="open-sesame")
    assert (fetch.folder, fetch.interval, fetch.idle, fetch.delete, fetch.move_to) == ("INBOX", 60, True, False, None)
    assert fetch.place == "imap://support%40example.com@imap.example.com:993/INBOX"
    assert "open-sesame" not in repr(fetch)


@pytest.mark.parametrize(
    ("keys", "server"),
    [
        ('protocol = "imap"\nhost = "imap.example.com"', Server("imap.example.com", 143, "starttls")),
        ('protocol = "pop3"\nhost = "127.0.0.1"\nport = 1100', Server("127.0.0.1", 1100, "none")),
        ('protocol = "pop3"\nhost = "localhost"\nsecurity = "starttls"', Server("localhost", 110, "starttls")),
        ('protocol = "pop3s"\nhost = "почта.пример"', Server("xn--80a1acny.xn--e1afmkfd", 995, "tls")),
        ('protocol = "imap"\nhost = "::1"', Server("::1", 143, "none")),
    ],
)
def test_what_protects_a_connection_follows_from_protocol_and_host(tmp_path: Path, keys: str, server: Server) -> None:
    table = f'[[gateway]]\naddress = "support@example.com"\n[gateway.fetch]\n{keys}\nuser = "u"\npassword = "p"'
    fetch = organisation(read(tmp_path, table)).gateways[0].fetch
    assert fetch is not None
    assert fetch.server == server


LOGIN = 'host = "imap.example.com"\nuser = "u"\npassword = "p"\n'


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ('protocol = "imap4"', ['gateway[0].fetch.protocol: expected "imap", "imaps", "pop3", "pop3s" or "maildir"']),
        (
            'protocol = "imaps"',
            [
                "gateway[0].fetch.host: missing: expected the host of the mailbox",
                "gateway[0].fetch.password: missing: expected the password of the mailbox",
                "gateway[0].fetch.user: missing: expected the user of the mailbox",
            ],
        ),
        (
            f'protocol = "imap"\nsecurity = "none"\n{LOGIN}',
            ['gateway[0].fetch.security: expected "starttls": password and mail would cross the network in the clear'],
        ),
        (
            f'protocol = "imaps"\nsecurity = "starttls"\n{LOGIN}',
            ['gateway[0].fetch.security: expected nothing here: "imaps" is TLS from its start'],
        ),
        (f'protocol = "pop3s"\nmove_to = "Done"\n{LOGIN}', ["gateway[0].fetch.move_to: expected nothing here: POP3 has no folders"]),
        (
            f'protocol = "imaps"\nmove_to = "Done"\ndelete = true\n{LOGIN}',
            ["gateway[0].fetch.delete: expected false: kept messages are moved, as move_to says"],
        ),
        (
            f'protocol = "imaps"\nauth = "xoauth2"\n{LOGIN}',
            ['gateway[0].fetch.password: expected nothing here: auth = "xoauth2" takes its token from token_file or token_command'],
        ),
        (
            'protocol = "imaps"\nhost = "imap.example.com"\nuser = "u"\nauth = "xoauth2"',
            ["gateway[0].fetch.token_file: expected one of token_file and token_command; there is none"],
        ),
        (
            f'protocol = "imaps"\ntoken_file = "token"\n{LOGIN}',
            ['gateway[0].fetch.token_file: expected auth = "xoauth2" beside it: a password needs no token'],
        ),
        ('protocol = "maildir"', ["gateway[0].fetch.path: missing: expected the directory of the maildir"]),
        (
            'protocol = "maildir"\npath = "/var/mail/desk"\nuser = "u"',
            ["gateway[0].fetch.user: expected nothing here: a maildir is a directory on this machine"],
        ),
        (
            f'protocol = "imaps"\npath = "x"\n{LOGIN}',
            ['gateway[0].fetch.path: expected nothing here: only protocol = "maildir" has a path'],
        ),
    ],
)
def test_what_cannot_work_is_told_with_what_was_expected(tmp_path: Path, keys: str, told: list[str]) -> None:
    assert sorted(faults(tmp_path, keys)) == told


def test_a_host_with_a_port_in_it_is_refused(tmp_path: Path) -> None:
    keys = 'protocol = "imaps"\nhost = "imap.example.com:993"\nuser = "u"\npassword = "p"'
    [told] = faults(tmp_path, keys)
    assert told.endswith("the port stands in a key of its own")


def test_one_mailbox_belongs_to_one_gateway(tmp_path: Path) -> None:
    table = f'protocol = "imaps"\n{LOGIN}'
    [told] = faults(tmp_path, table, f'[[gateway]]\naddress = "sales@example.com"\n[gateway.fetch]\n{table}')
    assert told.startswith("gateway[1].fetch: expected a mailbox of its own: gateway[0].fetch is this one")


def test_a_password_is_shown_in_no_fault(tmp_path: Path) -> None:
    keys = f'protocol = "imaps"\nauth = "xoauth2"\n{LOGIN.replace(chr(34) + "p" + chr(34), chr(34) + "open-sesame" + chr(34))}'
    path = tmp_path / "config.toml"
    path.write_text(f'{DESK}[[gateway]]\naddress = "support@example.com"\n[gateway.fetch]\n{keys}')
    with pytest.raises(ConfigurationError) as failure:
        load(path)
    assert "open-sesame" not in str(failure.value)


def test_a_poller_runs_where_there_is_a_mailbox_and_never_in_the_shadow(tmp_path: Path) -> None:
    assert polls(read(tmp_path, IMAPS))
    assert not polls(read(tmp_path, '[[gateway]]\naddress = "support@example.com"'))
    names = [role.name for role in roles(1, polls=True)]
    assert names == ["listener", "poller", "intake", "sender", "web"]
    assert "poller" not in [role.name for role in roles(1)]
    assert [role.name for role in roles(1, ("poller",))] == ["poller"]
    assert "poller" not in [role.name for role in roles(1, shadow=True, polls=True)]


def test_whose_authentication_results_count_is_a_matter_of_the_mailbox(tmp_path: Path) -> None:
    table = IMAPS + 'authserv_id = "MX.Provider.example"\n[trust]\nauthserv_id = "relay.example.com"\n'
    desk = organisation(read(tmp_path, table))
    assert desk.trust_for(None).authserv_id == "relay.example.com"
    assert desk.trust_for("support@example.com") == Trust(authserv_id="mx.provider.example")
    assert desk.trust_for("gone@example.com").authserv_id is None
