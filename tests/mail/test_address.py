"""Whole address fields, as they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.address import hides_another, parse_mailboxes
from tests.mail.hostile import HOSTILE_FIELDS
from tests.mail.timing import within_seconds

FIELDS = [
    ("ann@client.test", [("", "ann@client.test")]),
    ("<ann@client.test>", [("", "ann@client.test")]),
    ("Ann Lee <Ann@Client.test>", [("Ann Lee", "ann@client.test")]),
    ('"Lee, Ann" <ann@client.test>, bob@client.test', [("Lee, Ann", "ann@client.test"), ("", "bob@client.test")]),
    ("Lee, Ann <ann@client.test>", [("Lee, Ann", "ann@client.test")]),
    ('"Ann \\"A\\" Lee" <ann@client.test>', [('Ann "A" Lee', "ann@client.test")]),
    ("'Ann Lee' <ann@client.test>", [("Ann Lee", "ann@client.test")]),
    ("ann@client.test (Ann Lee)", [("Ann Lee", "ann@client.test")]),
    ("Ann (the \\) first) <ann@client.test>", [("Ann", "ann@client.test")]),
    ("=?UTF-8?B?0JDQvdC90LA=?= <ann@client.test>", [("Анна", "ann@client.test")]),
    ("=?utf-8?Q?Lee,_Ann?= <ann@client.test>", [("Lee, Ann", "ann@client.test")]),
    ('"=?utf-8?Q?Ann_Lee?=" <ann@client.test>', [("Ann Lee", "ann@client.test")]),
    ("Анна <анна@почта.рф>", [("Анна", "анна@xn--80a1acny.xn--p1ai")]),
    (
        "Team: ann@client.test, Bob <bob@client.test>;, eve@client.test",
        [("", "ann@client.test"), ("Bob", "bob@client.test"), ("", "eve@client.test")],
    ),
    ("undisclosed-recipients:;", []),
    (",, ann@client.test,, ,", [("", "ann@client.test")]),
    ("ann@client.test; bob@client.test", [("", "ann@client.test"), ("", "bob@client.test")]),
    ("<ann@client.test> <bob@client.test>", [("", "ann@client.test"), ("", "bob@client.test")]),
    ("ann@client.test bob@client.test", [("", "")]),
    ("mailto:ann@client.test", [("", "ann@client.test")]),
    ("Everyone", [("Everyone", "")]),
    ("Ann < Lee <ann@client.test>", [("Ann < Lee", "ann@client.test")]),
    ("<@relay.test:ann@client.test>", [("", "")]),
    ("an\x00n@client.test", [("", "")]),
    ("an(x)n@client.test", [("x", "")]),
    ("<ann@client.test (Ann)>", [("", "ann@client.test")]),
    ("Ann\u202e <ann@client.test>", [("Ann", "ann@client.test")]),
    ("", []),
    ("   ", []),
]


@pytest.mark.parametrize(("field", "expected"), FIELDS)
def test_every_mailbox_of_a_field_is_found(field: str, expected: list[tuple[str, str]]) -> None:
    assert [(mailbox.name, mailbox.key) for mailbox in parse_mailboxes(field)] == expected


def test_an_address_is_kept_as_written_beside_its_key() -> None:
    (mailbox,) = parse_mailboxes("Ann <Ann.Lee@Client.TEST>")
    assert mailbox.address == "Ann.Lee@Client.TEST"


def test_nothing_is_decoded_inside_an_address() -> None:
    (mailbox,) = parse_mailboxes("=?utf-8?q?boss=40desk.test=3E?= <eve@client.test>")
    assert mailbox.key == "eve@client.test"
    (mailbox,) = parse_mailboxes("<=?utf-8?q?boss=40desk.test?=>")
    assert mailbox.key == ""


@pytest.mark.parametrize(
    ("field", "hides"),
    [
        ("boss@desk.test <eve@client.test>", True),
        ('"boss@desk.test" <eve@client.test>', False),
        ("ann@client.test <ann@client.test>", False),
        ("Ann <ann@client.test>", False),
    ],
)
def test_a_second_address_in_the_display_name_is_noticed(field: str, hides: bool) -> None:
    assert hides_another(field) is hides


@given(st.text(alphabet='ab@<>(),;:"\\ .=?utf-8Q\x00\ud800я[]', max_size=200))
def test_any_field_is_read(field: str) -> None:
    for mailbox in parse_mailboxes(field):
        assert "\x00" not in mailbox.name + mailbox.address
        (mailbox.name + mailbox.address + mailbox.key).encode()


@pytest.mark.parametrize("name", HOSTILE_FIELDS)
def test_hostile_fields_are_read_in_linear_time(name: str) -> None:
    with within_seconds(6):
        parse_mailboxes(HOSTILE_FIELDS[name])
