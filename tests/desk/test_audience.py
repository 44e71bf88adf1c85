"""Who is told of what; never an address of our own."""

from dataclasses import replace

import pytest

from gateway.desk.audience import addressees, handlers, language_of, others_named, staff_of, to_client, to_staff
from gateway.domain.facts import KnownClient, KnownTicket, Participant
from gateway.domain.organisation import Language
from gateway.domain.states import LetterKind
from gateway.domain.steps import Addressee, Person
from tests.desk.values import ORGANISATION, a_ticket, box

DANA, OLEG, INA = ORGANISATION.agents
OURS = ("support@desk.test", "support+x@desk.test", "sales@desk.test", "old@desk.test", "whoever@any.test", "r@desk.test", "r+x@desk.test")


def names(agents: object) -> list[str]:
    return [each.address.partition("@")[0] for each in agents]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("department", "without", "told"),
    [("support", None, ["dana", "oleg"]), ("sales", None, ["oleg"]), ("support", DANA.address, ["oleg"]), ("nowhere", None, [])],
)
def test_a_departments_staff_are_its_active_agents(department: str, without: str | None, told: list[str]) -> None:
    assert names(staff_of(department, ORGANISATION, without)) == told


def test_an_agent_who_wants_no_letters_gets_none() -> None:
    quiet = replace(ORGANISATION, agents=(replace(DANA, notify=False), OLEG))
    assert names(staff_of("support", quiet)) == ["oleg"]
    assert names(handlers(a_ticket(assignee=DANA.address), quiet)) == ["oleg"]


@pytest.mark.parametrize(
    ("assignee", "told"),
    [
        (None, ["dana", "oleg"]),
        ("oleg@staff.test", ["oleg"]),
        ("ina@staff.test", ["dana", "oleg"]),
        ("gone@staff.test", ["dana", "oleg"]),
    ],
)
def test_the_assignee_handles_a_ticket_or_else_the_department(assignee: str | None, told: list[str]) -> None:
    assert names(handlers(a_ticket(assignee=assignee), ORGANISATION)) == told


def test_staff_get_a_letter_a_language_each_with_a_token_of_their_own() -> None:
    english, russian = to_staff(LetterKind.NEW_TICKET, (DANA, OLEG, replace(DANA, address="eva@staff.test", name="Eva")), ORGANISATION)
    assert (english.language, russian.language) == ("en", "ru")
    assert [(each.address, each.agent) for each in english.to] == [
        ("dana@staff.test", "dana@staff.test"),
        ("eva@staff.test", "eva@staff.test"),
    ]
    assert english.staff
    assert to_staff(LetterKind.NEW_TICKET, (), ORGANISATION) == ()


@pytest.mark.parametrize("address", OURS)
def test_no_letter_to_an_address_of_our_own(address: str) -> None:
    client = KnownClient(1, "", address, (address,))
    assert addressees([Person("", address)], ORGANISATION) == ()
    assert to_client(LetterKind.AGENT_REPLY, a_ticket(client=client), ORGANISATION) is None
    agent = replace(DANA, address=address)
    assert to_staff(LetterKind.NEW_TICKET, (agent,), replace(ORGANISATION, agents=())) == ()


@pytest.mark.parametrize("address", ["", "no address", "a@b\r\nBcc: c@d", "two@a.test, three@b.test", "a b@c.test", "<a@b.test>"])
def test_no_letter_to_what_is_no_address(address: str) -> None:
    assert addressees([Person("", address)], ORGANISATION) == ()


def test_each_addressee_once_however_it_is_written() -> None:
    found = addressees([Person("A", "anna@client.test"), Person("B", "ANNA@Client.test"), Person("C", "c@client.test")], ORGANISATION)
    assert found == (Addressee("A", "anna@client.test"), Addressee("C", "c@client.test"))


def with_people(*people: tuple[str, str]) -> KnownTicket:
    return a_ticket(participants=tuple(Participant(address, address, "", part) for address, part in people))  # type: ignore[arg-type]


def test_an_agents_words_go_to_the_client_and_those_in_cc_and_to_nobody_who_proved_nothing() -> None:
    ticket = with_people(
        ("cc@client.test", "cc"), ("named@client.test", "named"), ("eve@evil.test", "stranger"), ("support@desk.test", "cc")
    )
    letter = to_client(LetterKind.AGENT_REPLY, ticket, ORGANISATION)
    assert letter is not None
    assert [each.address for each in letter.to] == ["anna@client.test"]
    assert [each.address for each in letter.cc] == ["cc@client.test"]
    assert (letter.automatic, letter.staff) == (False, False)


def test_where_the_client_cannot_be_written_to_those_in_cc_are() -> None:
    ticket = replace(with_people(("cc@client.test", "cc")), client=KnownClient(1, "", "support@desk.test", ()))
    letter = to_client(LetterKind.AGENT_REPLY, ticket, ORGANISATION)
    assert letter is not None
    assert ([each.address for each in letter.to], letter.cc) == (["cc@client.test"], ())


@pytest.mark.parametrize(("trusted", "part"), [(True, "cc"), (False, "named")])
def test_others_in_to_and_cc_take_part_where_the_author_is_authenticated(trusted: bool, part: str) -> None:
    named = ("support@desk.test", "anna@client.test", "boris@client.test", "dana@staff.test", "Boris@client.test", "r@desk.test")
    found = others_named(tuple(map(box, named)), "anna@client.test", trusted, ORGANISATION)
    assert [(each.key, each.part) for each in found] == [("boris@client.test", part)]


def test_fifty_others_at_most() -> None:
    many = tuple(box(f"c{number}@client.test") for number in range(200))
    assert len(others_named(many, "anna@client.test", True, ORGANISATION)) == 50


@pytest.mark.parametrize(
    ("gateway", "department", "language"), [("pl", "ru", "pl"), (None, "ru", "ru"), (None, None, "en"), ("pl", None, "pl")]
)
def test_the_gateways_language_counts_before_the_departments_and_the_desks(
    gateway: Language | None, department: Language | None, language: Language
) -> None:
    through = replace(ORGANISATION.gateways[0], language=gateway)
    of = replace(ORGANISATION.departments[0], language=department)
    assert language_of(through, of, ORGANISATION) == language
    assert language_of(None, None, ORGANISATION) == "en"
