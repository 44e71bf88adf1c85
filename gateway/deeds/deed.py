"""What somebody does through a door of ours, for the audit log: who, what and about whom as far as it is known by now, and the entry
made of it.

A change's entry is written in the change's own transaction, so that neither is there without the other. Whatever was not written by then is
when the deed ends: what was read, refused, or failed.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.deeds.refused import Refused
from gateway.desk.identify import is_of_the_desk
from gateway.domain.audit import Access, Act, Result, Who
from gateway.domain.organisation import Agent, Organisation
from gateway.mail.address import address_key
from gateway.tokens.codec import Keyring
from gateway.tokens.pseudonym import pseudonyms
from storage import audit, clients
from storage.engine import database_away

log = structlog.get_logger()

MOST_IDS: Final = 200
"""Of one kind, each is named; of more, how many, and the first and the last."""
PATIENCE: Final = text("SET LOCAL lock_timeout = '3s'")
ADDRESS: Final = re.compile(r"""(?:"[^"]*"|[^\s<>()\[\],;:"]+)@(?:\[[^\]\s]*\]|[^\s<>()\[\],;:"]+)""")
"""Whatever may be one, quoted local parts and addresses of hosts among them."""
QUOTES: Final = "'`“”.!?"


class Deed:
    """`action` is what the audit log calls it. What it is about is told as it becomes known."""

    def __init__(self, action: str, access: Access, who: Who, desk: Organisation, *, recorded: bool = True) -> None:
        self.action = action
        self.access = access
        self.recorded = recorded
        self.written: int | None = None
        """Its entry's id."""
        self._desk = desk
        self._keyring = Keyring(desk.desk.secrets)
        self._who = who
        self.begin_anew()

    def begin_anew(self) -> None:
        """Nothing is known but who, and what."""
        self.written = None
        self._about: dict[str, list[int | str]] = {}
        self._addresses: list[str] = []
        self._changes: dict[str, tuple[object, object]] = {}
        self._details: dict[str, object] = {}
        self._refusal: str | None = None

    @property
    def actor(self) -> str:
        """Who does it, as the entry names them."""
        return self._who.actor

    def by(self, agent: Agent) -> None:
        """In whose name it is done."""
        self._who = Who(agent.address, self._who.account, self._who.origin)

    def about(self, kind: str, *ids: int | str | None) -> None:
        known = self._about.setdefault(kind, [])
        known += [each for each in dict.fromkeys(ids) if each is not None and each not in known]

    def about_addresses(self, *addresses: str) -> None:
        """Of whoever they belong to: kept as the client's id, as they are where they are the desk's own, else as what stands for them. A
        number is a client's."""
        self.about("client", *(int(each) for each in addresses if is_number(each)))
        self._addresses += [each for each in addresses if not is_number(each)]

    def changed(self, name: str, before: object, now: object) -> None:
        if before != now:
            self._changes[name] = (self._spoken(before), self._spoken(now))

    def note(self, **details: object) -> None:
        """How it was done; what is off or not given is left out. Addresses of strangers do not stay in it."""
        self._details |= {name: self._spoken(value) for name, value in details.items() if value not in (None, False, [], ())}

    def refuse(self, why: str) -> None:
        """It ends without its effect, though not by an exception."""
        self._refusal = why

    @contextmanager
    def attempted(self) -> Iterator[None]:
        """Around a transaction that writes the entry: where it fails, nothing is written."""
        before = self.written
        try:
            yield
        except BaseException:
            self.written = before
            raise

    async def write(self, session: AsyncSession, error: Exception | None = None) -> None:
        """The entry, in the session's transaction, as the last that it writes."""
        result, why = self._outcome(error)
        await self._find_clients(session)
        about, more = shortened(self._about)
        after = {} if self.written is None else {"after": self.written}
        act = Act(self._who, self.action, self.access, result, why, about, self._changes, self._details | more | after)
        self.written = (await audit.append(session, act)).id

    async def end(self, sessions: async_sessionmaker[AsyncSession], error: Exception | None = None) -> None:
        """Writes what is not written yet, in a transaction of its own. Where the database takes nothing, whoever did it hears so anyway; of
        what was read all the same, `not_written` says that the log lacks it."""
        if isinstance(error, BrokenPipeError):
            # Somebody's `head` has seen enough.
            error = None
        if not self.recorded or (self.written is not None and error is None):
            return
        if error is not None and database_away(error):
            return
        try:
            async with sessions.begin() as session:
                await session.execute(PATIENCE)
                await self.write(session, error)
        except Exception as failure:
            if not database_away(failure):
                raise
            self.not_written(failure)

    def not_written(self, failure: Exception) -> None:
        log.warning("audit_entry_not_written", action=self.action, error=f"{type(failure).__name__}: {failure}")

    def _outcome(self, error: Exception | None) -> tuple[Result, str | None]:
        match error:
            case None if self._refusal is not None:
                return Result.REFUSED, self._masked(self._refusal)
            case None:
                return Result.DONE, None
            case Refused():
                return Result.REFUSED, self._masked(error.why)
            case _:
                # Its text may quote anything.
                return Result.FAILED, type(error).__name__

    async def _find_clients(self, session: AsyncSession) -> None:
        keys = {key: address for address in self._addresses if (key := address_key(address) or address)}
        owners = await clients.owners(session, list(keys)) if keys else {}
        for key in keys:
            if key in owners:
                self.about("client", owners[key].client_id)
            else:
                self.about("address", self._standing_for(key))

    def _standing_for(self, key: str) -> str:
        agent = self._desk.agent(key)
        if agent is not None:
            return agent.address
        return key if is_of_the_desk(key, self._desk) else pseudonyms(self._keyring, "address", key)[0]

    def _spoken(self, value: object) -> object:
        match value:
            case str():
                return self._masked(value)
            case list() | tuple():
                return [self._spoken(each) for each in value]
            case _:
                return value

    def _masked(self, words: str) -> str:
        """Without addresses of strangers."""

        def stand_in(found: re.Match[str]) -> str:
            bare = found[0].strip(QUOTES)
            before, _, after = found[0].partition(bare)
            return f"{before}{self._standing_for(address_key(bare) or bare.casefold())}{after}"

        return ADDRESS.sub(stand_in, words)


def is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def shortened(about: dict[str, list[int | str]]) -> tuple[dict[str, list[int | str]], dict[str, object]]:
    """What is named one by one, and what is told of the rest."""
    named = {kind: ids for kind, ids in about.items() if len(ids) <= MOST_IDS}
    more: dict[str, object] = {}
    for kind in about.keys() - named.keys():
        numbers = [each for each in about[kind] if isinstance(each, int)]
        more |= {f"{kind}_count": len(about[kind]), f"{kind}_first": min(numbers, default=None), f"{kind}_last": max(numbers, default=None)}
    return named, {name: value for name, value in more.items() if value is not None}


def ids_of(rows: Iterable[dict[str, object]], name: str) -> list[int]:
    """For `about`: a list's column of ids."""
    return [value for each in rows if isinstance(value := each.get(name), int)]
