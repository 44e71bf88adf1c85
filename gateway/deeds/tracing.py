"""What is known of a message: found by whatever somebody has of it, and all that it led to."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.deeds.refused import Refused
from gateway.deeds.way import Way
from gateway.desk.remembered import id_key
from gateway.domain.visible import Visible
from gateway.mail.ids import normalise_id
from storage import inbound, outbox, tracing
from storage.tracing import Found

LARGEST: Final = 2**63 - 1


async def find(session: AsyncSession, given: str) -> Found:
    """By whatever it is: a number, the id of a trace, a Message-ID, `ticket:N` or `#N`. Asked in the order in which it costs."""
    if given.startswith(("#", "ticket:")):
        return await tracing.by_ticket(session, number(given.removeprefix("ticket:").removeprefix("#")))
    kind, colon, rest = given.partition(":")
    if colon and kind in ("inbound", "outbox"):
        return await tracing.by_number(session, number(rest), inbound=kind == "inbound", outbox=kind == "outbox")
    if given.isascii() and given.isdecimal():
        arrived = await tracing.by_number(session, number(given), outbox=False)
        return arrived or await tracing.by_number(session, number(given), inbound=False)
    bare = normalise_id(given)
    if "@" not in bare:
        found = await tracing.by_trace(session, bare)
        if found:
            return found
    return await tracing.by_message_id(session, bare, id_key(bare)) if bare else Found()


def number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) > LARGEST:
        raise Refused(f"{' '.join(text.split())[:100]!r} is no number that anything here has", "why.why_no_number")
    return int(text)


async def seen(session: AsyncSession, found: Found, sees: Visible | None) -> Found:
    """Of what was found, whatever somebody may see."""
    if sees is None:
        return found
    mail = [each for each in found.inbound if await inbound.show(session, each, sees) is not None]
    letters = await outbox.states(session, found.outbox, sees)
    return Found(tuple(mail), tuple(each for each in found.outbox if each in letters))


async def ways_of(session: AsyncSession, found: Found, sees: Visible | None = None) -> list[Way]:
    """Of a mail that they may see, all but what it did on tickets that are not theirs."""
    mail = await seen(session, found, sees)
    ways = [way for each in mail.inbound if (way := await of_inbound(session, each, sees)) is not None]
    told = {letter.id for way in ways for letter in way.letters}
    alone = await tracing.letters(session, [each for each in mail.outbox if each not in told])
    return [*ways, *[await of_letters(session, None, [each], (), sees) for each in alone]]


async def of_inbound(session: AsyncSession, inbound_id: int, sees: Visible | None) -> Way | None:
    row = await inbound.show(session, inbound_id)
    if row is None:
        return None
    key = id_key(row.message_id) if row.message_id else None
    tickets = await tracing.tickets_of(session, row.ticket, key)
    letters = await tracing.letters_of(session, row.id, row.trace_id, tickets)
    return await of_letters(session, row, letters, tickets, sees)


async def of_letters(
    session: AsyncSession,
    row: inbound.Inbound | None,
    letters: Sequence[tracing.TracedLetter],
    tickets: Sequence[int],
    sees: Visible | None,
) -> Way:
    theirs = await tracing.tickets_seen(session, (*tickets, *(each.ticket for each in letters if each.ticket is not None)), sees)
    letters = [each for each in letters if each.ticket is None or each.ticket in theirs]
    events = await tracing.events_about(session, [each.id for each in letters], theirs)
    articles = await tracing.articles_of(session, row.id, theirs) if row is not None else []
    return Way(row, tuple(theirs), tuple(articles), tuple(letters), tuple(events))
