"""`deskgate inject`: pipe delivery, durable exactly as the listener makes it."""

import argparse
import sys
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from gateway.app.screening import Screening
from gateway.app.values import limits
from gateway.cli.exits import Exit, Fail
from gateway.cli.work import work
from gateway.ingress.checks.unasked import ScreeningAcceptor
from gateway.ingress.stdin import Unacceptable
from gateway.ingress.stdin import inject as take_in


async def inject(options: argparse.Namespace) -> None:
    """Whatever goes wrong with the database is temporary: the caller keeps the message and tries again."""
    octets = read(options.file)
    async with work(options) as opened:
        screening = Screening(opened.sessions, lambda: opened)
        acceptor = ScreeningAcceptor(opened.sessions, opened.settings.server.hostname, lambda _channel: None)
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


def read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise Fail(f"{name} cannot be read: {error.strerror or error}", Exit.WRONG) from error
