"""Passwords of operators: made into hashes, and looked at. Argon2id with the memory and passes that RFC 9106 §4 has for servers with
little memory to spare, but one lane, so that looking at one keeps no more than one processor busy.

That takes 64 MiB and a tenth of a second by design. It is done in a thread, one after another; more than can soon have their turn are sent
away, so that a flood of logins costs neither memory nor the pages of those who are in.
"""

import asyncio
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

SHORTEST: Final = 8
"""NIST SP 800-63B §5.1.1.2."""
LONG_ENOUGH: Final = 12
LONGEST: Final = 1024
AT_ONCE: Final = 1
MOST_WAITING: Final = 30
"""A few seconds' worth."""

_HASHER: Final = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)


class BusyError(Exception):
    """Too many passwords are waiting to be looked at."""


def as_typed(password: str) -> str:
    """Keyboards compose letters differently (RFC 8265 §4.2.1)."""
    return unicodedata.normalize("NFC", password)


def why_weak(password: str, name: str = "") -> str | None:
    """None for a password that will do; length is what counts."""
    typed = as_typed(password)
    if len(typed) < SHORTEST:
        return f"the password has {counted(typed)}; {SHORTEST} are expected at least, a few words that nobody would put together"
    if len(typed) > LONGEST:
        return f"the password is longer than {LONGEST} characters"
    if len(set(typed)) < 5:
        return "the password has fewer than five different characters"
    if name and name.casefold() in typed.casefold() and len(typed) < len(name) + SHORTEST:
        return "the password is little more than the name"
    return None


def why_short(password: str) -> str | None:
    """What to tell whoever chose a password that is taken, and would better be longer."""
    typed = as_typed(password)
    if len(typed) >= LONG_ENOUGH:
        return None
    return f"the password has {counted(typed)}, which will do; {LONG_ENOUGH} or more are much harder to guess"


def counted(typed: str) -> str:
    return "1 character" if len(typed) == 1 else f"{len(typed)} characters"


def hashed(password: str) -> str:
    """For `password` of `[[web.operator]]`."""
    return _HASHER.hash(as_typed(password))


def matches(password_hash: str, password: str) -> bool:
    if len(password) > LONGEST:
        return False
    try:
        return _HASHER.verify(password_hash, as_typed(password))
    except (Argon2Error, InvalidHashError):
        return False


class Passwords:
    """Of one process."""

    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._most = at_once + most_waiting
        self._asked = 0

    async def match(self, password_hash: str, password: str) -> bool:
        """Raises BusyError."""
        if self._asked >= self._most:
            raise BusyError
        self._asked += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(matches, password_hash, password)
        finally:
            self._asked -= 1
