"""What stands on the screen when the configuration is wrong: the path, the value, and what was expected. Exactly."""

import random
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config.load import EXAMPLE
from tests.config.reading import SMALLEST, read, read_document
from tests.dnscheck.checking import ED25519

CANNED = "[[canned_reply]]\nname = 'hello'\ntext = 'Good morning.'\n"
SENDER = "[[from_address]]\naddress = 'sales@example.com'\n"

WITHIN_SECTIONS = [
    ("[server]\nprocesses = 0", "server.processes = 0: expected a whole number from 1 to 64"),
    ('[server]\nprocesses = "2"', 'server.processes = "2": expected a whole number from 1 to 64'),
    ("[server]\nprocesses = 1.5", "server.processes = 1.5: expected a whole number from 1 to 64"),
    ("[server]\nprocesses = true", "server.processes = true: expected a whole number from 1 to 64"),
    ('[server]\nlog = "yaml"', 'server.log = "yaml": expected "text" or "json"'),
    ('[server]\nhostname = "desk example"', 'server.hostname = "desk example": expected a domain, such as "example.com"'),
    ("[server]\nhostname = 2024-01-01", 'server.hostname = 2024-01-01: expected a domain, such as "example.com"'),
    (
        '[server]\nlisten = "127.0.0.1:25"',
        'server.listen = "127.0.0.1:25": expected a list, each of its items an address and a port, such as "127.0.0.1:2525" or "[::]:25"',
    ),
    (
        '[server]\nlisten = ["127.0.0.1:25", "127.0.0.1"]',
        'server.listen[1] = "127.0.0.1": expected an address and a port to listen at, such as "127.0.0.1:2525", "[::]:25" or "0.0.0.0:25"',
    ),
    (
        '[server]\nlisten = ["127.0.0.1:70000"]',
        (
            'server.listen[0] = "127.0.0.1:70000": '
            'expected an address and a port to listen at, such as "127.0.0.1:2525", "[::]:25" or "0.0.0.0:25"; ports end at 65535'
        ),
    ),
    ("[server]\nlisten = []", 'server.listen = []: expected at least one address and port, such as "127.0.0.1:2525"'),
    ("[limits]\nmax_message_size = 0", 'limits.max_message_size = 0: expected a size above nothing: bytes, or a string such as "50 MiB"'),
    (
        '[limits]\nmax_message_size = "50 MBit"',
        'limits.max_message_size = "50 MBit": expected a size above nothing: bytes, or a string such as "50 MiB"',
    ),
    ("[limits]\nparse_seconds = -1", "limits.parse_seconds = -1: expected a number above 0"),
    ("[limits]\nparse_seconds = inf", "limits.parse_seconds = inf: expected a number above 0"),
    ("[limits]\nparse_seconds = 07:32:00", "limits.parse_seconds = 07:32:00: expected a number above 0"),
    ("[limits]\nattempts = 0", "limits.attempts = 0: expected a whole number, at least 1"),
    ("[outbound]\nexpiry = 1e9", "outbound.expiry = 1000000000.0: expected a number above 0, at most 8760"),
    ('[desk]\nlanguage = "de"', 'desk.language = "de": expected "en", "ru" or "pl"'),
    ("[desk]\nroute_by = []", "desk.route_by = []: expected a list that is not empty"),
    ('[desk]\nroute_by = ["to", "bcc"]', 'desk.route_by[1] = "bcc": expected "to", "cc", "delivered-to" or "envelope"'),
    ('[desk]\nname = "a\\nb"', 'desk.name = "a\\nb": expected a line of text, not empty and without control characters'),
    ('[desk]\nshow_agent_name = "yes"', 'desk.show_agent_name = "yes": expected true or false'),
    ("[desk]\nreply_adress = 3", "desk.reply_adress = 3: unknown key; did you mean reply_address?"),
    (
        "[web]\nport = 80",
        "web.port = 80: unknown key; this version knows listen, base_url, session_idle_minutes, session_hours, proxy, operator",
    ),
    ("[[desk]]\nname = 3", "desk = [{…}]: expected a table"),
    ("gateways = 1", "gateways = 1: unknown section; did you mean gateway?"),
    (
        "[[policy]]\nname = 'ads'",
        (
            "policy = [{…}]: unknown section; this version knows "
            "server, tls, limits, database, trust, screening, desk, department, gateway, agent, canned_reply, from_address, "
            "rule, notification, templates, satisfaction, budget, outbound, dkim, web, webhook, alarms"
        ),
    ),
    ("agent = [1]", "agent[0] = 1: expected a table"),
    ("[agent]\naddress = 'a@b.example'", "agent = {…}: expected a list of tables"),
    ("[[agent]]\nname = 'Anna'", 'agent[0].address: missing: expected an e-mail address, such as "support@example.com"'),
    (
        '[[agent]]\naddress = "Anna <anna@example.com>"',
        (
            'agent[0].address = "Anna <anna@example.com>": '
            'expected an e-mail address, such as "support@example.com"; the name stands in a key of its own'
        ),
    ),
    (
        '[[agent]]\naddress = "*@example.com"',
        (
            'agent[0].address = "*@example.com": '
            'expected an e-mail address, such as "support@example.com"; a catch-all stands in [[gateway]] alone'
        ),
    ),
    (
        '[[department]]\nkey = "Отдел"',
        'department[0].key = "Отдел": expected a short name of the letters a-z, digits, "-" and "_", such as "sales"',
    ),
    ("[desk]\ncommand_languages = []", "desk.command_languages = []: expected a list that is not empty"),
    ('[desk]\nreceipts = "often"', 'desk.receipts = "often": expected "problems", "always" or "never"'),
    (
        '[desk.command_words]\nclozed = ["done"]',
        "desk.command_words = {…}: expected a table of commands, each with a list of words: clozed is no command; did you mean closed?",
    ),
    (
        '[desk.command_words]\nin_progress = ["@busy"]\ntags = "labels"\nopen = [" "]',
        (
            "desk.command_words = {…}: expected a table of commands, each with a list of words: "
            'in_progress takes a list of words without "@", such as ["done"]; '
            'tags takes a list of words without "@", such as ["done"]; '
            'open takes a list of words without "@", such as ["done"]'
        ),
    ),
    (
        '[desk]\ncommand_words = {closed = ["all  done"], resolved = ["All done"]}',
        (
            "desk.command_words = {…}: expected a table of commands, each with a list of words: "
            '"all done" cannot mean both closed and resolved'
        ),
    ),
    (
        '[desk]\ncommand_words = "done"',
        'desk.command_words = "done": expected a table of commands, each with a list of words',
    ),
    (
        '[[canned_reply]]\nname = "hi"\neveryone = true',
        "canned_reply[0].text: missing: expected a text, of several lines where it needs them",
    ),
    (
        '[[canned_reply]]\nname = "hi"\neveryone = true\ntext = " \\n "',
        'canned_reply[0].text = " \\n ": expected a text, not empty and without control characters',
    ),
    (
        '[[from_address]]\naddress = "*@example.com"',
        (
            'from_address[0].address = "*@example.com": '
            'expected an e-mail address, such as "support@example.com"; a catch-all stands in [[gateway]] alone'
        ),
    ),
    (
        '[[from_address]]\naddress = "sales@example.com"\nsmtp = {port = 25}',
        'from_address[0].smtp.host: missing: expected a host\'s name, such as "smtp.example.com"',
    ),
    (
        '[[from_address]]\naddress = "sales@example.com"\nsmtp = {host = "smtp.example.com:25"}',
        (
            'from_address[0].smtp.host = "smtp.example.com:25": expected a host\'s name, such as "smtp.example.com"; '
            "the port stands in a key of its own"
        ),
    ),
    (
        '[trust]\nrelays = ["10.0.0.1/8"]',
        (
            'trust.relays[0] = "10.0.0.1/8": expected a network or an address, such as "192.0.2.0/24" or "2001:db8::7"; '
            'write "10.0.0.0/8" to mean the network that 10.0.0.1/8 is in'
        ),
    ),
    (
        '[trust]\nlocal = ["smtp"]',
        (
            'trust.local[0] = "smtp": expected a network, such as "192.0.2.0/24", or a way of entry: "stdin", "lmtp", "imap", "pop3" or '
            '"maildir"; '
            "to believe SMTP peers, name their networks"
        ),
    ),
    (
        '[trust]\nnameservers = ["dns.example.com:53"]',
        (
            'trust.nameservers[0] = "dns.example.com:53": expected an IP address and a port, such as "192.0.2.53:53"; '
            "a name would have to be looked up first"
        ),
    ),
    ("[outbound]\nmx_port = 0", "outbound.mx_port = 0: expected a whole number from 1 to 65535"),
    (
        '[outbound]\nrelay = "smtp.example.com"',
        (
            'outbound.relay = "smtp.example.com": '
            'expected a relay\'s host and port, such as "smtp.example.com:587", "mx", or "directory:PATH"'
        ),
    ),
    (
        '[outbound]\nrelay = "smtp.example.com:0"',
        (
            'outbound.relay = "smtp.example.com:0": '
            'expected a relay\'s host and port, such as "smtp.example.com:587", "mx", or "directory:PATH"'
        ),
    ),
    (
        '[outbound]\nsends_from = ["relay"]',
        (
            'outbound.sends_from[0] = "relay": '
            'expected an IP address, such as "192.0.2.7", or the domain of a provider\'s SPF record, such as "_spf.example.net"'
        ),
    ),
    (
        f"[[dkim]]\ndomain = 'example.com'\nselector = 'a_b'\nkey = '''{ED25519}'''",
        'dkim[0].selector = "a_b": expected a selector, such as "desk2026": letters, digits and hyphens, with dots between',
    ),
    (
        '[[dkim]]\ndomain = "example.com"\nselector = "a"\nkey = "-----BEGIN"',
        'dkim[0].key = "********": expected the path of a private key in PEM, RSA or Ed25519, without a passphrase; this is none',
    ),
    ("[outbound]\nretry = {first_delay = 0}", "outbound.retry.first_delay = 0: expected a number above 0"),
    (
        '[web]\nbase_url = "desk.example.com"',
        'web.base_url = "desk.example.com": expected a URL, such as "https://desk.example.com", without a user, a query or a fragment',
    ),
    (
        '[database]\nurl = "mysql://db/desk"',
        (
            'database.url = "********": expected "embedded", or a server\'s URL, such as "postgresql://deskgate@db.example.com/deskgate"; '
            "it begins with neither"
        ),
    ),
    (
        '[database]\nurl = "postgresql://root:hunter2@db"',
        (
            'database.url = "********": expected "embedded", or a server\'s URL, such as "postgresql://deskgate@db.example.com/deskgate"; '
            "it names no database after the host"
        ),
    ),
]


@pytest.mark.parametrize(("text", "expected"), WITHIN_SECTIONS, ids=[expected.partition(":")[0] for _, expected in WITHIN_SECTIONS])
def test_a_fault_within_a_section_is_told(text: str, expected: str) -> None:
    # Bare keys stand before the first table.
    found = read(f"{SMALLEST}{text}" if text.startswith("[") else f"{text}\n{SMALLEST}")
    assert [str(fault) for fault in found.faults] == [expected]
    assert found.settings is None


def test_a_table_without_its_one_needful_key_hides_no_other_fault() -> None:
    found = read(f"{SMALLEST}[desk]\nsecret = 'hunter2'\n{SENDER}smtp = {{port = 25}}\n{CANNED}")
    assert {fault.path for fault in found.faults} == {"from_address[0].smtp.host", "desk.secret", "canned_reply[0]"}


def test_every_fault_is_told_at_once() -> None:
    found = read("""
        [server]
        processes = 0
        [desk]
        secret = "hunter2"
        colour = "red"
        [[department]]
        key = "sales"
        [[gateway]]
        address = "support@example.com"
        default = true
        [[gateway]]
        address = "suport@"
        department = "nope"
        [[gateway]]
        name = "without an address"
        default = true
        [[agent]]
        address = "support@example.com"
        departments = ["sales", 3, "it"]
    """)
    assert {fault.path for fault in found.faults} == {
        "server.processes",
        "desk.secret",
        "desk.colour",
        "gateway[1].address",
        "gateway[1].department",
        "gateway[2].address",
        "gateway[2].default",
        "agent[0].address",
        "agent[0].departments[1]",
    }


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("[[gateway]]\naddress = 'a@example.com'\ndefault = 'yes'\n[[gateway]]\naddress = 'b@example.com'", "gateway[0].default"),
        (f"{SMALLEST}department = 'Sales'\n[[department]]\nkey = 'Sales'", "department[0].key"),
        (f"{SMALLEST}[database]\nurl = 'oracle'", "database.url"),
        (f"{SMALLEST}[outbound]\nuser = 'desk'\npassword = 5", "outbound.password"),
        ("gateway = 5", "gateway"),
    ],
)
def test_a_fault_draws_no_other_after_it(text: str, path: str) -> None:
    assert [fault.path for fault in read(text).faults] == [path]


def test_a_key_that_toml_quotes_is_quoted_in_its_path() -> None:
    assert [fault.path for fault in read(f"{SMALLEST}'a.b' = 1").faults] == ['gateway[0]."a.b"']


EXAMPLE_DOCUMENT = tomllib.loads(EXAMPLE.read_text())
ODD_VALUES = st.recursive(
    st.none().map(lambda _: "env:") | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.datetimes() | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container and key within a document."""
    pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    return [(value, key) for key, _ in pairs] + [place for _, inner in pairs for place in places(inner)]


@settings(max_examples=300, deadline=None)
@given(odd=st.lists(ODD_VALUES, min_size=1, max_size=4), seed=st.integers(0, 1 << 30))
def test_no_value_in_any_place_is_more_than_a_fault(odd: list[Any], seed: int) -> None:
    document = tomllib.loads(EXAMPLE.read_text())
    dice = random.Random(seed)
    for value in odd:
        container, key = dice.choice(places(document))
        container[key] = value
    found = read_document(document)
    assert (found.settings is None) == bool(found.faults)
    assert len({fault.location for fault in found.faults}) == len(found.faults)
    assert all(str(fault) for fault in found.faults)
