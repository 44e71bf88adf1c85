"""What the API answers with, for its description: the JSON that commands print, too. Documents come from the rooms that make them; tests
hold them to this."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.language import Language
from gateway.domain.states import ArticleKind, EventKind, InboundState, OutboxState, Priority, RecipientState, Role, Status

Number = Annotated[int, Field(ge=1)]


class Shape(BaseModel):
    """Later releases may add names."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Who(Shape):
    name: str | None
    address: str | None


class Author(Shape):
    role: Role
    name: str
    address: str | None


class TicketClient(Shape):
    id: Number
    name: str
    addresses: list[str]


class Rating(Shape):
    score: int
    level: str
    comment: str | None
    at: datetime


class Attachment(Shape):
    id: Number | None
    """The one to fetch it by; null of a file that came with an automatic letter, whose bytes are in the outbox."""
    filename: str
    content_type: str
    size: int
    """In octets."""
    sha256: str
    inline: bool
    content_id: str | None


class Article(Shape):
    """Something that was written on a ticket. `notice`: an automatic letter to the client; `note`: words between colleagues."""

    id: Number
    kind: ArticleKind
    author: Author
    message_id: str | None
    text: str
    """Without what it quotes; LF ends."""
    html: str | None
    """Sanitised. Show it in a frame without rights all the same."""
    quoted_text: str
    signature: str
    private: bool
    """Never for the client."""
    verified: bool
    """False: whoever wrote it had an id of the ticket, and no other proof."""
    to: list[Who]
    cc: list[Who]
    attachments: list[Attachment]
    created_at: datetime


class Event(Shape):
    kind: EventKind
    actor: str
    data: dict[str, Any]
    at: datetime
    inbound: int | None


class TicketBrief(Shape):
    """A ticket as lists have it."""

    number: Number
    subject: str
    status: Status
    category: str | None
    priority: Priority
    department: str
    """Its key in the configuration."""
    gateway: str | None
    language: Language
    client: TicketClient
    assignee: str | None
    """An agent's address."""
    cc: list[str]
    tags: list[str]
    rating: Rating | None
    related: int | None
    merged_into: int | None
    created_at: datetime
    updated_at: datetime
    erased_at: datetime | None


class Ticket(TicketBrief):
    """A ticket with all that was written on it and happened to it."""

    merged: list[int]
    """Numbers of tickets that were merged into this one, and lead to it."""
    imported: dict[str, Any] | None
    articles: list[Article]
    events: list[Event]


class Auth(Shape):
    spf: str | None
    dkim: str | None
    dmarc: str | None
    arc: str | None


class InboundBrief(Shape):
    """A message that arrived. `held` waits for a person, `ignored` was kept but made no ticket, `buried` failed every attempt."""

    id: Number
    state: InboundState
    outcome: str | None
    why: str | None
    rule: str | None
    received_at: datetime
    reverse_path: str
    recipients: list[str]
    peer: dict[str, Any]
    message_id: str | None
    subject: str | None
    from_: str | None = Field(alias="from")
    size: int
    attempts: int
    ticket: int | None
    auth: Auth
    error: str | None


class Inbound(InboundBrief):
    decision: list[str]
    """What was decided on it, step by step, in words."""


class Recipient(Shape):
    address: str
    state: RecipientState
    reply: str | None
    """What the server said."""


class Letter(Shape):
    """A letter of the outbox, without its words. `scheduled`: its time has not come."""

    id: Number
    state: OutboxState
    kind: str
    ticket: int | None
    reverse_path: str
    recipients: list[Recipient]
    message_id: str
    subject: str
    attempts: int
    next_attempt_at: datetime | None
    expires_at: datetime
    last_error: str | None
    created_at: datetime
    sent_at: datetime | None
    destination: str


class Sorted(Shape):
    """`now` was changed by this request; of `before` the same was said earlier, so that it had no second effect."""

    now: list[int]
    before: list[int]


class Unmoved(Shape):
    id: int
    why: str


class Acted(Shape):
    done: list[int]
    refused: list[Unmoved]


class Sending(Shape):
    held: bool
    """Whether nothing goes out, on any node."""
    why: str | None
    since: datetime | None


class Client(Shape):
    id: Number
    name: str
    addresses: list[str]
    tickets: int
    """How many there are, of those that the token may see."""
    created_at: datetime


class Level(Shape):
    score: int
    level: str
    active: bool
    count: int


class Sums(Shape):
    count: int
    mean: float | None
    counts: dict[str, int]
    """How many of each score."""


class AgentSums(Sums):
    agent: str | None
    """Null: of tickets that were nobody's."""


class DepartmentSums(Sums):
    department: str


class MonthSums(Sums):
    month: str
    """As in `2026-11`, in UTC."""


class Ratings(Sums):
    levels: list[Level]
    by_agent: list[AgentSums]
    by_department: list[DepartmentSums]
    by_month: list[MonthSums]
    since: datetime | None


class Page(Shape):
    next: str | None
    """The `cursor` to go on with; null where this is the end."""


class Tickets(Page):
    items: list[TicketBrief]


class Articles(Page):
    items: list[Article]


class InboundMessages(Page):
    items: list[InboundBrief]


class Letters(Page):
    items: list[Letter]


class Clients(Page):
    items: list[Client]


class Fault(Shape):
    detail: str
    pointer: str | None = None
    """Where in the body (RFC 6901)."""
    parameter: str | None = None


class Problem(Shape):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = []
