"""Mail that comes to a return address of ours without being a report, and people whom mail did not reach and who write to us."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.facts import SentLetter
from gateway.domain.states import InboundState, LetterKind
from gateway.domain.steps import Lift
from gateway.domain.verdict import Verdict
from tests.desk.deciding import decided, of
from tests.desk.values import ALIGNED, NOTHING, ORGANISATION, box, mail

PATH = "b+token@bounce.test"
VERPED = replace(ORGANISATION, desk=replace(ORGANISATION.desk, bounce_domain="bounce.test"))
LETTER = SentLetter(31, 42, "anna@client.test", 7, LetterKind.REGISTERED, None)
COMES_BACK: dict[str, Any] = {"organisation": VERPED, "recipients": (PATH,), "reported": (LETTER,)}


def test_a_persons_words_are_the_tickets_and_nothing_automatic_answers_them() -> None:
    written = mail("My program answers the envelope.", to=(box(PATH),))
    decision = decided(written, **COMES_BACK)
    assert (decision.outcome, decision.ticket, decision.gateway) == ("client_reply", 7, "support@desk.test")
    eve = decided(replace(written, author=box("eve@else.test")), **COMES_BACK)
    assert (eve.outcome, eve.ticket) == ("stranger_reply", 7)
    new = decided(written, **COMES_BACK | {"reported": (replace(LETTER, ticket=None),)})
    assert (new.outcome, new.gateway) == ("ticket", "support@desk.test")
    assert "it was written to the return address of a letter of ours, as programs do" in " ".join(new.reasons) or new.steps


@pytest.mark.parametrize(
    "changes",
    [{"kind": "auto_reply"}, {"automatic": "it is a list's"}, {"kind": "auto_reply", "automatic": "Auto-Submitted: auto-replied"}],
)
def test_a_program_is_not_heard_there(changes: dict[str, Any]) -> None:
    decision = decided(mail("I am away.", to=(box(PATH),), **changes), **COMES_BACK)
    assert (decision.state, decision.steps) == (InboundState.IGNORED, ())
    assert "a program wrote it" in decision.why


def test_what_comes_with_the_null_reverse_path_is_a_programs_and_a_forged_token_routes_nothing() -> None:
    assert decided(mail("Hm", to=(box(PATH),)), reverse_path="", **COMES_BACK).state is InboundState.IGNORED
    forged = decided(mail("Hm", to=(box(PATH),)), **COMES_BACK | {"reported": ()})
    assert (forged.state, forged.why) == (InboundState.IGNORED, "no gateway address stands in To, Cc, Delivered-To, the envelope")


HEARD = frozenset({"anna@client.test"})


@pytest.mark.parametrize(
    ("verdict", "changes", "returns", "lifted"),
    [
        (ALIGNED, {}, HEARD, True),
        (NOTHING, {}, HEARD, False),
        (replace(ALIGNED, dmarc="fail"), {}, HEARD, False),
        (ALIGNED, {"author_unambiguous": False}, HEARD, False),
        (ALIGNED, {"automatic": "it is a list's"}, HEARD, False),
        (ALIGNED, {"kind": "auto_reply"}, HEARD, False),
        (ALIGNED, {}, frozenset({"anna@home.test"}), False),
        (ALIGNED, {}, frozenset(), False),
    ],
)
def test_whoever_provably_writes_is_written_to_again(
    verdict: Verdict, changes: dict[str, Any], returns: frozenset[str], lifted: bool
) -> None:
    decision = decided(mail("Here I am.", **changes), verdict, returns=returns)
    assert of(decision, Lift) == ([Lift("anna@client.test")] if lifted else [])
    if lifted:
        assert decision.steps[0] == Lift("anna@client.test"), "before the letters that it lets go"
        assert any("its owner writes now" in each for each in decision.reasons)
        assert decision.reasons[-1] == decision.why
