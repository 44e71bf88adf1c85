"""All raw mail, looked through for somebody who is to be forgotten: what they wrote is emptied, of what names them the raw bytes go."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.desk.remembered import id_key
from gateway.domain.states import InboundState
from gateway.mail.mentions import Person, written_by
from storage.erasure import arrived, people
from storage.erasure.removed import Removed
from storage.inbound import contents_of

PAGE: Final = 500
OCTETS: Final = 16 * 1024 * 1024
"""Of raw mail that is in memory at once, but for a message that is larger by itself."""
WAITING: Final = (InboundState.QUEUED, InboundState.LEASED)

Knocks = Callable[[arrived.Knocked], Sequence[bytes]]
"""By which keys the greylist may remember whoever sent a message."""
Do = Callable[[Callable[[AsyncSession], Awaitable[Removed]]], Awaitable[Removed]]


class Mail:
    """`do` makes a transaction of a step. After `erase`, `ids` are Message-IDs of what they wrote, and `waiting` is mail of others that is
    to be decided on before its bytes can go."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        do: Do,
        person: Person,
        knocks: Knocks,
    ) -> None:
        self._sessions, self._do, self._person, self._knocks = sessions, do, person, knocks
        self.ids: list[str] = []
        self.waiting: list[int] = []

    async def erase(self, others: Sequence[int]) -> list[int]:
        """Mail of these tickets is looked through for names as well. Returns held mail of others that is lost by it."""
        async with self._sessions() as session:
            by_name = frozenset(await arrived.of_tickets(session, others)) if others else frozenset()
            up_to, after = await arrived.highest(session), 0
        unsorted: list[int] = []
        while True:
            async with self._sessions() as session:
                page = await arrived.kept(session, after, up_to, PAGE)
            for some in bounded(page):
                unsorted += await self._look_through(some, by_name)
            if not page:
                return unsorted
            after = page[-1].id

    async def _look_through(self, some: Sequence[arrived.Kept], by_name: frozenset[int]) -> list[int]:
        async with self._sessions() as session:
            contents = await contents_of(session, [each.id for each in some])
        own, naming = [], []
        for each in some:
            content = contents.get(each.id, b"")
            if self._is_theirs(each, content):
                own.append(each)
            elif self._person.is_in_bytes(content, by_name=each.id in by_name):
                naming.append(each)
        if own:
            await self._empty([each.id for each in own])
        self.waiting += [each.id for each in naming if each.state in WAITING]
        settled = [each.id for each in naming if each.state not in WAITING]
        if settled:
            await self._do(lambda session: arrived.without_bytes(session, settled, "erased"))
        return [each.id for each in naming if each.state is InboundState.HELD]

    def _is_theirs(self, each: arrived.Kept, content: bytes) -> bool:
        return any(map(self._person.is_in, (each.reverse_path, each.author, each.writer))) or written_by(content, self._person)

    async def _empty(self, ids: Sequence[int]) -> None:
        found: list[str] = []

        async def empty(session: AsyncSession) -> Removed:
            found[:] = await arrived.ids_of(session, ids)
            removed = await traces_forgotten(session, ids, ids, self._knocks)
            removed.take(await arrived.empty(session, ids, "erased"))
            return removed

        await self._do(empty)
        self.ids += found


async def traces_forgotten(session: AsyncSession, inbound_ids: Sequence[int], theirs: Sequence[int], knocks: Knocks) -> Removed:
    """What else remembers these messages: their ids and, of those that the person sent, who knocked."""
    removed = await people.forget_ids(session, [id_key(each) for each in await arrived.ids_of(session, inbound_ids)])
    triplets = [each for knocked in await arrived.knocked(session, theirs) for each in knocks(knocked)]
    removed.take(await people.forget_knocks(session, triplets))
    return removed


def bounded(page: Iterable[arrived.Kept]) -> Iterator[list[arrived.Kept]]:
    """In pieces that memory holds."""
    some: list[arrived.Kept] = []
    octets = 0
    for each in page:
        if some and octets + each.size > OCTETS:
            yield some
            some, octets = [], 0
        some.append(each)
        octets += each.size
    if some:
        yield some
