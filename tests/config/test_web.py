"""`[[web.operator]]` and what goes with it: read, refused with a sentence, and handed down."""

import tomllib
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from gateway.config.convert_web import entry
from gateway.config.examine import examine
from gateway.config.section import Surroundings
from gateway.config.settings import Settings
from gateway.deeds.passwords import hashed
from gateway.domain.operators import Entry, Operator, Rank, TrustedProxy, name_key
from tests.config.reading import WITH_STAFF, read, settings_of

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo"
ANNA = f"[[web.operator]]\nname = 'Anna'\npassword = '{HASH}'\n"
PROXY = "[web.proxy]\nnetworks = ['127.0.0.1/32']\n"
ARGON = 'expected an Argon2 hash, as `deskgate web password` prints it, or "env:NAME" or "file:PATH" to keep it out of this file'


def test_operators_are_handed_down_with_all_that_depends_on_other_tables() -> None:
    written = f"""{WITH_STAFF}
[web]
base_url = "https://Desk.example.com/below"
session_idle_minutes = 30
session_hours = 8
[web.proxy]
header = "X-Who"
networks = ["192.0.2.7", "2001:db8::/32"]
[[web.operator]]
name = "Root"
role = "admin"
password = "{HASH}"
[[web.operator]]
name = "Ivan"
agent = "ivan@staff.example.com"
language = "ru"
[[web.operator]]
name = "Anna"
agent = "a.nowak@example.net"
departments = ["sales"]
[[web.operator]]
name = "Guest"
role = "viewer"
departments = ["support"]
"""
    settings = settings_of(written)
    found = entry(settings)
    assert found == Entry(
        operators=(
            Operator("Root", Rank.ADMIN, ("support", "sales"), all_departments=True, password=HASH),
            Operator("Ivan", Rank.AGENT, ("support",), "ivan@staff.example.com", "ivan", "ru"),
            Operator("Anna", Rank.AGENT, ("sales",), "anna@staff.example.com", "anna"),
            Operator("Guest", Rank.VIEWER, ("support",)),
        ),
        idle=timedelta(minutes=30),
        longest=timedelta(hours=8),
        proxy=TrustedProxy("X-Who", (ip_network("192.0.2.7/32"), ip_network("2001:db8::/32"))),
        origin="https://desk.example.com",
    )
    assert found.secure
    assert entry(Settings.restore(settings.dump())) == found
    assert entry(settings_of(WITH_STAFF)) == Entry()


FAULTS = [
    (ANNA + ANNA.replace("Anna", " anna "), 'web.operator[1].name = " anna ": expected a name of its own: web.operator[0] has this one'),
    (
        f"{ANNA}departments = ['sales', 'it']",
        'web.operator[0].departments[1] = "it": expected the key of a [[department]]: "support" or "sales"',
    ),
    (
        f"{ANNA}departments = []",
        "web.operator[0].departments = []: expected the key of a [[department]] at least; leave it out to mean all of them",
    ),
    (f"{ANNA}agent = 'nobody@example.com'", 'web.operator[0].agent = "nobody@example.com": expected the address of an [[agent]]'),
    (
        f"{ANNA}agent = 'left@staff.example.com'",
        'web.operator[0].agent = "left@staff.example.com": expected an agent who is active: the desk refuses whatever others do',
    ),
    (
        "[[web.operator]]\nname = 'Anna'",
        (
            "web.operator[0].password: missing: "
            "expected the hash of a password, which `deskgate web password` prints, or a [web.proxy] that lets them in"
        ),
    ),
    (
        "[[web.operator]]\nname = 'Anna'\npassword = 'correct horse battery'",
        f'web.operator[0].password = "********": {ARGON}; the password itself does not belong here',
    ),
    (
        ANNA.replace("m=65536", "m=9999999"),
        f'web.operator[0].password = "********": {ARGON}; this one takes too much to verify: m is 262144 at most, t 32 and p 16',
    ),
    (f"{ANNA}role = 'boss'", 'web.operator[0].role = "boss": expected "viewer", "agent" or "admin"'),
    ("[web.proxy]\nnetworks = []", "web.proxy.networks = []: expected a list that is not empty"),
    (f"{PROXY}header = 'Remote User'", 'web.proxy.header = "Remote User": expected the name of a header field, such as "Remote-User"'),
    (
        "[web]\nsession_hours = 1",
        "web.session_idle_minutes: expected no more than web.session_hours, after which a session ends anyway",
    ),
]


@pytest.mark.parametrize(("text", "fault"), FAULTS)
def test_a_fault_is_named_by_its_path_with_what_was_expected(text: str, fault: str) -> None:
    assert [str(each) for each in read(f"{WITH_STAFF}{text}").faults] == [fault]


def test_a_hash_may_stand_elsewhere_and_is_looked_at_there() -> None:
    document = tomllib.loads(WITH_STAFF + ANNA.replace(HASH, "env:HASH"))
    secrets = {"correct horse battery": 1, hashed("correct horse battery"): 0}
    for secret, faults in secrets.items():
        examined = examine(document, Surroundings(Path("/etc/deskgate"), {"env:HASH": secret}.__getitem__, lambda path: None))
        assert len(examined.faults) == faults
        assert all('"env:HASH"' in str(each) for each in examined.faults)


WARNED = [
    ("[web]\nlisten = '0.0.0.0:8025'\n", ANNA + "role = 'admin'", "cross the network in the clear"),
    ("", f"{ANNA}role = 'admin'\n[web.proxy]\nnetworks = ['0.0.0.0/0']", "whoever is there can come in as any operator"),
    ("", ANNA, 'nobody of them has role = "admin"'),
]


@pytest.mark.parametrize(("web", "rest", "warning"), WARNED)
def test_what_works_but_hardly_as_meant_is_told(web: str, rest: str, warning: str) -> None:
    told = [str(each) for each in read(f"{WITH_STAFF}{web}{rest}").warnings if each.path.startswith("web.")]
    assert len(told) == 1, told
    assert warning in told[0]


def test_a_desk_with_tls_and_an_administrator_is_not_warned() -> None:
    examined = read(f"{WITH_STAFF}[web]\nlisten = '0.0.0.0:8025'\nbase_url = 'https://desk.example.com'\n{ANNA}role = 'admin'")
    assert [str(each) for each in examined.warnings if each.path.startswith("web.")] == []


@pytest.mark.parametrize(
    ("one", "other"), [("Anna", "ANNA"), ("Anna  Nowak", " anna nowak"), ("Łucja", "łucja"), ("Ame\u0301lie", "Amélie"), ("ﬁona", "fiona")]
)
def test_names_are_the_same_however_they_are_typed(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)
