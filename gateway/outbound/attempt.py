"""What one attempt at a letter amounts to: who has it, who never will, and when the rest is tried again. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final, assert_never

from gateway.desk.remembered import id_key
from gateway.domain.letter import Letter, Recipient
from gateway.domain.states import OutboxState, RecipientState
from gateway.outbound.announced import announced_ids
from gateway.outbound.retry import Deferred, Delivered, Outcome, Policy, Refused, gave_up, retry_delay
from storage.outbox import AttemptEnd, Settled


@dataclass(frozen=True, slots=True)
class Conclusion:
    """`end` is what the outbox records; `failed` are the recipients that this attempt lost for good; `late`: the ticket is to be told."""

    end: AttemptEnd
    failed: tuple[Recipient, ...]
    late: bool


def conclude(letter: Letter, outcomes: Mapping[int, Outcome], worker: str, *, elapsed: float, jitter: float, policy: Policy) -> Conclusion:
    """`outcomes` by recipient id, of those that were tried; `elapsed` seconds since the claim; `jitter` uniform in [0, 1)."""
    last = letter.time_left - elapsed <= 0
    tried = {each.id: _after(each, outcomes[each.id], letter.age + elapsed, last) for each in letter.waiting if each.id in outcomes}
    final = [tried.get(each.id, each) for each in letter.recipients]
    state = _state_of({each.state for each in final})
    again = state is OutboxState.QUEUED
    late = again and is_late(letter, elapsed, policy)
    end = AttemptEnd(
        letter_id=letter.id,
        attempt=letter.attempts,
        worker=worker,
        state=state,
        settled=tuple([settled(each) for each in tried.values()]),
        retry_in=_retry_in(letter, outcomes, elapsed, jitter, policy) if again else 0.0,
        error=next((each.reply for each in final if each.state is not RecipientState.SENT and each.reply), None),
        unanswered=any(isinstance(each, Deferred) and each.unanswered for each in outcomes.values()),
        warned=late,
        announced=_announced(letter, outcomes),
    )
    return Conclusion(end, tuple([each for each in tried.values() if each.state is RecipientState.FAILED]), late)


def is_late(letter: Letter, elapsed: float, policy: Policy) -> bool:
    """Whether its ticket is to be told now that it has not left yet."""
    return not letter.warned and letter.ticket is not None and letter.age + elapsed >= policy.warn_after


def _announced(letter: Letter, outcomes: Mapping[int, Outcome]) -> tuple[bytes, ...]:
    """Of relays of ours alone: a stranger's server could name the id of mail that has nothing to do with the ticket."""
    if letter.ticket is None:
        return ()
    known = [letter.message_id]
    for each in letter.recipients:
        known += filter(None, (each.address, each.message_id, each.verp))
    said = (each for each in outcomes.values() if isinstance(each, Delivered) and each.relay)
    return tuple(dict.fromkeys(id_key(found) for each in said for found in announced_ids(each.reply, each.relay, known)))


def settled(recipient: Recipient) -> Settled:
    return Settled(recipient.id, recipient.state, recipient.reply or "")


def after(recipient: Recipient, outcome: Outcome) -> Recipient:
    """The recipient with what the server said of it."""
    match outcome:
        case Delivered(reply=reply):
            # As nearly all are: what `replace` has to look up costs as much as the rest of the conclusion.
            r = recipient
            return Recipient(r.id, r.address, r.name, r.message_id, r.reply_to, r.verp, RecipientState.SENT, reply)
        case Refused(reply, at_rcpt):
            return replace(recipient, state=RecipientState.FAILED, reply=reply, refused_at_rcpt=at_rcpt)
        case Deferred(reply):
            return replace(recipient, state=RecipientState.QUEUED, reply=reply)
        case _:
            assert_never(outcome)


def _after(recipient: Recipient, outcome: Outcome, age: float, last: bool) -> Recipient:
    told = after(recipient, outcome)
    if last and told.state is RecipientState.QUEUED:
        return replace(told, state=RecipientState.FAILED, reply=gave_up(told.reply or "no answer", age))
    return told


def _state_of(states: Collection[RecipientState]) -> OutboxState:
    """A letter is as its worst recipient is: an operator who lists what failed misses nobody."""
    return next((state for worst, state in _WORST if worst in states), OutboxState.CANCELLED)


def _retry_in(letter: Letter, outcomes: Mapping[int, Outcome], elapsed: float, jitter: float, policy: Policy) -> float:
    deferred = [each for each in outcomes.values() if isinstance(each, Deferred)]
    tried = [each for each in deferred if not each.busy]
    # One that greylists brings the others' attempt forward too: a letter has one time for all who wait.
    delay = min(
        (retry_delay(letter.attempts, jitter, policy, each.code) for each in tried), default=retry_delay(letter.attempts, jitter, policy)
    )
    if any(each.unreachable for each in tried):
        # Probes find out when the destination is back; then letters should not sleep on for hours.
        delay = min(delay, policy.unreachable)
    known = [each.after for each in deferred if each.after is not None]
    if known and (len(known) == len(deferred) or not tried):
        delay = min(known)
    # The last attempt is made when the lifetime ends.
    return max(0.0, min(delay, letter.time_left - elapsed))


_WORST: Final = tuple(
    (state, OutboxState(state)) for state in (RecipientState.QUEUED, RecipientState.FAILED, RecipientState.BOUNCED, RecipientState.SENT)
)
