"""What a letter can tell of: the macros of its template."""

from dataclasses import dataclass

from gateway.domain.organisation import Language
from gateway.domain.states import LetterKind
from gateway.domain.steps import Person


@dataclass(frozen=True, slots=True)
class TicketFacts:
    number: int | None
    subject: str


@dataclass(frozen=True, slots=True)
class GatewayFacts:
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class ArticleFacts:
    """`text` is the new text alone; `files` are names. `verified` False: a stranger wrote it."""

    text: str = ""
    files: tuple[str, ...] = ()
    verified: bool = True


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """`author` is whose words the article is; `department` and `desk` are names; `why` explains, in one sentence."""

    kind: LetterKind
    language: Language
    ticket: TicketFacts
    gateway: GatewayFacts
    client: Person
    author: Person
    department: str
    desk: str
    article: ArticleFacts = ArticleFacts()
    why: str = ""
