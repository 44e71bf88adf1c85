"""What follows from what scanners and lists said."""

import pytest

from gateway.domain.screening import Screening
from gateway.ingress import replies
from gateway.ingress.checks.conclude import Refused, about_content
from gateway.ingress.checks.listed import Listing
from gateway.ingress.checks.look import Named, Seen
from gateway.ingress.checks.policy import DnsList, Place, Policy, Scanner
from gateway.ingress.checks.scanners.results import Clean, Infected, Later, NotAsked, Result, Spam, Unknown
from gateway.ingress.checks.scanners.scan import Told
from gateway.ingress.replies import Reply

NOWHERE = Place("127.0.0.1", 9)
PATIENT, STRICT = Scanner("rspamd", NOWHERE, 1), Scanner("clamd", NOWHERE, 1, "defer")
SEEN = Seen(
    (Listing(DnsList("bad.test", "tag", score=3), ("127.0.0.2",)), Listing(DnsList("good.test", "accept", score=-1), ("127.0.0.1",)))
)
TAG, HOLD, REJECT = Policy(), Policy(on_spam="hold", on_virus="hold"), Policy(on_spam="reject", on_virus="reject")


def told(*results: tuple[Scanner, Result]) -> tuple[Told, ...]:
    return tuple(Told(scanner, result) for scanner, result in results)


@pytest.mark.parametrize(
    ("policy", "results", "reply"),
    [
        (REJECT, told((PATIENT, Spam(9, 5))), replies.SPAM),
        (REJECT, told((STRICT, Infected("x"))), replies.INFECTED),
        # What is infected for certain need not come back for the other scanner's sake.
        (REJECT, told((STRICT, Unknown("away")), (PATIENT, Infected("x"))), replies.INFECTED),
        # Spam may be infected too: the peer is told the same when it comes again.
        (REJECT, told((STRICT, Unknown("away")), (PATIENT, Spam(9, 5))), replies.NOT_SCANNED),
        (TAG, told((STRICT, Unknown("away"))), replies.NOT_SCANNED),
        (TAG, told((PATIENT, Later("rate"))), replies.NOT_SCANNED),
    ],
)
def test_a_peer_is_refused(policy: Policy, results: tuple[Told, ...], reply: Reply) -> None:
    concluded = about_content(None, results, policy, refusable=True)
    assert isinstance(concluded, Refused)
    assert concluded.reply == reply


@pytest.mark.parametrize(
    ("policy", "results", "hold", "threat"),
    [
        (TAG, told((PATIENT, Spam(9, 5))), None, False),
        (TAG, told((PATIENT, Unknown("away"))), None, False),
        (TAG, told((STRICT, NotAsked("large"))), None, False),
        (HOLD, told((PATIENT, Spam(9, 5, ("A", "B")))), "rspamd: spam, 9 of 5 (A, B)", False),
        (HOLD, told((PATIENT, Spam(9, 5)), (STRICT, Infected("x"))), "clamd: infected by x", True),
    ],
)
def test_a_mail_is_kept_with_what_was_found(policy: Policy, results: tuple[Told, ...], hold: str | None, threat: bool) -> None:
    concluded = about_content(None, results, policy, refusable=True)
    assert isinstance(concluded, Screening)
    assert (concluded.hold, concluded.threat, concluded.notes) == (hold, threat, tuple(map(str, results)))


@pytest.mark.parametrize(
    ("results", "hold"),
    [(told((PATIENT, Spam(9, 5))), "rspamd: spam, 9 of 5"), (told((STRICT, Infected("x"))), "clamd: infected by x")],
)
def test_what_nobody_can_be_refused_for_waits_for_a_person(results: tuple[Told, ...], hold: str) -> None:
    concluded = about_content(None, results, REJECT, refusable=False)
    assert isinstance(concluded, Screening)
    assert concluded.hold == hold


@pytest.mark.parametrize(
    ("seen", "results", "score"),
    [
        (None, (), None),
        (Seen((), Named("a.test")), (), None),
        (SEEN, (), 2.0),
        (None, told((PATIENT, Clean(1.5, 5))), 1.5),
        (None, told((PATIENT, Clean(-3, 5))), -3.0),
        (None, told((PATIENT, Clean(1.5, 5)), (STRICT, Spam(8, 5))), 8.0),
        (SEEN, told((PATIENT, Clean(1.5, 5))), 3.5),
        (None, told((STRICT, Clean())), None),
        (None, told((PATIENT, Unknown("away"))), None),
    ],
)
def test_the_score_is_the_highest_scanners_with_what_lists_add(seen: Seen | None, results: tuple[Told, ...], score: float | None) -> None:
    concluded = about_content(seen, results, TAG, refusable=True)
    assert isinstance(concluded, Screening)
    assert concluded.spam_score == score


def test_a_note_names_twenty_symbols_and_how_many_more() -> None:
    told_of = str(Spam(9, 5, tuple(f"S{number}" for number in range(25))))
    assert told_of.endswith("S19, and 5 more)")
