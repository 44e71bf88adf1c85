"""One rating: whether its link still may, and what it does, in the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.desk import audience
from gateway.desk.change import Refused, change
from gateway.desk.gather import room_on
from gateway.desk.notify import Occasion
from gateway.desk.traces import Source
from gateway.domain.actor import Actor
from gateway.domain.facts import Facts, KnownTicket
from gateway.domain.language import Language
from gateway.domain.organisation import Organisation
from gateway.domain.satisfaction import Level
from gateway.domain.states import EventKind, Role, Status
from gateway.domain.steps import Note, SetStatus, Step
from gateway.tokens.rating import Rate
from storage.knowledge import lock_tickets
from storage.ratings import NewRating, Rated, latest_rating, record_rating

AWAKE = (Status.NEW, Status.OPEN)
THROWN_AWAY = (Status.SPAM, Status.TRASH)
"""What lies here is rated, and stays where it is."""


@dataclass(frozen=True, slots=True)
class Given:
    """The rating stands. `letters` says whether senders have work."""

    ticket: int
    language: Language
    reopened: bool
    letters: bool


@dataclass(frozen=True, slots=True)
class UsedUp:
    """An earlier rating stands, and cannot be changed by this link any more."""

    language: Language


@dataclass(frozen=True, slots=True)
class Gone:
    """There is no such ticket any more."""


async def rate(session: AsyncSession, link: Rate, level: Level, comment: str, organisation: Organisation) -> Given | UsedUp | Gone:
    """The same said twice by the links of one letter is said once."""
    ticket = Facts(tickets=await lock_tickets(session, (link.ticket,))).ticket(link.ticket)
    if ticket is None:
        return Gone()
    # Under the ticket's lock: of two that come at once the second sees the first.
    latest = await latest_rating(session, ticket.number)
    if latest is not None and says_the_same(latest, link, level, comment):
        return Given(ticket.number, ticket.language, is_awake(level) and ticket.status in AWAKE, letters=False)
    if not may_rate(link, latest, organisation.satisfaction.replace_days):
        return UsedUp(ticket.language)
    replaced = latest.id if latest is not None and is_fresh(latest, organisation.satisfaction.replace_days) else None
    name = level.name(ticket.language)
    rating = await record_rating(session, NewRating(ticket.number, level.score, name, comment, link.expires_at, replaced))
    steps = steps_of(level, name, comment, ticket)
    client = Actor(Role.CLIENT, ticket.client.name, audience.requester_of(ticket).address)
    # X6: who holds the link may rate as often as they like; their letters count as if mail had caused them.
    spent, room = await room_on(session, ticket, organisation)
    occasion = Occasion(client, by_mail=True, silence=spent, room=room)
    effect = f"rating:{rating}"
    done = await change(session, ticket.number, client, steps, organisation, effect, occasion=occasion, source=Source(subject=effect))
    assert not isinstance(done, Refused), done.why
    return Given(ticket.number, ticket.language, any(isinstance(each, SetStatus) for each in steps) and is_awake(level), done.letters)


def may_rate(link: Rate, latest: Rated | None, replace_days: int) -> bool:
    """A first rating, a change of mind in time, or the answer to a later letter."""
    return latest is None or is_fresh(latest, replace_days) or link.expires_at > latest.link_expires_at


def changeable_until(link: Rate, created_at: datetime, replace_days: int) -> datetime:
    return min(link.expires_at, created_at + timedelta(days=replace_days))


def is_fresh(latest: Rated, replace_days: int) -> bool:
    return latest.age < timedelta(days=replace_days)


def says_the_same(latest: Rated, link: Rate, level: Level, comment: str) -> bool:
    return (latest.link_expires_at, latest.score, latest.comment) == (link.expires_at, level.score, comment)


def is_awake(level: Level) -> bool:
    return level.status in AWAKE


def steps_of(level: Level, name: str, comment: str, ticket: KnownTicket) -> tuple[Step, ...]:
    """What the rating does to its ticket; who is told of it follows from that."""
    rated = Note(EventKind.RATED, {"score": level.score, "level": name, "comment": comment})
    if level.status in (None, ticket.status) or ticket.status in THROWN_AWAY:
        return (rated,)
    assert level.status is not None
    return rated, SetStatus(level.status)
