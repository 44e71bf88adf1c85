"""Whom a letter comes from, by what is known of its From address (Z6, Z8, O12)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.desk.senders.choice import Sender, for_staff, from_of
from gateway.domain.letter import RELAY, Party
from gateway.domain.organisation import FromAddress, FromServer, Language
from gateway.domain.senders import Alignment, Proof
from tests.desk.values import ORGANISATION

THEN = datetime(2026, 11, 21, tzinfo=UTC)
SERVER = FromServer("smtp.provider.test", 587, "starttls", "account@provider.test", "secret")
LISTED = (
    FromAddress("hello@corp.test", "Corp"),
    FromAddress("off@corp.test", "Off", enabled=False),
    FromAddress("box@provider.test", "Box", server=SERVER),
    FromAddress("nameless@provider.test", "Nameless", server=replace(SERVER, user="login")),
    FromAddress("sales@desk.test", "Sales for all"),
    FromAddress("vip@any.test", "Vip"),
    FromAddress("brand@desk.test", "Brand"),
)
HOME = Party("Support", "support@desk.test")
GATEWAY = Sender(HOME, HOME, "support@desk.test")


def proof(aligned: Alignment | None = None, verified: bool = True) -> Proof:
    return Proof(THEN if verified else None, THEN, aligned)


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        (None, None, GATEWAY),
        # Reports come to us by either gateway; SPF vouches for the one that From names.
        ("info@any.test", None, Sender(Party("Anything", "info@any.test"), Party("Anything", "info@any.test"), "info@any.test")),
        (
            "sales@desk.test",
            None,
            Sender(Party("Sales for all", "sales@desk.test"), Party("Sales for all", "sales@desk.test"), "support@desk.test"),
        ),
        ("vip@any.test", None, Sender(Party("Vip", "vip@any.test"), Party("Vip", "vip@any.test"), "vip@any.test")),
        ("hello@corp.test", None, GATEWAY),
        ("hello@corp.test", proof("spf", verified=False), GATEWAY),
        ("off@corp.test", proof("spf"), GATEWAY),
        ("stranger@corp.test", proof("spf"), GATEWAY),
        ("hello@corp.test", proof(), Sender(Party("Corp via Example Desk", "support@desk.test"), HOME, "support@desk.test")),
        ("hello@corp.test", proof("dkim"), Sender(Party("Corp", "hello@corp.test"), HOME, "support@desk.test")),
        ("hello@corp.test", proof("spf"), Sender(Party("Corp", "hello@corp.test"), HOME, "hello@corp.test", own_paths=False)),
        # The gateway's own domain vouches for both, so that reports come to us.
        ("brand@desk.test", proof("spf"), Sender(Party("Brand", "brand@desk.test"), HOME, "support@desk.test", own_paths=False)),
        (
            "box@provider.test",
            None,
            Sender(Party("Box", "box@provider.test"), HOME, "account@provider.test", False, "smtp:box@provider.test"),
        ),
        (
            "nameless@provider.test",
            None,
            Sender(Party("Nameless", "nameless@provider.test"), HOME, "nameless@provider.test", False, "smtp:nameless@provider.test"),
        ),
    ],
)
def test_from_of(asked: str | None, known: Proof | None, expected: Sender) -> None:
    organisation = replace(ORGANISATION, from_addresses=LISTED)
    proofs = {asked: known} if asked is not None and known is not None else {}
    assert from_of(asked, "support@desk.test", lambda own: own, "en", organisation, proofs) == expected


@pytest.mark.parametrize(
    ("bounce_domain", "own_paths"), [("corp.test", True), ("bounces.corp.test", False), ("bounces.desk.test", False), (None, False)]
)
def test_spf_vouches_only_for_return_paths_of_the_very_domain(bounce_domain: str | None, own_paths: bool) -> None:
    desk = replace(ORGANISATION.desk, bounce_domain=bounce_domain)
    organisation = replace(ORGANISATION, from_addresses=LISTED, desk=desk)
    found = from_of("hello@corp.test", "support@desk.test", str, "en", organisation, {"hello@corp.test": proof("spf")})
    assert (found.own_paths, found.reverse_path) == (own_paths, "hello@corp.test")


def test_a_gateway_with_a_server_of_its_own_always_leaves_by_it() -> None:
    organisation = replace(ORGANISATION, from_addresses=(FromAddress("support@desk.test", "Support", server=SERVER),))
    found = from_of(None, "support@desk.test", str, "en", organisation, {})
    assert (found.author, found.reply_to, found.reverse_path) == (HOME, HOME, "account@provider.test")
    assert found.destination != RELAY


def test_staff_are_written_to_from_an_address_that_every_server_can_take() -> None:
    cyrillic = replace(ORGANISATION.gateways[0], address="помощь@desk.test", name="Помощь", default=False)
    organisation = replace(ORGANISATION, gateways=(cyrillic, *ORGANISATION.gateways))
    plain = Party("Помощь", "support@desk.test")
    from_cyrillic = from_of(None, "помощь@desk.test", str, "ru", organisation, {})
    assert from_cyrillic.author == Party("Помощь", "помощь@desk.test")
    assert for_staff(from_cyrillic, organisation) == Sender(plain, plain, "support@desk.test")
    # What need not change stays, and so does what nothing is there to take the place of.
    assert for_staff(GATEWAY, organisation) == GATEWAY
    alone = replace(ORGANISATION, gateways=(replace(cyrillic, default=True),))
    assert for_staff(from_cyrillic, alone) == from_cyrillic


def test_the_name_alone_says_so_in_the_letters_language() -> None:
    organisation = replace(ORGANISATION, from_addresses=LISTED)
    rows: tuple[tuple[Language, str], ...] = (("ru", "Дана через Example Desk"), ("pl", "Дана przez Example Desk"))
    for language, says in rows:
        found = from_of("hello@corp.test", "support@desk.test", lambda _: "Дана", language, organisation, {"hello@corp.test": proof()})
        assert found.author.name == says
