"""A letter's facts made up, with something in every field, as `deskgate check` and previews need them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from gateway.domain.commands import CommandHelp, CommandName, Problem, Refusal
from gateway.domain.held import HeldCause
from gateway.domain.organisation import Language
from gateway.domain.satisfaction import BUILT_IN_FIVE
from gateway.domain.states import LetterKind, Priority, Status
from gateway.domain.steps import Person, Receipt, Returned
from gateway.domain.suppressions import Cause, Suppression
from gateway.letters.facts import (
    ArticleFacts,
    Audience,
    GatewayFacts,
    LatestFacts,
    LetterFacts,
    LevelFacts,
    NoticeFacts,
    RatingFacts,
    ReportFacts,
    TicketFacts,
    usual_audience,
)
from gateway.letters.problems import held_in_words
from gateway.letters.receipt import receipt_facts
from gateway.letters.returned import returned_facts

ANNA: Final = Person("Anna Petrowa", "anna@client.example")
DANA: Final = Person("Dana Ivanova", "dana@desk.example")
AT: Final = datetime(2025, 5, 1, 14, 3, tzinfo=UTC)
BY_CLIENTS: Final = (LetterKind.REGISTERED, LetterKind.NEW_TICKET, LetterKind.CLIENT_REPLY)
STATUS: Final = {
    LetterKind.IN_PROGRESS: Status.OPEN,
    LetterKind.RESOLVED: Status.RESOLVED,
    LetterKind.CLOSED: Status.CLOSED,
    LetterKind.CANCELLED: Status.CANCELLED,
    LetterKind.REOPENED: Status.OPEN,
}
ABOUT_ADDRESSES: Final = (LetterKind.VERIFICATION, LetterKind.FORWARDING_FAILED, LetterKind.FORWARDING_RESTORED)
WITHOUT_TICKET: Final = (LetterKind.DIGEST, LetterKind.HELD, LetterKind.RECEIPT)
WITH_SCALE: Final = (LetterKind.RESOLVED, LetterKind.AGENT_REPLY)

WORDS: Final[dict[Language, str]] = {
    "en": "The printer is on fire.\n\nIt says:\n  PC LOAD LETTER\n  see https://printer.example/help?a=1&b=2.",
    "ru": "Принтер горит.\n\nНа нём написано:\n  PC LOAD LETTER\n  смотрите https://printer.example/help?a=1&b=2.",
    "pl": "Drukarka się pali.\n\nWyświetla:\n  PC LOAD LETTER\n  zobacz https://printer.example/help?a=1&b=2.",
}
SUBJECTS: Final[dict[Language, str]] = {"en": "Printer on fire", "ru": "Принтер горит", "pl": "Drukarka się pali"}
COMMENTS: Final[dict[Language, str]] = {"en": "It burns again.", "ru": "Снова горит.", "pl": "Znowu się pali."}

RECEIPT: Final = Receipt(
    refused=(
        Refusal(CommandName.ASSIGNEE, "Oleg", "@assignee  Oleg", Problem.SPACING),
        Refusal(CommandName.CLOSED, "", "@closed", Problem.TEXT_BELOW),
        Refusal(CommandName.PRIORITY, "sky", "@приоритет sky", Problem.UNKNOWN_PRIORITY, ("low", "normal", "high", "urgent")),
    ),
    done=("@tags urgent, fire", "@note It is the third one this year."),
    help=(CommandHelp("@closed", "closes the ticket"), CommandHelp("@assignee NAME", "assigns the ticket to a colleague")),
    returned=(Suppression("anna@client.example", Cause.BOUNCE, "550 5.1.1 no such user", AT),),
)
RETURNED: Final = Returned("anna@client.example", "550 5.1.1 no such user")


def sample_facts(kind: LetterKind, language: Language, audience: Audience | None = None, **changes: Any) -> LetterFacts:
    reader = audience or usual_audience(kind)
    facts = LetterFacts(
        kind=kind,
        language=language,
        audience=reader,
        ticket=sample_ticket(kind, language),
        gateway=GatewayFacts("Example Support", "support@desk.example"),
        client=ANNA,
        author=ANNA if kind in BY_CLIENTS else DANA,
        agent=DANA,
        assignee=DANA,
        department="Support",
        desk="Example Desk",
        article=ArticleFacts(WORDS[language], ("smoke.png", "Снимок №1.png")),
        latest=LatestFacts(WORDS[language], ANNA, ("smoke.png", "Снимок №1.png")),
        why=sample_why(kind, language),
        report=ReportFacts("failed", (returned_facts(RETURNED, language),)),
        receipt=receipt_facts(RECEIPT, language),
        news=Status.RESOLVED if kind is LetterKind.AGENT_REPLY else None,
        rating=sample_rating(kind, language, asked=kind in WITH_SCALE and reader == "client"),
        notices=sample_notices(language),
        link="https://desk.example/",
        code="aeb4kzlsn5wmzj5oqu3w7yvxjr6q" if kind is LetterKind.VERIFICATION else "",
    )
    return replace(facts, **changes)


def sample_why(kind: LetterKind, language: Language) -> str:
    match kind:
        case LetterKind.HELD:
            return held_in_words(HeldCause.UNPROVEN, language)
        case LetterKind.NOTE | LetterKind.NEW_TICKET:
            return ""  # an agent's, a client's; a rule's tells why, and so does one that was moved
        case _:
            return "550 5.1.1 no such user"


def sample_ticket(kind: LetterKind, language: Language) -> TicketFacts:
    if kind in ABOUT_ADDRESSES or kind is LetterKind.DIGEST:
        return TicketFacts(None, "")
    return TicketFacts(17, SUBJECTS[language], STATUS.get(kind, Status.NEW), Priority.HIGH, "Incident", ("printer", "fire"), AT)


def sample_rating(kind: LetterKind, language: Language, *, asked: bool) -> RatingFacts:
    levels = sample_levels(language)
    if asked:
        return RatingFacts(levels)
    return (
        RatingFacts(level=f"{levels[1].symbol} {levels[1].name}", score=2, comment=COMMENTS[language])
        if kind is LetterKind.REOPENED
        else RatingFacts()
    )


def sample_levels(language: Language) -> tuple[LevelFacts, ...]:
    return tuple(
        LevelFacts(each.name(language), each.symbol, each.score, f"https://desk.example/rate/sample{each.score}") for each in BUILT_IN_FIVE
    )


def sample_notices(language: Language) -> tuple[NoticeFacts, ...]:
    return (
        NoticeFacts(17, SUBJECTS[language], LetterKind.NEW_TICKET, ANNA, AT),
        NoticeFacts(17, SUBJECTS[language], LetterKind.ASSIGNED, DANA, AT),
        NoticeFacts(9, "", LetterKind.REOPENED),
    )


def bare_facts(kind: LetterKind, language: Language, audience: Audience | None = None) -> LetterFacts:
    """With as little as a letter of the kind may have."""
    return LetterFacts(
        kind=kind,
        language=language,
        audience=audience or usual_audience(kind),
        ticket=TicketFacts(None if kind in ABOUT_ADDRESSES or kind in WITHOUT_TICKET else 17, ""),
        gateway=GatewayFacts("Example Support", "support@desk.example"),
        client=Person("", "anna@client.example"),
        author=Person("", ""),
        department="Support",
        desk="Example Desk",
    )
