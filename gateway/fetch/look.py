"""One look into an open mailbox: list what waits, read it, keep it, and only then mark it (B5)."""

import contextlib
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.envelope import Envelope, Peer
from gateway.domain.fetch import Fetch
from gateway.domain.organisation import Gateway, Organisation
from gateway.fetch.incoming import Incoming
from gateway.fetch.mailbox import Listed, Mailbox, MailboxError, RefusedError, TooLargeError
from gateway.fetch.recipient import recipient_of_fetched, reverse_path_of_fetched
from gateway.ingress.accept import Acceptor
from gateway.ingress.content import Content
from gateway.ingress.limits import KIB, Limits
from gateway.ingress.trace import count_received
from gateway.mail.headers import preface, read_block
from storage import mailboxes
from storage.engine import database_away, serialization_conflict

log = structlog.get_logger()

HEAD: Final = 256 * KIB
"""As much of a message as its envelope is looked for in."""
STUMBLES: Final = 3
"""How often a message may be what a connection fails at, before it is left where it is."""


@dataclass(slots=True)
class Place:
    """A mailbox to be looked into, with what outlasts one connection to it."""

    gateway: Gateway
    fetch: Fetch
    worker: str
    stumbles: Counter[str] = field(default_factory=Counter)

    @property
    def address(self) -> str:
        return self.gateway.address


@dataclass(frozen=True, slots=True)
class Means:
    """What looking takes. `make_content` gives an empty one within the budgets of this process."""

    sessions: async_sessionmaker[AsyncSession]
    acceptor: Acceptor
    organisation: Callable[[], Organisation]
    limits: Callable[[], Limits]
    make_content: Callable[[], Content] = Content


class Look:
    """Raises `MailboxError` for what the mailbox does, `LeaseLostError`, and what the database raises.

    `stopped` is asked between two messages.
    """

    def __init__(self, means: Means, place: Place, mailbox: Mailbox, stopped: Callable[[], bool]) -> None:
        self._means, self._place, self._mailbox, self._stopped = means, place, mailbox, stopped
        self.kept = 0

    async def run(self) -> None:
        await self._begin()
        listed: set[str] = set()
        async with contextlib.aclosing(self._mailbox.pages()) as pages:  # type: ignore[type-var]
            async for page in pages:
                listed.update(each.key for each in page)
                await self._work_off(page)
                if self._stopped():
                    return
        await self._settle_what_is_gone(listed)

    async def _begin(self) -> None:
        async with self._means.sessions.begin() as session:
            renumbered = await mailboxes.open_at(
                session, self._place.address, self._place.worker, self._mailbox.place, self._mailbox.uidvalidity
            )
        if renumbered:
            log.warning("mailbox_renumbered", mailbox=self._place.address, uidvalidity=self._mailbox.uidvalidity)

    async def _work_off(self, page: Sequence[Listed]) -> None:
        largest = self._means.limits().max_message_size
        async with self._means.sessions() as session:
            done_with = await mailboxes.done_with(session, self._place.address, self._mailbox.place, [each.key for each in page], largest)
        kept = []
        for each in page:
            if done_with.get(each.key, False) or (each.key not in done_with and await self._fetch(each, largest)):
                kept.append(each.key)
            if self._stopped():
                break
        if kept:
            await self._settle(await self._mailbox.mark(kept))

    async def _fetch(self, listed: Listed, largest: int) -> bool:
        """Whether the message is kept now."""
        if listed.size > largest:
            await self._leave(listed.key, f"{listed.size} octets are more than limits.max_message_size, {largest}", listed.size)
            return False
        content = await self._read(listed, largest)
        if content is None:
            return False
        try:
            envelope = await self._envelope_or_reason(content)
            known = isinstance(envelope, Envelope) and await self._is_known(listed.key, content)
        except BaseException:
            content.close()
            raise
        if isinstance(envelope, str):
            content.close()
            await self._leave(listed.key, envelope)
            return False
        if known:
            content.close()
            return True
        return await self._accept(listed.key, envelope, content)

    async def _read(self, listed: Listed, largest: int) -> Content | None:
        """None where it is gone. What the connection fails at time and again is left, so that others have their turn."""
        incoming = Incoming(self._means.make_content(), largest)
        try:
            there = await self._mailbox.read(listed.key, incoming.take)
        except TooLargeError:
            incoming.content.close()
            why = f"it was said to have {listed.size} octets and has more than limits.max_message_size, {largest}"
            await self._remember_left(listed.key, why)
            raise MailboxError(f"the server gave message {listed.key} another size than it announced") from None
        except MailboxError as error:
            incoming.content.close()
            await self._stumble(listed.key, error)
            raise
        except BaseException:
            incoming.content.close()
            raise
        if there:
            return incoming.end()
        incoming.content.close()
        return None

    async def _envelope_or_reason(self, content: Content) -> Envelope | str:
        head = content.head(HEAD)
        bound = self._means.limits().received_fields
        if count_received(head) >= bound:
            return f"mail loop: {bound} or more Received fields"
        block = read_block(head, preface(head))
        origin = reverse_path_of_fetched(block)
        recipient = recipient_of_fetched(block, self._place.gateway, self._means.organisation())
        peer = Peer(self._place.fetch.entry, mailbox=self._place.address)
        return Envelope(origin, (recipient,), peer, not (origin + recipient).isascii(), trace_id=secrets.token_hex(8))

    async def _is_known(self, key: str, content: Content) -> bool:
        """By its bytes: a server may number its messages anew, and a mailbox may move to another one."""
        async with self._means.sessions.begin() as session:
            known = await mailboxes.kept_before(session, self._place.address, content.digest)
            if known:
                await self._remembering(key, content.digest)(session)
        if known:
            log.info("fetched_again", mailbox=self._place.address, key=key)
        return known

    async def _accept(self, key: str, envelope: Envelope, content: Content) -> bool:
        also = self._remembering(key, content.digest)
        try:
            inbound_id = await self._means.acceptor.accept_message(envelope, content, also)
        except DBAPIError as error:
            if database_away(error) or serialization_conflict(error):
                raise
            await self._leave(key, f"the database refuses it: {str(error.orig).partition(chr(10))[0]}")
            return False
        self.kept += 1
        log.info("fetched", mailbox=self._place.address, inbound=inbound_id, trace_id=envelope.trace_id, size=content.size)
        return True

    def _remembering(self, key: str, digest: bytes) -> partial:  # type: ignore[type-arg]
        return partial(
            mailboxes.remember, address=self._place.address, worker=self._place.worker, place=self._mailbox.place, key=key, digest=digest
        )

    async def _stumble(self, key: str, error: MailboxError) -> None:
        self._place.stumbles[key] += 1
        if self._place.stumbles[key] >= STUMBLES:
            del self._place.stumbles[key]
            await self._remember_left(key, f"reading it failed {STUMBLES} times: {error}")

    async def _leave(self, key: str, why: str, size: int | None = None) -> None:
        await self._remember_left(key, why, size)
        # People find it by its flag; where it cannot be set, status alone tells of it.
        with contextlib.suppress(RefusedError):
            await self._mailbox.flag(key)

    async def _remember_left(self, key: str, why: str, size: int | None = None) -> None:
        log.warning("message_left", mailbox=self._place.address, key=key, why=why)
        async with self._means.sessions.begin() as session:
            await mailboxes.leave(session, self._place.address, self._mailbox.place, key, why, size)

    async def _settle(self, keys: Sequence[str]) -> None:
        async with self._means.sessions.begin() as session:
            await mailboxes.settle(session, self._place.address, self._mailbox.place, keys)

    async def _settle_what_is_gone(self, listed: set[str]) -> None:
        async with self._means.sessions.begin() as session:
            gone = await mailboxes.unsettled(session, self._place.address, self._mailbox.place) - listed
            await mailboxes.settle(session, self._place.address, self._mailbox.place, gone)
