"""Arguments, and the translation of whatever goes wrong into an exit status and a sentence."""

import argparse
import sys
from collections.abc import Callable, Coroutine, Sequence
from importlib import import_module

from gateway import __version__
from gateway.cli import arguments
from gateway.cli.exits import Exit, Fail
from gateway.cli.output import say
from gateway.deeds.refused import NotYet, Refused


def run(argv: Sequence[str]) -> int:
    """Returns the exit status; argparse itself exits with 2 on bad usage, which is CONTRACT's."""
    parser = arguments.parser(__version__)
    options = parser.parse_args(argv)
    try:
        return Exit.DONE if (status := call(options)) is None else status
    except Fail as failure:
        say(f"deskgate: {failure.why}")
        return failure.status
    except Refused as refused:
        say(f"deskgate: {refused.why}")
        return Exit.LATER if isinstance(refused, NotYet) else Exit.WRONG
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Somebody's `head` has seen enough.
        sys.stderr.close()
        return Exit.DONE
    except Exception as error:
        translated = translate(error)
        if translated is None:
            raise
        say(f"deskgate: {translated.why}")
        return translated.status


def call(options: argparse.Namespace) -> int | None:
    module, _, name = options.command.partition(":")
    function: Callable[[argparse.Namespace], int | Coroutine[object, object, int | None] | None]
    function = getattr(import_module(f"gateway.cli.{module}"), name)
    result = function(options)
    if not isinstance(result, Coroutine):
        return result
    import asyncio

    return asyncio.run(result)


def translate(error: Exception) -> Fail | None:
    """Known troubles of the rooms below; None for a defect of ours, which deserves its traceback."""
    from gateway.config.faults import ConfigurationError

    if isinstance(error, ConfigurationError):
        return Fail(str(error), Exit.USAGE)
    # Here, because most of them come with the database's libraries, which a command may have done without.
    from gateway.app.schema import SchemaError
    from gateway.supervisor.sockets import CannotListenError
    from storage.embedded import EmbeddedError
    from storage.engine import LoginRefusedError, database_away

    match error:
        case CannotListenError():
            return Fail(error.strerror or str(error), Exit.WRONG)
        case SchemaError() | EmbeddedError():
            return Fail(str(error), Exit.WRONG)
        case LoginRefusedError():
            return Fail(f"database.url: {error}; expected a user, password and database that are known there", Exit.USAGE)
        case _ if database_away(error):
            return Fail(f"the database is away, try again later: {first_line(error)}", Exit.LATER)
        case _:
            return None


def first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
