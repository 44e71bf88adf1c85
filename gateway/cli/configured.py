"""The configuration of a command that may do without the database."""

import argparse

import gateway.telemetry.lean  # noqa: F401  before what logs
from gateway.cli.output import say
from gateway.config.load import find_config, load
from gateway.config.settings import Settings


def configured(options: argparse.Namespace, *, leave_no_trace: bool = False) -> Settings:
    """`leave_no_trace`: a secret that is not there yet is not written down either."""
    found = find_config(options.config)
    if found.notice:
        say(found.notice)
    return load(found, leave_no_trace=leave_no_trace).settings
