"""What a letter can tell of. `values.py` makes a template's macros of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Literal

from gateway.domain.commands import CommandHelp
from gateway.domain.notifications import USUAL_AUDIENCE
from gateway.domain.organisation import Language
from gateway.domain.states import LetterKind, Priority, Status
from gateway.domain.steps import Person

Audience = Literal["client", "participant", "staff"]
"""Who reads a letter. `participant`: somebody outside who is not the ticket's client."""

NOBODY = Person("", "")


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """`created` has a zone."""

    number: int | None
    subject: str
    status: Status | None = None
    priority: Priority | None = None
    category: str = ""
    tags: tuple[str, ...] = ()
    created: datetime | None = None


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
class LatestFacts:
    """What the client wrote last, for staff whom the ticket is new to. `files` are names."""

    text: str = ""
    author: Person = NOBODY
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReturnedFacts:
    """What a server said of a letter, what it most likely means, and what to do about it."""

    address: str
    said: str
    meaning: str
    advice: str


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What became of an agent's reply. `what` is `failed`, `delayed` or `complained`."""

    what: str = ""
    returned: tuple[ReturnedFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class EarlierFacts:
    """Of an address that a reply went to, what speaks against it, in words, and since when."""

    address: str
    since: datetime
    why: str


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """Of the commands in one mail: lines that were not obeyed, each with its reason; those that were; the vocabulary, if it was asked for.

    `withheld`: nothing of the mail was sent. `left_out`: some of the refused lines were kept from the client, as they should be.
    `passed_on`: the mail has opened a ticket for the author of what the agent passed on. `returned`: whom the reply may not reach.
    """

    refused: tuple[tuple[str, str], ...] = ()
    done: tuple[str, ...] = ()
    help: tuple[CommandHelp, ...] = ()
    withheld: bool = False
    left_out: bool = False
    passed_on: bool = False
    returned: tuple[EarlierFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class LevelFacts:
    """One level of the satisfaction scale, in the letter's language. `url` chooses it."""

    name: str
    symbol: str
    score: int
    url: str


@dataclass(frozen=True, slots=True)
class RatingFacts:
    """`levels` are the scale that is asked for, the lowest first; `level`, `score` and `comment` the rating that was given."""

    levels: tuple[LevelFacts, ...] = ()
    level: str = ""
    score: int | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """One of a digest's notifications. `author` is whose words or act it tells of, `NOBODY` where the system acted."""

    number: int
    subject: str
    kind: LetterKind
    author: Person = NOBODY
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """`author` is whose words the article is, else who acted; `department` and `desk` are names; `why` explains, in whole sentences.

    `agent` is the agent who acted, `assignee` whose the ticket is; a desk that does not show its agents to clients leaves both out of
    their letters. `news` is the status that a reply tells of. `audience` None: the usual one of the event. `template` None: the one
    named after the event. `proven` False: nothing shows who the author is, so a letter that leaves the desk repeats none of their words
    but the subject. `zone` is the one that times are shown in.
    """

    kind: LetterKind
    language: Language
    ticket: TicketFacts
    gateway: GatewayFacts
    client: Person
    author: Person
    department: str
    desk: str
    article: ArticleFacts = ArticleFacts()
    latest: LatestFacts = LatestFacts()
    why: str = ""
    report: ReportFacts = ReportFacts()
    receipt: ReceiptFacts = ReceiptFacts()
    audience: Audience | None = None
    template: str | None = None
    agent: Person = NOBODY
    assignee: Person = NOBODY
    news: Status | None = None
    rating: RatingFacts = RatingFacts()
    notices: tuple[NoticeFacts, ...] = ()
    link: str = ""
    code: str = ""
    """That proves who reads the mail of an address."""
    proven: bool = True
    zone: tzinfo = UTC

    @property
    def read_by(self) -> Audience:
        return usual_audience(self.kind) if self.audience is None else self.audience


def usual_audience(kind: LetterKind) -> Audience:
    """Letters that are no notification of an event (receipts, digests) are for staff."""
    return "client" if "client" in USUAL_AUDIENCE.get(kind, ()) else "staff"
