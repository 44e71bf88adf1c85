"""/rate/TOKEN: a client says how content they are (C8–C11). Whoever merely looks changes nothing; only the button does."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import assert_never

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.domain.language import Language
from gateway.domain.organisation import Organisation
from gateway.domain.satisfaction import Level
from gateway.tokens.codec import Keyring
from gateway.tokens.rating import Expired, Rate, read_rate_token
from gateway.web.forms import Form, Unreadable, clean, read_form
from gateway.web.pages import day, page
from gateway.web.picture import Pictures
from gateway.web.rated import Given, Gone, UsedUp, changeable_until, may_rate, rate
from gateway.web.throttle import Throttle, peer_of
from gateway.web.words import LONGEST_COMMENT, WORDS, Notice, Words, preferred
from storage.engine import database_away, serialization_conflict
from storage.ratings import Rated, RatedTicket, latest_rating, rated_ticket

log = structlog.get_logger()

ATTEMPTS = 3
"""At one rating, where other transactions stand in the way."""
AWAY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Limits:
    """`peer` counts every request, `looked` and `sent` those by one letter's links."""

    peer: Throttle
    looked: Throttle
    sent: Throttle


def limits() -> Limits:
    return Limits(peer=Throttle(120, 0.5), looked=Throttle(60, 1), sent=Throttle(10, 60))


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page shows of a ticket: its latest rating, and whether this link may still give one."""

    ticket: RatedTicket
    latest: Rated | None
    open: bool


class RatingPages:
    """`wake` tells the senders that there are letters."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        organisation: Callable[[], Organisation],
        pictures: Pictures,
        wake: Callable[[], None],
        limits: Limits,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._sessions = sessions
        self._organisation = organisation
        self._pictures = pictures
        self._wake = wake
        self._limits = limits
        self._now = now

    def routes(self) -> list[Route]:
        return [Route("/rate/{token}", self.answer, methods=["GET", "POST"])]

    async def answer(self, request: Request) -> Response:
        organisation = self._organisation()
        stranger = preferred(request.headers.get("accept-language", ""), organisation.desk.language)
        if wait := self._limits.peer.wait(peer_of(request)):
            return await self._too_often(stranger, organisation, wait)
        link = read_rate_token(Keyring(organisation.desk.secrets), request.path_params["token"], self._now())
        try:
            match link:
                case None:
                    return await self._notice(WORDS[stranger].unknown, stranger, organisation, 404)
                case Expired():
                    return await self._expired(link, stranger, organisation)
                case Rate():
                    return await self._take(request, link, stranger, organisation)
                case _:
                    assert_never(link)
        except Exception as error:
            if not database_away(error):
                raise
            log.warning("rating_page_without_database", error=f"{type(error).__name__}: {error}")
            again = {"Retry-After": str(AWAY_SECONDS)}
            return await self._notice(WORDS[stranger].away, stranger, organisation, 503, again)

    async def failed(self, request: Request, _error: Exception) -> Response:
        """What is left to say when a page failed."""
        organisation = self._organisation()
        language = preferred(request.headers.get("accept-language", ""), organisation.desk.language)
        return await self._notice(WORDS[language].away, language, organisation, 500)

    async def _take(self, request: Request, link: Rate, stranger: Language, organisation: Organisation) -> Response:
        throttle = self._limits.sent if request.method == "POST" else self._limits.looked
        if wait := throttle.wait((link.ticket, link.expires_at)):
            return await self._too_often(stranger, organisation, wait)
        if request.method != "POST":
            return await self._show(link, stranger, organisation)
        match await read_form(request):
            case Unreadable(status):
                return await self._notice(WORDS[stranger].unreadable, stranger, organisation, status)
            case Form(fields):
                return await self._rate(link, fields, stranger, organisation)

    async def _rate(self, link: Rate, fields: dict[str, str], stranger: Language, organisation: Organisation) -> Response:
        level = chosen(fields.get("score"), link, organisation)
        comment = clean(fields.get("comment", ""))
        if level is None or len(comment) > LONGEST_COMMENT:
            return await self._show(link, stranger, organisation, Draft(level, comment))
        given = await self._recorded(link, level, comment, organisation)
        match given:
            case Gone():
                return await self._notice(WORDS[stranger].gone, stranger, organisation, 410)
            case UsedUp():
                return await self._notice(WORDS[given.language].used_up, given.language, organisation, 410)
            case Given():
                if given.letters:
                    self._wake()
                return await self._thank(given, link, level, organisation)
            case _:
                assert_never(given)

    async def _recorded(self, link: Rate, level: Level, comment: str, organisation: Organisation) -> Given | UsedUp | Gone:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._sessions.begin() as session:
                    return await rate(session, link, level, comment, organisation)
            except Exception as error:
                if attempt == ATTEMPTS or not serialization_conflict(error):
                    raise
                await asyncio.sleep(0.05 * attempt)
        raise AssertionError("the last attempt returns or raises")

    async def _see(self, link: Rate, organisation: Organisation) -> Seen | None:
        async with self._sessions() as session:
            ticket = await rated_ticket(session, link.ticket)
            if ticket is None:
                return None
            latest = await latest_rating(session, ticket.number)
        return Seen(ticket, latest, may_rate(link, latest, organisation.satisfaction.replace_days))

    async def _show(self, link: Rate, stranger: Language, organisation: Organisation, draft: "Draft | None" = None) -> Response:
        """The form; with a draft, that again and what is wrong with it."""
        seen = await self._see(link, organisation)
        if seen is None:
            return await self._notice(WORDS[stranger].gone, stranger, organisation, 410)
        language, words = seen.ticket.language, WORDS[seen.ticket.language]
        if not seen.open:
            return await self._notice(words.used_up, language, organisation, 410)
        level = draft.level if draft is not None else chosen(None, link, organisation)
        comment = draft.comment if draft is not None else seen.latest.comment if seen.latest is not None else ""
        return page(
            "rate.html",
            language,
            organisation.desk.name,
            await self._pictures.now(),
            status=200 if draft is None else 422,
            words=words,
            ticket=seen.ticket,
            levels=organisation.satisfaction.offered,
            chosen=level,
            comment=comment,
            longest=LONGEST_COMMENT,
            too_long=len(comment) > LONGEST_COMMENT,
            unchosen=draft is not None and level is None,
            earlier=told_earlier(seen, organisation, words),
        )

    async def _thank(self, given: Given, link: Rate, level: Level, organisation: Organisation) -> Response:
        language = given.language
        until = changeable_until(link, self._now(), organisation.satisfaction.replace_days)
        return page(
            "thanks.html",
            language,
            organisation.desk.name,
            await self._pictures.now(),
            words=WORDS[language],
            level=level,
            reopened=given.reopened,
            until=day(until, language) if until > self._now() else None,
        )

    async def _expired(self, link: Expired, stranger: Language, organisation: Organisation) -> Response:
        async with self._sessions() as session:
            ticket = await rated_ticket(session, link.ticket)
        language = ticket.language if ticket is not None else stranger
        return await self._notice(WORDS[language].expired, language, organisation, 410)

    async def _too_often(self, language: Language, organisation: Organisation, wait: int) -> Response:
        return await self._notice(WORDS[language].too_often, language, organisation, 429, {"Retry-After": str(wait)})

    async def _notice(
        self, notice: Notice, language: Language, organisation: Organisation, status: int, headers: dict[str, str] | None = None
    ) -> Response:
        picture = await self._pictures.now()
        return page("notice.html", language, organisation.desk.name, picture, status=status, headers=headers, notice=notice)


@dataclass(frozen=True, slots=True)
class Draft:
    """A form that could not be taken."""

    level: Level | None
    comment: str


def chosen(score: str | None, link: Rate, organisation: Organisation) -> Level | None:
    """The level that the form names, else the link's; None for one that is not offered."""
    wished = str(link.score) if score is None else score.strip()
    return next((each for each in organisation.satisfaction.offered if str(each.score) == wished), None)


def told_earlier(seen: Seen, organisation: Organisation, words: Words) -> str | None:
    """What was chosen before, if anything."""
    if seen.latest is None:
        return None
    level = organisation.satisfaction.level(seen.latest.score)
    name = level.name(seen.ticket.language) if level is not None else str(seen.latest.score)
    return words.earlier.format(level=name, date=day(seen.latest.created_at, seen.ticket.language))
