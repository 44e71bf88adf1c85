"""What a letter would say of a ticket as it stands now. What is not on the ticket (a receipt's lines, a digest's) is made up."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.domain.organisation import Language, Organisation
from gateway.domain.states import ArticleKind, LetterKind, Priority, Role, Status
from gateway.domain.steps import Person
from gateway.letters.built_in import built_in
from gateway.letters.facts import (
    NOBODY,
    ArticleFacts,
    Audience,
    GatewayFacts,
    LatestFacts,
    LetterFacts,
    LevelFacts,
    RatingFacts,
    TicketFacts,
    usual_audience,
)
from gateway.letters.samples import WITH_SCALE, sample_facts

REPEATED = {
    LetterKind.AGENT_REPLY: ArticleKind.AGENT_REPLY,
    LetterKind.NOTE: ArticleKind.NOTE,
}
"""The kind of article that a letter is about, where it is not the client's message."""


def preview_facts(
    name: str, ticket: Mapping[str, Any], organisation: Organisation, language: Language | None = None, audience: Audience | None = None
) -> LetterFacts:
    """`ticket` is what `storage.ticket_views.show_ticket` found. A name that is no event's is previewed as a registration letter."""
    kind = LetterKind(name) if name in built_in().names() else LetterKind.REGISTERED
    reader = audience or usual_audience(kind)
    tongue: Language = language or (organisation.desk.language if reader == "staff" else ticket["language"])
    facts = sample_facts(kind, tongue, reader)
    assignee = agent_of(ticket["assignee"], organisation)
    hidden = reader != "staff" and not organisation.desk.show_agent_name
    found = article_of(ticket, REPEATED.get(kind, ArticleKind.CLIENT_MESSAGE))
    client = Person(ticket["client"]["name"] or "", next(iter(ticket["client"]["addresses"]), ""))
    department = organisation.department(ticket["department"])
    gateway = organisation.gateway(ticket["gateway"])
    author = person_of(found["author"]) if found is not None else client
    by_agent = found is not None and found["author"]["role"] == Role.AGENT
    return replace(
        facts,
        template=name if name != kind else None,
        ticket=facts.ticket if kind is LetterKind.DIGEST else ticket_of(ticket),
        gateway=GatewayFacts((gateway.name if gateway is not None else "") or organisation.desk.name, ticket["gateway"]),
        client=client,
        author=author,
        agent=NOBODY if hidden else author if by_agent else assignee,
        assignee=NOBODY if hidden else assignee,
        department=department.name if department is not None else ticket["department"],
        desk=organisation.desk.name,
        article=article_facts(found),
        latest=latest_of(ticket) if reader == "staff" else LatestFacts(),
        rating=rating_of(ticket, kind, organisation, tongue, asked=kind in WITH_SCALE and reader == "client"),
        link=organisation.desk.base_url or "",
    )


def ticket_of(ticket: Mapping[str, Any]) -> TicketFacts:
    return TicketFacts(
        ticket["number"],
        ticket["subject"],
        Status(ticket["status"]),
        Priority(ticket["priority"]),
        ticket["category"] or "",
        tuple(ticket["tags"]),
        ticket["created_at"],
    )


def article_of(ticket: Mapping[str, Any], kind: ArticleKind) -> Mapping[str, Any] | None:
    """The latest of the kind, else the latest that the client may read."""
    of_kind = [each for each in ticket["articles"] if each["kind"] == kind]
    shown = [each for each in ticket["articles"] if not each["private"] and each["kind"] != ArticleKind.NOTICE]
    return next(iter(reversed(of_kind or shown)), None)


def latest_of(ticket: Mapping[str, Any]) -> LatestFacts:
    found = article_of(ticket, ArticleKind.CLIENT_MESSAGE)
    if found is None:
        return LatestFacts()
    told = article_facts(found)
    return LatestFacts(told.text, person_of(found["author"]), told.files)


def article_facts(found: Mapping[str, Any] | None) -> ArticleFacts:
    if found is None:
        return ArticleFacts()
    files = tuple(each["filename"] for each in found["attachments"] if not each["inline"])
    return ArticleFacts(found["text"], files, found["verified"])


def person_of(author: Mapping[str, Any]) -> Person:
    return Person(author["name"] or "", author["address"] or "")


def agent_of(address: str | None, organisation: Organisation) -> Person:
    agent = organisation.agent(address) if address is not None else None
    return Person(agent.name, agent.address) if agent is not None else NOBODY


def rating_of(ticket: Mapping[str, Any], kind: LetterKind, organisation: Organisation, language: Language, *, asked: bool) -> RatingFacts:
    """Its links lead to the page that says that a link is not valid: a preview must not be able to rate."""
    site = organisation.desk.base_url or ""
    offered = organisation.satisfaction.offered if asked and site else ()
    levels = tuple(LevelFacts(each.name(language), each.symbol, each.score, f"{site}/rate/preview") for each in offered)
    given = ticket["rating"] if kind is LetterKind.REOPENED else None
    if given is None:
        return RatingFacts(levels)
    return RatingFacts(levels, given["level"] or "", given["score"], given["comment"] or "")
