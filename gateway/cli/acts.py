"""What the audit log calls each command, and which of its options say what it was about.

Every command stands here, or below with the reason why it is not recorded; `tests/cli/test_acts.py` holds it to that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.domain.audit import Access


@dataclass(frozen=True, slots=True)
class Kind:
    """`about` names options that hold ids, and of what; `addresses` those that hold somebody's address or a client's number, `details`
    those that say how. No option of `details` may hold the words of a client."""

    action: str
    access: Access
    about: Mapping[str, str] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    details: tuple[str, ...] = ()


def reads(action: str, *details: str, about: Mapping[str, str] | None = None, addresses: tuple[str, ...] = ()) -> Kind:
    return Kind(action, Access.READ, about or {}, addresses, details)


def changes(action: str, *details: str, about: Mapping[str, str] | None = None, addresses: tuple[str, ...] = ()) -> Kind:
    return Kind(action, Access.CHANGE, about or {}, addresses, details)


TICKET: Final = {"number": "ticket"}
INBOUND: Final = {"id": "inbound"}
LETTER: Final = {"id": "outbox"}
LETTERS: Final = {"ids": "outbox", "ticket": "ticket"}

ACTS: Final[Mapping[str, Kind]] = {
    "tickets:list_tickets": reads("tickets.list", "status"),
    "tickets:show": reads("tickets.show", about=TICKET),
    "tickets:new": changes("tickets.new", "gateway", addresses=("client",)),
    "tickets:set_fields": changes("tickets.set", about=TICKET),
    "tickets:reply": changes("tickets.reply", "from_address", about=TICKET),
    "tickets:note": changes("tickets.note", about=TICKET),
    "tickets:merge": changes("tickets.merge", about={"number": "ticket", "into": "ticket"}),
    "ticket_import:import_csv": changes("tickets.import", "desk", "dry_run"),
    "clients:list_clients": reads("clients.list"),
    "clients:show": reads("clients.show", addresses=("client",)),
    "clients:add": changes("clients.add", addresses=("addresses", "to")),
    "clients:import_csv": changes("clients.import"),
    "templates:preview": reads("templates.preview", "name", "language", "audience", about={"ticket": "ticket"}),
    "rules:test": reads("rules.test", "since"),
    "inbound:list_inbound": reads("inbound.list", "state", "limit"),
    "inbound:show": reads("inbound.show", "raw", about=INBOUND),
    "inbound:replay": changes("inbound.replay", about=INBOUND),
    "sorting:assign": changes("inbound.assign", "new", "department", "domain", about={"ids": "inbound"}, addresses=("author", "client")),
    "sorting:discard": changes("inbound.discard", "domain", about={"ids": "inbound"}, addresses=("author",)),
    "outbox:list_outbox": reads("outbox.list", "state", "kind", "destination", "limit", about={"ticket": "ticket"}, addresses=("to",)),
    "outbox:show": reads("outbox.show", "raw", about=LETTER),
    "outbox:retry": changes("outbox.retry", "failed", about=LETTERS),
    "outbox:cancel": changes("outbox.cancel", about=LETTERS),
    "outbox:hold": changes("outbox.hold", "why"),
    "outbox:release": changes("outbox.release"),
    "outbox:adopt": changes("outbox.adopt"),
    "gateways:verify": changes("gateways.verify", "wait", addresses=("address",)),
    "senders:verify": changes("senders.verify", addresses=("address",)),
    "senders:confirm": changes("senders.confirm"),
    "suppressions:list_suppressions": reads("suppressions.list"),
    "suppressions:lift": changes("suppressions.lift", addresses=("address",)),
    "suppressions:add": changes("suppressions.add", "days", addresses=("address",)),
    "trace:trace": reads("trace"),
    "ratings:show": reads("ratings.show", "since", "by"),
    "inject:inject": changes("inject"),
    "explain:explain": reads("explain"),
    "check:check": reads("check"),
    "schema:migrate": changes("migrate"),
    "erase:erase_client": changes("erase", "dry_run", addresses=("client",)),
    "erase:list_erasures": reads("erasures.list"),
    "erase:repeat": changes("erasures.repeat", "dry_run"),
    "legal_holds:set_hold": changes("legal_hold.set", "unknown", about={"ticket": "ticket"}, addresses=("client",)),
    "legal_holds:lift": changes("legal_hold.lift", about={"ticket": "ticket"}, addresses=("client",)),
    "legal_holds:list_holds": reads("legal_hold.list", "all"),
    "retention:run": changes("retention.run"),
    "webhooks:show": reads("webhooks.show", "which", "state", "limit"),
    "webhooks:enable": changes("webhooks.enable", "name"),
    "webhooks:disable": changes("webhooks.disable", "name", "why"),
    "webhooks:replay": changes("webhooks.replay", "ids", "since", "webhook"),
    "webhooks:test": changes("webhooks.test", "name"),
    "tokens:new": changes("web.token.new", "name", "scopes", "departments", "agent", "expires", "days"),
    "tokens:revoke": changes("web.token.revoke", "token"),
    "web:list_sessions": reads("web.sessions.list", "operator"),
    "web:revoke_sessions": changes("web.sessions.revoke", "operator", "all", about={"ids": "session"}),
    "audit:list_entries": reads("audit.list", "since", "until", "actor", "action", "ticket", "limit"),
    "audit:export": reads("audit.export", "after"),
}

NOT_RECORDED: Final[Mapping[str, str]] = {
    "serve:serve": "its configurations are history of their own",
    "demo:demo": "it has a database of its own",
    "bench:bench": "it has a database of its own",
    "templates:export": "it writes texts of the release to files",
    "gateways:list_gateways": "it tells of the configuration, and of nobody",
    "senders:list_senders": "it tells of the configuration, and of nobody",
    "webhooks:list_webhooks": "it tells of the configuration and counts, and of nobody",
    "webhooks:new_secret": "it makes random octets",
    "tokens:list_tokens": "it tells of programs, and of nobody",
    "web:password": "it makes a hash without a database; that an operator has it is a change of the configuration",
    "status:status": "it tells counts, and of nobody",
    "dkim:new": "it makes a file without a database; that letters are signed by it is a change of the configuration",
    "audit:verify": "it reads digests",
    "config:history": "it tells of configurations, and of no client",
    "config:show": "it tells of configurations, and of no client",
    "config:diff": "it tells of configurations, and of no client",
}
