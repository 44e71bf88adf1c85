"""*Why*: a message's whole way, found by whatever somebody has of it; and what would come of a file dropped in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.console.console import Console
from gateway.console.decisions import in_words
from gateway.console.forms import Form, Uploaded
from gateway.console.sight import asked, sees
from gateway.console.visit import Visit
from gateway.deeds.explaining import on_facts
from gateway.deeds.refused import Refused
from gateway.deeds.tracing import find, ways_of
from gateway.deeds.way import Step, Way, duration, steps
from gateway.desk.offline import supposed
from gateway.domain.language import Language
from gateway.domain.operators import Right
from gateway.domain.ours import ours_of

FILES: Final = 5
"""Explained at once."""
LONGEST: Final = 1200
"""Characters of what is looked for: ids of mails are shorter than a line (RFC 5322 §2.1.1)."""


@dataclass(frozen=True, slots=True)
class Told:
    """A way as the page has it: each step with the time since the first."""

    way: Way
    steps: tuple[tuple[Step, str], ...]


class WhyPages:
    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> Sequence[BaseRoute]:
        return [
            self._console.get("/why", self.ask),
            self._console.post("/why/explain", self.explain, Right.SEE),
        ]

    async def ask(self, visit: Visit) -> Response:
        given = asked(visit.request, "id", LONGEST) or asked(visit.request, "q", LONGEST)
        if not given:
            return visit.page("why/ask.html", given="", ways=None)
        async with visit.reading("trace") as (session, deed):
            ways = await ways_of(session, await find(session, given), sees(visit))
            deed.about("inbound", *(each.inbound.id for each in ways if each.inbound is not None))
            deed.about("outbox", *(letter.id for each in ways for letter in each.letters))
        return visit.page("why/ask.html", given=given, ways=[told(each, visit) for each in ways], status=200 if ways else 404)

    async def explain(self, visit: Visit, form: Form) -> Response:
        """Nothing is kept of the file, and nothing written because of it but the audit log's entry."""
        files = form.uploaded("file")[:FILES]
        if not files:
            raise Refused("no file was chosen", "why.why_no_file")
        on_database = bool(form.get("database")) and visit.operator.all_departments
        async with visit.reading("explain") as (_, deed):
            documents = [await self._explained(visit, each, on_database=on_database) for each in files]
            deed.note(messages=len(documents), database=on_database)
        return visit.page("why/explained.html", documents=documents, on_database=on_database)

    async def _explained(self, visit: Visit, file: Uploaded, *, on_database: bool) -> dict[str, Any]:
        """What the database knows is told to those alone who see every department: a decision names tickets and clients of any."""
        name = " ".join(file.filename.split())[:200] or "mail.eml"
        desk, size = visit.organisation, len(file.content)
        message = await self._console.reader.read(file.content, ours_of(desk))
        if not on_database:
            return supposed(name, message, size, desk, visit.now())
        async with visit.sessions() as session:
            document = await on_facts(session, name, message, size, desk)
            await session.rollback()
        return document


def told(way: Way, visit: Visit) -> Told:
    found = steps(retold(way, visit.words.language), visit.words)
    began = min((each.at for each in found if each.at is not None), default=None)
    return Told(way, tuple((each, since(each.at, began)) for each in found))


def retold(way: Way, language: Language) -> Way:
    """With its recorded reasons in the reader's language, as far as they are known."""

    def said(text: str | None) -> str | None:
        return text and in_words(text, language).text

    letters = tuple(replace(each, last_error=said(each.last_error)) for each in way.letters)
    row = way.inbound
    if row is None:
        return replace(way, letters=letters)
    decision = tuple(in_words(each, language).text for each in row.decision)
    screening = row.screening and row.screening | {"notes": [in_words(each, language).text for each in row.screening.get("notes", ())]}
    inbound = replace(row, why=said(row.why), error=said(row.error), decision=decision, screening=screening)
    return replace(way, inbound=inbound, letters=letters)


def since(at: datetime | None, began: datetime | None) -> str:
    return "" if at is None or began is None else duration((at - began).total_seconds())
