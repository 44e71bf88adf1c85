"""`deskgate status`."""

import argparse
import re
from dataclasses import asdict
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from gateway import __version__
from gateway.cli import forwarding, mailboxes, webhooks
from gateway.cli.output import print_fields, print_json, print_table
from gateway.cli.work import Work, work
from gateway.config.settings import Settings
from gateway.desk.alarm import overall_fault
from gateway.desk.suppress import staff_fault
from gateway.desk.suppressing import staff_unreached
from migrations import run as migrations
from storage import inbound, outbox
from storage.alarms import letters_of_hour
from storage.alarms import up as alarms_up
from storage.mailboxes import standings as standings_of
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
    letters = found["automatic_letters"]
    told = {"automatic_letters": f"{letters['last_hour']} of {letters['budget']} in the last hour"}
    named = ("oldest_queued_seconds", "sending", "degraded", "connections", "version", "schema")
    if found["mailboxes"]:
        print_table(mailboxes.HEADINGS, mailboxes.rows(found["mailboxes"]), "")
        print()
    if probed := [each for each in found["forwarding"] if each["state"] != "unproven"]:
        print_table(("mail to", "comes to", "state", "last success"), [tuple(each.values()) for each in probed], "")
        print()
    if down := [each for each in found["destinations"] if each["down_since"] is not None]:
        print_table(("letters by", "queued", "down since", "last error"), [tuple(each.values()) for each in down], "")
        print()
    if found["webhooks"]:
        webhooks.print_webhooks(found["webhooks"])
        print()
    print_fields({name: found[name] for name in named} | told)


async def document(opened: Work) -> dict[str, Any]:
    async with opened.sessions() as session:
        inbound_counts = await inbound.counts(session)
        outbox_counts = await outbox.counts(session)
        tickets = await count_by_status(session)
        oldest = await inbound.oldest_queued_seconds(session)
        held = await outbox.held(session)
        destinations = await outbox.standings(session)
        fetching = [each for each in opened.organisation.gateways if each.fetch is not None]
        standings = await standings_of(session, [each.address for each in fetching])
        letters = await letters_of_hour(session)
        unreached = await staff_unreached(session, opened.organisation)
        alarms = await alarms_up(session)
        hooks = await webhooks.documents(session, opened)
    listed = await forwarding.documents(opened)
    degraded = overall_fault(letters, opened.organisation.budget), staff_fault(unreached, in_public=False)
    return {
        "inbound": inbound_counts.by_state,
        "outbox": outbox_counts.by_state,
        "tickets": tickets,
        "mailboxes": mailboxes.described(fetching, standings),
        "forwarding": [
            {"address": one["address"], "gateway": each["address"], "state": one["state"], "last_success": one["last_success"]}
            for each in listed
            for one in each["forwarded"]
        ],
        "oldest_queued_seconds": round(oldest, 1) if oldest is not None else None,
        "destinations": [asdict(each) for each in destinations],
        "webhooks": hooks,
        "sending": sending(held, opened),
        "automatic_letters": {"last_hour": letters, "budget": opened.organisation.budget.overall_hour},
        "degraded": "; ".join(filter(None, (*alarms.values(), *degraded))) or None,
        "alarms": [{"name": name, "why": why} for name, why in alarms.items()],
        "unreached_agents": [each.address for each in unreached],
        "connections": connections(opened.settings),
        "version": __version__,
        "schema": await migrations.current(opened.engine),
    }


def sending(held: outbox.Hold | None, opened: Work) -> str:
    if opened.organisation.desk.shadow:
        return "off: the service runs in the shadow (`serve --shadow`)"
    return "on" if held is None else f"paused: {held.why}"


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
