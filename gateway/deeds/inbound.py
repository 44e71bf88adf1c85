"""A person sorts the mail that waits for one (B7), and has mail decided on once more.

Each takes ids and what whoever asks may see (`sees`, None: everything), refuses the whole where one of them cannot be done (`Missing` where
it is not there or not theirs, `NotYet` where it is being decided on), and does nothing twice. The caller commits, then wakes `inbound`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.deeds.deed import Deed
from gateway.deeds.refused import Missing, NotYet, Refused
from gateway.desk.identify import is_ours
from gateway.domain.facts import Assignment
from gateway.domain.organisation import Organisation
from gateway.domain.states import InboundState
from gateway.domain.visible import Visible
from gateway.mail.address import address_key
from storage import inbound

BY_HAND: Final = "a person wanted nothing to come of it"
DECIDABLE: Final = (InboundState.HELD, InboundState.IGNORED, InboundState.BURIED)
"""What `replay` has decided on once more: of the rest, what was done stays done, or somebody is at it."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """`now` has changed by this; of `before` the same was said earlier, so that it has no second effect."""

    now: tuple[int, ...]
    before: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """`found` is the message as it was; `again` whether it is decided on once more."""

    found: inbound.Inbound
    again: bool


async def assign(
    session: AsyncSession,
    deed: Deed,
    desk: Organisation,
    ids: Sequence[int],
    assignment: Assignment,
    *,
    sees: Visible | None = None,
    passing_over: bool = False,
) -> Sorted:
    """They are decided on once more, as mail of this client (None: their writers become clients) and department (None: the gateway's).
    With `passing_over`, those whose writer can become nobody's client are left as they are instead of refusing the whole."""
    department_serving(assignment.department, desk, sees)
    found = await locked(session, ids, sees)
    before = [each for each in found if not each.may_be_sorted and each.assignment == assignment]
    now = [each for each in found if each not in before]
    for_new = assignment.client_id is None
    if for_new and passing_over:
        now = [each for each in now if no_client(each, desk) is None]
    for each in now:
        refuse_unsortable(each)
        if for_new and (why := no_client(each, desk)) is not None:
            raise why
    await inbound.assign(session, [each.id for each in now], assignment)
    deed.about("client", assignment.client_id)
    return told(deed, now, before, InboundState.QUEUED)


async def discard(session: AsyncSession, deed: Deed, ids: Sequence[int], *, sees: Visible | None = None) -> Sorted:
    """Nothing comes of them; their bytes stay as long as retention keeps them, and until then they may be assigned after all."""
    found = await locked(session, ids, sees)
    for each in found:
        refuse_unsortable(each)
    before = [each for each in found if each.outcome == inbound.DISCARDED]
    now = [each for each in found if each not in before]
    await inbound.discard(session, [each.id for each in now], BY_HAND)
    return told(deed, now, before, InboundState.IGNORED)


async def replay(session: AsyncSession, deed: Deed, number: int, *, sees: Visible | None = None) -> Replayed:
    """Held, ignored and buried mail is decided on anew, with all attempts before it; what is done has no second effect."""
    found = await seen(session, number, sees)
    if found.raw_removed_at is not None:
        raise Refused(f"inbound message {number} cannot be decided on again: its bytes are no longer kept", "inbound.why_gone", id=number)
    again = found.state in DECIDABLE and await inbound.replay(session, number)
    if again:
        deed.changed("state", found.state, InboundState.QUEUED)
    deed.about("inbound", number)
    deed.about("ticket", found.ticket)
    return Replayed(found, again)


async def seen(session: AsyncSession, number: int, sees: Visible | None = None) -> inbound.Inbound:
    """Raises Missing."""
    found = await inbound.show(session, number, sees)
    if found is None:
        raise Missing(f"there is no inbound message {number}")
    return found


async def held_from(session: AsyncSession, meant: Callable[[str], bool], *, sees: Visible | None = None) -> list[int]:
    """The held mail of whoever is meant: `from_addresses` of some."""
    return [number for number, writer in (await inbound.held(session, sees)).items() if meant(address_key(writer))]


def from_addresses(authors: Sequence[str] = (), domains: Sequence[str] = ()) -> Callable[[str], bool]:
    """Of normalised addresses and domains."""
    return lambda key: bool(key) and (key in authors or key.rpartition("@")[2] in domains)


async def locked(session: AsyncSession, ids: Sequence[int], sees: Visible | None) -> list[inbound.Waiting]:
    """Raises Missing for those that are not there."""
    found = await inbound.lock_messages(session, ids, sees)
    absent = sorted(set(ids) - {each.id for each in found})
    if absent:
        raise Missing(f"there is no inbound message {', '.join(map(str, absent))}")
    return found


def department_serving(key: str | None, desk: Organisation, sees: Visible | None = None) -> None:
    """Refuses a department that is none, serves nobody, or is not theirs to give mail to."""
    if key is None:
        return
    known = [each.key for each in desk.departments if sees is None or each.key in sees.departments]
    department = desk.department(key)
    if department is None or key not in known:
        raise Refused(
            f"there is no department {key!r}; the configuration has {', '.join(known)}", "inbound.why_no_department", department=key
        )
    if not department.available:
        raise Refused(f"the department {key!r} serves no clients (available = false)", "inbound.why_unavailable", department=key)


def no_client(message: inbound.Waiting, desk: Organisation) -> Refused | None:
    """U4: why whoever wrote it cannot become a client."""
    number, who = message.id, message.author or message.writer
    key = address_key(message.writer)
    if not key:
        why = "it names nobody who could become a client; give --client"
        return Refused(f"inbound message {number}: {why}", "inbound.why_nobody", id=number)
    if desk.agent(address_key(message.author)) is not None or desk.agent(key) is not None:
        why = f"{who} is an agent's address, which is no client's; give --client, or discard it"
        return Refused(f"inbound message {number}: {why}", "inbound.why_agent", id=number, address=who)
    if is_ours(key, desk):
        why = f"{message.writer} is an address of our own, which is nobody's account; give --client"
        return Refused(f"inbound message {number}: {why}", "inbound.why_ours", id=number, address=message.writer)
    return None


def refuse_unsortable(message: inbound.Waiting) -> None:
    number = message.id
    if message.state is InboundState.DONE:
        where = f", on ticket #{message.ticket}" if message.ticket is not None else ""
        raise Refused(f"inbound message {number} is done already ({message.outcome}{where})", "inbound.why_done", id=number)
    if message.without_bytes:
        raise Refused(
            f"the bytes of inbound message {number} are no longer kept, so nothing can come of it; see `deskgate inbound show`",
            "inbound.why_gone",
            id=number,
        )
    if not message.may_be_sorted:
        raise NotYet(f"inbound message {number} is {message.state}: it is to be decided on first", "inbound.why_not_yet", id=number)


def told(deed: Deed, now: Sequence[inbound.Waiting], before: Sequence[inbound.Waiting], state: InboundState) -> Sorted:
    done = Sorted(tuple(each.id for each in now), tuple(each.id for each in before))
    deed.about("inbound", *done.now, *done.before)
    deed.changed("state", ", ".join(sorted({str(each.state) for each in now})) or None, state if now else None)
    deed.note(before=list(done.before))
    return done
