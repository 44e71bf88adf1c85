"""What the address of the list of tickets asks for, and the addresses of the pages beside it. PURE."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from gateway.deeds.ticket_lists import LONGEST_SEARCH, seen_by
from gateway.domain.operators import Operator
from gateway.domain.organisation import Organisation
from gateway.domain.states import Status
from gateway.domain.ticket_lists import ACTIVE, KEPT, Nobody, Order, Position, TicketFilter, departments_of, nobody_of
from gateway.mail.address import address_key

ACTIVE_NAME: Final = "active"
ALL_NAME: Final = "all"
"""Instead of a status."""
ME: Final = "me"
NOBODY: Final = "nobody"
"""Instead of an agent's address."""
ORDERS: Final = (Order.UPDATED, Order.NUMBER, Order.WAITING)
LONGEST: Final = 300
LARGEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Asked:
    """As the address has it, cleaned; empty is what was not given. `status` is always given: of a search all that was not thrown away,
    else what there is to do."""

    q: str = ""
    status: str = ACTIVE_NAME
    department: str = ""
    assignee: str = ""
    tag: str = ""
    gateway: str = ""
    client: int | None = None
    order: Order = Order.UPDATED
    at: Position | None = None

    @property
    def narrowed(self) -> bool:
        """Whether anything but the status keeps tickets away."""
        return bool(self.q or self.department or self.assignee or self.tag or self.gateway or self.client is not None)

    @property
    def statuses(self) -> tuple[Status, ...]:
        match self.status:
            case "active":
                return ACTIVE
            case "all":
                return KEPT
            case status:
                return (Status(status),)

    def query(self, **changed: object) -> dict[str, object]:
        """Parameters of an address: these, with some changed, at the first page."""
        given: dict[str, object] = {
            "q": self.q,
            "status": self.status if self.status != usual_status(self.q, self.client) else "",
            "department": self.department,
            "assignee": self.assignee,
            "tag": self.tag,
            "gateway": self.gateway,
            "client": self.client,
            "order": str(self.order) if self.order is not Order.UPDATED else "",
        }
        return given | changed


def usual_status(q: str, client: int | None) -> str:
    return ALL_NAME if q or client is not None else ACTIVE_NAME


def asked_of(query: Mapping[str, str]) -> Asked:
    """What makes no sense is as if it were not given."""
    q = one_line(query.get("q", ""), LONGEST_SEARCH)
    number = query.get("client", "")
    client = int(number) if number.isascii() and number.isdecimal() and len(number) < 20 and int(number) <= LARGEST else None
    status, order = query.get("status", ""), query.get("order", "")
    asked = Asked(
        q=q,
        status=status if status in (ACTIVE_NAME, ALL_NAME, *Status) else usual_status(q, client),
        department=one_line(query.get("department", ""), LONGEST),
        assignee=one_line(query.get("assignee", ""), LONGEST),
        tag=one_line(query.get("tag", ""), LONGEST),
        gateway=one_line(query.get("gateway", ""), LONGEST),
        client=client,
        order=next((each for each in ORDERS if each == order), Order.UPDATED),
    )
    return replace(asked, at=position(query.get("at", ""), asked))


def filter_of(asked: Asked, operator: Operator, desk: Organisation) -> TicketFilter:
    return TicketFilter(
        seen=seen_by(operator, desk),
        departments=departments_of((asked.department,), desk) if asked.department else None,
        statuses=asked.statuses,
        assignee=assignee_of(asked.assignee, operator, desk),
        tag=asked.tag or None,
        client=asked.client,
        gateway=asked.gateway or None,
    )


def assignee_of(asked: str, operator: Operator, desk: Organisation) -> str | Nobody | None:
    if asked == NOBODY:
        return nobody_of(desk)
    if asked == ME:
        # Whoever is no agent has no tickets: an address that is none finds none.
        return operator.agent or ME
    agent = desk.agent(address_key(asked)) if asked else None
    return agent.address if agent is not None else asked or None


def written(position: Position | None) -> str:
    """As a parameter: `b` or `f`, the number, and what the list is ordered by."""
    if position is None:
        return ""
    by = position.by.isoformat() if isinstance(position.by, datetime) else repr(position.by)
    return f"{'b' if position.back else 'f'}{position.number}_{by}"


def position(given: str, asked: Asked) -> Position | None:
    """None where it is none, or another list's."""
    number, _, by = given[1:].partition("_")
    if given[:1] not in ("b", "f") or not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    found = float_of(by) if asked.q or asked.order is Order.NUMBER else moment_of(by)
    return None if found is None else Position(found, int(number), back=given[0] == "b")


def float_of(by: str) -> float | None:
    try:
        found = float(by)
    except ValueError:
        return None
    return found if abs(found) < LARGEST else None


def moment_of(by: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(by)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def one_line(text: str, most: int) -> str:
    """Without what no text of the database has."""
    return " ".join(text.replace("\0", "").encode("utf-8", "ignore").decode().split())[:most]
