"""Polls mailboxes, each by itself: one that fails or hangs holds up nobody else. By leases, one node polls a mailbox at a time."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

import structlog

import storage.mailboxes as mailboxes
from gateway.domain.fetch import Fetch
from gateway.domain.organisation import Gateway
from gateway.fetch.backoff import again_in
from gateway.fetch.kinds import open_mailbox
from gateway.fetch.look import Look, Means, Place
from gateway.fetch.mailbox import Mailbox, MailboxError
from gateway.ingress.checks.unasked import NotScannedError
from gateway.ingress.content import NoRoomError
from storage.engine import database_away

log = structlog.get_logger()

LEASE: Final = 20.0
"""Seconds; renewed while the mailbox is open, so that those of a dead process are retaken within 30 s."""
LOOK_SECONDS: Final = 5.0
"""Between two tries to take a mailbox that another node may leave any time."""
AWAY_SECONDS: Final = 5.0
RECONNECT_SECONDS: Final = 2.0
"""After a server has closed a connection that only waited."""
BREATH_SECONDS: Final = 0.2
"""Between two looks, whatever a server calls out."""
PATIENCE: Final = 5.0
"""For the message in hand, when a mailbox is to be left."""
ADJUST_SECONDS: Final = 1.0

Open = Callable[[Fetch], Awaitable[Mailbox]]


class Poller:
    """Follows the configuration of the moment: `means.organisation` is asked anew all the time."""

    def __init__(self, means: Means, worker: str, open_: Open = open_mailbox, dice: Callable[[], float] = random.random) -> None:
        self._means, self._worker, self._open, self._dice = means, worker, open_, dice
        self._watches: dict[str, _Watch] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set and every mailbox is left."""
        try:
            while not stop.is_set():
                self._adjust()
                await _until(stop, ADJUST_SECONDS)
            for watch in self._watches.values():
                watch.stop.set()
            await asyncio.gather(*(watch.task for watch in self._watches.values()), return_exceptions=True)
        finally:
            for watch in self._watches.values():
                watch.task.cancel()

    def _adjust(self) -> None:
        wanted = {each.address: each for each in self._means.organisation().gateways if each.polled}
        for address, watch in list(self._watches.items()):
            if watch.task.done():
                del self._watches[address]
            elif address not in wanted or wanted[address].fetch != watch.gateway.fetch:
                watch.stop.set()
        for address, gateway in wanted.items():
            if address not in self._watches:
                stop = asyncio.Event()
                mailbox = _Polled(self._means, gateway, self._worker, self._open, self._dice, stop)
                self._watches[address] = _Watch(gateway, asyncio.create_task(mailbox.run(), name=f"mailbox {address}"), stop)


@dataclass(frozen=True, slots=True)
class _Watch:
    gateway: Gateway
    task: asyncio.Task[None]
    stop: asyncio.Event


class _Polled:
    """One mailbox, polled until told to stop."""

    def __init__(self, means: Means, gateway: Gateway, worker: str, open_: Open, dice: Callable[[], float], stop: asyncio.Event) -> None:
        assert gateway.fetch is not None
        self._means, self._worker, self._open, self._dice, self._stop = means, worker, open_, dice, stop
        self._place = Place(gateway, gateway.fetch, worker)
        self._fetch, self._address = gateway.fetch, gateway.address
        self._expected = False

    async def run(self) -> None:
        with structlog.contextvars.bound_contextvars(mailbox=self._address):
            while not self._stop.is_set():
                try:
                    pause = await self._turn()
                except Exception as error:
                    if not database_away(error):
                        # The edge: a defect that one mailbox shows must not end the work on others.
                        log.exception("poller_failed")
                    else:
                        log.warning("database_away", error=f"{type(error).__name__}: {error}", again_in=AWAY_SECONDS)
                    pause = AWAY_SECONDS
                await _until(self._stop, pause)

    async def _turn(self) -> float:
        """Polls the mailbox if it is ours to poll; how long to wait then."""
        if not self._expected:
            async with self._means.sessions.begin() as session:
                await mailboxes.expect(session, self._address, self._fetch.place)
            self._expected = True
        async with self._means.sessions.begin() as session:
            taken = await mailboxes.take(session, self._address, self._worker, LEASE)
        if isinstance(taken, mailboxes.NotYet):
            return min(LOOK_SECONDS, max(BREATH_SECONDS, taken.seconds))
        try:
            await self._under_lease(self._poll())
        except mailboxes.LeaseLostError:
            log.warning("mailbox_lost")
        except (MailboxError, NoRoomError, NotScannedError) as error:
            await self._fail(str(error), taken.failures + 1)
        except Exception as error:
            if database_away(error):
                raise
            await self._fail(f"a defect of this program: {type(error).__name__}", taken.failures + 1)
            raise
        else:
            if taken.failures:
                log.info("mailbox_recovered", failures=taken.failures)
        return BREATH_SECONDS

    async def _poll(self) -> None:
        """Opens the mailbox and looks through it; where it tells of new mail, again and again until it is to be left."""
        mailbox = await self._open(self._fetch)
        due_in = self._fetch.interval
        try:
            while True:
                await Look(self._means, self._place, mailbox, self._stop.is_set).run()
                if self._stop.is_set() or not mailbox.tells:
                    break
                async with self._means.sessions.begin() as session:
                    await mailboxes.succeed(session, self._address, self._worker, None)
                if not await self._listen(mailbox):
                    due_in = min(due_in, RECONNECT_SECONDS)
                    break
        finally:
            await mailbox.aclose()
        async with self._means.sessions.begin() as session:
            if self._stop.is_set():
                await mailboxes.release(session, self._address, self._worker)
            else:
                await mailboxes.succeed(session, self._address, self._worker, due_in)

    async def _listen(self, mailbox: Mailbox) -> bool:
        """Until there may be new mail. False: the connection is gone, which is no fault where nothing was going on."""
        waiting, stopping = asyncio.create_task(mailbox.wait(self._fetch.interval)), asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait((waiting, stopping), return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                waiting.result()
        except MailboxError as error:
            log.info("mailbox_closed", why=str(error))
            return False
        finally:
            await _cancelled(waiting, stopping)
        await _until(self._stop, BREATH_SECONDS)
        return not self._stop.is_set()

    async def _under_lease(self, polling: Coroutine[None, None, None]) -> None:
        """Does it while the lease holds; once the mailbox is to be left, it has a moment to come to an end."""
        work, beat = asyncio.create_task(polling), asyncio.create_task(self._beat())
        leaving = asyncio.create_task(self._leave_in_time())
        try:
            await asyncio.wait((work, beat, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _cancelled(*((beat, leaving) if work.done() else (work, beat, leaving)))
        if not work.cancelled():
            work.result()
        elif not self._stop.is_set():
            raise mailboxes.LeaseLostError(self._address)
        else:
            async with self._means.sessions.begin() as session:
                await mailboxes.release(session, self._address, self._worker)

    async def _leave_in_time(self) -> None:
        await self._stop.wait()
        await asyncio.sleep(PATIENCE)

    async def _beat(self) -> None:
        """Returns when the lease is lost, or may have been: it could not be renewed in time."""
        loop = asyncio.get_running_loop()
        until = loop.time() + LEASE
        while loop.time() < until:
            await asyncio.sleep(LEASE / 4)
            asked = loop.time()
            try:
                async with asyncio.timeout(LEASE / 4), self._means.sessions.begin() as session:
                    held = await mailboxes.renew(session, self._address, self._worker, LEASE)
            except Exception as error:
                if not database_away(error):
                    raise
                continue
            if not held:
                return
            until = asked + LEASE

    async def _fail(self, error: str, failures: int) -> None:
        pause = again_in(failures, self._fetch.interval, self._dice())
        log.warning("mailbox_fails", error=error, failures=failures, again_in=round(pause, 1))
        async with self._means.sessions.begin() as session:
            await mailboxes.fail(session, self._address, self._worker, pause, error)


async def _until(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


async def _cancelled(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
