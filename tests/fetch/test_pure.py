"""Folder names, what IMAP servers say, dots and line ends, envelopes, delays: the parts of fetching that do no I/O."""

import asyncio
import contextlib
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.accounts.sasl import plain, refusal, without_secrets, xoauth2
from gateway.domain.organisation import Gateway
from gateway.fetch.backoff import LONGEST, again_in
from gateway.fetch.dots import DotReader
from gateway.fetch.folders import encode_folder
from gateway.fetch.imap_values import (
    NonsenseError,
    Numbered,
    Status,
    literal_size,
    quoted,
    read_attributes,
    read_numbered,
    read_numbers,
    read_status,
    read_values,
)
from gateway.fetch.incoming import Incoming
from gateway.fetch.mailbox import TooLargeError
from gateway.fetch.recipient import recipient_of_fetched, reverse_path_of_fetched
from gateway.ingress.content import Content
from gateway.ingress.stdin import normalised
from gateway.mail.headers import read_block
from tests.fetch.polling import organisation


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("INBOX", "INBOX"),
        ("Входящие/Обращения", "&BBIERQQ+BDQETwRJBDgENQ-/&BB4EMQRABDAESQQ1BD0EOARP-"),
        # RFC 3501 §5.1.3 has this one.
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("R&D", "R&-D"),
        ("&", "&-"),
        ("Zgłoszenia i pomoc", "Zg&AUI-oszenia i pomoc"),
        ("Ü&Ö", "&ANw-&-&ANY-"),
        ("😀", "&2D3eAA-"),
        ("a\tb", "a&AAk-b"),
    ],
)
def test_names_of_folders_are_in_modified_utf_7(name: str, encoded: str) -> None:
    assert encode_folder(name) == encoded


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_an_encoded_folder_can_be_decoded_again(name: str) -> None:
    decoded, rest = "", encode_folder(name)
    while rest:
        plain_text, shift, rest = rest.partition("&")
        decoded += plain_text
        if shift:
            run, _, rest = rest.partition("-")
            decoded += b64decode(run.replace(",", "/") + "=" * (-len(run) % 4)).decode("utf-16-be") if run else "&"
    assert decoded == name
    assert encode_folder(name).isascii()


@pytest.mark.parametrize(
    ("pieces", "values"),
    [
        ([b"(UID 7 RFC822.SIZE 44827 FLAGS (\\Seen))"], [["UID", "7", "RFC822.SIZE", "44827", "FLAGS", ["\\Seen"]]]),
        ([b"(BODY[] {5}", b"hello", b" UID 7)"], [["BODY[]", b"hello", "UID", "7"]]),
        ([b'(BODY[] "a \\"b\\" \\\\ c" UID 7)'], [["BODY[]", b'a "b" \\ c', "UID", "7"]]),
        ([b"(BODY[] NIL UID 7)"], [["BODY[]", None, "UID", "7"]]),
        ([b'(\\Noselect) "." ""'], [["\\Noselect"], b".", b""]),
        ([b""], []),
    ],
)
def test_what_a_server_says_becomes_values(pieces: list[bytes], values: list[object]) -> None:
    assert read_values(pieces) == values


@pytest.mark.parametrize("line", [b"(a", b"a)", b'"a', b"(" * 30 + b")" * 30, b"(a))"])
def test_nonsense_is_known(line: bytes) -> None:
    with pytest.raises(NonsenseError):
        read_values([line])


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_reading_values_ends_and_raises_nothing_else(pieces: list[bytes]) -> None:
    with contextlib.suppress(NonsenseError):
        read_attributes(read_values(pieces))


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"OK [UIDVALIDITY 3857529045] UIDs valid", Status("OK", "UIDVALIDITY 3857529045", "UIDs valid")),
        (b"NO [TRYCREATE] no such mailbox", Status("NO", "TRYCREATE", "no such mailbox")),
        (b"BYE", Status("BYE", "", "")),
        (b"ok done", Status("OK", "", "done")),
        (b"OKAY", None),
        (b"23 EXISTS", None),
    ],
)
def test_states_are_read(line: bytes, status: Status | None) -> None:
    assert read_status(line) == status


def test_numbers_are_read() -> None:
    assert read_numbered(b"23 EXISTS") == Numbered("EXISTS", 23)
    assert read_numbered(b"23 fetch (UID 1)") == Numbered("FETCH", 23)
    assert read_numbered(b"CAPABILITY IMAP4rev1") is None
    assert read_numbers(b" 2 84 882") == [2, 84, 882]
    assert read_numbers(b"") == []
    assert (literal_size(b"* 1 FETCH (BODY[] {310}"), literal_size(b"no {3} literal")) == (310, None)
    for line in (b" 2 x", b" 99999999999999"):
        with pytest.raises(NonsenseError):
            read_numbers(line)


def test_a_quoted_string_cannot_break_out_of_its_line() -> None:
    assert quoted('pass"word\\') == b'"pass\\"word\\\\"'
    assert (quoted("a\r\nLOGOUT"), quoted("пароль")) == (None, None)


@pytest.mark.parametrize(
    ("wire", "content"),
    [
        (b"Subject: x\r\n\r\nhello\r\n.\r\n", b"Subject: x\r\n\r\nhello\r\n"),
        (b"a\r\n..\r\n...b\r\n.\r\n", b"a\r\n.\r\n..b\r\n"),
        (b"..a\r\n.\r\n", b".a\r\n"),
        (b".\r\n", b""),
        (b"a\n.\n", b"a\n"),
        (b"a\r\n\r\n.\r\n", b"a\r\n\r\n"),
    ],
)
def test_dots_are_unstuffed_however_the_octets_are_cut(wire: bytes, content: bytes) -> None:
    for step in range(1, len(wire) + 1):
        reader, got = DotReader(), b""
        for start in range(0, len(wire), step):
            assert reader.rest is None
            got += reader.feed(wire[start : start + step])
        assert (got, reader.rest) == (content, b""), step
    reader = DotReader()
    assert (reader.feed(wire + b"+OK"), reader.rest) == (content, b"+OK")


@given(st.binary(max_size=80), st.integers(1, 9))
def test_line_ends_become_crlf_however_the_octets_are_cut(octets: bytes, step: int) -> None:
    octets = octets.removeprefix(b"From ")
    incoming = Incoming(Content(), 1000)
    for start in range(0, len(octets), step):
        incoming.take(octets[start : start + step])
    assert asyncio.run(incoming.end().read()) == normalised(octets)


def test_a_message_that_grows_past_its_bound_is_stopped() -> None:
    incoming = Incoming(Content(), 10)
    incoming.take(b"x" * 10)
    with pytest.raises(TooLargeError):
        incoming.take(b"x")


@pytest.mark.parametrize(
    ("head", "recipient"),
    [
        ("Delivered-To: box1@desk.test\r\n", "box1@desk.test"),
        ("X-Original-To: box1+vip@desk.test\r\nDelivered-To: mailbox@provider.test\r\n", "box1+vip@desk.test"),
        ("Delivered-To: mailbox@provider.test\r\nDelivered-To: box1@desk.test\r\n", "box1@desk.test"),
        ("Envelope-To: BOX1@Desk.TEST\r\n", "BOX1@Desk.TEST"),
        ("Delivered-To: r+abcdefghijklmnop@desk.test\r\n", "r+abcdefghijklmnop@desk.test"),
        ("Delivered-To: somebody@elsewhere.test\r\nTo: box1@desk.test\r\n", "support@desk.test"),
        ("Delivered-To: autoresponder\r\n", "support@desk.test"),
        ("To: box1@desk.test\r\n", "support@desk.test"),
        ("", "support@desk.test"),
    ],
)
def test_the_recipient_is_whom_the_mailbox_server_names_if_it_is_ours_and_else_the_gateway(head: str, recipient: str) -> None:
    desk = organisation(None, None)
    block = read_block(f"{head}Subject: x\r\n\r\nDelivered-To: box1@desk.test\r\n".encode())
    assert recipient_of_fetched(block, desk.gateways[0], desk) == recipient


@pytest.mark.parametrize(
    ("head", "recipient"),
    [
        ("To: a@else.test, Any.One@all.test\r\n", "Any.One@all.test"),
        ("Cc: x@all.test\r\n", "x@all.test"),
        ("To: list@else.test\r\n", "postmaster@all.test"),
    ],
)
def test_a_catch_all_is_no_address_so_the_caught_one_is_looked_for(head: str, recipient: str) -> None:
    gateway = Gateway("*@all.test", "All", "support")
    assert recipient_of_fetched(read_block(f"{head}\r\n".encode()), gateway, organisation(None)) == recipient


@pytest.mark.parametrize(
    ("head", "reverse_path"),
    [
        ("Return-Path: <ann@client.test>\r\nFrom: bob@client.test\r\n", "ann@client.test"),
        ("Return-Path: <>\r\nFrom: bob@client.test\r\n", ""),
        ("Return-Path: ann@client.test\r\n", "ann@client.test"),
        ("Return-Path: <not an address>\r\nFrom: Bob <bob@client.test>\r\n", "bob@client.test"),
        ("From: Bob <bob@client.test>\r\n", "bob@client.test"),
        ("From: bob@client.test, ann@client.test\r\n", ""),
        ("", ""),
    ],
)
def test_the_reverse_path_is_that_of_the_final_delivery_and_else_the_author(head: str, reverse_path: str) -> None:
    assert reverse_path_of_fetched(read_block(f"{head}\r\n".encode())) == reverse_path


def test_a_mailbox_that_goes_on_failing_is_asked_less_and_less_often() -> None:
    delays = [again_in(failures, 60, 0.5) for failures in range(1, 9)]
    assert delays == sorted(delays)
    assert (delays[0], delays[-1]) == (60, LONGEST)
    assert again_in(1, 0.5, 0.5) == 15
    assert again_in(3, 3600, 0.5) == LONGEST
    assert again_in(1, 60, 0.0) < again_in(1, 60, 1.0)
    assert again_in(10_000, 60, 0.5) == LONGEST


def test_logging_in_by_token_is_spelt_as_the_mechanism_has_it() -> None:
    assert b64decode(xoauth2("ann", "t0k")) == b"user=ann\x01auth=Bearer t0k\x01\x01"
    assert b64decode(plain("ann", "пароль")) == "\0ann\0пароль".encode()
    assert refusal(b"eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=") == "status 401"
    for nonsense in (b"", b"%", b"e30=", b"W10="):
        assert refusal(nonsense) == ""


def test_what_a_server_repeats_of_a_password_reaches_no_log() -> None:
    said = f"NO open-sesame, {plain('ann', 'open-sesame').decode()}"
    assert without_secrets(said, "ann", "open-sesame") == "NO …, …"
