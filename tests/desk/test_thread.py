"""Which ticket a message belongs to: by token, by remembered ids, by `[#N]` (X1)."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.desk.authority import carried_tokens
from gateway.desk.thread import Joins, Starts, subject_tag, thread
from gateway.domain.facts import Facts, IdMatch, Participant, Relation
from gateway.domain.organisation import Organisation
from gateway.domain.verdict import Verdict
from gateway.mail.message import Message
from tests.desk.values import ALIGNED, NOTHING, ORGANISATION, a_ticket, agent_letter_id, box, client_letter_id, mail, token_address

ANNA, EVE = "anna@client.test", "eve@evil.test"
FACTS = Facts(tickets=(a_ticket(1), a_ticket(2)))


def threaded(
    message: Message,
    author: str = ANNA,
    verdict: Verdict = NOTHING,
    facts: Facts = FACTS,
    organisation: Organisation = ORGANISATION,
    *recipients: str,
) -> Joins | Starts:
    return thread(message, author, carried_tokens(message, recipients, organisation), verdict, facts, organisation)


def number_of(found: Joins | Starts) -> int | None:
    return found.ticket.number if isinstance(found, Joins) else None


@pytest.mark.parametrize(
    "changes",
    [
        {"in_reply_to": (client_letter_id(2),)},
        {"references": ("unknown@x", client_letter_id(2), "another@x")},
        {"in_reply_to": (client_letter_id(2).upper(),)},
        {"to": (box(token_address(2)),)},
        {"cc": (box(token_address(2)),)},
        {"in_reply_to": (agent_letter_id(2),)},
        {"in_reply_to": (client_letter_id(2),), "subject": "Re: other [#1]"},
    ],
)
@pytest.mark.parametrize("author", [ANNA, EVE])
def test_a_genuine_token_joins_whoever_has_it(changes: dict[str, Any], author: str) -> None:
    assert number_of(threaded(mail(**changes), author)) == 2


def test_a_token_in_the_envelope_outranks_those_in_the_fields() -> None:
    message = mail(in_reply_to=(client_letter_id(1),))
    assert number_of(threaded(message, ANNA, NOTHING, FACTS, ORGANISATION, token_address(2))) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"in_reply_to": (client_letter_id(2).replace("t.", "t.a", 1),)},
        {"in_reply_to": (client_letter_id(2).replace("t.", "r.", 1),)},
        {"to": (box(token_address(2, "nobody@staff.test")),)},
        {"in_reply_to": ("t.short.0a@desk.test",)},
        {"in_reply_to": (client_letter_id(3),)},
    ],
    ids=["altered", "of another purpose", "of no agent", "misshapen", "of a ticket that is gone"],
)
def test_a_token_that_proves_nothing_joins_nothing(changes: dict[str, Any]) -> None:
    assert isinstance(threaded(mail(**changes)), Starts)


def test_a_token_of_an_old_secret_still_proves_and_one_of_a_foreign_secret_never() -> None:
    turned = replace(
        ORGANISATION, desk=replace(ORGANISATION.desk, secrets=(b"the new one, long enough to be it", *ORGANISATION.desk.secrets))
    )
    foreign = replace(ORGANISATION, desk=replace(ORGANISATION.desk, secrets=(b"the new one, long enough to be it",)))
    message = mail(in_reply_to=(client_letter_id(2),))
    assert number_of(threaded(message, organisation=turned)) == 2
    assert number_of(threaded(message, organisation=foreign)) is None


def remembering(relation: Relation, *identifiers: str, ticket: int = 1, **changes: Any) -> Facts:
    return Facts(id_matches=tuple(IdMatch(each, ticket, relation) for each in identifiers), tickets=(a_ticket(ticket, **changes),))


@pytest.mark.parametrize(
    ("relation", "author", "joins"),
    [("is", ANNA, True), ("sent", ANNA, True), ("refers", ANNA, True), ("is", EVE, True), ("sent", EVE, True), ("refers", EVE, False)],
)
def test_an_id_that_a_ticket_remembers_joins_and_one_only_named_there_where_participants_overlap(
    relation: Relation, author: str, joins: bool
) -> None:
    found = threaded(mail(references=("old@client.test",)), author, facts=remembering(relation, "old@client.test"))
    assert isinstance(found, Joins) is joins


def test_a_recipient_who_takes_part_is_an_overlap_too() -> None:
    boris = Participant("boris@client.test", "boris@client.test", "", "named")
    facts = remembering("refers", "old@client.test", participants=(boris,))
    assert isinstance(threaded(mail(references=("old@client.test",), cc=(box("boris@client.test"),)), EVE, facts=facts), Joins)
    assert isinstance(threaded(mail(references=("old@client.test",)), EVE, facts=facts), Starts)


def test_the_nearest_ancestor_wins() -> None:
    facts = Facts(
        id_matches=(IdMatch("far@x", 1, "is"), IdMatch("near@x", 2, "is"), IdMatch("parent@x", 3, "is")),
        tickets=tuple(map(a_ticket, (1, 2, 3))),
    )
    assert number_of(threaded(mail(references=("far@x", "near@x")), facts=facts)) == 2
    assert number_of(threaded(mail(references=("far@x", "near@x"), in_reply_to=("parent@x",)), facts=facts)) == 3


def test_an_ancestor_that_comes_late_joins_those_that_named_it() -> None:
    facts = remembering("refers", "late@client.test")
    assert number_of(threaded(mail(message_id="late@client.test"), ANNA, facts=facts)) == 1
    assert number_of(threaded(mail(message_id="late@client.test"), EVE, facts=facts)) is None


def test_a_merged_ticket_leads_to_the_one_that_took_it_in() -> None:
    facts = Facts(tickets=(a_ticket(1, merged_into=2), a_ticket(2)))
    assert number_of(threaded(mail(in_reply_to=(client_letter_id(1),)), facts=facts)) == 2


@pytest.mark.parametrize(
    ("author", "verdict", "unambiguous", "joins"),
    [
        (ANNA, ALIGNED, True, True),
        ("anna@home.test", ALIGNED, True, True),
        ("cc@client.test", ALIGNED, True, True),
        (ANNA, NOTHING, True, False),
        (ANNA, ALIGNED, False, False),
        (ANNA, replace(ALIGNED, dmarc="fail"), True, False),
        (EVE, ALIGNED, True, False),
        ("named@client.test", ALIGNED, True, False),
    ],
)
def test_a_subject_tag_joins_an_authenticated_participant_and_else_only_links(
    author: str, verdict: Verdict, unambiguous: bool, joins: bool
) -> None:
    people = (Participant("cc@client.test", "cc@client.test", "", "cc"), Participant("named@client.test", "named@client.test", "", "named"))
    facts = Facts(tickets=(a_ticket(1, participants=people),))
    found = threaded(mail(subject="Re: x [#1]", author_unambiguous=unambiguous), author, verdict, facts)
    assert isinstance(found, Joins) is joins
    if isinstance(found, Starts):
        assert found.related == 1


def test_a_tag_of_no_ticket_links_to_nothing() -> None:
    assert threaded(mail(subject="x [#77]"), verdict=ALIGNED) == Starts("no token, id or subject tag of it belongs to a ticket")


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("x [#1]", 1),
        ("[#2] Re: [#3]", 3),
        ("[#007]", 7),
        ("[# 1]", None),
        ("#1", None),
        ("[#1234567890123]", None),
        ("[#¹]", None),
        ("", None),
    ],
)
def test_the_last_tag_of_a_subject_counts(subject: str, number: int | None) -> None:
    assert subject_tag(subject) == number
