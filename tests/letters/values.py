"""Facts of a letter, complete, in each language."""

from typing import Any, get_args

from gateway.domain.organisation import Language
from gateway.domain.states import LetterKind
from gateway.letters.built_in import built_in
from gateway.letters.facts import Audience, LetterFacts, TicketFacts
from gateway.letters.samples import sample_facts

BUILT_IN = tuple(sorted(LetterKind(name) for name in built_in().names()))
AUDIENCES: tuple[Audience | None, ...] = (None, *get_args(Audience))
LETTERS: tuple[tuple[LetterKind, Audience | None], ...] = tuple(
    (kind, audience)
    for kind in BUILT_IN
    for audience in AUDIENCES
    if f"en/{kind}{f'.{audience}' if audience else ''}.txt" in built_in().files
)
"""Each event with each audience that has a text of its own; None is the usual one."""
WITHOUT_TICKET = (LetterKind.DIGEST, LetterKind.VERIFICATION, LetterKind.FORWARDING_FAILED, LetterKind.FORWARDING_RESTORED)
NUMBERED = tuple(each for each in BUILT_IN if each not in WITHOUT_TICKET)
"""Those about one ticket."""


def letter_facts(kind: LetterKind, language: Language = "en", audience: Audience | None = None, **changes: Any) -> LetterFacts:
    if kind not in WITHOUT_TICKET:
        changes.setdefault("ticket", TicketFacts(17, "Printer on fire"))
    return sample_facts(kind, language, audience, **changes)
