"""What sections must agree on. Each check yields the place of a fault and what was expected there; `examine` adds path and value.

A check stands in the table with the keys that it relies on: where one of those is itself at fault, the check is left out, for what it would
say of the key's stand-in would mislead.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from pydantic import SecretStr

from gateway.config.convert import first_department, reply_address
from gateway.config.describe import quoted
from gateway.config.faults import path_of
from gateway.config.from_address import FromSmtp
from gateway.config.lines import Location
from gateway.config.login import LOGIN_KEYS, login_is_whole
from gateway.config.outbound import Mx, Outbound
from gateway.config.settings import Settings
from gateway.config.values import Endpoint
from gateway.domain.organisation import canned_key, without_subaddress

Problem = tuple[Location, str]
Check = Callable[[Settings], Iterator[Problem]]

# A local part has 64 octets (RFC 5321 §4.5.3.1.1), of which "+" and the longest token take 41.
LONGEST_TOKEN: Final = 40
LONGEST_REPLY_LOCAL: Final = 64 - 1 - LONGEST_TOKEN
SHORTEST_SECRET: Final = 16


def departments_have_own_keys(settings: Settings) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, department in enumerate(settings.department):
        if department.key in first:
            yield ("department", index, "key"), f"expected a key of its own: department[{first[department.key]}] has this one"
        first.setdefault(department.key, index)


def departments_exist(settings: Settings) -> Iterator[Problem]:
    known = {each.key: each for each in settings.department}
    told = f"expected the key of a [[department]]: {quoted(tuple(known))}"
    for index, gateway in enumerate(settings.gateway):
        department = known.get(gateway.department or first_department(settings))
        if department is None:
            yield ("gateway", index, "department"), told
        elif not department.available:
            yield (
                ("gateway", index, "department"),
                f'expected an available department: "{department.key}" serves no clients; set its available = true, or feed another',
            )
    for index, agent in enumerate(settings.agent):
        for item, key in enumerate(agent.departments or ()):
            if key not in known:
                yield ("agent", index, "departments", item), told


def canned_replies_have_one_scope(settings: Settings) -> Iterator[Problem]:
    departments = {each.key for each in settings.department}
    agents = {address for _, address in agent_addresses(settings)}
    told = "expected exactly one of everyone = true, department and agent"
    for index, each in enumerate(settings.canned_reply):
        place: Location = ("canned_reply", index)
        given = [key for key, value in (("everyone", each.everyone), ("department", each.department), ("agent", each.agent)) if value]
        if not given:
            yield place, f"{told}; there is none"
        elif len(given) > 1:
            yield (*place, given[-1]), f"{told}; {' and '.join(given)} are given"
        elif each.department is not None and each.department not in departments:
            yield (*place, "department"), f"expected the key of a [[department]]: {quoted(tuple(each.key for each in settings.department))}"
        elif each.agent is not None and each.agent not in agents:
            yield (*place, "agent"), "expected the address of an [[agent]]"


def canned_replies_differ(settings: Settings) -> Iterator[Problem]:
    # By the agent, not the address it is named by: an alias is the same scope.
    owners = {address: each.address for each in settings.agent for address in (each.address, *each.aliases)}
    first: dict[tuple[str | None, str | None, str], int] = {}
    for index, each in enumerate(settings.canned_reply):
        scope = (each.department, owners.get(each.agent or "", each.agent), canned_key(each.name))
        if scope in first:
            yield (
                ("canned_reply", index, "name"),
                f"expected a name of its own: canned_reply[{first[scope]}] has this one for the same people",
            )
        first.setdefault(scope, index)


def from_addresses_differ(settings: Settings) -> Iterator[Problem]:
    departments = tuple(each.key for each in settings.department)
    first: dict[str, int] = {}
    defaults: dict[str | None, int] = {}
    for index, each in enumerate(settings.from_address):
        place: Location = ("from_address", index)
        if each.address in first:
            yield (*place, "address"), f"expected an address of its own: from_address[{first[each.address]}] has this one"
        elif settings.gateway and reply_address(settings) in (each.address, without_subaddress(each.address)):
            yield (*place, "address"), "expected another address: this one is where agents' answers go, and clients must not write there"
        if each.department is not None and each.department not in departments:
            yield (*place, "department"), f"expected the key of a [[department]]: {quoted(departments)}"
        if each.default and each.department in defaults:
            told = f"from_address[{defaults[each.department]}] is it already; leave one of them"
            yield (*place, "default"), f"expected one default of a department, and one of all: {told}"
        first.setdefault(each.address, index)
        if each.default:
            defaults.setdefault(each.department, index)


def from_servers_are_sane(settings: Settings) -> Iterator[Problem]:
    for index, smtp in ((index, each.smtp) for index, each in enumerate(settings.from_address) if each.smtp is not None):
        place: Location = ("from_address", index, "smtp")
        yield from login_is_whole(place, smtp)
        yield from the_secret_is_safe(place, smtp, Endpoint(smtp.host, smtp.port))


def the_secret_is_safe(place: Location, table: Outbound | FromSmtp, server: Endpoint) -> Iterator[Problem]:
    if table.user is not None and table.security == "none" and not server.is_loopback:
        what = "password" if table.auth == "login" else "access token"
        yield (*place, "security"), f'expected "starttls" or "tls": the {what} would cross the network in the clear'
    if table.ca is not None and table.security == "none":
        yield (*place, "ca"), "expected nothing here: without TLS there is no certificate to verify"


def signing_keys_differ(settings: Settings) -> Iterator[Problem]:
    first: dict[tuple[str, str], int] = {}
    for index, each in enumerate(settings.dkim):
        name = (each.domain, each.selector)
        if name in first:
            yield ("dkim", index, "selector"), f"expected a selector of its own: dkim[{first[name]}] of this domain has this one"
        first.setdefault(name, index)


def a_gateway_exists(settings: Settings) -> Iterator[Problem]:
    if not settings.gateway:
        yield ("gateway",), 'missing: expected at least one [[gateway]] with an address, such as address = "support@example.com"'


def gateways_differ(settings: Settings) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, gateway in enumerate(settings.gateway):
        if gateway.address in first:
            yield ("gateway", index, "address"), f"expected an address of its own: gateway[{first[gateway.address]}] has this one"
        first.setdefault(gateway.address, index)


def one_gateway_is_the_default(settings: Settings) -> Iterator[Problem]:
    chosen = [index for index, each in enumerate(settings.gateway) if each.default]
    for index in chosen[1:]:
        yield ("gateway", index, "default"), f"expected one default gateway: gateway[{chosen[0]}] is it already; leave one of them"
    if len(settings.gateway) > 1 and not chosen:
        yield ("gateway",), f"expected one of the {len(settings.gateway)} gateways to have default = true; none has"
    index = chosen[0] if chosen else 0
    if (chosen or len(settings.gateway) == 1) and settings.gateway[index].address.startswith("*@"):
        yield (
            ("gateway", index, "address"),
            "expected a full address, for letters go out from the default gateway; a catch-all cannot be it: add another gateway",
        )


def agents_differ(settings: Settings) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for location, address in agent_addresses(settings):
        if address in first:
            yield location, f"expected an address that is listed once: it stands in {first[address]} already"
        first.setdefault(address, path_of(location))


def agents_are_no_gateways(settings: Settings) -> Iterator[Problem]:
    # U4. A subaddress counts as its gateway's, and a catch-all has every address: letters to such an agent would come back to us as mail.
    by_address = {each.address: index for index, each in reversed(list(enumerate(settings.gateway)))}
    for location, address in agent_addresses(settings):
        index = by_address.get(address, by_address.get(without_subaddress(address)))
        everything = by_address.get(f"*@{address.rpartition('@')[2]}")
        if index is not None:
            yield location, f"expected an address of the agent's own: this one belongs to gateway[{index}]"
        elif everything is not None:
            remedy = "give the agent one of another domain, or each gateway of this domain a table of its own"
            yield location, f"expected an address of the agent's own: gateway[{everything}] takes in every address of this domain; {remedy}"


def alarms_leave_the_desk(settings: Settings) -> Iterator[Problem]:
    # A letter to an address of ours comes back in, where it would be mail like any other, and wait with it.
    ours = {each.address for each in settings.gateway} | ({reply_address(settings)} if settings.gateway else set())
    for index, address in enumerate(settings.alarms.to):
        if ours & {address, without_subaddress(address), f"*@{address.rpartition('@')[2]}"}:
            yield ("alarms", "to", index), "expected an operator's own address: mail to this one comes in here, where nobody is told of it"


def the_reply_address_is_free(settings: Settings) -> Iterator[Problem]:
    if not settings.gateway:
        return
    address = reply_address(settings)
    local = address.rpartition("@")[0]
    place: Location = ("desk", "reply_address")
    # Where the key is left out its value does not show, so the sentence has to tell it.
    told = "expected" if settings.desk.reply_address else f'the default is "{address}"; set it: expected'
    clash = next((index for index, each in enumerate(settings.gateway) if each.address in (address, without_subaddress(address))), None)
    if clash is not None:
        yield place, f"{told} an address that is no gateway's: it belongs to gateway[{clash}]"
    elif any(address in (known, without_subaddress(known)) for _, known in agent_addresses(settings)):
        yield place, f"{told} an address that is no agent's"
    elif not re.fullmatch(r"[a-z0-9._-]+", local):
        yield place, f"{told} a local part of plain letters, digits, dots and hyphens, for the token is joined to it"
    elif len(local) > LONGEST_REPLY_LOCAL:
        yield place, f"{told} a local part of {LONGEST_REPLY_LOCAL} octets at most, for the token to fit behind it"


def bounces_have_room(settings: Settings) -> Iterator[Problem]:
    # Return addresses are `b+TOKEN@bounce_domain`: nobody else may have `b@` there.
    taken = f"b@{settings.outbound.bounce_domain}"
    told = f'expected a domain where "{taken}" is free, for bounces come back to b+TOKEN there: it is'
    owners = [(f"gateway[{index}].address", each.address) for index, each in enumerate(settings.gateway)]
    owners += [(path_of(location), address) for location, address in agent_addresses(settings)]
    owners += [("desk.reply_address", reply_address(settings))] if settings.gateway else []
    owner = next((path for path, address in owners if taken in (address, without_subaddress(address))), None)
    if owner is not None:
        yield ("outbound", "bounce_domain"), f"{told} {owner}"


def a_server_shares_a_secret(settings: Settings) -> Iterator[Problem]:
    if settings.desk.secret is None and not settings.database.is_embedded:
        yield (
            ("desk", "secret"),
            "missing: expected a secret, the same on every node of this database; `openssl rand -base64 32` makes one",
        )


def secrets_are_long(settings: Settings) -> Iterator[Problem]:
    old: list[tuple[Location, SecretStr]] = [(("desk", "old_secrets", i), each) for i, each in enumerate(settings.desk.old_secrets)]
    for location, secret in ((("desk", "secret"), settings.desk.secret), *old):
        if secret is not None and len(secret.get_secret_value()) < SHORTEST_SECRET:
            yield location, f"expected {SHORTEST_SECRET} characters or more, hard to guess; `openssl rand -base64 32` makes them"


def tls_is_whole(settings: Settings) -> Iterator[Problem]:
    tls = settings.tls
    if tls.certificate is not None and tls.key is None:
        yield ("tls", "key"), "missing: expected the private key of tls.certificate"
    if tls.key is not None and tls.certificate is None:
        yield ("tls", "certificate"), "missing: expected the certificate of tls.key"
    if tls.required and tls.certificate is None and tls.key is None:
        yield ("tls", "required"), "expected false, as long as tls.certificate and tls.key are not set"
    if settings.server.listen_tls and tls.certificate is None and tls.key is None:
        yield ("server", "listen_tls"), "expected tls.certificate and tls.key beside it"


def listeners_differ(settings: Settings) -> Iterator[Problem]:
    if not settings.server.listen:
        yield ("server", "listen"), 'expected at least one address and port, such as "127.0.0.1:2525"'
    first: dict[Endpoint, str] = {}
    places: list[tuple[Location, Endpoint]] = [(("server", "listen", i), each) for i, each in enumerate(settings.server.listen)]
    places += [(("server", "listen_tls", i), each) for i, each in enumerate(settings.server.listen_tls)]
    for location, endpoint in (*places, (("web", "listen"), settings.web.listen)):
        if endpoint.port and endpoint in first:
            yield location, f"expected an address and port of its own: {first[endpoint]} listens there already"
        first.setdefault(endpoint, path_of(location))


def the_relay_is_sane(settings: Settings) -> Iterator[Problem]:
    outbound = settings.outbound
    if isinstance(outbound.relay, Endpoint):
        loop = next((index for index, each in enumerate(settings.server.listen) if each.answers(outbound.relay)), None)
        if loop is not None:
            told = f"expected another server: {outbound.relay} is answered by server.listen[{loop}], and letters would come back to us"
            yield ("outbound", "relay"), told
        yield from the_secret_is_safe(("outbound",), outbound, outbound.relay)
    elif isinstance(outbound.relay, Mx):
        yield from nothing_is_for_a_relay(outbound)
        return
    elif outbound.security != "none":
        yield ("outbound", "security"), 'expected "none", for letters are written into a directory'
    yield from login_is_whole(("outbound",), outbound)


def nothing_is_for_a_relay(outbound: Outbound) -> Iterator[Problem]:
    for key in LOGIN_KEYS:
        if getattr(outbound, key) != Outbound.model_fields[key].get_default():
            remedy = 'leave it out, or name the relay that it is for in outbound.relay: with "mx" nobody logs in'
            yield ("outbound", key), f'expected none beside relay = "mx": {remedy}'
    if outbound.security != "none":
        told = "each domain says by MTA-STS and DANE what TLS its mail servers are held to, and TLS is used wherever it is offered"
        yield ("outbound", "security"), f'expected it left out beside relay = "mx": {told}'


def delays_grow(settings: Settings) -> Iterator[Problem]:
    retry = settings.outbound.retry
    if retry.max_delay < retry.first_delay:
        yield ("outbound", "retry", "max_delay"), f"expected no less than outbound.retry.first_delay, {retry.first_delay:g} seconds"


def agent_addresses(settings: Settings) -> Iterator[tuple[Location, str]]:
    for index, agent in enumerate(settings.agent):
        yield ("agent", index, "address"), agent.address
        yield from ((("agent", index, "aliases", item), alias) for item, alias in enumerate(agent.aliases))


CANNED_SCOPES: Final = ("canned_reply.everyone", "canned_reply.department", "canned_reply.agent")


def forwarding_mailboxes_differ(settings: Settings) -> Iterator[Problem]:
    agents = {address for _, address in agent_addresses(settings)}
    first: dict[str, int] = {}
    for index, gateway in enumerate(settings.gateway):
        for item, address in enumerate(gateway.forwarded_from):
            place: Location = ("gateway", index, "forwarded_from", item)
            if address in agents:
                yield place, "expected no agent's address: what an agent writes is not taken for a client's whose name a forward hides"
            elif first.setdefault(address, index) != index:
                yield place, f"expected a mailbox of its own: gateway[{first[address]}] has this one"
        if gateway.verify_hours is not None and gateway.address.startswith("*@") and not gateway.forwarded_from:
            yield (
                ("gateway", index, "verify_hours"),
                "expected forwarded_from beside it: a catch-all is no address that a probe could go to",
            )


LOGIN_PATHS: Final = tuple(f".{key}" for key in LOGIN_KEYS)
CHECKS: Final[tuple[tuple[Check, frozenset[str]], ...]] = (
    (departments_have_own_keys, frozenset({"department", "department.key"})),
    (departments_exist, frozenset({"department", "department.key", "department.available"})),
    (canned_replies_have_one_scope, frozenset({"department", "department.key", "agent", "agent.address", "agent.aliases", *CANNED_SCOPES})),
    (canned_replies_differ, frozenset({"agent", "agent.address", "agent.aliases", "canned_reply.name", *CANNED_SCOPES})),
    (
        from_addresses_differ,
        frozenset(
            {
                "department",
                "department.key",
                "gateway",
                "gateway.address",
                "gateway.default",
                "desk.reply_address",
                "from_address.department",
            }
        ),
    ),
    (from_servers_are_sane, frozenset({f"from_address.smtp{key}" for key in ("", ".host", ".security", ".ca", *LOGIN_PATHS)})),
    (signing_keys_differ, frozenset({"dkim.domain", "dkim.selector"})),
    (a_gateway_exists, frozenset({"gateway"})),
    (gateways_differ, frozenset()),
    (forwarding_mailboxes_differ, frozenset()),
    (one_gateway_is_the_default, frozenset({"gateway", "gateway.default"})),
    (agents_differ, frozenset()),
    (agents_are_no_gateways, frozenset()),
    (alarms_leave_the_desk, frozenset({"desk", "desk.reply_address"})),
    (the_reply_address_is_free, frozenset({"gateway", "gateway.address", "gateway.default", "desk.reply_address"})),
    (bounces_have_room, frozenset()),
    (a_server_shares_a_secret, frozenset({"desk", "desk.secret", "database", "database.url"})),
    (secrets_are_long, frozenset()),
    (tls_is_whole, frozenset({"tls", "tls.certificate", "tls.key", "server.listen_tls"})),
    (listeners_differ, frozenset({"server", "server.listen", "server.listen_tls", "web", "web.listen"})),
    (the_relay_is_sane, frozenset({f"outbound{key}" for key in ("", ".relay", ".security", ".ca", *LOGIN_PATHS)})),
    (delays_grow, frozenset({"outbound.retry", "outbound.retry.first_delay"})),
)
