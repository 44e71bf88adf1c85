"""What a ticket's page shows: the ticket itself, what stands beside it, and the words that somebody is about to send."""

from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from gateway.console.attachments import links_of
from gateway.console.console import Absent
from gateway.console.mail_frame import SANDBOX
from gateway.console.sight import number_in
from gateway.console.ticket_forms import Draft, acting_as, assignees_of, new_draft, senders_of, with_canned
from gateway.console.ticket_thread import newest_words, thread_of
from gateway.console.visit import Visit
from gateway.console.words import Words
from gateway.deeds.refused import Refused
from gateway.deeds.tickets import Meanwhile
from gateway.desk.change import may_not_act
from gateway.desk.senders.proving import verified_senders
from gateway.desk.views import ticket_document
from gateway.domain.operators import Right
from gateway.domain.states import Priority, Status
from gateway.mail.address import address_key
from storage import suppressions, ticket_pages, ticket_views

MOST_OTHERS: Final = 6
"""Other tickets of its client on a ticket's page; the list has the rest."""
Document = dict[str, Any]


async def page(
    visit: Visit, draft: Draft | None = None, refused: Refused | None = None, *, insert: bool = False, lost_files: bool = False
) -> Response:
    """`draft` is what somebody wrote, who is shown it again: for why it was `refused`, or with a canned reply inserted."""
    asked = number_in(visit)
    ticket, beside = await read(visit, asked)
    if ticket["number"] != asked and draft is None:
        return visit.back(f"tickets/{ticket['number']}", "ticket.done_led")
    values = values_of(visit, ticket) | beside | written(visit, ticket, draft, refused, insert=insert)
    return visit.page("ticket/show.html", status=200 if refused is None else 409, lost_files=lost_files, **values)


async def read(visit: Visit, number: int) -> tuple[Document, Document]:
    """The ticket and what stands beside it. Raises Absent."""
    async with visit.reading("tickets.show") as (session, deed):
        row = await ticket_views.show_ticket(session, number)
        ticket = ticket_document(row, visit.organisation) if row is not None else None
        if ticket is None or not visit.operator.sees(ticket["department"]):
            raise Absent
        deed.about("ticket", ticket["number"])
        deed.about("client", ticket["client"]["id"])
        return ticket, await besides(session, visit, ticket)


async def besides(session: AsyncSession, visit: Visit, ticket: Document) -> Document:
    """Addresses that replies may come from, the client's other tickets, addresses that mail came back from."""
    desk, client = visit.organisation, ticket["client"]
    usual, senders = senders_of(ticket, desk, await verified_senders(session, desk))
    departments = None if visit.operator.all_departments else visit.operator.departments
    others = await ticket_pages.other_tickets(session, client["id"], ticket["number"], departments, MOST_OTHERS)
    known = {address_key(each): each for each in (*client["addresses"], *ticket["cc"])}
    returned = await suppressions.suppressed(session, list(known))
    return {"usual": usual, "senders": senders, "others": others, "returned": [(known[key], each) for key, each in returned.items()]}


def values_of(visit: Visit, ticket: Document) -> Document:
    """The thread, and what the forms offer."""
    desk, belongs = visit.organisation, has_part_in(visit, ticket["department"])
    return {
        "ticket": ticket,
        "thread": thread_of(ticket, visit.words, desk),
        "files": links_of(visit, (file for each in ticket["articles"] for file in each["attachments"])),
        "assignees": assignees_of(ticket, desk),
        "may_act": visit.operator.may(Right.ACT) and ticket["erased_at"] is None and belongs,
        "belongs": belongs,
        "statuses": list(Status),
        "priorities": list(Priority),
        "categories": sorted({each.category for each in desk.gateways if each.category}),
        "sandbox": SANDBOX,
        "size": lambda octets: size_of(octets, visit.words),
    }


def written(visit: Visit, ticket: Document, draft: Draft | None, refused: Refused | None, *, insert: bool) -> Document:
    """The words in the form. `since` is what their writer had read, where others wrote meanwhile."""
    seen = newest_words(ticket)
    canned = visit.organisation.canned_for(acting_as(visit.operator, visit.organisation), ticket["department"])
    shown = draft or new_draft(seen)
    return {
        "draft": with_canned(shown, canned) if insert else shown,
        "seen": seen,
        "since": shown.seen if isinstance(refused, Meanwhile) else None,
        "problem": None if refused is None else in_words(visit, refused),
        "inserted": insert,
        "canned": canned,
    }


def has_part_in(visit: Visit, department: str) -> bool:
    """Whoever sees a department's tickets may be the agent of another one, and act on that one's alone (B2)."""
    agent = visit.organisation.agent(visit.operator.agent) if visit.operator.agent is not None else None
    return may_not_act(agent, visit.operator.actor, department) is None


def size_of(octets: int, words: Words) -> str:
    if octets < 1000:
        return words("ticket.size_b", n=octets)
    kilobytes = octets / 1000
    return words("ticket.size_kb", n=round(kilobytes)) if kilobytes < 1000 else words("ticket.size_mb", n=round(kilobytes / 1000, 1))


def in_words(visit: Visit, refused: Refused) -> str:
    return refused.why if refused.key is None else visit.words(refused.key, **refused.values)
