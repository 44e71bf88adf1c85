"""What the desk makes of mail that was screened: without a database."""

import pytest

from gateway.desk.rules import seen_on_receipt
from gateway.domain.facts import Assigned, Effect
from gateway.domain.screening import Screening
from gateway.domain.states import InboundState
from gateway.mail.message import Bounce, Message
from tests.desk.deciding import decided, from_dana, says
from tests.desk.rules.values import NOON
from tests.desk.values import ALIGNED, mail

SPAM = Screening(("rspamd: spam, 16.5 of 15 (GTUBE)",), 16.5, "rspamd: spam, 16.5 of 15 (GTUBE)")
VIRUS = Screening(("clamd: infected by X",), None, "clamd: infected by X", threat=True)
REPORT = mail("gone", kind="bounce", bounce=Bounce((), permanent=True, original_message_id=None))


def test_what_was_found_stands_among_the_reasons() -> None:
    decision = decided(mail(), screening=Screening(("dns list: listed in bad.test (127.0.0.2)", "clamd: clean")))
    assert decision.outcome == "ticket"
    says(decision, "it is read as message", "dns list: listed in bad.test (127.0.0.2)", "clamd: clean", "a new ticket")


@pytest.mark.parametrize(
    ("message", "screening", "state"),
    [
        (mail(), SPAM, InboundState.HELD),
        (mail(), VIRUS, InboundState.HELD),
        # An agent proves who they are, and a report is judged by what it reports on; but nobody opens what is infected unwarned.
        (from_dana(), SPAM, InboundState.DONE),
        (from_dana(), VIRUS, InboundState.HELD),
        (REPORT, SPAM, InboundState.IGNORED),
        (REPORT, VIRUS, InboundState.HELD),
    ],
)
def test_spam_of_clients_is_held_and_what_is_infected_whoevers_it_is(message: Message, screening: Screening, state: InboundState) -> None:
    decision = decided(message, ALIGNED, screening=screening)
    assert decision.state is state
    if state is InboundState.HELD:
        assert (decision.why, decision.steps) == (f"held for a person: {screening.hold}", ())


@pytest.mark.parametrize("screening", [SPAM, VIRUS])
def test_what_a_person_has_sorted_is_held_no_more(screening: Screening) -> None:
    assert decided(mail(), ALIGNED, screening=screening, assigned=Assigned(department="support")).outcome == "ticket"


def test_a_duplicate_of_what_had_its_effect_is_one_whatever_a_scanner_says_today() -> None:
    assert decided(mail(), ALIGNED, screening=VIRUS, duplicate_of=Effect(3, None)).outcome == "duplicate"


@pytest.mark.parametrize(
    ("scanned", "written", "score"),
    [(None, "", None), (4.5, "", 4.5), (None, "7", 7.0), (4.5, "7", 7.0), (9.0, "7", 9.0), (-1.0, "-4", -1.0)],
)
def test_rules_see_the_higher_of_the_scanners_score_and_the_headers(scanned: float | None, written: str, score: float | None) -> None:
    message = mail(headers=(("x-spam-score", written),) if written else ())
    seen = seen_on_receipt(
        message,
        now=NOON,
        gateway=None,
        recipients=(),
        reverse_path="",
        verdict=ALIGNED,
        size=1,
        reply=False,
        known_client=False,
        department=None,
        scanned=scanned,
    )
    assert seen.spam_score == score
