"""Forgetting somebody: every trace of a person, in transactions that are small, each of which may be done twice.

While it lasts no mail of theirs is decided on and no legal hold is set: a guard on a connection of its own sees to it. What the client is
found by goes last, so that an erasure that was killed is done to its end by doing it again. Tried out (`dry`), every transaction is rolled
back, so what it counts is what would be done.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.desk.erased_mail import Knocks, Mail, traces_forgotten
from gateway.desk.remembered import author_lock
from gateway.domain.organisation import Organisation
from gateway.mail.address import shown_address
from gateway.mail.mentions import ERASED, Person, names_of
from gateway.tokens.codec import Keyring
from gateway.tokens.pseudonym import pseudonyms
from storage import clients, holds
from storage.engine import serialization_conflict, single_statements
from storage.erasure import arrived, articles, everywhere, files, people, records, tickets
from storage.erasure.removed import Removed
from storage.inbound import content_of
from storage.statements import lock_numbers

Sessions = async_sessionmaker[AsyncSession]

PATIENCE: Final = 20.0
"""Seconds for which an erasure waits for a letter that is on the wire, and for others' mail that is being decided on."""
LOOK: Final = 0.1
MOST_IDS: Final = 200
"""Message-IDs of theirs that are looked for in words; beyond, what stands in headers of others stays."""
LONG: Final = text("SET LOCAL statement_timeout = '10min'")


class StillWaitingError(Exception):
    """Mail of others that names the person waits for the intake; the erasure is to be done again when that has had it."""


@dataclass(frozen=True, slots=True)
class OnHold:
    """Nothing was erased."""

    holds: tuple[holds.Hold, ...]


@dataclass(frozen=True, slots=True)
class Erased:
    """`tickets` were theirs and are empty now; `others` are those in which words or files went. `unsorted` is held mail of others that
    named them, which is gone. `number` is the erasure's own; None where it was tried out."""

    number: int | None
    tickets: tuple[int, ...]
    others: tuple[int, ...]
    unsorted: tuple[int, ...]
    counts: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is erased. `spellings` are lower-case forms of their addresses as letters may have them."""

    person: Person
    spellings: tuple[str, ...]
    client_id: int | None


@dataclass(slots=True)
class Work:
    """The transactions of one erasure, and what they took away."""

    sessions: Sessions
    dry: bool
    removed: Removed = field(default_factory=Removed)

    async def do(self, step: Callable[[AsyncSession], Awaitable[Removed]]) -> Removed:
        """Again, where somebody was in the way."""
        while True:
            try:
                async with self.sessions() as session:
                    await session.execute(LONG)
                    removed = await step(session)
                    await (session.rollback() if self.dry else session.commit())
            except Exception as error:
                if not serialization_conflict(error):
                    raise
            else:
                self.removed.take(removed)
                return removed


async def erase(sessions: Sessions, key: str, organisation: Organisation, knocks: Knocks, *, dry: bool = False) -> Erased | OnHold:
    """`key` is a normalised address, of a client or of anybody else; a client goes with all their addresses. Raises `StillWaitingError`."""
    async with sessions() as session:
        subject = await subject_of(session, key, organisation)
    async with guarded(sessions, subject):
        async with sessions() as session:
            # Once more, for mail may have changed it before the guard stood.
            subject = await subject_of(session, key, organisation)
            against = await on_hold(session, subject)
        if against:
            return OnHold(tuple(against))
        return await erased(Work(sessions, dry), subject, organisation, knocks)


async def erased(work: Work, subject: Subject, organisation: Organisation, knocks: Knocks) -> Erased:
    number = None if work.dry else await begun(work.sessions, subject, organisation)
    own = await empty_tickets(work, subject, number, knocks)
    async with work.sessions() as session:
        others = await tickets.taking_part(session, subject.person.keys, own)
    mail = Mail(work.sessions, work.do, subject.person, knocks)
    unsorted = await mail.erase(others)
    subject = replace(subject, person=replace(subject.person, ids=tuple(mail.ids[:MOST_IDS])))
    await waited_for(work, mail.waiting)
    await erase_letters(work, subject, own)
    await work.do(lambda session: people.forget(session, subject.person.keys, subject.spellings))
    touched = await erase_words(work, subject, others, knocks)
    touched |= await erase_files(work, subject, number)
    await work.do(lambda session: people.leave(session, subject.person.keys))
    if subject.client_id is not None:
        own += await drop_client(work, subject, subject.client_id, number, knocks)
    counts = work.removed.counts()
    if number is not None:
        async with work.sessions.begin() as session:
            await records.finish(session, number, counts)
    return Erased(number, tuple(own), tuple(sorted(touched - set(own))), tuple(unsorted), counts)


async def subject_of(session: AsyncSession, key: str, organisation: Organisation) -> Subject:
    """A name that the desk or an agent bears as well says nothing of whom it means."""
    found = await clients.show_by_address(session, key)
    known = await clients.known(session, found)
    keys = tuple(dict.fromkeys((key, *(known.keys if known is not None else ()))))
    spellings = tuple(dict.fromkeys(spelling.lower() for each in keys for spelling in (each, shown_address(each))))
    staff = (*(each.name for each in organisation.agents), *(each.name for each in organisation.departments))
    ours = {each.casefold() for each in (organisation.desk.name, *(each.name for each in organisation.gateways), *staff)}
    names = tuple(each for each in names_of(await people.names_of(session, keys, spellings)) if each.casefold() not in ours)
    return Subject(Person(keys, names), spellings, found.id if found is not None else None)


@asynccontextmanager
async def guarded(sessions: Sessions, subject: Subject) -> AsyncIterator[None]:
    async with single_statements(sessions) as guard:
        try:
            await records.stand_guard(guard, lock_numbers(map(author_lock, subject.person.keys)))
            yield
        finally:
            await records.stand_down(guard)


async def on_hold(session: AsyncSession, subject: Subject) -> list[holds.Hold]:
    """Holds on the person, on their tickets, and on whatever of others names them: evidence is not altered."""
    await session.execute(LONG)
    own = await tickets.of_client(session, subject.client_id) if subject.client_id is not None else []
    theirs = await tickets.taking_part(session, subject.person.keys, [])
    found = await holds.on(session, subject.person.keys, [*own, *theirs])
    if found:
        return found
    held = await holds.held(session)
    clear = set(held.tickets) - {*own, *theirs}
    named = [number for number in sorted(clear) if await names_on_ticket(session, subject.person, number)]
    if not named and await names_in_mail(session, subject.person, await arrived.written_by_any(session, held.addresses)):
        return await holds.on(session, held.addresses, [])
    return await holds.covering(session, named)


async def names_on_ticket(session: AsyncSession, person: Person, number: int) -> bool:
    for table in everywhere.searched():
        for key in await everywhere.of_tickets(session, table, person.first_look, [number]):
            if person.is_in_json(await everywhere.words_of(session, table, key)):
                return True
    for sha256 in await files.of_tickets(session, [number]):
        if person.is_in_bytes(await files.content(session, sha256)):
            return True
    return await names_in_mail(session, person, await arrived.of_tickets(session, [number]))


async def names_in_mail(session: AsyncSession, person: Person, inbound_ids: Sequence[int]) -> bool:
    for each in inbound_ids:
        content = await content_of(session, each)
        if content is not None and person.is_in_bytes(content):
            return True
    return False


async def begun(sessions: Sessions, subject: Subject, organisation: Organisation) -> int:
    keyring = Keyring(organisation.desk.secrets)
    async with sessions.begin() as session:
        return await records.begin(session, [pseudonyms(keyring, "address", each)[0] for each in subject.person.keys])


async def empty_tickets(work: Work, subject: Subject, number: int | None, knocks: Knocks) -> list[int]:
    """The numbers of those that were theirs."""
    if subject.client_id is None:
        return []
    async with work.sessions() as session:
        own = await tickets.of_client(session, subject.client_id)
    for each in own:
        await empty_ticket(work, subject, each, number, knocks)
    if own:
        await work.do(lambda session: drop_letters(session, own))
    return own


async def empty_ticket(work: Work, subject: Subject, ticket: int, number: int | None, knocks: Knocks) -> None:
    async def in_hand(session: AsyncSession) -> bool:
        return bool(await tickets.in_hand(session, [ticket]))

    async def empty(session: AsyncSession) -> Removed:
        nobody = await people.nobody(session)
        mail = await arrived.of_tickets(session, [ticket])
        named = await arrived.writers(session, mail)
        theirs = [each for each, writers in named.items() if any(map(subject.person.is_in, writers))]
        removed = await traces_forgotten(session, mail, theirs, knocks)
        removed.take(await tickets.empty(session, [ticket], "erased", {"erasure": number}, nobody))
        return removed

    await patiently(work, in_hand)
    await work.do(empty)


async def drop_letters(session: AsyncSession, own: Sequence[int]) -> Removed:
    """Those about several tickets, which quote these."""
    return await people.drop_letters(session, await people.digests_of(session, own))


async def patiently(work: Work, busy: Callable[[AsyncSession], Awaitable[bool]]) -> bool:
    """Whether it ended in time. What is on the wire is gone in a moment; nobody waits for a sender that hangs, for its lease is lost with
    the row."""
    if work.dry:
        return True
    for _ in range(int(PATIENCE / LOOK)):
        async with work.sessions() as session:
            if not await busy(session):
                return True
        await asyncio.sleep(LOOK)
    return False


async def waited_for(work: Work, inbound_ids: Sequence[int]) -> None:
    """Others' mail that was queued has had its effect by then, and its raw bytes may go."""
    if not inbound_ids or work.dry:
        return

    async def busy(session: AsyncSession) -> bool:
        return bool(await arrived.waiting(session, inbound_ids))

    if not await patiently(work, busy):
        raise StillWaitingError(f"{len(inbound_ids)} message(s) of others that name this person wait for the intake")
    await work.do(lambda session: arrived.without_bytes(session, inbound_ids, "erased"))


async def erase_letters(work: Work, subject: Subject, own: Sequence[int]) -> None:
    """Letters to them about tickets of others, or about none."""
    async with work.sessions() as session:
        alone, shared = await people.letters_to(session, subject.spellings)

    async def in_hand(session: AsyncSession) -> bool:
        return bool(await people.letters_in_hand(session, [*alone, *shared]))

    async def drop(session: AsyncSession) -> Removed:
        removed = await people.drop_letters(session, alone)
        removed.take(await people.drop_recipient(session, shared, subject.spellings))
        return removed

    if alone or shared:
        await patiently(work, in_hand)
        await work.do(drop)


async def erase_words(work: Work, subject: Subject, others: Sequence[int], knocks: Knocks) -> set[int]:
    """Whatever still names them, in every row of every table; returns the tickets on which it stood."""
    person, touched = subject.person, set[int]()
    async with work.sessions() as session:
        theirs = await articles.written_by(session, subject.spellings, others)
    await work.do(lambda session: articles.blank(session, theirs, ERASED))
    # Whoever does it again finds by the participants on which tickets a name says enough: they go last.
    for table in sorted(everywhere.searched(), key=lambda each: each.name == "ticket_participants"):
        async with work.sessions() as session:
            keys = await everywhere.of_tickets(session, table, person.first_look_by_name, others)
        touched |= await redact(work, subject, table, keys, knocks)
        after = None
        while True:
            async with work.sessions() as session:
                await session.execute(LONG)
                until = await everywhere.page_end(session, table, after)
                keys = await everywhere.likely(session, table, person.first_look, after, until) if until is not None else []
            touched |= await redact(work, subject, table, keys, knocks)
            if until is None:
                break
            after = until
    return touched | set(others)


async def redact(work: Work, subject: Subject, table: everywhere.Searched, keys: Sequence[tuple[object, ...]], knocks: Knocks) -> set[int]:
    person, touched = subject.person, set[int]()
    for key in keys:
        plain = key[0] if len(key) == 1 else key
        if work.removed.has(table.name, plain) or (table.name == "clients" and plain == subject.client_id):
            continue

        async def change(session: AsyncSession, key: tuple[object, ...] = key, plain: object = plain) -> Removed:
            removed = Removed()
            if table.name == "inbound_messages" and isinstance(plain, int):
                removed.take(await theirs_emptied(session, person, plain, knocks))
            if not removed.changed:
                gone = await everywhere.redact(session, table, key, person.without_json)
                if gone is not None:
                    (removed.add if gone else removed.change)(table.name, [plain])
            if removed.changed and (number := await everywhere.ticket_of(session, table, key)) is not None:
                touched.add(number)
            return removed

        await work.do(change)
    return touched


async def theirs_emptied(session: AsyncSession, person: Person, inbound_id: int, knocks: Knocks) -> Removed:
    """A message of theirs whose raw bytes went before."""
    named = (await arrived.writers(session, [inbound_id])).get(inbound_id, ())
    if not any(person.is_in(each) for each in named):
        return Removed()
    removed = await traces_forgotten(session, [inbound_id], [inbound_id], knocks)
    removed.take(await arrived.empty(session, [inbound_id], "erased"))
    return removed


async def erase_files(work: Work, subject: Subject, number: int | None) -> set[int]:
    """Files that name them, off whatever they are attached to; returns the tickets that lost one."""
    touched, after = set[int](), b""
    while True:
        async with work.sessions() as session:
            page = await files.kept(session, after, 500)
            found = [
                sha256
                for sha256, _size in page
                if not work.removed.has("blobs", sha256) and subject.person.is_in_bytes(await files.content(session, sha256))
            ]
        for each in found:

            async def take_off(session: AsyncSession, sha256: bytes = each) -> Removed:
                removed, numbers = await files.taken_off(session, sha256)
                await files.note(session, numbers, json.dumps({"erasure": number, "files": 1}))
                touched.update(numbers)
                return removed

            await work.do(take_off)
        if not page:
            return touched
        after = page[-1][0]


async def drop_client(work: Work, subject: Subject, client_id: int, number: int | None, knocks: Knocks) -> list[int]:
    """Tickets that somebody opened for them meanwhile, by telephone, go first; returns their numbers."""
    late: list[int] = []
    while not work.dry:
        async with work.sessions() as session:
            more = await tickets.of_client(session, client_id)
        if not more:
            break
        for each in more:
            await empty_ticket(work, subject, each, number, knocks)
        late += more

    async def drop(session: AsyncSession) -> Removed:
        if work.dry:
            await tickets.give_to(session, client_id, await people.nobody(session))
        return await people.drop_client(session, client_id)

    await work.do(drop)
    return late
