"""What one attempt at a letter amounts to: who has it, who never will, and when the rest is tried again. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from gateway.domain.letter import Letter, Recipient
from gateway.domain.states import OutboxState, RecipientState
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
    tried = tuple(_after(each, outcomes[each.id], letter.age + elapsed, last) for each in letter.waiting if each.id in outcomes)
    final = {each.id: each for each in letter.recipients} | {each.id: each for each in tried}
    state = _state_of([each.state for each in final.values()])
    again = state is OutboxState.QUEUED
    late = again and not letter.warned and letter.ticket is not None and letter.age + elapsed >= policy.warn_after
    end = AttemptEnd(
        letter_id=letter.id,
        attempt=letter.attempts,
        worker=worker,
        state=state,
        settled=tuple(settled(each) for each in tried),
        retry_in=_retry_in(letter, outcomes, elapsed, jitter, policy) if again else 0.0,
        error=next((each.reply for each in final.values() if each.state is not RecipientState.SENT and each.reply), None),
        unanswered=any(isinstance(each, Deferred) and each.unanswered for each in outcomes.values()),
        warned=late,
    )
    return Conclusion(end, tuple(each for each in tried if each.state is RecipientState.FAILED), late)


def settled(recipient: Recipient) -> Settled:
    return Settled(recipient.id, recipient.state, recipient.reply or "")


def after(recipient: Recipient, outcome: Outcome) -> Recipient:
    """The recipient with what the server said of it."""
    match outcome:
        case Delivered(reply):
            return replace(recipient, state=RecipientState.SENT, reply=reply)
        case Refused(reply):
            return replace(recipient, state=RecipientState.FAILED, reply=reply)
        case Deferred(reply):
            return replace(recipient, state=RecipientState.QUEUED, reply=reply)
        case _:
            assert_never(outcome)


def _after(recipient: Recipient, outcome: Outcome, age: float, last: bool) -> Recipient:
    told = after(recipient, outcome)
    if last and told.state is RecipientState.QUEUED:
        return replace(told, state=RecipientState.FAILED, reply=gave_up(told.reply or "no answer", age))
    return told


def _state_of(states: list[RecipientState]) -> OutboxState:
    """A letter is as its worst recipient is: an operator who lists what failed misses nobody."""
    worst = (RecipientState.QUEUED, RecipientState.FAILED, RecipientState.BOUNCED, RecipientState.SENT)
    found = next((each for each in worst if each in states), RecipientState.CANCELLED)
    return OutboxState(found)


def _retry_in(letter: Letter, outcomes: Mapping[int, Outcome], elapsed: float, jitter: float, policy: Policy) -> float:
    deferred = [each for each in outcomes.values() if isinstance(each, Deferred)]
    code = next((each.code for each in deferred), None)
    delay = retry_delay(letter.attempts, jitter, policy, code)
    if any(each.unreachable for each in deferred):
        # Probes find out when the destination is back; then letters should not sleep on for hours.
        delay = min(delay, policy.unreachable)
    # The last attempt is made when the lifetime ends.
    return max(0.0, min(delay, letter.time_left - elapsed))
