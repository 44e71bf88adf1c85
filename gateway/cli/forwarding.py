"""How mail comes to each gateway address, as far as probes have shown: a part of `gateways list` and of `status`."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from gateway.cli.output import moment, print_table
from gateway.cli.work import Work
from gateway.desk.forwarding.report import gateway_of, report, worst
from gateway.domain.organisation import Gateway, Organisation
from gateway.domain.probes import ForwardingState, Probe
from storage import probes


async def documents(opened: Work) -> list[dict[str, Any]]:
    async with opened.sessions() as session:
        known = await probes.latest(session)
    return [document(each, of_gateway(each, known, opened.organisation), opened.organisation) for each in opened.organisation.gateways]


def of_gateway(gateway: Gateway, known: Mapping[str, Probe], organisation: Organisation) -> list[tuple[str, Probe | None]]:
    """The addresses by which its mail comes, with the latest probe to each. Outside mailboxes that no table names, and of which no probe
    ever arrived, stand with the default gateway."""
    named = [(each, known.get(each)) for each in gateway.probed]
    others = [
        (address, probe)
        for address, probe in known.items()
        if address not in gateway.probed and (gateway_of(probe, organisation) or organisation.default_gateway) is gateway
    ]
    return [*named, *others]


def document(gateway: Gateway, addresses: Iterable[tuple[str, Probe | None]], organisation: Organisation) -> dict[str, Any]:
    department = organisation.department(gateway.department)
    forwarded = [forwarded_document(address, probe, organisation) for address, probe in addresses]
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
        "forwarding": worst(states_that_count(gateway, forwarded)),
        "last_success": max((each["last_success"] for each in forwarded if each["last_success"] is not None), default=None),
        "verify_hours": None if gateway.verify_every is None else gateway.verify_every.total_seconds() / 3600,
        "forwarded": forwarded,
    }


def states_that_count(gateway: Gateway, forwarded: Collection[dict[str, Any]]) -> tuple[ForwardingState, ...]:
    """Of addresses that are known for the gateway's; of others only where nothing is known of those: neither a mistyped address that
    somebody verified once shall speak for the gateway, nor its own that nobody has asked about."""
    known = tuple(each["state"] for each in forwarded if is_known(gateway, each))
    return known or tuple(each["state"] for each in forwarded)


def is_known(gateway: Gateway, forwarded: Mapping[str, Any]) -> bool:
    """Whether its table names it, a probe has come from it, or it is its own and was probed."""
    own = forwarded["address"] == gateway.address and forwarded["state"] != "unproven"
    return own or forwarded["came_in"] or forwarded["address"] in gateway.forwarded_from


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
