"""Mail that a person has sorted, copies of our own letters, and one mail of several departments: what is decided (B7, Z10)."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.desk.assigned import assigned_route, assigned_writer
from gateway.desk.audience import MOST_PARTICIPANTS, others_named, with_room
from gateway.desk.authority import Carried
from gateway.desk.identify import FromAgent, FromNobody, FromOurselves, FromOutside, Writer
from gateway.desk.own_letters import repeats, ticket_of_copy
from gateway.desk.remembered import effect_keys
from gateway.desk.route import Route, Unrouted, departments_addressed, outside_address, route
from gateway.desk.thread import Joins, thread
from gateway.domain.facts import Assigned, Facts, IdMatch, KnownClient, Participant
from gateway.domain.organisation import FromAddress, Organisation
from gateway.domain.rules import Actions, Rule
from gateway.domain.states import InboundState
from gateway.domain.steps import Join, OpenTicket, Person
from gateway.mail.message import Calendar, Forwarded
from tests.desk.deciding import decided, of
from tests.desk.values import ALIGNED, NOTHING, ORGANISATION, a_ticket, box, mail

SUPPORT, SALES = ORGANISATION.gateways[0], ORGANISATION.gateways[1]
BORIS = KnownClient(5, "Boris", "boris@client.test", ("boris@client.test",))
PER_DEPARTMENT = replace(ORGANISATION, desk=replace(ORGANISATION.desk, duplicates="per-department"))
OUTSIDE = replace(
    ORGANISATION,
    gateways=(replace(SUPPORT, forwarded_from=("help@outside.test",)), *ORGANISATION.gateways[1:]),
    from_addresses=(FromAddress("info@outside.test", "Info"),),
)
HOLD = replace(ORGANISATION, desk=replace(ORGANISATION.desk, unknown_clients="hold"))


@pytest.mark.parametrize(
    ("writer", "key"),
    [
        (FromOutside(Person("Eve", "Eve@x.test"), "eve@x.test", "From"), "eve@x.test"),
        (FromNobody("nobody"), "boris@client.test"),
        (FromOurselves("support@desk.test"), "boris@client.test"),
        (FromAgent(ORGANISATION.agents[0], Person("Dana", "dana@staff.test"), "dana@staff.test"), "boris@client.test"),
    ],
)
def test_who_is_known_stays_who_they_are_and_what_names_nobody_is_the_clients(writer: Writer, key: str) -> None:
    found = assigned_writer(writer, Assigned(BORIS))
    assert isinstance(found, FromOutside)
    assert (found.key, "client 5" in found.reason) == (key, True)
    assert assigned_writer(writer, None) is writer
    assert assigned_writer(writer, Assigned()) is writer


def test_what_was_written_to_no_gateway_is_the_default_ones_once_it_is_sorted() -> None:
    nowhere = Unrouted("no gateway address")
    assert assigned_route(nowhere, None, ORGANISATION) is nowhere
    found = assigned_route(nowhere, Assigned(BORIS), ORGANISATION)
    assert isinstance(found, Route)
    assert (found.address, found.gateway.department) == ("support@desk.test", "support")
    for given, department in (("sales", "sales"), ("gone", "support")):
        found = assigned_route(found, Assigned(BORIS, given), ORGANISATION)
        assert isinstance(found, Route)
        assert found.gateway.department == department or given == "gone"


@pytest.mark.parametrize("organisation", [HOLD, replace(ORGANISATION, rules=(Rule("All", then=Actions(hold=True)),))])
@pytest.mark.parametrize("words", ["It does not work.", ""])
def test_sorted_mail_is_held_no_more_whatever_held_it(organisation: Organisation, words: str) -> None:
    assert decided(mail("Help"), organisation=organisation).state is InboundState.HELD
    decision = decided(mail(words), organisation=organisation, client=BORIS, assigned=Assigned(BORIS, "sales"))
    [ticket] = of(decision, OpenTicket)
    assert (decision.outcome, ticket.client_id, ticket.department) == ("ticket", 5, "sales")


@pytest.mark.parametrize(
    ("changes", "ignored"),
    [
        ({}, True),
        ({"subject": ""}, True),
        ({"calendar": Calendar("REPLY")}, False),
        ({"kind": "forwarding_confirmation"}, False),
    ],
)
def test_without_text_and_file_a_mail_is_empty(changes: dict[str, Any], ignored: bool) -> None:
    """B9."""
    assert (decided(mail(" \n", **changes)).state is InboundState.IGNORED) is ignored
    assert decided(mail("@closed")).outcome == "ticket"


ROWS: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"to": (box("help@outside.test"),)}, "help@outside.test"),
    ({"to": (box("boss@client.test"), box("info@outside.test"))}, "info@outside.test"),
    ({"to": (box("Box@outside.test"),), "delivered_to": (box("support@desk.test"), box("Box@outside.test"))}, "Box@outside.test"),
    ({"to": (box("friend@else.test"),)}, None),
    ({"to": (box("dana@staff.test"),), "delivered_to": (box("dana@staff.test"),)}, None),
    ({"to": (box("help@outside.test"),), "cc": (box("support@desk.test"),)}, None),
]


@pytest.mark.parametrize(("changes", "address"), ROWS)
def test_the_outside_mailbox_that_was_written_to(changes: dict[str, Any], address: str | None) -> None:
    message = mail(**changes)
    routed = route(message, ("support@desk.test",), OUTSIDE)
    assert isinstance(routed, Route)
    assert outside_address(message, routed, OUTSIDE) == address
    decision = decided(message, ALIGNED, OUTSIDE, ("support@desk.test",))
    [ticket], joins = of(decision, OpenTicket), of(decision, Join)
    assert ticket.written_to == address
    assert address is None or address.lower() not in {each.key for join in joins for each in join.people}


def test_mailboxes_of_the_desk_take_no_part() -> None:
    named = (box("help@outside.test"), box("info@outside.test"), box("old@outside.test"), box("boss@client.test"))
    found = others_named(named, "anna@client.test", True, OUTSIDE, "Old@outside.test")
    assert [each.key for each in found] == ["boss@client.test"]


def test_a_ticket_has_room_for_fifty() -> None:
    people = tuple(Participant(f"p{n}@x.test", f"p{n}@x.test", "", "cc") for n in range(MOST_PARTICIPANTS + 5))
    assert len(with_room(people, None)) == MOST_PARTICIPANTS
    ticket = a_ticket(participants=(Participant("anna@client.test", "anna@client.test", "", "requester"), *people[:48]))
    assert [each.key for each in with_room((people[0], *people[48:]), ticket)] == ["p0@x.test", "p48@x.test", "p49@x.test"]


SENT = "Use the extinguisher, please.\n\n-- \nDana"


@pytest.mark.parametrize(
    ("text", "changes", "own"),
    [
        (SENT, {}, True),
        ("Use the\nextinguisher,  please.\n\n-- \nDana\n\n--\nScanned by outside.test", {}, True),
        (f"It helped!\n\n{SENT}", {}, False),
        ("Use the extinguisher", {}, False),
        ("FYI", {"forwarded": Forwarded(None, (), (), "", "", SENT)}, True),
    ],
)
def test_a_letter_is_known_by_its_words(text: str, changes: dict[str, Any], own: bool) -> None:
    assert repeats(mail(text, **changes), (SENT, " ")) is own


@pytest.mark.parametrize(
    ("author", "subject", "number"),
    [
        ("support@desk.test", "Re: Printer [#7]", 7),
        ("info@outside.test", "Re: Printer [#7]", 7),
        ("help@outside.test", "Re: Printer [#7]", 7),
        ("anna@client.test", "Re: Printer [#7]", None),
        ("support@desk.test", "Printer", None),
    ],
)
def test_whose_letter_it_may_be(author: str, subject: str, number: int | None) -> None:
    assert ticket_of_copy(mail(author=box(author), subject=subject), OUTSIDE) == number
    assert decided(mail(), own_words=True).state is InboundState.IGNORED


def test_each_department_that_was_written_to_has_keys_and_a_thread_of_its_own() -> None:
    both = mail(to=(box("sales@desk.test"), box("support@desk.test"), box("support+x@desk.test")), cc=(box("a@any.test"),))
    assert departments_addressed(both, (), ORGANISATION) == ("sales",)
    assert departments_addressed(both, (), PER_DEPARTMENT) == ("sales", "support")
    assert departments_addressed(mail(to=()), (), PER_DEPARTMENT) == ()
    first, second = route(both, (), PER_DEPARTMENT), route(both, (), PER_DEPARTMENT, "support")
    assert isinstance(first, Route)
    assert isinstance(second, Route)
    assert (first.address, first.also) == ("sales@desk.test", ("support@desk.test", "a@any.test"))
    assert (second.address, second.also) == ("support@desk.test", ("sales@desk.test", "a@any.test"))
    plain, sales, support = (effect_keys(both, b"", each) for each in (None, "sales", "support"))
    assert plain.ticket == plain.twin == sales.twin
    assert len({plain.ticket, sales.ticket, support.ticket}) == 3
    assert sales.redelivery == support.redelivery


def test_of_two_tickets_that_remember_an_id_the_departments_own_is_meant() -> None:
    carried = Carried()
    facts = Facts(
        tickets=(a_ticket(1), a_ticket(2, department="sales")),
        id_matches=(IdMatch("first@client.test", 2, "is"), IdMatch("first@client.test", 1, "is")),
    )
    answer = mail(in_reply_to=("first@client.test",))
    for department, number in (("support", 1), ("sales", 2), (None, 2)):
        found = thread(answer, "anna@client.test", carried, NOTHING, facts, PER_DEPARTMENT, department)
        assert isinstance(found, Joins)
        assert found.ticket.number == number
    # The twin that another department has remembers what this very mail refers to; that joins nothing.
    twin = mail(message_id="twin@client.test", references=("unseen@client.test",))
    facts = replace(facts, id_matches=(IdMatch("unseen@client.test", 1, "refers"), IdMatch("twin@client.test", 1, "is")))
    assert not isinstance(thread(twin, "anna@client.test", carried, NOTHING, facts, PER_DEPARTMENT, "sales"), Joins)
    assert isinstance(thread(twin, "anna@client.test", carried, NOTHING, facts, ORGANISATION), Joins)
