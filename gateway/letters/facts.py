"""What a letter can tell of: the macros of its template."""

from dataclasses import dataclass

from gateway.domain.commands import CommandHelp
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
class ReceiptFacts:
    """Of the commands in one mail: lines that were not obeyed, each with its reason; those that were; the vocabulary, if it was asked for.

    `withheld`: nothing of the mail was sent. `left_out`: some of the refused lines were kept from the client, as they should be.
    """

    refused: tuple[tuple[str, str], ...] = ()
    done: tuple[str, ...] = ()
    help: tuple[CommandHelp, ...] = ()
    withheld: bool = False
    left_out: bool = False


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """`author` is whose words the article is, else who acted; `department` and `desk` are names; `why` explains, in whole sentences."""

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
    receipt: ReceiptFacts = ReceiptFacts()
