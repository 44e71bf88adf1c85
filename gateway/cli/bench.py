"""`deskgate bench`: the figures of this machine, on a database of its own."""

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gateway.telemetry.lean  # noqa: F401  before what logs
from gateway.bench import suite
from gateway.cli.exits import Exit, Fail
from gateway.cli.output import print_fields, print_json, print_table, say
from storage.embedded import EmbeddedServer


def bench(options: argparse.Namespace) -> None:
    """With fsync and all that a real database does."""
    chosen = options.parts or suite.by_default(quick=options.quick)
    if unknown := sorted(set(chosen) - set(suite.NAMES)):
        raise Fail(f"no such part of the benchmark: {', '.join(unknown)}; there are {', '.join(suite.NAMES)}", Exit.USAGE)
    with tempfile.TemporaryDirectory(prefix="deskgate-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with EmbeddedServer.start(folder) as server:
            found = suite.measure(server.url, folder, chosen, quick=options.quick, say=say)
    if options.json:
        print_json(found)
    else:
        show(found)


def show(found: dict[str, Any]) -> None:
    reached = found.pop("figures")
    for title, fields in found.items():
        print(f"\n{title}")
        print_fields(flat(fields))
    print()
    rows = [(each["figure"], f"{each['value']:g}", each["reach"], each["reached"], each["reference"]) for each in reached]
    print_table(("figure", "here", "to reach", "reached", "elsewhere"), rows, empty="none of these figures has anything to reach")


def flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A line a figure, also of those that stand together."""
    return {
        " ".join((name, *inner)): figure
        for name, value in fields.items()
        for inner, figure in ((((each,), n) for each, n in value.items()) if isinstance(value, Mapping) else (((), value),))
    }
