"""The strict reader: what it accepts, what it refuses, and what it takes for equal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.addr_spec import address_key, is_addr_spec, normalise_domain, shown_address

EQUAL = [
    ("Ann@Client.TEST", "ann@client.test"),
    ("first.last+tag@mail.client.test", "first.last+tag@mail.client.test"),
    ('"ann"@client.test', "ann@client.test"),
    ('"a.b"@client.test', "a.b@client.test"),
    ('"a b"@client.test', '"a b"@client.test'),
    (r'"a\ b"@client.test', '"a b"@client.test'),
    (r'"a\"b"@client.test', r'"a\"b"@client.test'),
    ("Иван@почта.рф", "иван@xn--80a1acny.xn--p1ai"),
    ("ivan@XN--80A1ACNY.xn--p1ai", "ivan@xn--80a1acny.xn--p1ai"),
    ("ivan@ПОЧТА.РФ", "ivan@xn--80a1acny.xn--p1ai"),
    ("root@localhost", "root@localhost"),
    ("a@[192.0.2.1]", "a@[192.0.2.1]"),
    ("a@[IPv6:2001:DB8:0::1]", "a@[ipv6:2001:db8::1]"),
    ("=?utf-8?q?ann?=@client.test", "=?utf-8?q?ann?=@client.test"),
]


@pytest.mark.parametrize(("written", "key"), EQUAL)
def test_an_address_has_the_key_by_which_it_is_compared(written: str, key: str) -> None:
    assert address_key(written) == key
    assert is_addr_spec(written)


REFUSED = [
    "", "@", "ann", "ann@", "@client.test", "ann@client..test", "ann@.client.test", "ann@client.test.",
    ".ann@client.test", "ann.@client.test",
    "a..b@client.test", "ann@@client.test", "ann@b@client.test", "ann @client.test", "ann@ client.test",
    " ann@client.test", "ann@client.test ",
    "ann(comment)@client.test", "ann@client.test (Ann)", "<ann@client.test>", "ann@client.test\n",
    "ann\x00@client.test", "ann@client.test\x00",
    "an\ufffdn@client.test", "ann\u202e@client.test", "ann\u200b@client.test", "ann@-client.test", "ann@client-.test", "ann@cl_ient.test",
    '""@client.test', '"ann@client.test', 'an"n"@client.test', '"a\tb"@client.test', "@relay.test:ann@client.test", "ann@[1.2.3]",
    "ann@[1.2.3.4", "ann@[IPv6:zz]", "ann;b@client.test", "ann,b@client.test",
    "ann@client.test,b@client.test", "ann@" + "a." * 126 + "test",
    "ann@" + "a" * 64 + ".test", "a" * 320 + "@client.test", "ann@\ud800.test", "ann\ud800@client.test", "ann@клиент_x.рф",
]  # fmt: skip


@pytest.mark.parametrize("written", REFUSED)
def test_what_two_programs_could_read_differently_is_refused(written: str) -> None:
    assert address_key(written) == ""
    assert not is_addr_spec(written)


@pytest.mark.parametrize("forged", ["boſs@client.test", "ｂoss@client.test", "bоss@client.test"])
def test_a_look_alike_is_not_the_address_that_it_looks_like(forged: str) -> None:
    assert address_key(forged) not in ("", "boss@client.test")


def test_an_international_domain_is_shown_in_its_own_letters() -> None:
    assert shown_address("ivan@xn--80a1acny.xn--p1ai") == "ivan@почта.рф"
    assert shown_address("ivan@client.test") == "ivan@client.test"
    assert shown_address("ivan@xn--999999999.test") == "ivan@xn--999999999.test"


@given(st.text(max_size=60))
def test_a_key_is_its_own_key_and_holds_no_control(text: str) -> None:
    for written in (text, f"{text}@client.test", f"ann@{text}"):
        key = address_key(written)
        if key:
            assert address_key(key) == key
            assert key.count("@") >= 1
            assert all(each.isprintable() for each in key)
            assert normalise_domain(key.rpartition("@")[2]) == key.rpartition("@")[2]
