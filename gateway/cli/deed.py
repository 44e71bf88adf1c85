"""What the command under way does, for the audit log: who, what and about whom as far as it is known by now, and the entry made of it.

A change's entry is written in the change's own transaction (`Work.changing`), so that neither is there without the other. Whatever was not
written by then is when the command ends: what was read, refused, or failed.
"""

import argparse
import os
import pwd
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.cli.acts import ACTS, NOT_RECORDED, Kind
from gateway.cli.exits import Fail
from gateway.cli.output import say
from gateway.desk.identify import is_of_the_desk
from gateway.domain.audit import Access, Act, Result, Who
from gateway.domain.organisation import Agent, Organisation
from gateway.mail.address import address_key
from gateway.tokens.codec import Keyring
from gateway.tokens.pseudonym import pseudonyms
from storage import audit, clients
from storage.engine import database_away

MOST_IDS: Final = 200
"""Of one kind, each is named; of more, how many, and the first and the last."""
PATIENCE: Final = text("SET LOCAL lock_timeout = '3s'")
ADDRESS: Final = re.compile(r"""(?:"[^"]*"|[^\s<>()\[\],;:"]+)@(?:\[[^\]\s]*\]|[^\s<>()\[\],;:"]+)""")
"""Whatever may be one, quoted local parts and addresses of hosts among them."""
QUOTES: Final = "'`“”.!?"
LOGIN: Final = Path("/proc/self/loginuid")
NOBODY: Final = 2**32 - 1
"""The login user of a process that nobody logged in for, such as a service's."""


class Deed:
    """Of one command. What it is about is told by its options, and by the command itself as it learns more."""

    def __init__(self, options: argparse.Namespace, desk: Organisation) -> None:
        command = str(getattr(options, "command", "?"))
        self.kind = ACTS.get(command) or Kind(command.replace(":", "."), Access.CHANGE)
        self.recorded = command not in NOT_RECORDED
        self.written: int | None = None
        """Its entry's id."""
        self._desk = desk
        self._keyring = Keyring(desk.desk.secrets)
        self._who = who()
        self._options = options
        self.begin_anew()

    def begin_anew(self) -> None:
        """Nothing is known but what the options say."""
        self.written = None
        self._about: dict[str, list[int | str]] = {}
        self._addresses: list[str] = []
        self._changes: dict[str, tuple[object, object]] = {}
        self._details: dict[str, object] = {}
        self._refusal: str | None = None
        options = self._options
        for option, kind in self.kind.about.items():
            self.about(kind, *listed(getattr(options, option, None)))
        for option in self.kind.addresses:
            self.about_addresses(*map(str, listed(getattr(options, option, None))))
        self.note(**{option: getattr(options, option, None) for option in self.kind.details})

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
        """The command ends without its effect, though not by an exception."""
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
        act = Act(self._who, self.kind.action, self.kind.access, result, why, about, self._changes, self._details | more | after)
        self.written = (await audit.append(session, act)).id

    async def end(self, sessions: async_sessionmaker[AsyncSession], error: Exception | None = None) -> None:
        """Writes what is not written yet, in a transaction of its own. Where the database takes nothing, the command has its own word on
        that; of what was read all the same, it is said that the log lacks it."""
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
            say(f"deskgate: the audit log has no entry of this ({self.kind.action}): the database takes none now")

    def _outcome(self, error: Exception | None) -> tuple[Result, str | None]:
        match error:
            case None if self._refusal is not None:
                return Result.REFUSED, self._masked(self._refusal)
            case None:
                return Result.DONE, None
            case Fail():
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


def listed(value: object) -> list[int | str]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]  # type: ignore[list-item]


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


def who() -> Who:
    """Who runs this process: the person who logged in, where the system knows, however they became the user that they are now."""
    user, node = user_name(os.geteuid()), os.uname().nodename
    return Who(f"{logged_in() or user}@{node}", f"{user}@{node}", "cli")


def logged_in() -> str | None:
    """Linux remembers it through su and sudo; sudo itself says it where there is no audit in the kernel."""
    try:
        number = int(LOGIN.read_text())
    except (OSError, ValueError):
        number = NOBODY
    if number != NOBODY:
        return user_name(number)
    return os.environ.get("SUDO_USER") or None


def user_name(number: int) -> str:
    """Containers run as users that no file names."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def ids_of(rows: Iterable[dict[str, object]], name: str) -> list[int]:
    """For `about`: a list's column of ids."""
    return [value for each in rows if isinstance(value := each.get(name), int)]
