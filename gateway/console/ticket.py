"""One ticket: its page, and everything that is done to it, each by a form of its own."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.console import attachments
from gateway.console.attachments import AttachmentPages, links_of
from gateway.console.console import Absent, Console
from gateway.console.forms import Form
from gateway.console.mail_frame import content_key, mail_frame
from gateway.console.sight import number_in
from gateway.console.ticket_forms import (
    NOTE,
    REPLY,
    answer_of,
    draft_of,
    files_of,
    status_of,
    wished_of,
)
from gateway.console.ticket_page import page
from gateway.console.visit import Visit
from gateway.deeds import tickets
from gateway.deeds.deed import Deed
from gateway.deeds.hand import Done, Hand
from gateway.deeds.refused import Missing, Refused
from gateway.deeds.wishes import NOTHING_ELSE, Wished
from storage import ticket_pages


class TicketPages:
    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        get, post, here = self._console.get, self._console.post, "/tickets/{number:int}"
        return [
            get(here, self.show),
            get(here + "/articles/{article:int}/html", self.html),
            post(here + "/answer", self.answer),
            post(here + "/set", self.set_fields),
            post(here + "/tags", self.tags),
            post(here + "/cc", self.copies),
            post(here + "/merge", self.merge),
            *AttachmentPages(self._console, attachments.limits()).routes(),
        ]

    async def show(self, visit: Visit) -> Response:
        return await page(visit)

    async def html(self, visit: Visit) -> Response:
        """A mail as it was designed, for a frame."""
        number, article = number_in(visit), number_in(visit, "article")
        async with visit.reading("tickets.show") as (session, deed):
            found = await ticket_pages.article_html(session, number, article)
            if found is None or not visit.operator.sees(visit.organisation.department_now(found.department)):
                raise Absent
            deed.about("ticket", number)
            deed.note(html=article)
        links = links_of(visit, [{"id": each} for _, each in found.pictures])
        parts = {content_key(name): f"{links[each]}/image" for name, each in found.pictures}
        return mail_frame(found.html, f"#{number}", parts, images=visit.request.query_params.get("images") == "1")

    async def answer(self, visit: Visit, form: Form) -> Response:
        """A reply, a private one or a note. Whatever is wrong with it, its words are given back."""
        number, draft = number_in(visit), draft_of(form)
        if form.get("do") == "insert":
            return await page(visit, draft, insert=True)
        files = await files_of(form)
        try:
            if draft.way == NOTE:
                wished = Wished(status=status_of(draft)) if draft.status else NOTHING_ELSE
                done = await changed(
                    visit, "tickets.note", draft.effect, lambda s, h: tickets.note(s, h, number, draft.text, files, wished)
                )
            else:
                answer = answer_of(draft, files)
                done = await changed(visit, "tickets.reply", draft.effect, lambda s, h: tickets.reply(s, h, number, answer))
        except Missing:
            raise
        except Refused as refused:
            return await page(visit, draft, refused, lost_files=bool(files))
        said = "replied_warned" if done.warnings else {NOTE: "noted", REPLY: "replied"}.get(draft.way, "kept_private")
        return visit.back(f"tickets/{done.ticket}", f"ticket.done_{said}")

    async def set_fields(self, visit: Visit, form: Form) -> Response:
        number, wished = number_in(visit), wished_of(form)
        if form.get("do") == "take" and visit.operator.agent is not None:
            wished = Wished(assignee=visit.operator.agent)
        if wished == NOTHING_ELSE:
            return visit.back(f"tickets/{number}", "ticket.done_nothing")
        done = await changed(visit, "tickets.set", form.get("effect"), lambda s, h: tickets.set_fields(s, h, number, wished))
        if wished.department is not None and not visit.operator.sees(wished.department):
            return visit.back("tickets", "ticket.done_moved")
        return visit.back(f"tickets/{done.ticket}", "ticket.done_set")

    async def tags(self, visit: Visit, form: Form) -> Response:
        gone = tuple(form.all("remove"))
        return await self._hang(
            visit, form, Wished(remove_tags=gone) if gone else Wished(add_tags=(form.get("add"),)), "ticket.done_tagged"
        )

    async def copies(self, visit: Visit, form: Form) -> Response:
        gone = tuple(form.all("remove"))
        return await self._hang(visit, form, Wished(remove_cc=gone) if gone else Wished(add_cc=(form.get("add"),)), "ticket.done_cc")

    async def _hang(self, visit: Visit, form: Form, wished: Wished, said: str) -> Response:
        number = number_in(visit)
        if not form.all("remove") and not form.get("add"):
            return visit.back(f"tickets/{number}", "ticket.done_nothing")
        done = await changed(visit, "tickets.set", form.get("effect"), lambda s, h: tickets.set_fields(s, h, number, wished))
        return visit.back(f"tickets/{done.ticket}", said)

    async def merge(self, visit: Visit, form: Form) -> Response:
        number, into = number_in(visit), form.get("into").lstrip("#№ ")
        if not (into.isascii() and into.isdecimal() and len(into) < 19):
            raise Refused("give the number of the ticket that lives on", "ticket.refused_number")
        done = await changed(visit, "tickets.merge", form.get("effect"), lambda s, h: tickets.merge(s, h, number, int(into)))
        return visit.back(f"tickets/{done.ticket}", "ticket.done_merged")


async def changed(visit: Visit, action: str, effect: str, change: Callable[[AsyncSession, Hand], Awaitable[Done]]) -> Done:
    """In one transaction, and senders told of letters after it."""
    async with visit.changing(action) as (session, deed):
        done = await change(session, hand_of(visit, deed, effect))
    if done.letters:
        visit.wake("outbox")
    return done


def hand_of(visit: Visit, deed: Deed, effect: str) -> Hand:
    operator = visit.operator
    sees = None if operator.all_departments else operator.departments
    return Hand(operator.actor, visit.organisation, deed, f"{operator.name}:{effect}", sees)
