"""Facts of a letter, complete, in each language."""

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import gateway.letters
from gateway.domain.commands import CommandHelp, CommandName, Problem, Refusal
from gateway.domain.held import HeldCause
from gateway.domain.organisation import Language
from gateway.domain.states import LetterKind
from gateway.domain.steps import Person, Receipt
from gateway.letters.facts import ArticleFacts, GatewayFacts, LetterFacts, TicketFacts
from gateway.letters.problems import held_in_words
from gateway.letters.receipt import receipt_facts

TEMPLATES = Path(gateway.letters.__file__).parent / "templates"
LANGUAGES: tuple[Language, ...] = get_args(Language)
BUILT_IN = tuple(sorted(LetterKind(path.stem) for path in (TEMPLATES / "en").glob("*.txt")))

WORDS = {
    "en": "The printer is on fire.\n\nIt says:\n  PC LOAD LETTER\n  see https://printer.test/help?a=1&b=2.",
    "ru": "Принтер горит.\n\nНа нём написано:\n  PC LOAD LETTER\n  смотрите https://printer.test/help?a=1&b=2.",
    "pl": "Drukarka się pali.\n\nWyświetla:\n  PC LOAD LETTER\n  zobacz https://printer.test/help?a=1&b=2.",
}

RECEIPT = Receipt(
    refused=(
        Refusal(CommandName.ASSIGNEE, "Oleg", "@assignee  Oleg", Problem.SPACING),
        Refusal(CommandName.CLOSED, "", "@closed", Problem.TEXT_BELOW),
        Refusal(CommandName.PRIORITY, "sky", "@приоритет sky", Problem.UNKNOWN_PRIORITY, ("low", "normal", "high", "urgent")),
    ),
    done=("@tags urgent, fire", "@note It is the third one this year."),
    help=(CommandHelp("@closed", "closes the ticket"), CommandHelp("@assignee NAME", "assigns the ticket to a colleague")),
)
"""With everything in it."""


def letter_facts(kind: LetterKind, language: Language = "en", **changes: Any) -> LetterFacts:
    facts = LetterFacts(
        kind=kind,
        language=language,
        ticket=TicketFacts(17, "Printer on fire"),
        gateway=GatewayFacts("Example Support", "support@desk.test"),
        client=Person("Anna Petrowa", "anna@client.test"),
        author=Person("Anna Petrowa", "anna@client.test"),
        department="Support",
        desk="Example Desk",
        article=ArticleFacts(WORDS[language], ("smoke.png", "Снимок №1.png")),
        why=held_in_words(HeldCause.UNPROVEN, language) if kind is LetterKind.HELD else "550 5.1.1 no such user",
        receipt=receipt_facts(RECEIPT, language),
    )
    return replace(facts, **changes)
