"""`deskgate serve`."""

import argparse

from gateway.app.serve import Options
from gateway.app.serve import serve as run
from gateway.cli.output import say
from gateway.config.load import find_config


def serve(options: argparse.Namespace) -> None:
    found = find_config(options.config)
    if found.notice:
        say(found.notice)
    run(found, Options(tuple(options.role or ("all",)), options.shadow), announce)


def announce(line: str) -> None:
    print(line, flush=True)
