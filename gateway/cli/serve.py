"""`deskgate serve`."""

import argparse

from gateway.app.roles import ALL, roles
from gateway.supervisor.nursery import Nursery
from gateway.telemetry import sharing


def serve(options: argparse.Namespace) -> None:
    chosen = tuple(options.role or (ALL,))
    # The forker imports what the first children need; we import the rest beside it, and read the configuration.
    with sharing.directory() as shared, Nursery(shared, [roles(1, chosen)[0].entry]) as nursery:
        import gateway.telemetry.lean  # noqa: F401  before what logs
        from gateway.app.serve import Options
        from gateway.app.serve import serve as run
        from gateway.cli.output import say
        from gateway.config.load import find_config

        found = find_config(options.config)
        if found.notice:
            say(found.notice)
        run(found, Options(chosen, options.shadow), nursery, shared, announce)


def announce(line: str) -> None:
    print(line, flush=True)
