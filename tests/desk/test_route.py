"""Which gateway address a message was written to (B8, U3, U8)."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.desk.route import Route, Unrouted, route
from gateway.domain.organisation import Organisation
from tests.desk.values import ORGANISATION, box, mail

ELSEWHERE = box("list@elsewhere.test")
SUPPORT, SALES = box("support@desk.test"), box("sales@desk.test")


def by(*sources: Any) -> Organisation:
    return replace(ORGANISATION, desk=replace(ORGANISATION.desk, route_by=sources))


@pytest.mark.parametrize(
    ("message", "recipients", "address", "reason"),
    [
        (mail(), (), "support@desk.test", "To names support@desk.test"),
        (mail(to=(box("SUPPORT@Desk.Test"),)), (), "support@desk.test", "To names support@desk.test"),
        (mail(to=(box("support+vip@desk.test"),)), (), "support@desk.test", "To names support@desk.test"),
        (mail(to=(ELSEWHERE, SALES)), (), "sales@desk.test", "To names sales@desk.test"),
        (mail(to=(ELSEWHERE,), cc=(SALES,)), ("support@desk.test",), "sales@desk.test", "Cc names sales@desk.test"),
        (mail(to=(SUPPORT,), cc=(SALES,)), ("sales@desk.test",), "support@desk.test", "To names support@desk.test"),
        (mail(to=(), delivered_to=(SALES,)), ("support@desk.test",), "sales@desk.test", "Delivered-To names sales@desk.test"),
        (mail(to=()), ("sales@desk.test",), "sales@desk.test", "the envelope names sales@desk.test"),
        (mail(to=(box("whoever@any.test"),)), (), "whoever@any.test", "To names whoever@any.test"),
        (mail(to=(box("who+ever@any.test"),)), (), "who@any.test", "To names who@any.test"),
        (mail(to=(box("old@desk.test"),)), ("support@desk.test",), "support@desk.test", "the envelope names support@desk.test"),
        (mail(to=(replace(SUPPORT, key=""),)), ("sales@desk.test",), "sales@desk.test", "the envelope names sales@desk.test"),
        (mail(to=(ELSEWHERE,)), ("postmaster@desk.test",), "support@desk.test", "the envelope names postmaster"),
    ],
)
def test_the_first_address_of_ours_counts_source_by_source(message: Any, recipients: tuple[str, ...], address: str, reason: str) -> None:
    found = route(message, recipients, ORGANISATION)
    assert isinstance(found, Route)
    assert (found.address, found.reason) == (address, reason)


@pytest.mark.parametrize(
    ("message", "recipients", "reason"),
    [
        (mail(to=(ELSEWHERE,)), (), "no gateway address stands in To, Cc, Delivered-To, the envelope"),
        (mail(to=()), (), "no gateway address stands in To, Cc, Delivered-To, the envelope"),
        (mail(to=(box("old@desk.test"),)), ("old@desk.test",), "the gateway address old@desk.test is switched off"),
        (mail(to=(box("support@desk.test.evil.test"),)), (), "no gateway address stands in To, Cc, Delivered-To, the envelope"),
    ],
)
def test_what_names_no_address_of_ours_is_not_routed(message: Any, recipients: tuple[str, ...], reason: str) -> None:
    assert route(message, recipients, ORGANISATION) == Unrouted(reason)


def test_to_alone_counts_where_the_desk_says_so() -> None:
    elsewhere = mail(to=(ELSEWHERE,), cc=(SUPPORT,), delivered_to=(SUPPORT,))
    assert route(elsewhere, ("support@desk.test",), by("to")) == Unrouted("no gateway address stands in To")
    assert isinstance(route(mail(), (), by("to")), Route)


def test_sources_count_in_the_order_of_the_desk() -> None:
    found = route(mail(to=(SUPPORT,), cc=(SALES,)), (), by("cc", "to"))
    assert isinstance(found, Route)
    assert found.address == "sales@desk.test"


def test_further_addresses_of_ours_are_named_once_each() -> None:
    found = route(mail(to=(SUPPORT, SALES, SUPPORT), cc=(SALES, box("x@any.test"))), ("support@desk.test",), ORGANISATION)
    assert isinstance(found, Route)
    assert found.also == ("sales@desk.test", "x@any.test")


def test_an_exact_address_wins_over_the_catch_all_of_its_domain() -> None:
    both = replace(
        ORGANISATION,
        gateways=(*ORGANISATION.gateways[:-1], replace(ORGANISATION.gateways[1], address="info@any.test"), ORGANISATION.gateways[-1]),
    )
    found = route(mail(to=(box("info@any.test"),)), (), both)
    assert isinstance(found, Route)
    assert found.gateway.department == "sales"
