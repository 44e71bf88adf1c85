"""The desk as its configuration describes it: addresses, departments, agents and how they work.

`config` makes these values at start and at SIGHUP; everybody else only reads them.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

from gateway.domain.alarms import AlarmBounds
from gateway.domain.fetch import Fetch
from gateway.domain.language import Language as Language  # most know it from here
from gateway.domain.letter import Party
from gateway.domain.notifications import Notification
from gateway.domain.rules import Rule
from gateway.domain.satisfaction import Satisfaction

ClientIdentity = Literal["from", "reply-to"]
CommandPosition = Literal["end", "anywhere"]
Duplicates = Literal["one", "per-department"]
Receipts = Literal["problems", "always", "never"]


@dataclass(frozen=True, slots=True)
class Department:
    """What is None is as the desk has it."""

    key: str
    name: str
    available: bool = True
    language: Language | None = None
    auto_cc: bool | None = None
    client_identity: ClientIdentity | None = None
    requester_from_forward: bool | None = None
    private_without_client: bool | None = None


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
    fetch: Fetch | None = None
    """The mailbox that mail to it is fetched from; None: it comes by itself."""
    forwarded_from: tuple[str, ...] = ()
    """Outside mailboxes (normalised) whose mail is forwarded to it."""
    verify_every: timedelta | None = None
    """How often a probe shows that mail still comes; None: when somebody asks."""

    @property
    def probed(self) -> tuple[str, ...]:
        """The addresses by which its mail comes."""
        return self.forwarded_from or (() if self.catches_all else (self.address,))

    @property
    def polled(self) -> bool:
        """Whether its mailbox is looked into now: what waits for a disabled address waits there."""
        return self.fetch is not None and (self.enabled or self.when_disabled == "ignore")

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
    digest: timedelta | None = None
    """How often the agent is told, of all there is to tell at once; None: of each thing when it happens."""


@dataclass(frozen=True, slots=True)
class CannedReply:
    """A text that an agent puts in by `@template NAME`. Exactly one of the scopes is set; `agent` is an agent's `address` (B3)."""

    name: str
    text: str
    everyone: bool = False
    department: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class FromServer:
    """A server that letters from one From address leave by (Z8)."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"]
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class FromAddress:
    """An address, normalised, that replies may go out from; of one department, or of any (Z6)."""

    address: str
    name: str
    department: str | None = None
    default: bool = False
    enabled: bool = True
    server: FromServer | None = None


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
    command_languages: tuple[Language, ...] = ("en", "ru", "pl")
    command_words: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """English key of a command (`CommandName`), and more words for it."""
    command_position: CommandPosition = "end"
    receipts: Receipts = "problems"
    auto_cc: bool = False
    duplicates: Duplicates = "one"
    client_identity: ClientIdentity = "from"
    requester_from_forward: bool = False
    private_without_client: bool = False
    merge_across_clients: bool = False
    unknown_clients: Literal["create", "hold"] = "create"
    notify_recipients: Literal["authenticated", "always", "never"] = "authenticated"
    token_days: int = 90
    letter_lifetime: timedelta = timedelta(days=5)
    """After which a letter that cannot be delivered is given up."""
    suppression_days: int = 90
    """For how long automatic letters do not go where mail came back from; 0: for ever."""
    complaint_days: int = 0
    """Likewise, whose owner complained."""
    base_url: str | None = None
    """Where the web pages are seen from outside, without a slash at the end: for links in letters."""
    file_links: bool = False
    """Whether files that are too large for a letter go out as links: somebody said how the world sees the pages."""
    shadow: bool = False
    """Decide and record beside another desk; letters are recorded as cancelled."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """Everything the desk is made of. Gateways stand in the order of the file, exact addresses before catch-alls."""

    desk: Desk
    departments: tuple[Department, ...]
    gateways: tuple[Gateway, ...]
    agents: tuple[Agent, ...] = ()
    canned_replies: tuple[CannedReply, ...] = ()
    from_addresses: tuple[FromAddress, ...] = ()
    trust: Trust = field(default_factory=Trust)
    budget: Budget = field(default_factory=Budget)
    alarms: AlarmBounds = field(default_factory=AlarmBounds)
    rules: tuple[Rule, ...] = ()
    notifications: tuple[Notification, ...] = ()
    satisfaction: Satisfaction = field(default_factory=Satisfaction)
    templates: str | None = None
    """The directory of the operator's own letter templates, `LANG/NAME.txt` and `.html`."""
    template_files: tuple[tuple[str, str], ...] = ()
    """What was read there: the path under it, and the source."""

    @property
    def templates_asked_for(self) -> frozenset[str]:
        """Names of templates that rules and notifications give, besides those of the events."""
        named = (*(each.template for each in self.notifications), *(each.then.answer for each in self.rules))
        return frozenset(each for each in named if each is not None)

    @property
    def default_gateway(self) -> Gateway:
        return next(gateway for gateway in self.gateways if gateway.default)

    def department(self, key: str) -> Department | None:
        return next((each for each in self.departments if each.key == key), None)

    def department_now(self, key: str) -> str:
        """Whose the tickets of this department are today: those of a removed one are the default gateway's."""
        return key if self.department(key) is not None else self.default_gateway.department

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

    def takes_postmaster(self, address: str) -> bool:
        """Whether this normalised address is the postmaster's of a domain of ours, who has no gateway (RFC 5321 §4.5.1)."""
        local, _, domain = address.rpartition("@")
        own = (self.desk.hostname, self.desk.reply_address.rpartition("@")[2], self.desk.bounce_domain)
        return local == "postmaster" and (domain in own or any(each.domain == domain for each in self.gateways))

    def takes_bounces(self, address: str) -> bool:
        """Whether this normalised address is a reverse-path of ours, `b+PROOF@` the bounce domain; the proof is not looked at."""
        domain = self.desk.bounce_domain
        return domain is not None and address.startswith("b+") and address.endswith(f"@{domain}")

    def trust_for(self, mailbox: str | None) -> Trust:
        """Whose word counts on mail fetched from this gateway's mailbox: its own server's. On other mail (None), that of our relays."""
        if mailbox is None:
            return self.trust
        fetch = next((each.fetch for each in self.gateways if each.address == mailbox), None)
        return replace(self.trust, authserv_id=fetch.authserv_id if fetch is not None else None)

    def auto_cc(self, department_key: str) -> bool:
        """Z10 as the department has it, else the desk."""
        department = self.department(department_key)
        own = department.auto_cc if department else None
        return self.desk.auto_cc if own is None else own

    def client_identity(self, department_key: str) -> ClientIdentity:
        """Z11 as the department has it, else the desk."""
        department = self.department(department_key)
        own = department.client_identity if department else None
        return self.desk.client_identity if own is None else own

    def requester_from_forward(self, department_key: str) -> bool:
        """Z13 as the department has it, else the desk."""
        department = self.department(department_key)
        own = department.requester_from_forward if department else None
        return self.desk.requester_from_forward if own is None else own

    def private_without_client(self, department_key: str) -> bool:
        """Z14 as the department has it, else the desk."""
        department = self.department(department_key)
        own = department.private_without_client if department else None
        return self.desk.private_without_client if own is None else own

    def canned_reply(self, name: str, agent: Agent, department: str) -> CannedReply | None:
        """The one of this name, compared without case, that is nearest to the agent; `department` is the ticket's."""
        key = canned_key(name)
        return next((each for each in self._canned_for(agent, department) if canned_key(each.name) == key), None)

    def canned_replies_for(self, agent: Agent, department: str) -> tuple[str, ...]:
        """Names of those that this agent may use on a ticket of this department, the nearest first, each once."""
        return tuple(each.name for each in self.canned_for(agent, department))

    def canned_for(self, agent: Agent, department: str) -> tuple[CannedReply, ...]:
        """As `canned_replies_for`, with their texts."""
        nearest: dict[str, CannedReply] = {}
        for each in self._canned_for(agent, department):
            nearest.setdefault(canned_key(each.name), each)
        return tuple(nearest.values())

    def _canned_for(self, agent: Agent, department: str) -> tuple[CannedReply, ...]:
        """The agent's own before the department's before everyone's, else in the order of the file."""
        own = (each for each in self.canned_replies if each.agent == agent.address)
        shared = (each for each in self.canned_replies if each.department == department and department in agent.departments)
        common = (each for each in self.canned_replies if each.everyone)
        return (*own, *shared, *common)

    def from_choices(self, department: str, verified: frozenset[str] = frozenset()) -> tuple[Party, ...]:
        """What replies of this department may go out from: its gateways, and its From addresses that are ours, `verified` (normalised), or
        have a server of their own.

        A From address that is a gateway's as well has the last word on its name, and on whether it is enabled.
        """
        listed = [each for each in self.from_addresses if each.department in (None, department)]
        spoken_for = {each.address for each in listed}
        gateways = (
            Party(each.name, each.address)
            for each in self.gateways
            if each.department == department and each.enabled and not each.catches_all and each.address not in spoken_for
        )
        usable = (
            Party(each.name, each.address)
            for each in listed
            if each.enabled and (each.server is not None or each.address in verified or self.receives(each.address))
        )
        return (*gateways, *usable)

    def from_address(self, address: str) -> FromAddress | None:
        """The enabled one that this normalised address is."""
        return next((each for each in self.from_addresses if each.address == address and each.enabled), None)

    def receives(self, address: str) -> bool:
        """Whether mail to this normalised address comes to us, which is proof enough that we may write as it."""
        gateway = self.gateway(address)
        return gateway is not None and gateway.enabled


def without_subaddress(address: str) -> str:
    """`support+vip@example.com` → `support@example.com` (RFC 5233)."""
    local, _, domain = address.rpartition("@")
    return f"{local.split('+', 1)[0]}@{domain}"


def canned_key(name: str) -> str:
    """By which names of canned replies are compared."""
    return " ".join(name.split()).casefold()
