"""`deskgate status`."""

import argparse
import re
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from gateway import __version__
from gateway.cli.output import print_fields, print_json, print_table
from gateway.cli.work import Work, work
from gateway.config.settings import Settings
from migrations import run as migrations
from storage import inbound, outbox
from storage.ticket_views import count_by_status

CONNECTIONS = re.compile(r"^deskgate_connections(?:\{[^}]*\})? ([0-9.e+]+)$", re.MULTILINE)


async def status(options: argparse.Namespace) -> None:
    async with work(options) as opened:
        found = await document(opened)
    if options.json:
        print_json(found)
        return
    for name in ("inbound", "outbox", "tickets"):
        rows = [(state, count) for state, count in found[name].items() if count]
        print_table((name, "count"), rows, f"{name}: none")
        print()
    print_fields({name: found[name] for name in ("oldest_queued_seconds", "sending", "connections", "version", "schema")})


async def document(opened: Work) -> dict[str, Any]:
    async with opened.sessions() as session:
        inbound_counts = await inbound.counts(session)
        outbox_counts = await outbox.counts(session)
        tickets = await count_by_status(session)
        oldest = await inbound.oldest_queued_seconds(session)
        held = await outbox.held(session)
    return {
        "inbound": inbound_counts.by_state,
        "outbox": outbox_counts.by_state,
        "tickets": tickets,
        "oldest_queued_seconds": round(oldest, 1) if oldest is not None else None,
        "sending": "on" if held is None else f"paused: {held.why}",
        "connections": connections(opened.settings),
        "version": __version__,
        "schema": await migrations.current(opened.engine),
    }


def connections(settings: Settings) -> int | None:
    """Open SMTP connections of the gateway that runs with this configuration; None where none answers on its metrics page."""
    address = settings.web.listen
    if address.port == 0:
        return None
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address.host, address.host)  # noqa: S104  compared with, not bound
    bracketed = f"[{host}]" if ":" in host else host
    try:
        with urlopen(f"http://{bracketed}:{address.port}/metrics", timeout=1) as page:
            found = CONNECTIONS.findall(page.read().decode())
    except (URLError, OSError, ValueError):
        return None
    return round(sum(map(float, found)))
