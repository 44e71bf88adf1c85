"""Carries one letter to its transport: its files, the bytes of its copies, and what was answered for each recipient."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.letter import Letter, Recipient, UnsafeHeaderError
from gateway.outbound.assemble import BlobMissing, Copy, assemble, can_be_plain, copies, needs_smtputf8
from gateway.outbound.attempt import after, settled
from gateway.outbound.delivery import Parcel, Transport
from gateway.outbound.lighten import Lightening, Links
from gateway.outbound.retry import Deferred, Delivered, Outcome, Refused
from gateway.outbound.sign import Signing, SigningError
from storage import outbox
from storage.engine import database_away, serialization_conflict

log = structlog.get_logger()

Result = TypeVar("Result")


class Carrier:
    """`links` says where files of letters that are too large can be had; None: nowhere."""

    def __init__(
        self, sessions: async_sessionmaker[AsyncSession], worker: str, signing: Signing, links: Callable[[], Links | None] = lambda: None
    ) -> None:
        self._sessions = sessions
        self._worker = worker
        self._signing = signing
        self._lightening = Lightening(signing, links)

    async def carry(self, letter: Letter, transport: Transport) -> dict[int, Outcome]:
        """By recipient id, of those who were tried; copy after copy, each made when its turn comes. Raises `LeaseLost`."""
        blobs = await persistently(lambda: self._blobs(self._lightening.usual(letter))) if letter.attachments else {}
        if transport.several:
            return await self._side_by_side(letter, blobs, transport)
        outcomes: dict[int, Outcome] = {}
        waiting = copies(letter, letter.waiting)
        for number, copy in enumerate(waiting, 1):
            of_copy = await self._of_copy(letter, copy, blobs, transport)
            outcomes |= of_copy
            if any(isinstance(each, Deferred) and (each.unreachable or each.busy) for each in of_copy.values()):
                break
            if number < len(waiting):
                await self._settle(letter, copy, of_copy)
        return outcomes

    async def _side_by_side(self, letter: Letter, blobs: Mapping[str, bytes], transport: Transport) -> dict[int, Outcome]:
        """To destinations that have nothing to do with each other: none waits for one that is slow or down, and what one has got is
        remembered before another is done, lest a kill sends it again. One after the other where the files are large."""
        parts = [part for copy in copies(letter, letter.waiting) for part in by_domain(copy)]
        if not parts:
            # All have got it, and whoever brought it was killed before it had written the end down.
            return {}
        hands = asyncio.Semaphore(1 if octets_of(letter) > LARGE else SIDE_BY_SIDE)

        async def carry(part: Copy) -> dict[int, Outcome]:
            async with hands:
                said = await self._of_copy(letter, part, blobs, transport)
                if len(parts) > 1:
                    await self._settle(letter, part, said)
                return said

        tasks = [asyncio.create_task(carry(part)) for part in parts]
        try:
            of_parts = await asyncio.gather(*tasks)
        finally:
            for each in tasks:
                each.cancel()
            await asyncio.wait(tasks)
        return {recipient: outcome for said in of_parts for recipient, outcome in said.items()}

    async def _of_copy(self, letter: Letter, copy: Copy, blobs: Mapping[str, bytes], transport: Transport) -> dict[int, Outcome]:
        try:
            parcel = await self._parcel(letter, copy, blobs)
        except (BlobMissing, UnsafeHeaderError) as error:
            log.error("letter_not_assembled", error=str(error))  # noqa: TRY400  the error names the field, its traceback says no more
            return {each.id: Refused(f"the letter could not be put together: {error}") for each in copy.recipients}
        except SigningError as error:
            log.error("letter_not_signed", error=str(error))  # noqa: TRY400  likewise
            return {each.id: Deferred(f"the letter could not be signed: {error}") for each in copy.recipients}
        said = await transport.deliver(parcel)
        return {each.id: said[each.address] for each in copy.recipients}

    async def _parcel(self, letter: Letter, copy: Copy, blobs: Mapping[str, bytes]) -> Parcel:
        """Where it takes long, beside the event loop: hashes, base64 and RSA let others work meanwhile."""
        if self._signing.takes_long or octets_of(letter) > LARGE:
            return await asyncio.to_thread(self._made, letter, copy, blobs)
        return self._made(letter, copy, blobs)

    def _made(self, letter: Letter, copy: Copy, blobs: Mapping[str, bytes]) -> Parcel:
        name = f"{letter.id:08d}" if copy.own is None else f"{letter.id:08d}-{copy.own.id}"
        recipients = tuple(dict.fromkeys(each.address for each in copy.recipients))
        usual = self._lightening.usual(letter)
        content, wants_utf8 = self._signing.signed(usual, copy, assemble(usual, copy, blobs)), needs_smtputf8(letter, copy)
        plain = None
        if wants_utf8 and can_be_plain(letter, copy):
            plain = self._signing.signed(usual, copy, assemble(usual, copy, blobs, ascii_only=True))
        lighter = self._lightening.lighter(letter, copy, blobs)
        return Parcel(name, copy.reverse_path, recipients, content, wants_utf8, plain, lighter, forced=letter.forced)

    async def _settle(self, letter: Letter, copy: Copy, outcomes: Mapping[int, Outcome]) -> None:
        """Remembers whose copies are delivered before the next ones go, lest a kill sends them again. The rest is for the end."""
        delivered = [settled(after(each, outcomes[each.id])) for each in copy.recipients if isinstance(outcomes[each.id], Delivered)]
        if delivered:
            await persistently(lambda: self._settle_once(letter, delivered))

    async def _settle_once(self, letter: Letter, delivered: Sequence[outbox.Settled]) -> None:
        async with self._sessions.begin() as session:
            await outbox.settle(session, letter, self._worker, delivered)

    async def _blobs(self, letter: Letter) -> dict[str, bytes]:
        if not letter.attachments:
            return {}
        async with self._sessions() as session:
            return await outbox.blobs(session, {each.sha256 for each in letter.attachments})


def by_domain(copy: Copy) -> list[Copy]:
    """Of one copy, the recipients of each domain."""
    found: dict[str, list[Recipient]] = {}
    for each in copy.recipients:
        found.setdefault(each.address.rpartition("@")[2].lower(), []).append(each)
    return [replace(copy, recipients=tuple(members)) for members in found.values()]


def octets_of(letter: Letter) -> int:
    """Of its files, as they were when it was written."""
    return sum(each.size for each in letter.attachments)


async def persistently(act: Callable[[], Awaitable[Result]]) -> Result:
    """Does it again while the database is away or another transaction is in the way: what a relay said must get written down."""
    pause = 0.1
    while True:
        try:
            return await act()
        except Exception as error:
            if not (database_away(error) or serialization_conflict(error)):
                raise
            log.warning("database_away", error=f"{type(error).__name__}: {error}", again_in=pause)
        await asyncio.sleep(pause)
        pause = min(_LONGEST_PAUSE, pause * 2)


SIDE_BY_SIDE: Final = 4
"""Destinations of one letter that are spoken to at once, where it goes to several by itself."""
LARGE: Final = 256 * 1024
"""Octets of files from which a letter is put together beside the event loop: it would stand still for milliseconds."""
_LONGEST_PAUSE: Final = 5.0
