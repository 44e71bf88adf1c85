"""What a receipt tells an agent of the commands in a mail of theirs."""

from typing import Final

from gateway.domain.commands import Problem
from gateway.domain.organisation import Language
from gateway.domain.steps import Receipt
from gateway.letters.facts import ReceiptFacts
from gateway.letters.problems import problem_in_words
from gateway.letters.returned import earlier_facts

SENT_AS_TEXT: Final = frozenset({Problem.TEXT_BELOW, Problem.NOT_STAFF})


def receipt_facts(receipt: Receipt, language: Language) -> ReceiptFacts:
    return ReceiptFacts(
        refused=tuple((each.line, problem_in_words(each.problem, each.details, language)) for each in receipt.refused),
        done=receipt.done,
        help=receipt.help,
        withheld=any(each.problem is Problem.WITHHELD for each in receipt.refused),
        left_out=any(each.problem not in SENT_AS_TEXT for each in receipt.refused),
        passed_on=receipt.passed_on,
        returned=tuple(earlier_facts(each, language) for each in receipt.returned),
    )
