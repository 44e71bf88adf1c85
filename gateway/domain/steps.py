"""What a decision does to a ticket, one change a value. Mail, the command line and later the web all act through these."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from gateway.domain.actor import Actor
from gateway.domain.commands import CommandHelp, Refusal
from gateway.domain.facts import Participant
from gateway.domain.organisation import Language
from gateway.domain.probes import Arrival
from gateway.domain.states import ArticleKind, EventKind, LetterKind, Priority, Status
from gateway.domain.suppressions import Cause, Suppression


@dataclass(frozen=True, slots=True)
class File:
    """An attachment with its bytes; `sha256` in hex."""

    filename: str
    content_type: str
    content: bytes
    sha256: str
    inline: bool = False
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A name and an address as written."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """Begins the list of steps of a new ticket. `client_id` None: the client is made, with `client` as its name and address."""

    subject: str
    department: str
    gateway: str
    language: Language
    client: Person
    client_key: str
    client_id: int | None = None
    category: str | None = None
    related: int | None = None
    written_to: str | None = None
    """The outside address that the client wrote to, where that mail was forwarded to the gateway."""


@dataclass(frozen=True, slots=True)
class AddArticle:
    kind: ArticleKind
    text: str
    quoted_text: str = ""
    signature: str = ""
    html: str | None = None
    private: bool = False
    verified: bool = True
    message_id: str | None = None
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    files: tuple[File, ...] = ()
    warnings: tuple[str, ...] = ()
    """What was amiss with the mail that it comes from, or exceeded a bound; its event tells of them."""
    wants_answer: bool = True
    """Of a client's words: whether the client now waits for an agent's."""
    author: Actor | None = None
    """Whose words these are, where it is not who acts: an agent writes down what a client said on the telephone."""


@dataclass(frozen=True, slots=True)
class SetStatus:
    status: Status


@dataclass(frozen=True, slots=True)
class SetCategory:
    category: str | None


@dataclass(frozen=True, slots=True)
class SetPriority:
    priority: Priority


@dataclass(frozen=True, slots=True)
class SetDepartment:
    department: str


@dataclass(frozen=True, slots=True)
class SetSubject:
    subject: str


@dataclass(frozen=True, slots=True)
class Assign:
    """`agent` is the agent's normalised address, None to unassign."""

    agent: str | None


@dataclass(frozen=True, slots=True)
class AddTags:
    """Compared without case; of a tag that is there already the first spelling stays."""

    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RemoveTags:
    """Compared without case; of those that are not there nothing comes."""

    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddCc:
    """People whom an agent puts into the ticket's Cc, whatever they were there before."""

    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class RemoveCc:
    """People who get no more letters of the ticket, although their mail still finds it."""

    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """What hangs on `source` moves to the ticket that the steps change, which lives on; `source` leads to it from now on."""

    source: int


@dataclass(frozen=True, slots=True)
class Join:
    """People who become part of the ticket; those who are already stay what they are."""

    people: tuple[Participant, ...]


@dataclass(frozen=True, slots=True)
class Remember:
    """Ids (bare) by which later mail finds the ticket."""

    own: tuple[str, ...] = ()
    refers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """An event that no other step implies."""

    kind: EventKind
    data: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MarkBounced:
    """A report about a letter of ours."""

    outbox_id: int
    recipient_id: int | None
    reply: str
    permanent: bool


@dataclass(frozen=True, slots=True)
class MarkDelayed:
    """A report says that the letter is late for this recipient."""

    outbox_id: int
    recipient_id: int


@dataclass(frozen=True, slots=True)
class Suppress:
    """Automatic letters do not go to the address from now on, and those that wait for it are cancelled. `why` is what the server said;
    `days` 0: for ever."""

    address: str
    cause: Cause
    why: str
    days: int
    ticket: int | None = None
    outbox_id: int | None = None


@dataclass(frozen=True, slots=True)
class Lift:
    """Mail to the address came back once, but its owner has written: automatic letters go there again."""

    address: str


@dataclass(frozen=True, slots=True)
class MarkArrived:
    """A probe of ours came in."""

    probe: int
    arrival: Arrival


@dataclass(frozen=True, slots=True)
class MarkAnswered:
    """A program answered a probe of ours."""

    probe: int


@dataclass(frozen=True, slots=True)
class Addressee:
    """A letter's recipient. `agent` is the normalised address of the agent whose reply token the letter carries."""

    name: str
    address: str
    agent: str | None = None


ReportedAs = Literal["failed", "delayed", "complained"]


@dataclass(frozen=True, slots=True)
class Returned:
    """What a server said of a letter to an address, at the time or in a report. `status` is the report's own code (RFC 3463). `files` are
    the letter's, by name and octets; `linked`: where a letter was too large, they became links."""

    address: str
    said: str
    status: str | None = None
    files: tuple[tuple[str, int], ...] = ()
    linked: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an agent is told of the commands of one mail: those that were not obeyed, the lines that were, and the vocabulary."""

    refused: tuple[Refusal, ...] = ()
    done: tuple[str, ...] = ()
    help: tuple[CommandHelp, ...] = ()
    passed_on: bool = False
    """Whether the mail has opened a ticket for the author of what the agent passed on (Z13)."""
    returned: tuple[Suppression, ...] = ()
    """Addresses that the agent's reply went to, although mail to them came back or their owners complained."""


@dataclass(frozen=True, slots=True)
class Send:
    """A letter to be written and put into the outbox. `caused_by_mail`: it counts in the budgets.

    `about` says whose words it carries: the article that these steps add (never a note), or none. `why` is told in letters that
    explain. `bcc` stand in the envelope alone.
    """

    kind: LetterKind
    to: tuple[Addressee, ...]
    language: Language
    cc: tuple[Addressee, ...] = ()
    bcc: tuple[Addressee, ...] = ()
    automatic: bool = True
    staff: bool = False
    caused_by_mail: bool = False
    about: Literal["article", "nothing"] = "article"
    why: str = ""
    from_address: str | None = None
    """Instead of the ticket's gateway."""
    receipt: Receipt | None = None
    template: str | None = None
    """Instead of the one named after the kind."""
    delay: timedelta = timedelta(0)
    while_status: Status | None = None
    """Of a delayed letter: it is cancelled when the ticket has left this status."""
    news: Status | None = None
    """The status that the ticket gets along with these words; a reply tells of it."""
    scale: bool = False
    """Whether it asks how content the client is."""
    participant: bool = False
    """Whether it is written for people outside who are not the client."""
    own_copy: Addressee | None = None
    """Z10: the address of ours that gets a copy, openly in Cc."""
    envelope: tuple[Addressee, ...] | None = None
    """Who gets it, where these are not all whom To, Cc and Bcc name: the same letter goes out twice, with the scale and without."""
    reported: ReportedAs | None = None
    returned: tuple[Returned, ...] = ()
    """What became of an agent's reply, and what servers said of it."""


Setting = SetStatus | SetCategory | SetPriority | SetDepartment | SetSubject | Assign
Mark = MarkBounced | MarkDelayed | Suppress | Lift | MarkArrived | MarkAnswered
"""About a letter of ours or an address, not about a ticket."""
Step = OpenTicket | AddArticle | Setting | AddTags | RemoveTags | AddCc | RemoveCc | Merge | Join | Remember | Note | Mark | Send
