"""Rules (U2, U8): what is asked of a mail or of a ticket, and what then happens to it. `config` makes these values, `desk.rules` weighs
them.

A condition that holds several patterns is met by any one of them. Whatever is compared is compared without case.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal
from zoneinfo import ZoneInfo

from gateway.domain.states import EventKind, Priority, Status

RuleEvent = Literal["received", "unanswered"] | EventKind
"""`received`: a mail is about to be taken in. `unanswered`: for a number of hours nobody has answered what a client wrote last."""

ROUND_ROBIN: Final = "round-robin"
LEAST_LOADED: Final = "least-loaded"


@dataclass(frozen=True, slots=True)
class Contains:
    """Somewhere in the text; white space counts as one space, whatever it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Glob:
    """The whole text, where `*` stands for anything and `?` for one character. Of an address: in its normalised form."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression as RE2 understands it, somewhere in the text."""

    source: str


@dataclass(frozen=True, slots=True)
class Somebody:
    """An author told without an address: part of the name, or the domain."""

    text: str


TextPattern = Contains | Regex
AddressPattern = Glob | Regex
AuthorPattern = Glob | Regex | Somebody


@dataclass(frozen=True, slots=True)
class Comparison:
    """`number` is the right-hand side: in bytes, of a size."""

    operator: Literal["<", "<=", "=", ">=", ">"]
    number: float


@dataclass(frozen=True, slots=True)
class GatewayIs:
    """The gateway's address, or, under a catch-all, the address that was written to."""

    patterns: tuple[AddressPattern, ...]


@dataclass(frozen=True, slots=True)
class AuthorIs:
    """Who wrote the mail; of a ticket, its client."""

    patterns: tuple[AuthorPattern, ...]


@dataclass(frozen=True, slots=True)
class RecipientIs:
    """Any address that the mail went to, by its envelope or by To, Cc and Delivered-To."""

    patterns: tuple[AddressPattern, ...]


@dataclass(frozen=True, slots=True)
class SubjectHas:
    patterns: tuple[TextPattern, ...]


@dataclass(frozen=True, slots=True)
class TextHas:
    """In the new text, without quotes of earlier mail."""

    patterns: tuple[TextPattern, ...]


@dataclass(frozen=True, slots=True)
class HeaderHas:
    """Of any field of this name (lower-cased). Without patterns it need only be there."""

    name: str
    patterns: tuple[TextPattern, ...] = ()


@dataclass(frozen=True, slots=True)
class KindIs:
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IsReply:
    """Whether the mail belongs to a ticket there is."""

    expected: bool


@dataclass(frozen=True, slots=True)
class IsKnownClient:
    """Whether its author was a client before it came."""

    expected: bool


@dataclass(frozen=True, slots=True)
class AttachmentIs:
    """An attachment of which all this is true; what is None is not asked. Pictures within the text are none."""

    name: Glob | Regex | Contains | None = None
    content_type: Glob | None = None
    size: Comparison | None = None


@dataclass(frozen=True, slots=True)
class SizeIs:
    """Of the whole mail."""

    comparison: Comparison


@dataclass(frozen=True, slots=True)
class LanguageIs:
    """Of the mail's text, or of the ticket."""

    languages: tuple[str, ...]


VerdictMethod = Literal["author", "spf", "dkim", "dmarc", "arc"]


@dataclass(frozen=True, slots=True)
class VerdictIs:
    """`author`: whether the author's domain is proven (`pass`), denies the mail (`fail`) or says neither (`none`). The others: RFC 8601."""

    method: VerdictMethod
    results: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DepartmentIs:
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SpamScoreIs:
    """Never met by a mail without a score."""

    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Window:
    """A time of the week: on `days` (Monday is 0) from `start` until before `end`, minutes after midnight.

    Where `end` is not after `start` it ends on the next day.
    """

    zone: ZoneInfo
    days: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hours:
    """The present time is in one of the windows."""

    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class StatusIs:
    """Of the ticket that there is, after what happened."""

    statuses: tuple[Status, ...]


@dataclass(frozen=True, slots=True)
class CategoryIs:
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PriorityIs:
    priorities: tuple[Priority, ...]


@dataclass(frozen=True, slots=True)
class TagIs:
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IsAssigned:
    """Whether the ticket has an assignee."""

    expected: bool


@dataclass(frozen=True, slots=True)
class Unanswered:
    """What the client wrote last has waited this long for an agent's reply."""

    hours: float


@dataclass(frozen=True, slots=True)
class AnyOf:
    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Met where there is no condition at all."""

    conditions: tuple["Condition", ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    condition: "Condition"


MailCondition = RecipientIs | TextHas | HeaderHas | KindIs | IsReply | IsKnownClient | AttachmentIs | SizeIs | VerdictIs | SpamScoreIs
TicketCondition = StatusIs | CategoryIs | PriorityIs | TagIs | IsAssigned | Unanswered
CommonCondition = GatewayIs | AuthorIs | SubjectHas | LanguageIs | DepartmentIs | Hours
Condition = MailCondition | TicketCondition | CommonCondition | AnyOf | AllOf | Not


def expressions_of(condition: Condition) -> Iterator[Regex]:
    """The regular expressions that are tried on texts of any length; an author and a gateway are one short address."""
    match condition:
        case AllOf(conditions) | AnyOf(conditions):
            for each in conditions:
                yield from expressions_of(each)
        case Not(inner):
            yield from expressions_of(inner)
        case RecipientIs(patterns) | SubjectHas(patterns) | TextHas(patterns) | HeaderHas(_, patterns):
            yield from (each for each in patterns if isinstance(each, Regex))
        case AttachmentIs(name=Regex() as name):
            yield name
        case _:
            pass


@dataclass(frozen=True, slots=True)
class Actions:
    """What a rule does; None and empty: nothing of the kind. A mail that is neither discarded, held nor rejected is taken in as ever.

    `reject` is the text that the peer is told. `assignee`: an agent's address, `ROUND_ROBIN` or `LEAST_LOADED`. `notify`: agents who are
    told instead of the department. `answer` names a template.
    """

    discard: bool = False
    hold: bool = False
    reject: str | None = None
    department: str | None = None
    category: str | None = None
    priority: Priority | None = None
    status: Status | None = None
    tags: tuple[str, ...] = ()
    assignee: str | None = None
    cc: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()
    answer: str | None = None
    stop: bool = False

    @property
    def settles(self) -> bool:
        """Whether no later rule has a say."""
        return self.stop or self.discard or self.hold or self.reject is not None


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    on: RuleEvent = "received"
    when: Condition = AllOf()
    then: Actions = Actions()
