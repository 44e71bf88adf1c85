"""What is decided on mail that names an agent in From: when it speaks for them, and that it is held otherwise."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from itertools import product
from typing import Any

import pytest

from gateway.domain.actor import Actor
from gateway.domain.facts import KnownClient, Participant
from gateway.domain.held import HeldCause
from gateway.domain.organisation import Organisation
from gateway.domain.states import EventKind, InboundState, LetterKind, Role, Status
from gateway.domain.steps import AddArticle, Note, Send, SetStatus
from gateway.domain.verdict import Verdict
from gateway.letters.problems import held_in_words
from gateway.letters.texts import REPLY_ABOVE
from gateway.mail.message import Attachment, Body, Message
from tests.desk.deciding import DISOWNED, TICKET, decided, events, from_dana, letters, of, says
from tests.desk.values import (
    ALIGNED,
    NOTHING,
    ORGANISATION,
    a_ticket,
    box,
    client_letter_id,
    mail,
    token_address,
)

REQUIRED = replace(ORGANISATION, trust=replace(ORGANISATION.trust, agent_authentication="required"))


def test_an_agents_reply_goes_to_the_client_in_one_letter_and_opens_a_new_ticket() -> None:
    boris = Participant("boris@client.test", "boris@client.test", "Boris", "cc")
    named = Participant("carl@client.test", "carl@client.test", "", "named")
    decision = decided(from_dana(), tickets=(replace(TICKET, status=Status.NEW, participants=(boris, named)),))
    assert (decision.state, decision.outcome, decision.ticket) == (InboundState.DONE, "agent_reply", 7)
    assert letters(decision) == [(LetterKind.AGENT_REPLY, ["anna@client.test", "boris@client.test"])]
    assert of(decision, SetStatus) == [SetStatus(Status.OPEN)]
    assert decision.actor == Actor(Role.AGENT, "Dana Agent", "dana@staff.test")
    says(decision, "From names the agent Dana Agent <dana@staff.test>", "its reply token is genuine, of ticket #7", "goes onto ticket #7")


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.NEW])
def test_a_later_reply_leaves_the_status(status: Status) -> None:
    assert of(decided(from_dana(), tickets=(replace(TICKET, status=status),)), SetStatus) == []


TOKENS: dict[str, tuple[Any, ...]] = {
    "right": (box(token_address(7)),),
    "absent": (box("support@desk.test"),),
    "another agent's": (box(token_address(7, "oleg@staff.test")),),
    "altered": (box(token_address(7).replace("r+ae", "r+af") if "r+ae" in token_address(7) else token_address(7).replace("r+a", "r+b")),),
    "of another ticket": (box(token_address(8)),),
    "of a ticket that is gone": (box(token_address(77)),),
}
VERDICTS = {"aligned": ALIGNED, "none": NOTHING, "dmarc fail": DISOWNED}
SETTINGS = {"required": REQUIRED, "token": ORGANISATION}
OBEYED = {("right", "aligned", "required"): 7, ("right", "aligned", "token"): 7, ("right", "none", "token"): 7} | {
    ("of another ticket", "aligned", "required"): 8,
    ("of another ticket", "aligned", "token"): 8,
    ("of another ticket", "none", "token"): 8,
}


@pytest.mark.parametrize(("token", "verdict", "setting"), list(product(TOKENS, VERDICTS, SETTINGS)))
def test_an_agents_mail_acts_on_the_ticket_of_its_own_genuine_token_alone(token: str, verdict: str, setting: str) -> None:
    """Written as an answer to ticket #7: it joins #7 at most by its token, and #8 by #8's."""
    message = from_dana(to=TOKENS[token], subject="Re: Printer on fire [#7]")
    decision = decided(message, VERDICTS[verdict], SETTINGS[setting], tickets=(TICKET, a_ticket(8)))
    expected = OBEYED.get((token, verdict, setting))
    if expected is not None:
        assert (decision.outcome, decision.ticket) == ("agent_reply", expected)
        return
    assert (decision.state, decision.outcome) == (InboundState.HELD, "held")
    assert {type(each) for each in decision.steps} <= {Note, Send}
    assert letters(decision) == [(LetterKind.HELD, ["dana@staff.test"])]
    assert "it claims to be from dana@staff.test, but" in decision.why


def test_a_held_message_is_told_once_a_day_and_noted_each_time() -> None:
    decision = decided(from_dana(), DISOWNED, held_told_recently=True)
    assert letters(decision) == []
    assert events(decision) == [EventKind.HELD]


def test_an_agent_who_left_is_held_and_not_written_to() -> None:
    message = mail(author=box("ina@staff.test"), to=(box(token_address(7, "ina@staff.test")),))
    decision = decided(message, ALIGNED)
    assert (decision.outcome, letters(decision)) == ("held", [])
    assert "ina@staff.test is not active" in decision.why


def quoting(language: str) -> str:
    return f"Done.\n\n> {REPLY_ABOVE[language]}\n> The client's words"  # type: ignore[index]


@pytest.mark.parametrize(
    ("message", "ticket", "why", "told"),
    [
        (
            from_dana(),
            replace(TICKET, department="sales"),
            "Dana Agent is not of the department 'sales' of ticket #7",
            HeldCause.OTHER_DEPARTMENT,
        ),
        (
            from_dana(),
            replace(TICKET, closed_for=timedelta(days=90, seconds=1)),
            "was closed more than 90 days ago",
            HeldCause.EXPIRED_TOKEN,
        ),
        (from_dana(quoting("en")), TICKET, "its own words could not be told from the quoted notification", HeldCause.MIXED_WITH_QUOTE),
        (from_dana(quoting("ru")), TICKET, "its own words could not be told from the quoted notification", HeldCause.MIXED_WITH_QUOTE),
        (from_dana(quoting("pl")), TICKET, "its own words could not be told from the quoted notification", HeldCause.MIXED_WITH_QUOTE),
        (from_dana(whole=False), TICKET, "it could not be read as a whole", HeldCause.INCOMPLETE),
        (from_dana(author_unambiguous=False), TICKET, "its From field does not name exactly one address", HeldCause.AMBIGUOUS_AUTHOR),
    ],
)
def test_what_is_not_safe_to_send_on_is_held_with_the_reason(message: Message, ticket: Any, why: str, told: HeldCause) -> None:
    decision = decided(message, ALIGNED, tickets=(ticket,))
    assert (decision.outcome, decision.ticket) == ("held", 7)
    assert {type(each) for each in decision.steps} == {Note, Send}
    assert letters(decision) == [(LetterKind.HELD, ["dana@staff.test"])]
    assert why in decision.why
    assert of(decision, Send)[0].why == held_in_words(told, "en")


def test_a_token_lives_as_long_as_its_ticket_and_the_days_after_it() -> None:
    at_the_end = replace(TICKET, status=Status.CLOSED, closed_for=timedelta(days=90))
    assert decided(from_dana(), tickets=(at_the_end,)).outcome == "agent_reply"


@pytest.mark.parametrize(
    "changes",
    [
        {"automatic": "Auto-Submitted says auto-replied"},
        {"kind": "auto_reply", "reason": "its subject says: out of office"},
    ],
)
def test_an_agents_automatic_mail_is_never_sent_to_a_client(changes: dict[str, Any]) -> None:
    decision = decided(from_dana("I am away", **changes), ALIGNED)
    assert (decision.state, decision.steps) == (InboundState.IGNORED, ())
    assert "an agent's automatic mail is no reply" in decision.why


@pytest.mark.parametrize(("words", "files", "outcome"), [("", (), "ignored"), (" \n", (), "ignored"), ("", ("f",), "agent_reply")])
def test_an_agents_mail_without_words_of_its_own_is_no_reply_unless_it_brings_a_file(
    words: str, files: Sequence[str], outcome: str
) -> None:
    attached = tuple(Attachment(each, "application/pdf", b"%PDF", sha256(b"%PDF").hexdigest()) for each in files)
    message = from_dana(body=Body("> quoted", words, "> quoted"), attachments=attached)
    assert decided(message).outcome == outcome


def test_an_agents_reply_and_its_files_are_kept_without_the_token() -> None:
    address = token_address(7)
    notification = f"Reply-To: {address}\r\n\r\nwords".encode()
    picture = b"\x89PNG" + address.encode()
    attached = (
        Attachment(f"{address}.eml", "message/rfc822", notification, sha256(notification).hexdigest()),
        Attachment("p.png", "image/png", picture, sha256(picture).hexdigest()),
    )
    message = from_dana(
        body=Body("", f"Write to {address}", f"> {address}", f"-- {address}", f"<a href='mailto:{address}'>"), attachments=attached
    )
    [article] = of(decided(message), AddArticle)
    for kept in (article.text, article.quoted_text, article.signature, article.html, article.files[0].filename):
        assert address not in kept
        assert "r+***@desk.test" in kept
    assert address.encode() not in article.files[0].content
    assert article.files[0].sha256 == sha256(article.files[0].content).hexdigest()
    assert article.files[1].content == picture, "no mail program writes an address into a picture"


def test_a_clients_own_words_are_kept_as_they_are() -> None:
    address = token_address(7)
    [article] = of(decided(mail(f"What is {address}?", in_reply_to=(client_letter_id(7),))), AddArticle)
    assert article.text == f"What is {address}?"


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [(ALIGNED, "ticket"), (NOTHING, "held"), (DISOWNED, "held")],
)
@pytest.mark.parametrize("organisation", [ORGANISATION, REQUIRED])
def test_an_agent_opens_a_ticket_of_their_own_by_an_aligned_pass_alone(verdict: Verdict, outcome: str, organisation: Organisation) -> None:
    decision = decided(mail("My screen", author=box("dana@staff.test", "Dana")), verdict, organisation)
    assert decision.outcome == outcome
    if outcome == "ticket":
        assert letters(decision) == [(LetterKind.NEW_TICKET, ["oleg@staff.test"])], "neither registered nor told to themselves"
        assert decision.actor.role is Role.AGENT


@pytest.mark.parametrize("token", ["another agent's", "altered", "of a ticket that is gone"])
def test_what_was_meant_as_a_reply_never_opens_a_ticket_instead(token: str) -> None:
    """Its words are for somebody else's ticket; a Cc to the support address does not make them a new one."""
    message = from_dana(to=(box("support@desk.test"), *TOKENS[token]))
    assert decided(message, ALIGNED, tickets=()).outcome == "held"


def test_an_agent_who_is_the_client_answers_as_a_client() -> None:
    own = replace(TICKET, client=KnownClient(2, "Dana", "dana@staff.test", ("dana@staff.test",)))
    decision = decided(mail("More", author=box("dana@staff.test"), in_reply_to=(client_letter_id(7),)), tickets=(own,))
    assert decision.outcome == "client_reply"
    says(decision, "the agent is the client of ticket #7")
