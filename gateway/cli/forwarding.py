"""How mail comes to each gateway address, as far as probes have shown: a part of `gateways list` and of `status`."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from gateway.cli.output import moment, print_table
from gateway.cli.work import Work
from gateway.deeds.forwarding import Way, forwarding_of, last_success, ways_of
from gateway.desk.forwarding.report import report
from gateway.domain.organisation import Gateway, Organisation
from gateway.domain.probes import Probe
from storage import probes


async def documents(opened: Work) -> list[dict[str, Any]]:
    async with opened.sessions() as session:
        known = await probes.latest(session)
    return [document(each, ways_of(each, known, opened.organisation), opened.organisation) for each in opened.organisation.gateways]


def document(gateway: Gateway, ways: Collection[Way], organisation: Organisation) -> dict[str, Any]:
    department = organisation.department(gateway.department)
    forwarded = [forwarded_document(address, probe, organisation) for address, probe in ways]
    fetch = gateway.fetch
    return {
        "address": gateway.address,
        "name": gateway.name,
        "department": gateway.department,
        "default": gateway.default,
        "enabled": gateway.enabled,
        "when_disabled": gateway.when_disabled,
        "language": gateway.language or (department.language if department is not None else None) or organisation.desk.language,
        "category": gateway.category,
        "kind": "local" if fetch is None or fetch.protocol == "maildir" else "external",
        "fetch": None if fetch is None else {"protocol": str(fetch.protocol), "place": fetch.place},
        "forwarding": forwarding_of(gateway, ways),
        "last_success": instant(last_success(ways)),
        "verify_hours": None if gateway.verify_every is None else gateway.verify_every.total_seconds() / 3600,
        "forwarded": forwarded,
    }


def forwarded_document(address: str, probe: Probe | None, organisation: Organisation) -> dict[str, Any]:
    if probe is None:
        return dict.fromkeys(("why", "last_success", "checked_at")) | {
            "address": address,
            "state": "unproven",
            "came_in": False,
            "found": [],
            "advice": [],
        }
    told = report(probe, organisation)
    return {
        "address": address,
        "state": probe.state,
        "came_in": probe.last_gateway is not None,
        "why": told.why,
        "last_success": instant(probe.last_success_at),
        "checked_at": instant(probe.sent_at),
        "found": list(told.found),
        "advice": list(told.advice),
    }


def print_probed(listed: Iterable[dict[str, Any]]) -> None:
    """Of those that somebody has probed; nothing where there are none."""
    rows = [
        (one["address"], each["address"], one["state"], one["last_success"], one["why"])
        for each in listed
        for one in each["forwarded"]
        if one["state"] != "unproven"
    ]
    if rows:
        print()
        print_table(("mail to", "comes to", "state", "last success", "why"), rows, "")


def instant(at: datetime | None) -> str | None:
    return None if at is None else moment(at)
