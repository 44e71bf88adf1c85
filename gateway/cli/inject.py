"""`deskgate inject`: pipe delivery, durable exactly as the listener makes it."""

import argparse
import sys
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from gateway.app.screening import Screening
from gateway.app.values import limits
from gateway.cli.exits import Exit, Fail
from gateway.cli.work import work
from gateway.deeds.deed import Deed
from gateway.domain.envelope import Envelope
from gateway.ingress.accept import Also
from gateway.ingress.checks.unasked import ScreeningAcceptor
from gateway.ingress.content import Content
from gateway.ingress.stdin import Unacceptable
from gateway.ingress.stdin import inject as take_in


async def inject(options: argparse.Namespace) -> None:
    """Whatever goes wrong with the database is temporary: the caller keeps the message and tries again."""
    octets = read(options.file)
    async with work(options) as opened:
        screening = Screening(opened.sessions, lambda: opened)
        acceptor = Audited(opened.deed, opened.sessions, opened.settings.server.hostname, lambda _channel: None)
        acceptor.screener = lambda: screening.now
        try:
            taken = await take_in(
                acceptor, octets, reverse_path=options.reverse_path, recipients=options.recipients, limits=limits(opened.settings)
            )
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise Fail(f"the message was not kept, try again later: {error}", Exit.LATER) from error
        if isinstance(taken, Unacceptable):
            raise Fail(taken.why, Exit.WRONG)
        await opened.wake("inbound")
    print(taken)


class Audited(ScreeningAcceptor):
    """The entry is written before the message, whose id there is not yet: it names the trace."""

    def __init__(self, deed: Deed, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._deed = deed

    async def accept_message(self, envelope: Envelope, content: Content, also: Also | None = None) -> int:
        self._deed.about("trace", envelope.trace_id)
        with self._deed.attempted():
            return await super().accept_message(envelope, content, also or self._deed.write)


def read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise Fail(f"{name} cannot be read: {error.strerror or error}", Exit.WRONG) from error
