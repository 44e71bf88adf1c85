"""`[screening]`: what is off by default, what is refused and how it is told, and what becomes of the rest."""

from ipaddress import IPv4Network, ip_address
from pathlib import Path

import pytest

from gateway.app.screening import policy_of
from gateway.config.faults import ConfigurationError
from gateway.config.load import load
from gateway.config.settings import Settings
from gateway.ingress.checks.policy import DnsList, Greylisting, Place, Policy, Scanner

DESK = '[desk]\nsecret = "a secret that is long enough for tests"\n[[gateway]]\naddress = "support@example.com"\n'
EVERYTHING = """
[server]
proxies = ["198.51.100.0/28"]
[trust]
relays = ["203.0.113.0/24"]
authserv_id = "relay.test"
local = ["stdin", "2001:db8::/64"]
[screening]
reverse_dns = "defer"
dns_seconds = 2.5
on_spam = "hold"
on_virus = "hold"
scans_at_once = 4
[[screening.dns_list]]
zone = "Zen.Example"
action = "reject"
codes = ["127.0.0.4", "127.0.0.10/31"]
score = 3
reply = "see https://desk.test/?ip={address}"
[screening.greylisting]
enabled = true
delay = 60
window_hours = 24
passes = 3
remembered_days = 30
[[screening.scanner]]
kind = "clamd"
at = "unix:/run/clamav/clamd.ctl"
when_down = "defer"
seconds = 60
[[screening.scanner]]
kind = "rspamd"
at = "[::1]:11333"
max_size = "1 MiB"
"""


def read(tmp_path: Path, tables: str = "") -> Settings:
    path = tmp_path / "config.toml"
    path.write_text(DESK + tables)
    return load(path).settings


def test_nothing_is_on_by_default(tmp_path: Path) -> None:
    policy = policy_of(read(tmp_path))
    assert not policy.does_anything
    assert (policy.on_spam, policy.on_virus, policy.greylisting) == ("tag", "reject", None)


def test_everything_becomes_one_policy_and_survives_the_way_to_a_child(tmp_path: Path) -> None:
    settings = read(tmp_path, EVERYTHING)
    policy = policy_of(Settings.restore(settings.dump()))
    assert policy == policy_of(settings)
    codes = (IPv4Network("127.0.0.4"), IPv4Network("127.0.0.10/31"))
    assert policy.lists == (DnsList("zen.example", "reject", codes, 3.0, "see https://desk.test/?ip={address}"),)
    assert policy.greylisting == Greylisting(60, 86400, 3, 30 * 86400)
    assert policy.scanners == (
        Scanner("clamd", Place(path="/run/clamav/clamd.ctl"), 25 << 20, "defer", 60),
        Scanner("rspamd", Place("::1", 11333), 1 << 20, "accept", 30),
    )
    told = (policy.reverse_dns, policy.dns_seconds, policy.on_spam, policy.on_virus, policy.scans_at_once)
    assert told == ("defer", 2.5, "hold", "hold", 4)


@pytest.mark.parametrize(
    ("address", "exempt"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("10.1.2.3", True),
        ("192.168.1.1", True),
        ("172.31.0.1", True),
        ("172.32.0.1", False),
        ("100.64.0.1", True),
        ("169.254.1.1", True),
        ("fe80::1", True),
        ("fd00::1", True),
        ("203.0.113.5", True),  # trust.relays
        ("2001:db8::9", True),  # trust.local
        ("198.51.100.3", True),  # server.proxies
        ("198.51.100.30", False),
        ("192.0.2.1", False),
        ("2001:db8:1::9", False),
    ],
)
def test_our_own_networks_relays_and_balancers_are_never_asked_about(tmp_path: Path, address: str, exempt: bool) -> None:
    assert policy_of(read(tmp_path, EVERYTHING)).is_exempt(ip_address(address)) is exempt


def test_checks_of_peers_that_lmtp_has_none_of_are_advised_against(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"{DESK}{EVERYTHING.replace('[server]', '[server]' + chr(10) + 'protocol = ' + chr(34) + 'lmtp' + chr(34))}")
    told = [each for each in load(path).warnings if "by LMTP the peer is your own mail server" in each]
    assert len(told) == 3


def test_the_networks_that_are_exempt_can_be_others(tmp_path: Path) -> None:
    policy: Policy = policy_of(read(tmp_path, "[screening]\nexempt = []\n"))
    assert not policy.is_exempt(ip_address("127.0.0.1"))


@pytest.mark.parametrize(
    ("tables", "fault"),
    [
        ('[screening]\nreverse_dns = "on"', "screening.reverse_dns: "),
        ('[screening]\nexempt = ["10.0.0.1/8"]', "screening.exempt[0]: "),
        ("[screening]\ndns_seconds = 60", "screening.dns_seconds: "),
        ("[screening]\ngreylist = true", "screening.greylist: "),
        ('[[screening.dns_list]]\nzone = "not a zone"', "screening.dns_list[0].zone: expected a domain"),
        ('[[screening.dns_list]]\naction = "reject"', "screening.dns_list[0].zone: missing"),
        ('[[screening.dns_list]]\nzone = "a.test"\ncodes = ["10.0.0.1"]', "screening.dns_list[0].codes[0]: expected an address in 127"),
        ('[[screening.dns_list]]\nzone = "a.test"\ncodes = ["::1"]', "screening.dns_list[0].codes[0]: expected an address in 127"),
        ('[[screening.dns_list]]\nzone = "a.test"\nscore = inf', "screening.dns_list[0].score: "),
        ('[[screening.dns_list]]\nzone = "a.test"\nreply = "нет"', "screening.dns_list[0].reply: expected ASCII alone"),
        (
            '[[screening.dns_list]]\nzone = "a.test"\n[[screening.dns_list]]\nzone = "A.test"',
            "screening.dns_list[1].zone: expected a zone of its own: screening.dns_list[0] has this one",
        ),
        ('[[screening.scanner]]\nkind = "clam"\nat = "127.0.0.1:1"', "screening.scanner[0].kind: "),
        ('[[screening.scanner]]\nkind = "clamd"', "screening.scanner[0].at: missing"),
        ('[[screening.scanner]]\nkind = "clamd"\nat = "unix:clamd.ctl"', "screening.scanner[0].at: expected an address and a port"),
        ('[[screening.scanner]]\nkind = "clamd"\nat = "127.0.0.1:0"', "screening.scanner[0].at: expected an address and a port"),
        (
            '[[screening.scanner]]\nkind = "clamd"\nat = "127.0.0.1:1"\n[[screening.scanner]]\nkind = "spamd"\nat = "127.0.0.1:1"',
            "screening.scanner[1].at: expected a scanner of its own: screening.scanner[0] is at the same place",
        ),
        ('[[screening.scanner]]\nkind = "clamd"\nat = "127.0.0.1:1"\nwhen_down = "reject"', "screening.scanner[0].when_down: "),
        ("[screening.greylisting]\ndelay = 86400\nwindow_hours = 1", "screening.greylisting.delay: expected less than window_hours"),
        ("[screening.greylisting]\nremembered_days = 1", "screening.greylisting.remembered_days: expected no less than window_hours"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, tables: str, fault: str) -> None:
    with pytest.raises(ConfigurationError) as failure:
        read(tmp_path, f"{tables}\n")
    told = [f"{each.path}: {each.expected}" for each in failure.value.faults]
    assert any(each.startswith(fault) for each in told), told
