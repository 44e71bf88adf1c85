"""A session that is ready for MAIL: what the server offers in it, and how long it may take."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.outbound.dialogue import Broken, Dialogue
from gateway.outbound.replies import Reply
from gateway.outbound.retry import Stage


class Unreachable(Exception):  # noqa: N818  it names a fact
    """No session came about; it says nothing about a letter. With a `code`, the server said so itself."""

    def __init__(self, stage: Stage, text: str, code: int | None = None) -> None:
        super().__init__(text)
        self.stage = stage
        self.text = text
        self.code = code

    @property
    def reply(self) -> str:
        return self.text if self.code is None else f"{self.code} {self.text}"


@dataclass(slots=True, eq=False)
class Session:
    """Times in seconds. `extensions` are EHLO's keywords in lower case with their parameters; `max_size` a bound of our own beside SIZE."""

    dialogue: Dialogue
    extensions: Mapping[str, str]
    timeout: float = 60.0
    """For the answer to one command, and for a piece of the content to leave."""
    final_timeout: float = 600.0
    """For the answer to the final dot (RFC 5321 §4.5.3.2.6)."""
    max_size: int | None = None
    relay: str = ""
    """The host's name where it is a relay of ours, for `Delivered.relay`."""
    letters: int = 0
    """That were handed over in it, or refused."""
    bare: bool = False
    """The server offers parameters and refuses them."""
    spoilt: bool = field(default=False, init=False)

    @property
    def used_before(self) -> bool:
        return self.letters > 0

    @property
    def fit(self) -> bool:
        """For another transaction."""
        return not self.spoilt and self.dialogue.open

    @property
    def size(self) -> int | None:
        """The largest content that it takes, as far as is known (RFC 1870: 0 is no bound)."""
        said = self.extensions.get("size", "").split(" ")[0]
        limits = [int(said)] if said.isdecimal() and len(said) < _DIGITS and int(said) else []
        limits += [self.max_size] if self.max_size is not None else []
        return min(limits, default=None)

    def offers(self, extension: str) -> bool:
        return extension in self.extensions

    def spoil(self) -> None:
        """It is not used again."""
        self.spoilt = True

    async def ask(self, command: bytes) -> Reply:
        self.dialogue.write(command, replies=1)
        return await self.dialogue.reply(self.timeout)

    async def quit(self) -> None:
        """Politely, and at once if the server does not answer."""
        with contextlib.suppress(Broken):
            self.dialogue.write(b"QUIT\r\n", replies=1)
            await self.dialogue.reply(QUIT_SECONDS)
        self.close()

    def close(self) -> None:
        """What has not left, the final dot not excepted, never will."""
        self.dialogue.abort()


QUIT_SECONDS: Final = 2.0
_DIGITS: Final = 20
