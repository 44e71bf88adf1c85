"""Facts of a letter, complete, in each language."""

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import gateway.letters
from gateway.domain.organisation import Language
from gateway.domain.states import LetterKind
from gateway.domain.steps import Person
from gateway.letters.facts import ArticleFacts, GatewayFacts, LetterFacts, TicketFacts

TEMPLATES = Path(gateway.letters.__file__).parent / "templates"
LANGUAGES: tuple[Language, ...] = get_args(Language)
BUILT_IN = tuple(sorted(LetterKind(path.stem) for path in (TEMPLATES / "en").glob("*.txt")))

WORDS = {
    "en": "The printer is on fire.\n\nIt says:\n  PC LOAD LETTER\n  see https://printer.test/help?a=1&b=2.",
    "ru": "Принтер горит.\n\nНа нём написано:\n  PC LOAD LETTER\n  смотрите https://printer.test/help?a=1&b=2.",
    "pl": "Drukarka się pali.\n\nWyświetla:\n  PC LOAD LETTER\n  zobacz https://printer.test/help?a=1&b=2.",
}


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
        why="550 5.1.1 no such user",
    )
    return replace(facts, **changes)
