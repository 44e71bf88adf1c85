"""Keeps the index of tickets' words in step with what was written: a little at a time, and hardly any while mail waits."""

import time
from collections.abc import Iterator
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.search.document import Document, Passage, vector, words_to_stem
from storage import search
from storage.search import Readable, Stems, Written

BATCH: Final = 20
"""Tickets of one transaction: some 10 ms of this process, in which nothing else is done."""
SECONDS: Final = 3.0
"""Of one run; what is left waits for the next."""
BUSY: Final = 8
"""Messages that wait for an intake or are in its hands: from so many on, mail comes first, and one batch a run is all."""


async def index_tickets(sessions: async_sessionmaker[AsyncSession], stems: Stems, seconds: float = SECONDS) -> int:
    """How many were read."""
    until, done = time.monotonic() + seconds, 0
    while True:
        async with sessions.begin() as session:
            busy = await search.mail_at_hand(session, BUSY) >= BUSY
            read = await index_some(session, stems)
        done += read
        if read == 0 or busy or time.monotonic() > until:
            return done


async def index_some(session: AsyncSession, stems: Stems, limit: int = BATCH) -> int:
    """In the session's transaction, those that are due."""
    numbers = await search.take_due(session, limit)
    if numbers:
        documents = {each.number: document(each) for each in await search.readable(session, numbers)}
        known = await stems.of(session, words_to_stem(documents.values()))
        await search.write(session, numbers, {number: vector(each, known) for number, each in documents.items()})
    return len(numbers)


def document(ticket: Readable) -> Document:
    people = (Passage("B", each, names=True) for each in ticket.people)
    written = (passage for article in ticket.articles for passage in passages(article))
    return Document(ticket.numbers, ticket.language, (Passage("A", ticket.subject), *people, *written))


def passages(article: Written) -> Iterator[Passage]:
    """What was written anew says more than what was quoted or stands under every letter."""
    yield Passage("B", article.author, names=True)
    yield Passage("C", article.text)
    yield from (Passage("C", each) for each in article.files)
    yield Passage("D", article.signature)
    yield Passage("D", article.quoted_text)
