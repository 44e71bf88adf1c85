"""Letters that do not go to suppressed addresses, and who is told of it (X7)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.desk.suppress import addresses_of, in_words, kept_back, staff_fault, unreached, warnings
from gateway.domain.actor import SYSTEM, Actor
from gateway.domain.states import EventKind, LetterKind, Role, Status
from gateway.domain.steps import Addressee, Note, Receipt, Send, SetStatus, Step
from gateway.domain.suppressions import Cause, Suppression
from tests.desk.values import ORGANISATION

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ANNA, BOB = Addressee("Anna", "Anna@client.test"), Addressee("", "bob@client.test")
DANA, OLEG = (Addressee(each.name, each.address, each.address) for each in ORGANISATION.agents[:2])
DEAD = {"anna@client.test": Suppression("anna@client.test", Cause.BOUNCE, "550 5.1.1 gone", AT)}
DEAD_OLEG = {"oleg@staff.test": Suppression("oleg@staff.test", Cause.BOUNCE, "550 5.1.1 gone", AT)}
CLOSED = Send(LetterKind.CLOSED, (ANNA, BOB), "en", about="nothing")
REPLY = Send(LetterKind.AGENT_REPLY, (ANNA,), "en", automatic=False, cc=(BOB,))
BY_DANA = Actor(Role.AGENT, "Dana Agent", "dana@staff.test")


def kept(*steps: Step, suppressed: dict[str, Suppression] = DEAD, actor: Actor = SYSTEM, receipts: str = "problems") -> tuple[Step, ...]:
    organisation = replace(ORGANISATION, desk=replace(ORGANISATION.desk, receipts=receipts))  # type: ignore[arg-type]
    return kept_back(steps, suppressed, "support", actor, organisation)


def test_a_letter_goes_to_the_others_and_an_event_says_who_is_spared_and_why() -> None:
    status = SetStatus(Status.CLOSED)
    found = kept(status, CLOSED)
    why = "mail to this address came back on 2026-11-20: 550 5.1.1 gone"
    silenced = Note(EventKind.SILENCED, {"kind": LetterKind.CLOSED, "why": why, "to": ["Anna@client.test"]})
    assert found == (status, replace(CLOSED, to=(BOB,)), silenced)
    assert kept(replace(CLOSED, to=(ANNA,))) == (silenced,)
    assert kept(status, CLOSED, suppressed={}) == (status, CLOSED)


@pytest.mark.parametrize("kind", [LetterKind.VERIFICATION, LetterKind.PROBE])
def test_what_finds_out_whether_an_address_works_goes_there(kind: LetterKind) -> None:
    asked = replace(CLOSED, kind=kind)
    assert kept(asked) == (asked,)


def test_an_agents_reply_goes_out_and_warns_its_author_in_a_receipt() -> None:
    reply, receipt = kept(REPLY, actor=BY_DANA)
    assert reply == REPLY
    assert isinstance(receipt, Send)
    assert (receipt.kind, receipt.to, receipt.receipt) == (LetterKind.RECEIPT, (DANA,), Receipt(returned=(DEAD["anna@client.test"],)))
    assert warnings([REPLY, CLOSED], DEAD) == (DEAD["anna@client.test"],)


def test_the_receipt_of_commands_tells_it_too() -> None:
    own = Send(LetterKind.RECEIPT, (DANA,), "en", staff=True, about="nothing", receipt=Receipt(done=("@tags fire",)))
    found = kept(REPLY, own, actor=BY_DANA)
    assert found == (REPLY, replace(own, receipt=Receipt(done=("@tags fire",), returned=(DEAD["anna@client.test"],))))


def test_nobody_is_warned_where_no_agent_wrote_or_receipts_are_off() -> None:
    assert kept(REPLY) == (REPLY,)
    assert kept(REPLY, actor=Actor(Role.CLIENT, "Anna", "anna@client.test")) == (REPLY,)
    assert kept(REPLY, actor=BY_DANA, receipts="never") == (REPLY,)


def test_where_an_agents_mailbox_is_dead_the_department_reads_the_client() -> None:
    to_oleg = Send(LetterKind.CLIENT_REPLY, (OLEG,), "ru", staff=True, caused_by_mail=True)
    instead, silenced = kept(to_oleg, suppressed=DEAD_OLEG)
    assert isinstance(instead, Send)
    assert (instead.to, instead.language, instead.caused_by_mail) == ((DANA,), "en", True)
    assert isinstance(silenced, Note)
    assert silenced.data["instead"] == ["dana@staff.test"]


def test_where_a_colleague_is_told_anyway_or_all_are_dead_nobody_stands_in() -> None:
    both = Send(LetterKind.CLIENT_REPLY, (OLEG, DANA), "en", staff=True)
    assert kept(both, suppressed=DEAD_OLEG)[0] == replace(both, to=(DANA,))
    assert [type(each) for each in kept(both, suppressed=DEAD_OLEG)] == [Send, Note]
    all_dead = DEAD_OLEG | {"dana@staff.test": Suppression("dana@staff.test", Cause.BOUNCE, "550", AT)}
    assert [type(each) for each in kept(both, suppressed=all_dead)] == [Note, Note]
    assigned = Send(LetterKind.ASSIGNED, (OLEG,), "ru", staff=True)
    assert [type(each) for each in kept(assigned, suppressed=DEAD_OLEG)] == [Note], "nobody else was assigned it"


def test_each_cause_has_its_words_and_addresses_are_compared_as_they_are_meant() -> None:
    told = {cause: in_words(Suppression("a@b.test", cause, "because", AT)) for cause in Cause}
    assert len(set(told.values())) == len(Cause)
    assert all("2026-11-20" in each for each in told.values())
    assert addresses_of([REPLY, CLOSED, SetStatus(Status.CLOSED)]) == {"anna@client.test", "bob@client.test"}


def test_the_agents_who_are_told_nothing_are_named_and_in_public_by_name_alone() -> None:
    dead = unreached(ORGANISATION.agents, DEAD_OLEG | {"ina@staff.test": Suppression("ina@staff.test", Cause.BOUNCE, "550", AT)})
    assert [each.address for each in dead] == ["oleg@staff.test"], "who is not active is told nothing anyway"
    assert "deskgate suppressions lift oleg@staff.test" in (staff_fault(dead, in_public=False) or "")
    assert "@" not in (staff_fault(dead, in_public=True) or "@")
    assert staff_fault((), in_public=False) is None
