"""What is to be sent, mended: tried now, cancelled, held back and let go.

The caller commits, then wakes `outbox`; after `hold`, `release` and `adopt` the channel CONTROL as well, on which senders hear of it.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.deeds.deed import Deed
from gateway.deeds.refused import Missing
from gateway.domain.states import OutboxState
from gateway.domain.visible import Visible
from storage import instance, outbox

CONTROL: Final = "outbox_control"
"""The channel on which senders hear that sending is held, or is so no more."""
RETRIED: Final = (OutboxState.QUEUED, OutboxState.FAILED)
"""Of a ticket's letters, those that `retry` of all of them tries now."""
CANCELLED: Final = (OutboxState.SCHEDULED, OutboxState.QUEUED)

ABSENT: Final = "there is no such letter"
LEASED: Final = "an attempt is under way; ask again in a moment"
SENT: Final = "it was sent already"
OVER: Final = "it is finished already"


@dataclass(frozen=True, slots=True)
class Acted:
    """`done` and `refused` share out the ids that were given, each in their order. What can be done is done, whatever the others are."""

    done: tuple[int, ...]
    refused: Mapping[int, outbox.Answer]
    finished: str
    """What `finished` means of this action, in words."""

    @property
    def may_come(self) -> bool:
        """Whether the same wish may be granted of all in a moment."""
        return set(self.refused.values()) <= {"leased"}

    @property
    def reasons(self) -> dict[int, str]:
        said = {"absent": ABSENT, "leased": LEASED, "finished": self.finished}
        return {number: said[answer] for number, answer in self.refused.items()}

    @property
    def why(self) -> str:
        return "; ".join(f"letter {number}: {why}" for number, why in self.reasons.items())


async def retry(session: AsyncSession, deed: Deed, ids: Collection[int], *, sees: Visible | None = None) -> Acted:
    """Due now, even while sending is held or their destination rests. What had expired lives once more; what was sent is refused."""
    return await acted(session, deed, ids, outbox.retry_all, SENT, sees)


async def cancel(session: AsyncSession, deed: Deed, ids: Collection[int], *, sees: Visible | None = None) -> Acted:
    """Recipients that have not got them will not; what is finished is refused."""
    return await acted(session, deed, ids, outbox.cancel_all, OVER, sees)


async def seen(session: AsyncSession, number: int, sees: Visible | None = None) -> outbox.Outgoing:
    """Raises Missing."""
    found = await outbox.show(session, number, sees)
    if found is None:
        raise Missing(f"there is no letter {number} in the outbox")
    return found


async def hold(session: AsyncSession, deed: Deed, why: str) -> outbox.Hold | None:
    """Nothing goes out, on any node, until `release`. Of the whole desk, so no department's people do it."""
    before = await outbox.held(session)
    await outbox.hold(session, why)
    return paused(deed, before, await outbox.held(session))


async def release(session: AsyncSession, deed: Deed) -> outbox.Hold | None:
    """What still holds sending: a database from elsewhere, until it is adopted."""
    before = await outbox.held(session)
    return paused(deed, before, await outbox.release(session))


async def adopt(session: AsyncSession, deed: Deed) -> outbox.Hold | None:
    """The database is this server's from now on. What still holds sending: a person's word."""
    before = await outbox.held(session)
    return paused(deed, before, await instance.adopt(session))


Act = Callable[[AsyncSession, Sequence[int]], Awaitable[dict[int, outbox.Answer]]]


async def acted(session: AsyncSession, deed: Deed, ids: Collection[int], action: Act, finished: str, sees: Visible | None) -> Acted:
    numbers = list(dict.fromkeys(ids))
    before = await outbox.states(session, numbers, sees)
    answers = await action(session, [each for each in numbers if each in before])
    now = await outbox.states(session, numbers, sees)
    refused = {each: answer for each in numbers if (answer := answers.get(each, "absent")) != "done"}
    done = Acted(tuple(each for each in numbers if each not in refused), refused, finished)
    told(deed, before, now, done)
    return done


def told(deed: Deed, before: Mapping[int, str], now: Mapping[int, str], done: Acted) -> None:
    deed.about("outbox", *done.done, *done.refused)
    of_acted = [", ".join(sorted({states[each] for each in done.done})) or None for states in (before, now)]
    deed.changed("state", *of_acted)
    if done.refused and not done.done:
        deed.refuse(done.why)
    else:
        deed.note(refused=done.why)


def paused(deed: Deed, before: outbox.Hold | None, now: outbox.Hold | None) -> outbox.Hold | None:
    deed.changed("paused", *(None if each is None else each.why for each in (before, now)))
    return now
