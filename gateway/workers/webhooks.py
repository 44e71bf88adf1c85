"""Tells webhooks what became of tickets: claims deliveries, has each posted, and records what came of it.

At least once, like letters: a sender that dies between the answer and the record leaves a row whose lease expires, and the receiver knows
the message by its id.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol, assert_never

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.states import EventKind
from gateway.domain.webhooks import Delivery, Webhook
from gateway.hooks.payload import Happening, body, document, trial
from gateway.hooks.retry import Answer, Conclusion, Disabled, GivenUp, Later, Taken, conclude
from gateway.workers.carrier import persistently
from gateway.workers.loop import Loop, Pace, Queue
from storage import webhooks
from storage.engine import single_statements

log = structlog.get_logger()

Sessions = async_sessionmaker[AsyncSession]
Hooks = Mapping[str, Webhook]
View = Callable[[dict[str, Any]], dict[str, Any]]
"""A ticket of the database as today's configuration shows it."""

LEASE: Final = 30.0
"""Seconds; an attempt takes half of it at most, so that it need not be renewed."""
LATEST: Final = 10.0
"""Seconds after the claim from which on no attempt begins: somebody else might have the delivery before it ends."""


class Posts(Protocol):
    """Posts a message to a webhook; never raises for what the receiver does."""

    def __call__(self, webhook: Webhook, message_id: str, body: bytes) -> Awaitable[Answer]: ...


@dataclass(slots=True, eq=False)
class InHand:
    delivery: Delivery
    since: float
    """When it was claimed, by the monotonic clock."""

    @property
    def id(self) -> int:
        return self.delivery.id


class Messenger(Queue[InHand]):
    """`hooks` are those of the configuration of the moment, by name; `attempted` is told how each attempt ended, for metrics."""

    name = "webhooks"
    channel = "webhooks"

    def __init__(
        self,
        sessions: Sessions,
        hooks: Callable[[], Hooks],
        view: View,
        post: Posts,
        *,
        worker: str,
        attempted: Callable[[str], None] = lambda _outcome: None,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._sessions, self._hooks, self._view, self._post = sessions, hooks, view, post
        self._worker, self._attempted, self._dice = worker, attempted, dice
        self._subscribed: Hooks | None = None

    async def run(self, stop: asyncio.Event, *, poll: float = 1.0, drain: float = 20.0) -> None:
        """Until `stop` is set and the attempts under way have ended. It lives by its polls: a NOTIFY would make commits wait for each
        other, which tickets are not to pay for."""
        await Loop(self, None, Pace(hands=16, poll=poll, sweep=5.0, drain=drain)).run(stop)

    async def subscribe(self) -> Hooks:
        """From now on whoever changes a ticket writes down that these are to be told: those of the configuration of the moment."""
        hooks = self._hooks()
        if hooks != self._subscribed:
            async with self._sessions.begin() as session:
                await webhooks.subscribe(session, subscriptions(hooks))
            self._subscribed = dict(hooks)
        return hooks

    async def claim(self, limit: int) -> Sequence[InHand]:
        hooks = await self.subscribe()
        if not hooks:
            return []
        now = time.monotonic()
        async with self._sessions.begin() as session:
            found = await webhooks.claim(session, self._worker, hooks, limit, LEASE)
        return [InHand(each, now) for each in found]

    async def work(self, item: InHand) -> None:
        structlog.contextvars.bind_contextvars(webhook=item.delivery.webhook, delivery=item.id, ticket=item.delivery.ticket)
        try:
            await self._work(item)
        except webhooks.LeaseLost:
            log.warning("lease_lost")

    async def sweep(self) -> int:
        hooks = self._hooks()
        if not hooks:
            return 0
        async with self._sessions.begin() as session:
            await webhooks.complete(session, subscriptions(hooks))
            returned = await webhooks.return_expired(session)
        if returned:
            log.warning("leases_expired", queue=self.name, deliveries=returned)
        return len(returned)

    async def next_due_in(self) -> float | None:
        hooks = self._hooks()
        if not hooks:
            return None
        async with single_statements(self._sessions) as session:
            return await webhooks.next_due_in(session, hooks)

    async def _work(self, item: InHand) -> None:
        webhook = self._hooks().get(item.delivery.webhook)
        told = None if webhook is None else await self._said(item.delivery, webhook)
        if webhook is None or told is None or time.monotonic() - item.since > LATEST:
            # A reload took it away, the event is no more, or this process stood still for too long.
            await persistently(lambda: self._give_back(item.delivery))
            return
        answer, seconds = await self._attempt(webhook, item.delivery, told)
        conclusion = conclude(item.delivery, answer, self._dice())
        attempt = webhooks.Attempt(answer.status, answer.error or None, seconds)
        await persistently(lambda: self._record(item.delivery, attempt, conclusion))
        self._tell(item.delivery, conclusion, seconds)

    async def _attempt(self, webhook: Webhook, delivery: Delivery, told: dict[str, Any]) -> tuple[Answer, float]:
        began = time.monotonic()
        answer = await self._post(webhook, delivery.message_id, body(told))
        return answer, round(time.monotonic() - began, 3)

    async def _said(self, delivery: Delivery, webhook: Webhook) -> dict[str, Any] | None:
        async with self._sessions.begin() as session:
            kept = await webhooks.kept(session, delivery.id)
            if kept is not None:
                return kept
            found = await webhooks.told_of(session, delivery.event_id)
            if found is None:
                return None
            event, ticket, article = found
            told = document(Happening(EventKind(event["kind"]), event["at"], event, self._view(ticket), article), webhook)
            await webhooks.keep(session, delivery.id, told)
            return told

    async def _give_back(self, delivery: Delivery) -> None:
        async with single_statements(self._sessions) as session:
            await webhooks.give_back(session, self._worker, delivery)

    async def _record(self, delivery: Delivery, attempt: webhooks.Attempt, conclusion: Conclusion) -> None:
        async with self._sessions.begin() as session:
            match conclusion:
                case Taken():
                    await webhooks.delivered(session, self._worker, delivery, attempt)
                case Later(due_in, pause):
                    await webhooks.deferred(session, self._worker, delivery, attempt, due_in=due_in, pause=pause)
                case GivenUp():
                    await webhooks.failed(session, self._worker, delivery, attempt)
                case Disabled(why):
                    await webhooks.disabled(session, self._worker, delivery, attempt, why)
                case _:
                    assert_never(conclusion)

    def _tell(self, delivery: Delivery, conclusion: Conclusion, seconds: float) -> None:
        about = {"attempt": delivery.attempt, "seconds": seconds}
        match conclusion:
            case Taken(status):
                self._attempted("delivered")
                log.info("webhook_delivered", **about, status=status)
            case Later(due_in, _, answer):
                self._attempted("deferred")
                log.warning("webhook_deferred", **about, error=answer.error, again_in=round(due_in))
            case GivenUp(answer):
                self._attempted("failed")
                log.error("webhook_given_up", **about, error=answer.error)
            case Disabled(why):
                self._attempted("disabled")
                log.error("webhook_disabled", **about, why=why)
            case _:
                assert_never(conclusion)


def subscriptions(hooks: Hooks) -> list[webhooks.Subscription]:
    return [webhooks.Subscription(each.name, tuple(map(str, each.kinds)), each.departments) for each in hooks.values()]


async def try_out(webhook: Webhook, post: Posts, message_id: str) -> Answer:
    """Whether anybody answers, at this moment: `webhook.test`, which is about no ticket and is tried once."""
    return await post(webhook, message_id, body(trial(webhook, datetime.now(UTC))))


def by_name(hooks: Collection[Webhook]) -> dict[str, Webhook]:
    return {each.name: each for each in hooks}
