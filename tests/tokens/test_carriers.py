"""Where tokens ride: put in, and found again."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tokens.carriers import (
    ReplyToken,
    ThreadToken,
    carries_reply_token,
    claimed_ticket,
    letter_id,
    proves_reply,
    proves_thread,
    reply_address,
    reply_token,
    reply_tokens_in,
    thread_token,
    tokens_in_ids,
)
from gateway.tokens.codec import Keyring, Purpose

KEYRING = Keyring((b"the secret of today, long enough",))
BASE = "r@desk.test"
AGENT = "dana@staff.test"
LARGEST = 2**63 - 1
"""Of a bigint, which ticket numbers are."""

tickets = st.integers(min_value=1, max_value=LARGEST)


@given(tickets)
def test_a_reply_address_is_found_again_and_proves_its_ticket_and_its_agent(ticket: int) -> None:
    address = reply_address(BASE, reply_token(KEYRING, ticket, AGENT))
    [found] = reply_tokens_in([address], BASE)
    assert found.ticket == ticket
    assert proves_reply(KEYRING, found, AGENT)
    assert not proves_reply(KEYRING, found, "oleg@staff.test")
    assert not proves_reply(KEYRING, ReplyToken(found.token, ticket % LARGEST + 1), AGENT)


@given(tickets, st.sampled_from("rt"), st.text(alphabet=string.hexdigits.lower(), min_size=1, max_size=18))
def test_a_letters_id_is_found_again_whatever_relays_did_to_its_case_and_domain(ticket: int, mark: str, unique: str) -> None:
    token = reply_token(KEYRING, ticket, AGENT) if mark == "r" else thread_token(KEYRING, ticket)
    identifier = letter_id(mark, token, unique, "desk.test")
    for seen in (identifier, identifier.upper(), identifier.replace("desk.test", "rewritten.example")):
        [found] = tokens_in_ids([seen])
        assert found.ticket == ticket
        assert isinstance(found, ReplyToken if mark == "r" else ThreadToken)
        assert proves_reply(KEYRING, found, AGENT) if isinstance(found, ReplyToken) else proves_thread(KEYRING, found)
    assert carries_reply_token(identifier) is (mark == "r")


@given(tickets)
def test_neither_token_serves_in_the_others_place(ticket: int) -> None:
    assert not proves_reply(KEYRING, ReplyToken(thread_token(KEYRING, ticket), ticket), AGENT)
    assert not proves_reply(KEYRING, ReplyToken(thread_token(KEYRING, ticket), ticket), "")
    assert not proves_thread(KEYRING, ThreadToken(reply_token(KEYRING, ticket, AGENT), ticket))
    assert not proves_thread(KEYRING, ThreadToken(reply_token(KEYRING, ticket, ""), ticket))


def test_the_longest_reply_address_fits_a_local_part() -> None:
    # RFC 5321 §4.5.3.1.1: 64 octets.
    local = reply_address(BASE, reply_token(KEYRING, LARGEST, "a" * 300)).rpartition("@")[0]
    assert len(local) <= 64
    assert reply_tokens_in([f"{local}@desk.test"], BASE)[0].ticket == LARGEST


@pytest.mark.parametrize(
    "address",
    [
        "r@desk.test",
        "r+@desk.test",
        "r+short@desk.test",
        "x+{token}@desk.test",
        "r+{token}@elsewhere.test",
        "r+{token}x@desk.test",
        "r+{token}+{token}@desk.test",
        "r{token}@desk.test",
        "{token}",
        "",
        "@",
        "r+{token}",
    ],
)
def test_what_is_no_reply_address_carries_no_token(address: str) -> None:
    assert reply_tokens_in([address.format(token=reply_token(KEYRING, 1, AGENT))], BASE) == ()


def test_tokens_are_found_in_the_order_of_their_carriers() -> None:
    first, second = (reply_address(BASE, reply_token(KEYRING, number, AGENT)) for number in (7, 3))
    assert [each.ticket for each in reply_tokens_in([first, "anna@client.test", second], BASE)] == [7, 3]
    ids = [letter_id("t", thread_token(KEYRING, number), "0a", "desk.test") for number in (9, 2)]
    assert [each.ticket for each in tokens_in_ids([ids[0], "m1@client.test", ids[1]])] == [9, 2]


@pytest.mark.parametrize(
    "identifier", ["x.{token}.0a@desk.test", "r.{token}@desk.test", "r.{token}.@desk.test", "r.{token}.0a", "r..0a@b", ""]
)
def test_what_is_no_id_of_our_letters_carries_no_token(identifier: str) -> None:
    assert tokens_in_ids([identifier.format(token=reply_token(KEYRING, 1, AGENT))]) == ()


@given(st.lists(st.text(), max_size=5), st.text())
def test_whatever_stands_in_addresses_and_ids_nothing_raises(texts: list[str], base: str) -> None:
    assert all(isinstance(each, ReplyToken) for each in reply_tokens_in(texts, base))
    assert tokens_in_ids(texts) == ()


def test_a_payload_of_another_length_is_no_ticket() -> None:
    assert claimed_ticket(KEYRING.sign(Purpose.REPLY, b"abc")) is None
    assert claimed_ticket(KEYRING.sign(Purpose.REPLY, b"123456789")) is None
    assert claimed_ticket(KEYRING.sign(Purpose.REPLY, b"\0\0\0\5")) == 5
