"""The audit log, for those who answer for the desk."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.console.console import Console
from gateway.console.visit import Visit
from gateway.console.words import Words
from gateway.domain.audit import Access, Entry, Result
from gateway.domain.operators import Right
from storage import audit

PAGE: Final = 50
KINDS: Final = ("ticket", "client", "inbound", "outbox", "session")
LARGEST: Final = 2**63 - 1
ACCOUNT: Final = re.compile(r"(?P<who>.+?)(?: \(session (?P<session>\d+)\))? from (?P<peer>\S+)")
"""As the console writes down whoever came through it."""


class AuditPage:
    def __init__(self, console: Console) -> None:
        self.console = console

    def routes(self) -> list[BaseRoute]:
        return [self.console.get("/audit", self.entries, Right.RUN)]

    async def entries(self, visit: Visit) -> Response:
        asked = {name: visit.request.query_params.get(name, "").strip() for name in FIELDS}
        async with visit.reading("audit.list") as (session, deed):
            deed.note(**{name: value for name, value in asked.items() if name not in ("kind", "id")})
            if (about := about_of(asked)) is not None:
                deed.about(asked["kind"], about)
            found = await audit.listed(session, filter_of(asked), PAGE + 1)
        older = visit.to("audit", **(asked | {"before": found[PAGE - 1].id})) if len(found) > PAGE else None
        newer = visit.to("audit", **(asked | {"before": None})) if asked["before"] else None
        return visit.page(
            "audit/list.html",
            found=found[:PAGE],
            account=lambda each: account(each, visit.words),
            asked=asked,
            filtered=any(asked.values()),
            older=older,
            newer=newer,
            kinds=KINDS,
            accesses=[str(each) for each in Access],
            results=[str(each) for each in Result],
        )


def account(entry: Entry, words: Words) -> str:
    """In the reader's language where it is a sentence of ours; names of programs and hosts stay."""
    found = ACCOUNT.fullmatch(entry.account) if entry.origin == "console" else None
    if found is None:
        return entry.account
    if found["session"] is None:
        return words("audit.account", who=found["who"], peer=found["peer"])
    return words("audit.account_session", **found.groupdict())


FIELDS: Final = ("since", "until", "actor", "action", "access", "result", "kind", "id", "before")


def filter_of(asked: dict[str, str]) -> audit.Filter:
    """What makes no sense is passed over. The last day is one of those that are shown."""
    since, until = day(asked["since"]), day(asked["until"])
    about = about_of(asked)
    return audit.Filter(
        since=since,
        until=None if until is None else until + timedelta(days=1),
        actor=asked["actor"] or None,
        action=asked["action"] or None,
        access=Access(asked["access"]) if asked["access"] in list(Access) else None,
        result=Result(asked["result"]) if asked["result"] in list(Result) else None,
        about=() if about is None else ({asked["kind"]: about},),
        before=number(asked["before"]),
    )


def about_of(asked: dict[str, str]) -> int | None:
    return number(asked["id"]) if asked["kind"] in KINDS else None


def number(text: str) -> int | None:
    bare = text.removeprefix("#")
    return found if bare.isascii() and bare.isdecimal() and len(bare) < 20 and (found := int(bare)) <= LARGEST else None


def day(text: str) -> datetime | None:
    """Its beginning, in UTC."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime(found.year, found.month, found.day, tzinfo=UTC) if 1970 <= found.year < 9999 else None
