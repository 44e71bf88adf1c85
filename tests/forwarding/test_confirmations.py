"""A provider's question whether it may forward mail here (Z5), and a forward that hides its author (U10): what the desk makes of them."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.organisation import Gateway, Language
from gateway.domain.states import InboundState, LetterKind, Status
from gateway.domain.steps import AddArticle, AddTags, OpenTicket, SetStatus
from gateway.domain.verdict import Verdict
from gateway.mail.message import Body, Confirmation, Forwarded, Message
from tests.desk.deciding import DISOWNED, decided, letters, of, says
from tests.desk.values import ALIGNED, NOTHING, ORGANISATION, box, mail

OF_A_RULE = "whose rule forwarded it (Exchange)"
LINK = "https://mail-settings.google.com/mail/vf-abc"
LANGUAGES: dict[Language, str] = {"en": "Code: 123456789", "ru": "Код: 123456789", "pl": "Kod: 123456789"}


def asks(**changes: Any) -> Message:
    values: dict[str, Any] = {
        "kind": "forwarding_confirmation",
        "reason": "Gmail asks whether mail may be forwarded here",
        "author": box("forwarding-noreply@google.com"),
        "confirmation": Confirmation("123456789", LINK),
        "body": Body("Somebody has asked.", "Somebody has asked.", html="<p>Somebody has asked.</p>"),
    }
    return mail(**{**values, **changes})


@pytest.mark.parametrize(("language", "code"), LANGUAGES.items())
def test_it_becomes_an_open_ticket_with_code_and_link_on_top(language: Language, code: str) -> None:
    gateway = replace(ORGANISATION.gateways[0], language=language)
    organisation = replace(ORGANISATION, gateways=(gateway, *ORGANISATION.gateways[1:]))
    decision = decided(asks(), ALIGNED, organisation)
    assert (decision.state, decision.outcome) == (InboundState.DONE, "ticket")
    [article] = of(decision, AddArticle)
    top = article.text.split("\n\n")
    assert "forwarding-noreply@google.com" in top[0] and "support@desk.test" in top[0]
    assert top[1] == code and top[2].endswith(LINK)
    assert top[-1] == "Somebody has asked."
    assert article.html is not None and article.html.index("123456789") < article.html.index("Somebody has asked.")
    assert [each.status for each in of(decision, SetStatus)] == [Status.OPEN]
    assert [each.tags for each in of(decision, AddTags)] == [("forwarding-confirmation",)]


def test_staff_are_told_and_the_provider_is_not() -> None:
    assert {kind for kind, _ in letters(decided(asks(), ALIGNED))} == {LetterKind.NEW_TICKET}


def test_it_is_never_held_as_a_strangers() -> None:
    organisation = replace(ORGANISATION, desk=replace(ORGANISATION.desk, unknown_clients="hold"))
    assert decided(asks(), ALIGNED, organisation).outcome == "ticket"
    assert decided(mail(), ALIGNED, organisation).outcome == "held"


def test_a_link_alone_is_enough_and_markup_in_it_stays_text() -> None:
    [article] = of(decided(asks(confirmation=Confirmation(None, 'https://mail.google.com/mail/"><img>')), ALIGNED), AddArticle)
    assert "Code:" not in article.text
    assert article.html is not None and "<img>" not in article.html


@pytest.mark.parametrize("verdict", [NOTHING, Verdict(spf="fail", source="peer", reason="no")])
def test_one_that_nothing_proves_says_so(verdict: Verdict) -> None:
    [article] = of(decided(asks(), verdict), AddArticle)
    assert "Nothing proves that this message is from whom it says" in article.text


def test_a_forged_one_is_a_ticket_like_any_other() -> None:
    decision = decided(asks(), DISOWNED)
    [article] = of(decision, AddArticle)
    assert article.text == "Somebody has asked."
    assert of(decision, OpenTicket) and not of(decision, SetStatus) and not of(decision, AddTags)
    assert LetterKind.REGISTERED not in {kind for kind, _ in letters(decision)}


def passes_on(author: str, original: str = "anna@client.test", **changes: Any) -> Message:
    """A mail that a mailbox wrote around another one."""
    forwarded = Forwarded(box(original), (), (), "Printer on fire", "", "It burns.")
    return mail("----- Forwarded -----", author=box(author), forwarded=forwarded, **changes)


KNOWN_BOX = replace(
    ORGANISATION, gateways=(*ORGANISATION.gateways, Gateway("in@desk.test", "In", "support", forwarded_from=("box@company.test",)))
)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (passes_on("box@company.test"), "the mailbox that forwards to in@desk.test"),
        (mail(author=box("box@company.test")), "the mailbox that forwards to in@desk.test"),
        (mail(author=box("b@gmail.test"), headers=(("x-forwarded-for", "b@gmail.test support@desk.test"),)), "which forwarded it"),
        (
            mail(author=box("b@corp.test"), headers=(("x-ms-exchange-inbox-rules-loop", "b@corp.test"),)),
            OF_A_RULE,
        ),
        (
            mail(author=box("b@corp.test"), headers=(("x-ms-exchange-generated-message-source", "Mailbox Rules Agent"),)),
            OF_A_RULE,
        ),
    ],
)
def test_a_forward_that_hides_its_author_is_noticed_with_the_remedy(message: Message, why: str) -> None:
    decision = decided(message, ALIGNED, KNOWN_BOX)
    says(decision, "warning: From is", why, "let it redirect")
    [article] = of(decision, AddArticle)
    assert any(why in each for each in article.warnings)


@pytest.mark.parametrize(
    "message",
    [
        mail(),
        mail(headers=(("x-forwarded-for", "b@gmail.test support@desk.test"),)),
        mail(headers=(("x-ms-exchange-inbox-rules-loop", "box@company.test"),)),
        mail(delivered_to=(box("box@company.test"),)),
        passes_on("bob@client.test"),
    ],
)
def test_what_was_redirected_or_passed_on_by_a_person_is_no_reason_to_warn(message: Message) -> None:
    assert not [each for each in decided(message, ALIGNED, KNOWN_BOX).reasons if each.startswith("warning")]


def test_what_a_mailbox_behind_our_own_address_passes_on_waits_for_a_person() -> None:
    decision = decided(passes_on("support@desk.test"), ALIGNED)
    assert decision.state is InboundState.HELD
    says(decision, "an address of ours, and it passes on what anna@client.test wrote", "let it redirect")


def test_a_letter_of_ours_that_comes_back_so_has_no_effect() -> None:
    assert decided(passes_on("support@desk.test", "sales@desk.test"), ALIGNED).state is InboundState.IGNORED
