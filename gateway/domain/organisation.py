"""The desk as its configuration describes it: addresses, departments, agents and how they work.

`config` makes these values at start and at SIGHUP; everybody else only reads them.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

Language = Literal["en", "ru", "pl"]


@dataclass(frozen=True, slots=True)
class Department:
    key: str
    name: str
    available: bool = True
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class Gateway:
    """An address that mail is taken in for. `address` is normalised: case-folded local part, A-label domain."""

    address: str
    name: str
    department: str
    default: bool = False
    enabled: bool = True
    language: Language | None = None
    category: str | None = None
    when_disabled: Literal["ignore", "defer"] = "ignore"

    @property
    def catches_all(self) -> bool:
        """Whether it stands for every local part of its domain (`*@domain`)."""
        return self.address.startswith("*@")

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Agent:
    """`address` and `aliases` are normalised; `address` is the agent's identity everywhere."""

    name: str
    address: str
    departments: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    active: bool = True
    language: Language | None = None
    notify: bool = True


RouteSource = Literal["to", "cc", "delivered-to", "envelope"]


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose word counts on who wrote a message. Networks are in CIDR notation."""

    relays: tuple[str, ...] = ()
    authserv_id: str | None = None
    arc_sealers: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    agent_authentication: Literal["required", "token"] = "required"


@dataclass(frozen=True, slots=True)
class Budget:
    """Automatic letters to non-staff that outside mail may cause; the smaller bounds of one source trip first."""

    per_address_hour: int = 5
    per_ticket_day: int = 10
    per_author_domain_hour: int = 100
    per_network_hour: int = 200
    overall_hour: int = 1000


@dataclass(frozen=True, slots=True)
class Desk:
    """Settings of the `[desk]` table. `reply_address` is complete and normalised; `secrets[0]` signs, all verify."""

    name: str
    hostname: str
    language: Language
    reply_address: str
    secrets: tuple[bytes, ...] = field(repr=False)
    bounce_domain: str | None = None
    route_by: tuple[RouteSource, ...] = ("to", "cc", "delivered-to", "envelope")
    show_agent_name: bool = True
    client_identity: Literal["from", "reply-to"] = "from"
    unknown_clients: Literal["create", "hold"] = "create"
    notify_recipients: Literal["authenticated", "always", "never"] = "authenticated"
    token_days: int = 90
    letter_lifetime: timedelta = timedelta(days=5)
    """After which a letter that cannot be delivered is given up."""
    shadow: bool = False
    """Decide and record beside another desk; letters are recorded as cancelled."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """Everything the desk is made of. Gateways stand in the order of the file, exact addresses before catch-alls."""

    desk: Desk
    departments: tuple[Department, ...]
    gateways: tuple[Gateway, ...]
    agents: tuple[Agent, ...] = ()
    trust: Trust = field(default_factory=Trust)
    budget: Budget = field(default_factory=Budget)

    @property
    def default_gateway(self) -> Gateway:
        return next(gateway for gateway in self.gateways if gateway.default)

    def department(self, key: str) -> Department | None:
        return next((each for each in self.departments if each.key == key), None)

    def agent(self, address: str) -> Agent | None:
        """The agent whose address or alias this normalised address is, active or not."""
        return next((each for each in self.agents if address == each.address or address in each.aliases), None)

    def gateway(self, address: str) -> Gateway | None:
        """The gateway that this normalised address belongs to; `local+anything@` counts as `local@`."""
        plain = without_subaddress(address)
        exact = next((each for each in self.gateways if each.address in (address, plain)), None)
        if exact is not None:
            return exact
        domain = address.rpartition("@")[2]
        return next((each for each in self.gateways if each.catches_all and each.domain == domain), None)


def without_subaddress(address: str) -> str:
    """`support+vip@example.com` → `support@example.com` (RFC 5233)."""
    local, _, domain = address.rpartition("@")
    return f"{local.split('+', 1)[0]}@{domain}"
