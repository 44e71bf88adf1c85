"""What is decided on one message, with reasons that a person can read; without a database."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.actor import SYSTEM, Actor
from gateway.domain.facts import Effect, KnownClient, Part, Participant
from gateway.domain.states import EventKind, InboundState, LetterKind, Role, Status
from gateway.domain.steps import AddArticle, Join, Note, OpenTicket, Remember, SetStatus
from gateway.domain.verdict import Verdict
from gateway.mail.message import Bounce, Message
from tests.desk.deciding import DISOWNED, TICKET, decided, from_dana, letters, of, says
from tests.desk.values import (
    ALIGNED,
    NOTHING,
    ORGANISATION,
    agent_letter_id,
    box,
    client_letter_id,
    mail,
)

# The way to a ticket


def test_a_strangers_first_mail_opens_a_ticket_and_the_reasons_tell_how() -> None:
    decision = decided(mail("Help!"))
    assert (decision.state, decision.outcome, decision.ticket) == (InboundState.DONE, "ticket", None)
    [opened] = of(decision, OpenTicket)
    assert (opened.subject, opened.department, opened.gateway, opened.language) == ("Printer on fire", "support", "support@desk.test", "en")
    assert (opened.client.name, opened.client_key, opened.client_id) == ("Anna", "anna@client.test", None)
    assert letters(decision) == [
        (LetterKind.REGISTERED, ["anna@client.test"]),
        (LetterKind.NEW_TICKET, ["dana@staff.test"]),
        (LetterKind.NEW_TICKET, ["oleg@staff.test"]),
    ]
    assert decision.actor == Actor(Role.CLIENT, "Anna", "anna@client.test")
    says(
        decision,
        "it is read as message: a person wrote it",
        "To names support@desk.test",
        "From names the client: anna@client.test",
        "no token, id or subject tag of it belongs to a ticket",
        "a new ticket of anna@client.test in the department 'support'",
    )
    assert decision.reasons[-1] == decision.why


def test_a_known_clients_mail_opens_their_ticket() -> None:
    known = KnownClient(5, "Anna", "anna@home.test", ("anna@home.test", "anna@client.test"))
    assert of(decided(mail(), client=known), OpenTicket)[0].client_id == 5


def test_the_gateway_decides_department_language_and_category() -> None:
    sales = replace(ORGANISATION.gateways[1], category="orders")
    organisation = replace(ORGANISATION, gateways=(ORGANISATION.gateways[0], sales))
    decision = decided(mail(to=(box("sales@desk.test"), box("support@desk.test"))), organisation=organisation)
    [opened] = of(decision, OpenTicket)
    assert (opened.department, opened.gateway, opened.language, opened.category) == ("sales", "sales@desk.test", "ru", "orders")
    assert [(each.kind, each.data) for each in of(decision, Note)] == [(EventKind.ALSO_ADDRESSED, {"gateway": "support@desk.test"})]
    assert letters(decision)[1:] == [(LetterKind.NEW_TICKET, ["oleg@staff.test"])]


def test_the_ids_of_a_message_are_remembered() -> None:
    message = mail(message_id="own@c.test", references=("root@c.test", "parent@c.test"), in_reply_to=("parent@c.test",))
    assert of(decided(message), Remember) == [Remember(("own@c.test",), ("root@c.test", "parent@c.test"))]


def test_of_a_long_history_the_newest_ids_are_remembered() -> None:
    [remembered] = of(decided(mail(references=tuple(f"m{number}@c.test" for number in range(80)))), Remember)
    assert remembered.refers == tuple(f"m{number}@c.test" for number in range(30, 80))


@pytest.mark.parametrize(
    ("verdict", "unambiguous", "part"),
    [(ALIGNED, True, "cc"), (ALIGNED, False, "named"), (NOTHING, True, "named"), (replace(ALIGNED, dmarc="fail"), True, "named")],
)
def test_others_take_part_only_where_the_author_proved_who_they_are(verdict: Verdict, unambiguous: bool, part: Part) -> None:
    message = mail(cc=(box("boris@client.test", "Boris"), box("dana@staff.test"), box("sales@desk.test")), author_unambiguous=unambiguous)
    [joined] = of(decided(message, verdict), Join)
    assert joined.people == (Participant("boris@client.test", "boris@client.test", "Boris", part),)


# What makes no ticket


@pytest.mark.parametrize(
    ("message", "state", "why"),
    [
        (mail(to=(box("list@elsewhere.test"),)), InboundState.IGNORED, "no gateway address stands in To, Cc, Delivered-To, the envelope"),
        (mail(to=(box("old@desk.test"),)), InboundState.IGNORED, "the gateway address old@desk.test is switched off"),
        (mail("", kind="empty", reason="nothing in it"), InboundState.IGNORED, "it is empty: no text, no attachment"),
        (mail(author=box("support@desk.test")), InboundState.IGNORED, "an address of our own, which is nobody's account"),
        (mail(author=box("whoever@any.test")), InboundState.IGNORED, "an address of our own, which is nobody's account"),
        (mail(message_id=client_letter_id(7)), InboundState.IGNORED, "it is a letter of ours that came back"),
        (mail(message_id=agent_letter_id(7)), InboundState.IGNORED, "it is a letter of ours that came back"),
        (mail(author=None), InboundState.HELD, "nor Reply-To, Sender or the reverse-path names anybody"),
        (mail(to=(box("r@desk.test"),)), InboundState.HELD, "written to the reply address of agents without a genuine token"),
        (mail(to=(box("r+guess@desk.test"),)), InboundState.HELD, "written to the reply address of agents without a genuine token"),
    ],
)
def test_what_is_no_ticket_is_kept_with_the_reason_and_answered_by_nothing(message: Message, state: InboundState, why: str) -> None:
    decision = decided(message, reverse_path="")
    assert (decision.state, decision.steps) == (state, ())
    assert why in decision.why
    assert decision.outcome == state


def test_an_unknown_client_is_held_where_the_desk_says_so() -> None:
    strict = replace(ORGANISATION, desk=replace(ORGANISATION.desk, unknown_clients="hold"))
    decision = decided(mail(), organisation=strict)
    assert (decision.state, decision.steps) == (InboundState.HELD, ())
    assert "anna@client.test is not a known client" in decision.why
    known = KnownClient(5, "Anna", "anna@client.test", ("anna@client.test",))
    assert decided(mail(), organisation=strict, client=known).outcome == "ticket"
    assert decided(mail(in_reply_to=(client_letter_id(7),)), organisation=strict).outcome == "client_reply"


@pytest.mark.parametrize(
    ("effect", "why"),
    [
        (Effect(3, 9), "the same message already had its effect, as message 3, on ticket #9"),
        (Effect(3, None), "the same message already had its effect, as message 3"),
    ],
)
@pytest.mark.parametrize("message", [mail(), from_dana(), mail(kind="bounce", bounce=Bounce((), permanent=True)), mail("", kind="empty")])
def test_a_duplicate_has_no_effect_whatever_it_is(message: Message, effect: Effect, why: str) -> None:
    decision = decided(message, ALIGNED, duplicate_of=effect)
    assert (decision.state, decision.outcome, decision.ticket, decision.steps) == (InboundState.DONE, "duplicate", effect.ticket, ())
    assert decision.why == why


def test_a_duplicate_tells_the_gateway_that_it_came_by() -> None:
    assert decided(mail(to=(box("sales@desk.test"),)), duplicate_of=Effect(3, 9)).gateway == "sales@desk.test"


def test_a_mail_in_a_catch_all_domain_whose_reply_address_is_written_to_opens_no_ticket() -> None:
    desk = replace(ORGANISATION.desk, reply_address="r@any.test")
    organisation = replace(ORGANISATION, desk=desk)
    assert decided(mail(to=(box("r+guess@any.test"),)), organisation=organisation).outcome == "held"
    assert decided(from_dana(to=(box("r+guess@any.test"),)), ALIGNED, organisation).outcome == "held"


# Silence


@pytest.mark.parametrize(
    ("changes", "given", "why"),
    [
        ({"automatic": "Auto-Submitted says auto-generated"}, {}, "Auto-Submitted says auto-generated"),
        ({"kind": "auto_reply", "reason": "its subject says: out of office"}, {}, "its subject says: out of office"),
        ({"kind": "forwarding_confirmation", "reason": "Gmail asks"}, {}, "Gmail asks"),
        ({}, {"reverse_path": ""}, "it came with the null reverse-path"),
        ({}, {"verdict": DISOWNED}, "its author's domain disowns it (DMARC fail)"),
        ({}, {"spent": "the hour's budget is spent"}, "the hour's budget is spent"),
    ],
)
def test_no_registration_letter_where_it_would_answer_a_machine_or_a_forgers_victim(
    changes: dict[str, Any], given: dict[str, Any], why: str
) -> None:
    decision = decided(mail(**changes), **given)
    assert decision.outcome == "ticket"
    assert [(each.kind, each.data) for each in of(decision, Note)] == [(EventKind.SILENCED, {"kind": "registered", "why": why})]
    assert f"no registration letter: {why}" in decision.reasons
    assert {kind for kind, _ in letters(decision)} == {LetterKind.NEW_TICKET}, "staff are told all the same"


# Clients' replies


@pytest.mark.parametrize(
    ("status", "opens"),
    [
        (Status.NEW, False),
        (Status.OPEN, False),
        (Status.PENDING, True),
        (Status.RESOLVED, True),
        (Status.CLOSED, True),
        (Status.CANCELLED, True),
        (Status.SPAM, False),
        (Status.TRASH, False),
    ],
)
def test_a_clients_reply_opens_what_was_ended(status: Status, opens: bool) -> None:
    decision = decided(mail("Again!", in_reply_to=(client_letter_id(7),)), tickets=(replace(TICKET, status=status),))
    assert (decision.outcome, decision.ticket) == ("client_reply", 7)
    assert of(decision, SetStatus) == ([SetStatus(Status.OPEN)] if opens else [])
    out_of_sight = status in (Status.SPAM, Status.TRASH)
    assert letters(decision) == (
        [] if out_of_sight else [(LetterKind.CLIENT_REPLY, [each]) for each in ("dana@staff.test", "oleg@staff.test")]
    )


def test_a_stranger_with_a_genuine_id_changes_nothing_and_staff_are_warned() -> None:
    decision = decided(mail("Hi", author=box("eve@evil.test", "Eve"), in_reply_to=(client_letter_id(7),)), tickets=(
        replace(TICKET, status=Status.CLOSED),
    ))  # fmt: skip
    assert (decision.outcome, decision.ticket) == ("stranger_reply", 7)
    assert of(decision, SetStatus) == []
    assert not of(decision, AddArticle)[0].verified
    assert of(decision, Join) == [Join((Participant("eve@evil.test", "eve@evil.test", "Eve", "stranger"),))]
    assert "eve@evil.test takes no part in ticket #7" in decision.why
    assert {each for _, to in letters(decision) for each in to} == {"dana@staff.test", "oleg@staff.test"}


@pytest.mark.parametrize("changes", [{"in_reply_to": (client_letter_id(7),)}, {"subject": "Automatic reply: Printer on fire [#7]"}])
def test_a_vacation_note_is_kept_on_its_ticket_without_any_effect(changes: dict[str, Any]) -> None:
    message = mail("I am away", kind="auto_reply", reason="Auto-Submitted", **changes)
    decision = decided(message, tickets=(replace(TICKET, status=Status.CLOSED),))
    assert (decision.outcome, decision.ticket) == ("auto_reply", 7)
    assert {type(each) for each in decision.steps} == {AddArticle, Remember}


def test_a_strangers_vacation_note_that_names_a_ticket_does_not_come_onto_it() -> None:
    message = mail("I am away", author=box("eve@evil.test"), kind="auto_reply", reason="Auto-Submitted", subject="Away [#7]")
    decision = decided(message)
    assert decision.outcome == "ticket"
    assert of(decision, OpenTicket)[0].related == 7


def test_a_subject_tag_that_proves_nothing_links_the_new_ticket_to_the_old() -> None:
    decision = decided(mail(subject="Re: Printer on fire [#7]"))
    assert of(decision, OpenTicket)[0].related == 7
    says(decision, "its subject names [#7], which proves nothing by itself")


# Everything


@pytest.mark.parametrize("kind", ["bounce", "complaint"])
def test_a_report_is_never_a_ticket(kind: str) -> None:
    decision = decided(mail(kind=kind, reason="a report"), reverse_path="")
    assert (decision.state, decision.steps, decision.actor) == (InboundState.IGNORED, (), SYSTEM)


def test_warnings_stand_among_the_reasons_and_on_the_article() -> None:
    decision = decided(mail(warnings=("it was cut",)))
    assert "warning: it was cut" in decision.reasons
    assert of(decision, AddArticle)[0].warnings == ("it was cut",)
