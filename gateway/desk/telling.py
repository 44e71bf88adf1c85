"""What a letter tells: from a `Send` step, the ticket as it stands and the cause to the macros of its template. PURE."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from gateway.domain.actor import Actor
from gateway.domain.organisation import Language, Organisation
from gateway.domain.states import LetterKind, Priority, Role, Status
from gateway.domain.steps import AddArticle, Note, Person, Send
from gateway.domain.verdict import Verdict
from gateway.letters.facts import (
    NOBODY,
    ArticleFacts,
    Audience,
    GatewayFacts,
    LatestFacts,
    LetterFacts,
    LevelFacts,
    RatingFacts,
    ReceiptFacts,
    ReportFacts,
    TicketFacts,
)
from gateway.letters.receipt import receipt_facts
from gateway.letters.returned import returned_facts
from gateway.letters.texts import CUT
from gateway.mail.address import shown_address
from gateway.tokens.codec import Keyring
from gateway.tokens.rating import rate_token

STAFF_WORDS = 100_000
"""Characters of a message that a letter to staff repeats."""


SHOW_LATEST = (LetterKind.ASSIGNED, LetterKind.REOPENED)
"""Letters to staff whom the ticket may be new to: they show what the client wrote last."""


@dataclass(frozen=True, slots=True)
class LetterTicket:
    """What letters tell of their ticket. `number` None: the letter is about none. `thread`: ids that the client has seen, oldest first;
    `last_message`: the id of what the client wrote last."""

    number: int | None
    subject: str
    department: str
    gateway: str
    client: Person
    thread: tuple[str, ...] = ()
    last_message: str | None = None
    status: Status | None = None
    priority: Priority | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    assignee: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """What makes the letters exist; `effect` seeds their identity, so that the same cause written twice makes the same letters.

    `verdict` is of the mail that is the cause, `now` when it had its effect; `doubtful`: behind it is mail whose author is not proven."""

    effect: bytes
    actor: Actor
    inbound_id: int | None = None
    trace_id: str = ""
    verdict: Verdict | None = None
    now: datetime | None = None
    doubtful: bool = False

    @property
    def proven(self) -> bool:
        """Whether it is certain who acts: a person at the desk, or the author of authenticated mail."""
        if self.doubtful:
            return False
        return self.verdict is None or (self.verdict.aligned and not self.verdict.disowned) or self.actor.role is not Role.CLIENT


@dataclass(frozen=True, slots=True)
class Subject:
    """What letters of one decision are about: the ticket as it stands after it, and the article that it added."""

    ticket: LetterTicket
    article: AddArticle | None = None
    article_id: int | None = None
    note: AddArticle | None = None
    """What letters to staff about a note tell; no other letter does (X5)."""
    rated: Note | None = None
    """The event of a rating that comes with it."""
    latest: LatestFacts = field(default_factory=LatestFacts)
    """What the client wrote last, for staff whom the ticket is new to."""

    def told_by(self, send: Send) -> AddArticle | None:
        """The article whose words the letter carries."""
        if send.about != "article":
            return None
        if send.kind is LetterKind.NOTE:
            return self.note if send.staff else None
        return self.article


def letter_facts(send: Send, subject: Subject, cause: Cause, organisation: Organisation) -> LetterFacts:
    ticket, article = subject.ticket, subject.told_by(send)
    department = organisation.department(ticket.department)
    author = article.author if article is not None and article.author is not None else cause.actor
    told = article_facts(article, send) if article is not None else ArticleFacts()
    who = Person(author.name, author.address or "")
    latest = replace(subject.latest, text=bounded(subject.latest.text, send.language))
    if is_moved(send):
        told, who = ArticleFacts(latest.text, latest.files), latest.author
    named = send.staff or organisation.desk.show_agent_name
    return LetterFacts(
        kind=send.kind,
        language=send.language,
        ticket=ticket_facts(ticket),
        gateway=GatewayFacts(gateway_name(ticket.gateway, organisation), shown_address(ticket.gateway)),
        client=ticket.client,
        author=who,
        department=department.name if department is not None else ticket.department,
        desk=organisation.desk.name,
        article=told,
        latest=latest if send.staff and send.kind in SHOW_LATEST else LatestFacts(),
        why=send.why,
        report=report_facts(send),
        receipt=receipt_facts(send.receipt, send.language) if send.receipt is not None else ReceiptFacts(),
        audience=reader(send),
        template=send.template,
        agent=Person(cause.actor.name, cause.actor.address or "") if named and cause.actor.role is Role.AGENT else NOBODY,
        assignee=assignee_of(ticket, organisation) if named else NOBODY,
        news=send.news,
        rating=rating_facts(send, subject, cause, organisation),
        proven=cause.proven,
    )


def report_facts(send: Send) -> ReportFacts:
    if send.reported is None:
        return ReportFacts()
    return ReportFacts(send.reported, tuple(returned_facts(each, send.language) for each in send.returned))


def ticket_facts(ticket: LetterTicket) -> TicketFacts:
    return TicketFacts(
        number=ticket.number,
        subject=ticket.subject,
        status=ticket.status,
        priority=ticket.priority,
        category=ticket.category or "",
        tags=ticket.tags,
        created=ticket.created_at,
    )


def article_facts(article: AddArticle, send: Send) -> ArticleFacts:
    words = bounded(article.text, send.language) if send.staff else signed(article)
    return ArticleFacts(words, tuple(each.filename for each in article.files if not each.inline), article.verified)


def wants_latest(send: Send) -> bool:
    return send.staff and (send.kind in SHOW_LATEST or is_moved(send))


def is_moved(send: Send) -> bool:
    """Of a ticket that comes from another department: new to those who get it, and they are told what the client wrote."""
    return send.kind is LetterKind.NEW_TICKET and send.about == "nothing"


def reader(send: Send) -> Audience:
    return "staff" if send.staff else "participant" if send.participant else "client"


def assignee_of(ticket: LetterTicket, organisation: Organisation) -> Person:
    agent = organisation.agent(ticket.assignee) if ticket.assignee else None
    return Person(agent.name, agent.address) if agent is not None else NOBODY


def rating_facts(send: Send, subject: Subject, cause: Cause, organisation: Organisation) -> RatingFacts:
    levels = scale(send, subject.ticket, cause, organisation) if send.scale else ()
    given = subject.rated.data if subject.rated is not None and send.staff else {}
    score = given.get("score")
    level = organisation.satisfaction.level(score) if isinstance(score, int) else None
    named = level.name(send.language) if level is not None else str(given.get("level") or "")
    return RatingFacts(levels, named, score if isinstance(score, int) else None, str(given.get("comment") or ""))


def scale(send: Send, ticket: LetterTicket, cause: Cause, organisation: Organisation) -> tuple[LevelFacts, ...]:
    """C9: a link a level; none where the site's address is not set (C11)."""
    satisfaction, site = organisation.satisfaction, organisation.desk.base_url
    if site is None or ticket.number is None or cause.now is None:
        return ()
    keyring, until = Keyring(organisation.desk.secrets), cause.now + timedelta(days=satisfaction.days)
    return tuple(
        LevelFacts(
            each.name(send.language), each.symbol, each.score, f"{site}/rate/{rate_token(keyring, ticket.number, each.score, until)}"
        )
        for each in satisfaction.offered
    )


def signed(article: AddArticle) -> str:
    """An agent's words with their signature, which is theirs to send; a single line of it is but a telephone's advertisement. It may begin
    with the line that marked it in the agent's own mail."""
    signature = article.signature.strip()
    return f"{article.text}\n\n-- \n{_MARK.sub('', signature)}" if "\n" in signature else article.text


def bounded(text: str, language: Language) -> str:
    return text if len(text) <= STAFF_WORDS else f"{text[:STAFF_WORDS]}\n\n{CUT[language]}"


def gateway_name(address: str, organisation: Organisation) -> str:
    gateway = organisation.gateway(address)
    return (gateway.name if gateway is not None else "") or organisation.desk.name


_MARK: Final = re.compile(r"\A(?:--|—|–—|—-|__)[ \xa0]*\n")
