"""Who wrote a message (U4, Z11)."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.desk.identify import FromAgent, FromNobody, FromOurselves, FromOutside, Writer, identify, is_of_the_desk, is_ours
from gateway.domain.organisation import Department
from tests.desk.values import ORGANISATION, box, mail

BY_REPLY_TO = replace(ORGANISATION, desk=replace(ORGANISATION.desk, client_identity="reply-to"))
NO_AUTHOR: dict[str, Any] = {"author": None, "author_unambiguous": False}


def told(writer: Writer) -> tuple[str, str]:
    match writer:
        case FromAgent():
            return "agent", writer.agent.address
        case FromOutside():
            return "outside", f"{writer.person.name} <{writer.key}>"
        case FromOurselves():
            return "ourselves", writer.address
        case FromNobody():
            return "nobody", ""


@pytest.mark.parametrize(
    ("changes", "reverse_path", "expected"),
    [
        ({}, "", ("outside", "Anna <anna@client.test>")),
        ({"author": box("Anna@Client.Test", "Anna")}, "", ("outside", "Anna <anna@client.test>")),
        ({"author": box("dana@staff.test")}, "", ("agent", "dana@staff.test")),
        ({"author": box("dana@home.test")}, "", ("agent", "dana@staff.test")),
        ({"author": box("ina@staff.test")}, "", ("agent", "ina@staff.test")),
        ({"author": box("support@desk.test")}, "", ("ourselves", "support@desk.test")),
        ({"author": box("support+x@desk.test")}, "", ("ourselves", "support+x@desk.test")),
        ({"author": box("old@desk.test")}, "", ("ourselves", "old@desk.test")),
        ({"author": box("anyone@any.test")}, "", ("ourselves", "anyone@any.test")),
        ({"author": box("r+abc@desk.test")}, "", ("ourselves", "r+abc@desk.test")),
        ({"author": box("support@desk.test", "Form"), "reply_to": (box("v@client.test"),)}, "", ("outside", "Form <v@client.test>")),
        ({"author": box("support@desk.test"), "reply_to": (box("dana@staff.test"),)}, "", ("ourselves", "support@desk.test")),
        ({"author": box("support@desk.test"), "reply_to": (box("sales@desk.test"),)}, "", ("ourselves", "support@desk.test")),
        ({"reply_to": (box("other@client.test", "Other"),)}, "", ("outside", "Anna <anna@client.test>")),
        (NO_AUTHOR | {"reply_to": (box("v@client.test", "V"),)}, "", ("outside", "V <v@client.test>")),
        (NO_AUTHOR | {"originator": box("v@client.test", "V")}, "x@client.test", ("outside", "V <v@client.test>")),
        (NO_AUTHOR, "Path@Client.test", ("outside", " <path@client.test>")),
        (NO_AUTHOR, "", ("nobody", "")),
        (NO_AUTHOR, "support@desk.test", ("nobody", "")),
        (NO_AUTHOR, "dana@staff.test", ("nobody", "")),
        (NO_AUTHOR, "not an address", ("nobody", "")),
        ({"author": replace(box("broken"), key="")}, "path@client.test", ("outside", " <path@client.test>")),
    ],
)
def test_the_writer_is_who_can_be_named(changes: dict[str, Any], reverse_path: str, expected: tuple[str, str]) -> None:
    assert told(identify(mail(**changes), (), reverse_path, ORGANISATION)) == expected


@pytest.mark.parametrize(
    ("reply_to", "expected"),
    [
        (("other@client.test",), ("outside", "Anna <other@client.test>")),
        (("first@client.test", "second@client.test"), ("outside", "Anna <first@client.test>")),
        ((), ("outside", "Anna <anna@client.test>")),
        (("support@desk.test",), ("outside", "Anna <anna@client.test>")),
        (("dana@staff.test",), ("outside", "Anna <anna@client.test>")),
    ],
)
def test_reply_to_names_the_client_where_the_desk_says_so(reply_to: tuple[str, ...], expected: tuple[str, str]) -> None:
    assert told(identify(mail(reply_to=tuple(map(box, reply_to))), (), "", BY_REPLY_TO)) == expected


def test_reply_to_never_makes_an_agent_of_a_stranger_nor_a_stranger_of_an_agent() -> None:
    assert told(identify(mail(author=box("dana@staff.test"), reply_to=(box("eve@evil.test"),)), (), "", BY_REPLY_TO))[0] == "agent"


@pytest.mark.parametrize(
    ("key", "ours"),
    [
        ("support@desk.test", True),
        ("support+tag@desk.test", True),
        ("old@desk.test", True),
        ("r@desk.test", True),
        ("r+token@desk.test", True),
        ("anything@any.test", True),
        ("rr@desk.test", False),
        ("r@elsewhere.test", False),
        ("anna@client.test", False),
        ("dana@staff.test", False),
        ("", False),
    ],
)
def test_addresses_of_our_own_are_nobodys_account(key: str, ours: bool) -> None:
    assert is_ours(key, ORGANISATION) is ours


@pytest.mark.parametrize(
    ("key", "ours"),
    [
        ("postmaster@desk.test", True),
        ("postmaster@any.test", True),
        ("b+proof@bounces.desk.test", True),
        ("postmaster@client.test", False),
        ("b@bounces.desk.test", False),
        ("b+proof@desk.test", False),
    ],
)
def test_nobody_takes_part_under_an_address_that_the_listener_takes_without_a_gateway(key: str, ours: bool) -> None:
    organisation = replace(ORGANISATION, desk=replace(ORGANISATION.desk, bounce_domain="bounces.desk.test"))
    assert is_of_the_desk(key, organisation) is ours


def test_an_agent_whose_address_a_catch_all_takes_is_an_agent_still() -> None:
    agent = replace(ORGANISATION.agents[0], address="dana@any.test")
    organisation = replace(ORGANISATION, agents=(agent,))
    assert not is_ours("dana@any.test", organisation)
    assert told(identify(mail(author=box("dana@any.test")), (), "", organisation)) == ("agent", "dana@any.test")


def test_a_department_may_know_its_clients_otherwise_than_the_desk() -> None:
    by_department = replace(
        ORGANISATION, departments=(Department("support", "Support"), Department("sales", "Sales", client_identity="reply-to"))
    )
    answered: dict[str, Any] = {"reply_to": (box("other@client.test", "Other"),)}
    sales = mail(to=(box("sales@desk.test"),), **answered)
    assert told(identify(sales, (), "", by_department)) == ("outside", "Other <other@client.test>")
    assert told(identify(mail(**answered), (), "", by_department)) == ("outside", "Anna <anna@client.test>")
    hidden = mail(to=(box("friends@client.test"),), **answered)
    assert told(identify(hidden, ("sales@desk.test",), "", by_department)) == ("outside", "Other <other@client.test>")
