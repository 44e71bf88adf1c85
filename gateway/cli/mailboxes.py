"""How the mailboxes fare that are polled: a part of `deskgate status`."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from gateway.cli.output import moment
from gateway.domain.organisation import Gateway
from storage.mailboxes import Standing

HEADINGS = ("mailbox", "state", "last success", "left", "why")


def described(gateways: Iterable[Gateway], standings: dict[str, Standing]) -> list[dict[str, Any]]:
    """Of each gateway that fetches, in the order of the file. `left` counts messages that could not be taken in and stay where they are."""
    return [one(each, standings.get(each.address)) for each in gateways if each.fetch is not None]


def one(gateway: Gateway, standing: Standing | None) -> dict[str, Any]:
    assert gateway.fetch is not None
    return {
        "gateway": gateway.address,
        "place": gateway.fetch.place,
        "protocol": str(gateway.fetch.protocol),
        "state": state(gateway, standing),
        "error": standing.error if standing else None,
        "failures": standing.failures if standing else 0,
        "failing_since": standing.failing_since if standing else None,
        "last_attempt_at": standing.tried_at if standing else None,
        "last_success_at": standing.succeeded_at if standing else None,
        "next_attempt_at": standing.due_at if standing and standing.polled_by is None else None,
        "polled_by": standing.polled_by if standing else None,
        "left": standing.left if standing else 0,
        "left_why": standing.left_why if standing else None,
    }


def state(gateway: Gateway, standing: Standing | None) -> str:
    """`failing`, `ok`, `off` while a disabled gateway defers its mail, or `waiting` for its first look."""
    if not gateway.polled:
        return "off"
    if standing is None:
        return "waiting"
    if standing.failures:
        return "failing"
    return "waiting" if standing.succeeded_at is None else "ok"


def rows(mailboxes: Iterable[dict[str, Any]]) -> list[tuple[str, ...]]:
    """For people, under `HEADINGS`."""
    return [(each["gateway"], each["state"], when(each["last_success_at"]), str(each["left"] or ""), why(each)) for each in mailboxes]


def when(at: datetime | None) -> str:
    return "never" if at is None else moment(at.astimezone(UTC).replace(microsecond=0))


def why(mailbox: dict[str, Any]) -> str:
    if mailbox["error"]:
        again = "" if mailbox["next_attempt_at"] is None else f", tried again at {when(mailbox['next_attempt_at'])}"
        return f"{mailbox['error'].rstrip('.')} (since {when(mailbox['failing_since'])}{again})"
    return f"left in the mailbox: {mailbox['left_why']}" if mailbox["left"] else ""
