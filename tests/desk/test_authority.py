"""Who may act for an agent: token, address and authentication together (X1, O10)."""

import time
from dataclasses import replace
from typing import Any

import pytest

from gateway.desk.authority import (
    Authorised,
    Carried,
    Refused,
    carried_tokens,
    claimed_tickets,
    may_open,
    may_reply,
    thread_ticket,
    why_unproven,
)
from gateway.domain.held import HeldCause
from gateway.domain.organisation import Organisation
from gateway.domain.verdict import Verdict
from gateway.tokens.carriers import ReplyToken, note_token, reply_address, reply_tokens_in
from gateway.tokens.codec import VERSION, Keyring, encode
from tests.desk.values import (
    ALIGNED,
    KEYRING,
    NOTHING,
    ORGANISATION,
    agent_letter_id,
    box,
    client_letter_id,
    mail,
    token_address,
)

DANA, OLEG, INA = ORGANISATION.agents
REQUIRED = replace(ORGANISATION, trust=replace(ORGANISATION.trust, agent_authentication="required"))
DISOWNED = Verdict(spf="pass", aligned=True, dmarc="fail", source="peer", reason="staff.test says reject")

FROM_DANA: dict[str, Any] = {"author": box("dana@staff.test"), "to": (box(token_address(7)),)}


def asked(organisation: Organisation = ORGANISATION, verdict: Verdict = NOTHING, *recipients: str, **changes: Any) -> Authorised | Refused:
    message = mail("Done.", **FROM_DANA | changes)
    return may_reply(DANA, message, carried_tokens(message, recipients, organisation), verdict, organisation)


@pytest.mark.parametrize(
    ("organisation", "verdict", "changes"),
    [
        (ORGANISATION, NOTHING, {}),
        (REQUIRED, ALIGNED, {}),
        (ORGANISATION, NOTHING, {"to": (box("support@desk.test"),), "in_reply_to": (agent_letter_id(7),)}),
        (ORGANISATION, NOTHING, {"to": (), "references": ("x@y", agent_letter_id(7))}),
        (ORGANISATION, NOTHING, {"to": (box("support@desk.test"),), "cc": (box(token_address(7)),)}),
        (ORGANISATION, NOTHING, {"to": (box(token_address(7).upper()),)}),
        (ORGANISATION, NOTHING, {"author": box("dana@home.test")}),
    ],
)
def test_the_agents_own_token_from_the_agents_own_address_authorises(
    organisation: Organisation, verdict: Verdict, changes: dict[str, Any]
) -> None:
    found = asked(organisation, verdict, **changes)
    assert isinstance(found, Authorised)
    assert (found.agent, found.ticket) == (DANA, 7)
    assert "ticket #7" in found.reason
    assert "dana@staff.test" in found.reason


@pytest.mark.parametrize(
    ("organisation", "verdict", "changes", "reason", "cause"),
    [
        (REQUIRED, NOTHING, {}, "nothing proves that its author sent it: nothing was checked", HeldCause.UNPROVEN),
        (REQUIRED, DISOWNED, {}, "it fails DMARC: staff.test says reject", HeldCause.DISOWNED),
        (ORGANISATION, DISOWNED, {}, "it fails DMARC: staff.test says reject", HeldCause.DISOWNED),
        (ORGANISATION, ALIGNED, {"to": (box("support@desk.test"),)}, "it carries no reply token", HeldCause.NO_TOKEN),
        (
            ORGANISATION,
            ALIGNED,
            {"to": (box(token_address(7, "oleg@staff.test")),)},
            "its reply token is another agent's",
            HeldCause.OTHERS_TOKEN,
        ),
        (
            ORGANISATION,
            ALIGNED,
            {"to": (box(token_address(7, "eve@evil.test")),)},
            "its reply token is not genuine",
            HeldCause.FORGED_TOKEN,
        ),
        (ORGANISATION, ALIGNED, {"to": (), "in_reply_to": (client_letter_id(7),)}, "it carries no reply token", HeldCause.NO_TOKEN),
        (
            ORGANISATION,
            ALIGNED,
            {"author_unambiguous": False},
            "its From field does not name exactly one address",
            HeldCause.AMBIGUOUS_AUTHOR,
        ),
        (ORGANISATION, ALIGNED, {"whole": False}, "it could not be read as a whole", HeldCause.INCOMPLETE),
    ],
)
def test_without_any_one_of_them_it_does_not(
    organisation: Organisation, verdict: Verdict, changes: dict[str, Any], reason: str, cause: HeldCause
) -> None:
    assert asked(organisation, verdict, **changes) == Refused(reason, cause)


def test_an_agent_who_left_is_refused_even_with_a_genuine_token() -> None:
    message = mail("Done.", author=box(INA.address), to=(box(token_address(7, INA.address)),))
    found = may_reply(INA, message, carried_tokens(message, (), ORGANISATION), ALIGNED, ORGANISATION)
    assert found == Refused("ina@staff.test is not active", HeldCause.INACTIVE)


def test_among_several_tokens_the_agents_own_counts_and_the_envelopes_first() -> None:
    own, others = box(token_address(7)), box(token_address(8, OLEG.address))
    found = asked(to=(others, own))
    assert isinstance(found, Authorised)
    assert found.ticket == 7
    found = asked(ORGANISATION, NOTHING, token_address(9), to=(own,))
    assert isinstance(found, Authorised)
    assert found.ticket == 9


def test_tokens_of_retired_secrets_count_as_long_as_they_are_listed() -> None:
    newer = replace(ORGANISATION, desk=replace(ORGANISATION.desk, secrets=(b"the next one, as long as it must be", *KEYRING.secrets)))
    newest = replace(ORGANISATION, desk=replace(ORGANISATION.desk, secrets=(b"the next one, as long as it must be",)))
    assert isinstance(asked(newer), Authorised)
    assert asked(newest) == Refused("its reply token is not genuine", HeldCause.FORGED_TOKEN)


def test_claims_are_told_once_each_before_anything_is_proven() -> None:
    message = mail(
        to=(box(token_address(7)), box(token_address(3, "eve@evil.test"))), in_reply_to=(client_letter_id(7), client_letter_id(5))
    )
    assert claimed_tickets(carried_tokens(message, (), ORGANISATION)) == (7, 3, 5)


@pytest.mark.parametrize(
    ("address", "addressed"),
    [
        ("r@desk.test", True),
        ("r+nonsense@desk.test", True),
        (token_address(1), True),
        ("support@desk.test", False),
        ("r@elsewhere.test", False),
    ],
)
def test_whether_the_reply_address_was_written_to(address: str, addressed: bool) -> None:
    assert carried_tokens(mail(to=(box(address),)), (), ORGANISATION).addressed is addressed
    assert carried_tokens(mail(to=()), (address,), ORGANISATION).addressed is addressed


@pytest.mark.parametrize(
    ("agent", "verdict", "changes", "why"),
    [
        (DANA, ALIGNED, {}, None),
        (INA, ALIGNED, {}, "ina@staff.test is not active"),
        (DANA, ALIGNED, {"author_unambiguous": False}, "its From field does not name exactly one address"),
        (DANA, NOTHING, {}, "it has no reply token, and nothing proves that dana@staff.test wrote it: nothing was checked"),
        (DANA, DISOWNED, {}, "it has no reply token, and it fails DMARC: staff.test says reject"),
    ],
)
def test_an_agent_opens_a_ticket_by_an_aligned_pass_alone(agent: Any, verdict: Verdict, changes: dict[str, Any], why: str | None) -> None:
    refused = may_open(agent, mail(**changes), verdict)
    assert (refused.reason if refused is not None else None) == why


def test_the_token_of_a_letter_that_shows_a_note_authorises_and_keeps_the_answer_aside() -> None:
    keyring = Keyring(ORGANISATION.desk.secrets)
    address = reply_address(ORGANISATION.desk.reply_address, note_token(keyring, 7, "dana@staff.test"))
    found = asked(to=(box(address),))
    assert isinstance(found, Authorised)
    assert (found.ticket, found.aside) == (7, True)
    usual = asked()
    assert isinstance(usual, Authorised)
    assert not usual.aside
    others = reply_address(ORGANISATION.desk.reply_address, note_token(keyring, 7, "oleg@staff.test"))
    assert isinstance(asked(to=(box(others),)), Refused)


def test_hundreds_of_made_up_tokens_cost_a_desk_of_two_thousand_agents_next_to_nothing() -> None:
    """Whoever can write a mail can write them: with all key ids there are, and with each shape."""
    first = ORGANISATION.agents[0]
    many = tuple(replace(first, address=f"agent{number}@staff.test", aliases=()) for number in range(2000))
    desk = replace(ORGANISATION, agents=(*many, *ORGANISATION.agents))
    made_up = [encode(bytes((VERSION, number % 256)) + (number + 1).to_bytes(4, "big") + bytes(16)) for number in range(500)]
    carried = Carried(reply=tuple(ReplyToken(each, number + 1) for number, each in enumerate(made_up)))
    began = time.process_time()
    assert thread_ticket(carried, desk) is None
    assert why_unproven(carried, desk).cause is HeldCause.FORGED_TOKEN
    assert time.process_time() - began < 2.0, "looked at one by one they take half a minute"
    genuine = reply_tokens_in((token_address(2),), desk.desk.reply_address)
    assert thread_ticket(Carried(reply=(*carried.reply, *genuine)), desk) == 2
