"""The receipt: which lines were not obeyed and why, which were, what there is; and what the client got."""

import pytest
from syrupy.assertion import SnapshotAssertion

from gateway.domain.commands import CommandName, Problem, Refusal
from gateway.domain.organisation import Language
from gateway.domain.states import LetterKind
from gateway.domain.steps import Receipt
from gateway.letters.facts import ReceiptFacts, TicketFacts
from gateway.letters.lines import as_written
from gateway.letters.operators import LANGUAGES
from gateway.letters.receipt import receipt_facts
from gateway.letters.samples import RECEIPT
from gateway.letters.write import Written, write_letter
from tests.letters.values import letter_facts

BAD = Refusal(CommandName.ASSIGNEE, "Oleg", "@assignee Oleg", Problem.UNKNOWN_AGENT)
STRAY = Refusal(CommandName.CLOSED, "", "@closed", Problem.TEXT_BELOW)
NOTE = Refusal(CommandName.NOTE, "He never pays.", "@note He never pays.", Problem.WITHHELD)

ROWS = {
    "one line": Receipt((BAD,)),
    "done": Receipt(done=("@closed",)),
    "both": Receipt((BAD, STRAY), ("@tags a, b", "@me")),
    "help": Receipt(help=RECEIPT.help),
    "withheld": Receipt((NOTE, BAD)),
}


def receipt(told: Receipt, language: Language = "en") -> Written:
    return write_letter(letter_facts(LetterKind.RECEIPT, language, receipt=receipt_facts(told, language)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("row", ROWS)
def test_a_receipt_word_for_word(row: str, language: Language, snapshot: SnapshotAssertion) -> None:
    written = receipt(ROWS[row], language)
    assert f"Subject: {written.subject}\n\n{written.text}" == snapshot


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_is_listed_with_its_reason(language: Language) -> None:
    lines = receipt(RECEIPT, language).text.splitlines()
    for line, why in receipt_facts(RECEIPT, language).refused:
        assert lines[lines.index(line) + 1] == f"→ {why}"
    assert [each for each in RECEIPT.done if each not in lines] == []
    assert [each.usage for each in RECEIPT.help if each.usage not in lines] == []


LEFT_OUT = "The client does not get to see a command that was not obeyed"
THE_REST = "Everything else in your mail was dealt with"


@pytest.mark.parametrize(
    ("refused", "left_out", "the_rest", "nothing"),
    [
        ((BAD,), True, True, False),
        # It stayed in the reply: nothing was kept from the client.
        ((STRAY,), False, True, False),
        ((STRAY, BAD), True, True, False),
        ((NOTE,), False, False, True),
        ((NOTE, STRAY, BAD), False, False, True),
    ],
)
def test_it_says_what_the_client_got(refused: tuple[Refusal, ...], left_out: bool, the_rest: bool, nothing: bool) -> None:
    text = receipt(Receipt(refused)).text
    assert (LEFT_OUT in text, THE_REST in text, "NOTHING of your mail" in text) == (left_out, the_rest, nothing)


def test_about_no_ticket_it_promises_no_answer() -> None:
    facts = letter_facts(LetterKind.RECEIPT, receipt=receipt_facts(Receipt((BAD,)), "en"), ticket=TicketFacts(None, "Printer"))
    written = write_letter(facts)
    assert written.subject == "Not all was done: Printer"
    assert "answer to this e-mail" not in written.text


def test_lines_are_shown_as_written_on_one_line_and_no_longer_than_a_line() -> None:
    told = ReceiptFacts((("@note  two\nlines " + "x" * 500, "Why."),), ("@subject " + "y" * 500,), left_out=True)
    lines = write_letter(letter_facts(LetterKind.RECEIPT, receipt=told)).text.splitlines()
    assert [len(each) for each in lines if each.startswith(("@note  two lines xx", "@subject yy"))] == [200, 200]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("@assignee  Oleg", "@assignee  Oleg"),
        ("  @closed\r\n", "@closed"),
        ("@note a\u2028b\x00c\ud800d\u202ee", "@note a b c d e"),
        ("x" * 11, "x" * 9 + "…"),
        ("x" * 10, "x" * 10),
    ],
)
def test_a_line_as_written(line: str, shown: str) -> None:
    assert as_written(line, 10 if line.startswith("x") else 200) == shown
