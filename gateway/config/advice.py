"""What works, but hardly as meant: `check` and `serve` print it. Of a configuration without faults."""

from collections import Counter
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Final

from gateway.config.advice_web import WEB_WARNINGS
from gateway.config.checks import Problem
from gateway.config.checks_rules import given, tables
from gateway.config.conditions import SMTP_KEYS, address_patterns, some
from gateway.config.convert import default_gateway, first_department, reply_address
from gateway.config.convert_rules import condition
from gateway.config.dkim import dkim_keys
from gateway.config.outbound import Mx
from gateway.config.settings import Settings
from gateway.config.values import Endpoint
from gateway.domain.regex import MOST_USES, expression
from gateway.domain.rules import Glob, expressions_of

GOOD_SECRET: Final = 32
WIDEST_PROXIES: Final = {4: 8, 6: 32}
"""Prefixes by version; 127.0.0.0/8 and 10.0.0.0/8 are as wide as anybody's own networks get."""
SETTLED_KINDS: Final = {"bounce", "complaint", "empty"}
ENOUGH_TEXT: Final = 16 << 10
"""Octets of a mail's text; few that people write are longer."""
GOOD_RSA: Final = 2048
SMTP_PORT: Final = 25
OF_CODES: Final = (
    "; it is used once its code is confirmed (`deskgate senders list`), and stands in From once its domain vouches for our letters "
    "(`deskgate check --dns`)"
)
IDLE: Final = ("department", "category", "priority", "status", "tags", "assignee", "cc", "notify", "answer")


def tokens_alone_beyond_this_machine(settings: Settings) -> Iterator[Problem]:
    if settings.trust.agent_authentication == "token" and listens_to_others(settings):
        yield (
            ("trust", "agent_authentication"),
            'server.listen takes mail from other machines, and who gets hold of a notification can write as its agent; set "required"',
        )


def a_name_that_others_cannot_use(settings: Settings) -> Iterator[Problem]:
    if listens_to_others(settings) and "." not in settings.server.hostname:
        yield (
            ("server", "hostname"),
            "other servers are greeted with this name, and many refuse mail from one without a domain; set the name that the MX record has",
        )


def a_reply_address_elsewhere(settings: Settings) -> Iterator[Problem]:
    domain = reply_address(settings).rpartition("@")[2]
    if domain not in {each.address.rpartition("@")[2] for each in settings.gateway}:
        yield ("desk", "reply_address"), f"no gateway is at {domain}; make sure that mail for this address reaches this server"


def senders_that_are_not_ours(settings: Settings) -> Iterator[Problem]:
    ours = {each.address for each in settings.gateway}
    for index, each in enumerate(settings.from_address):
        if each.address in ours or f"*@{each.address.rpartition('@')[2]}" in ours or not each.enabled:
            continue
        proof = "" if each.smtp is not None else OF_CODES
        yield ("from_address", index, "address"), f"no gateway has it, so answers go to the ticket's gateway, by Reply-To{proof}"


def gateways_that_need_smtputf8(settings: Settings) -> Iterator[Problem]:
    for index, each in enumerate(settings.gateway):
        if each.enabled and not each.address.rpartition("@")[0].isascii():
            yield (
                ("gateway", index, "address"),
                "letters from it pass only servers with SMTPUTF8 (RFC 6531), your relay and each client's; one in ASCII reaches everybody",
            )


def a_weak_signing_key(settings: Settings) -> Iterator[Problem]:
    for index, each in enumerate(dkim_keys(settings.dkim)):
        if each.kind == "rsa" and each.bits < GOOD_RSA:
            yield ("dkim", index, "key"), f"it has {each.bits} bits; `deskgate dkim new {each.domain}` makes a better one"


def a_disabled_default(settings: Settings) -> Iterator[Problem]:
    default = default_gateway(settings)
    if not default.enabled:
        index = next(index for index, each in enumerate(settings.gateway) if each is default)
        yield ("gateway", index, "enabled"), "this is the default gateway: letters go out from it, and answers to them make no tickets"


def nobody_to_tell(settings: Settings) -> Iterator[Problem]:
    told = [each for each in settings.agent if each.active and each.notify]
    for index, gateway in enumerate(settings.gateway):
        key = gateway.department or first_department(settings)
        if gateway.enabled and not any(each.departments is None or key in each.departments for each in told):
            yield ("gateway", index, "department"), f'department "{key}" has no active agent with notify; nobody learns of its new tickets'


def proxies_of_everybody(settings: Settings) -> Iterator[Problem]:
    for index, each in enumerate(settings.server.proxies):
        network = ip_network(each)
        if network.prefixlen < WIDEST_PROXIES[network.version]:
            yield (
                ("server", "proxies", index),
                "whoever connects from there says for themselves what their address is; name the balancers' addresses alone",
            )


def peers_that_are_our_own(settings: Settings) -> Iterator[Problem]:
    table = settings.screening
    on = {"reverse_dns": table.reverse_dns != "off", "dns_list": bool(table.dns_list), "greylisting": table.greylisting.enabled}
    for key in (key for key, value in on.items() if value and settings.server.protocol == "lmtp"):
        yield ("screening", key), "by LMTP the peer is your own mail server, and nothing is asked about it; let that server ask"


def relays_without_a_name(settings: Settings) -> Iterator[Problem]:
    if settings.trust.relays and settings.trust.authserv_id is None:
        yield ("trust", "relays"), "without trust.authserv_id, none of their Authentication-Results is believed"


def a_relay_in_the_clear(settings: Settings) -> Iterator[Problem]:
    outbound = settings.outbound
    if not isinstance(outbound.relay, Endpoint):
        return
    if outbound.security == "none" and not outbound.relay.is_loopback:
        yield ("outbound", "security"), f'letters and their reply tokens go to {outbound.relay} in the clear; set "starttls" or "tls"'
    elif outbound.security == "tls" and outbound.relay.port in (25, 587):
        yield ("outbound", "security"), f'port {outbound.relay.port} is as a rule "starttls"; "tls" is port 465'
    elif outbound.security != "tls" and outbound.relay.port == 465:
        yield ("outbound", "security"), 'port 465 is as a rule "tls"'


def mail_servers_that_do_not_listen(settings: Settings) -> Iterator[Problem]:
    if not isinstance(settings.outbound.relay, Mx):
        return
    if "." not in settings.server.hostname and not listens_to_others(settings):
        yield (
            ("server", "hostname"),
            (
                "mail servers of the world are greeted with this name, and many refuse mail from one without a domain; "
                "set the name that the address they see us come from has"
            ),
        )
    if settings.outbound.mx_port != SMTP_PORT:
        yield ("outbound", "mx_port"), f"the world's mail servers listen on {SMTP_PORT} alone"


def a_short_secret(settings: Settings) -> Iterator[Problem]:
    secret = settings.desk.secret
    if secret is not None and len(secret.get_secret_value()) < GOOD_SECRET:
        yield ("desk", "secret"), f"it has fewer than {GOOD_SECRET} characters; `openssl rand -base64 32` makes a better one"


def rules_that_come_too_late(settings: Settings) -> Iterator[Problem]:
    """In SMTP nobody knows yet whether a rule above would have stopped, by what the mail itself says."""
    doubtful: str | None = None
    for index, rule in enumerate(settings.rule):
        if rule.on != "received":
            continue
        if rule.then.reject is not None and doubtful is not None:
            yield (
                ("rule", index, "then", "reject"),
                f'nothing can be refused below rule "{doubtful}", which may stop by what is not known in SMTP; move this rule above it',
            )
        known = all(key in SMTP_KEYS for _, when in tables(("rule", index, "when"), rule.when) for key, _ in given(when))
        if (rule.then.stop or rule.then.hold) and not known:
            doubtful = doubtful or rule.name


def rules_about_no_gateway(settings: Settings) -> Iterator[Problem]:
    exact = {each.address for each in settings.gateway}
    for index, rule in enumerate(settings.rule):
        for location, when in tables(("rule", index, "when"), rule.when):
            for pattern in () if when.gateway is None else address_patterns(when.gateway):
                address = pattern.pattern if isinstance(pattern, Glob) else "*"
                if not ("*" in address or "?" in address) and not exact & {address, f"*@{address.rpartition('@')[2]}"}:
                    yield (*location, "gateway"), f"no gateway is {address}, so this is never true"


def expressions_that_see_little(settings: Settings) -> Iterator[Problem]:
    found = [(index, rule.on, tuple(expressions_of(condition(rule.when)))) for index, rule in enumerate(settings.rule)]
    uses = Counter(on for _, on, several in found for _ in several)
    for index, on, several in found:
        reach = min((expression(each.source).reach(uses[on]) for each in several), default=ENOUGH_TEXT)
        if reach < ENOUGH_TEXT:
            shared = f", and {uses[on]} of them share the work that is done for a mail" if uses[on] > MOST_USES else ""
            yield (
                ("rule", index, "when"),
                f"an expression in it is so large that it looks at the first {reach} octets of a text alone{shared}",
            )


def names_where_only_addresses_are_known(settings: Settings) -> Iterator[Problem]:
    for index, rule in enumerate(settings.rule):
        for location, when in tables(("rule", index, "when"), rule.when) if rule.then.reject is not None else ():
            named = () if when.author is None else [each for each in some(when.author, str, "") if "@" not in each]
            if named:
                yield (*location, "author"), f'no name is known while mail can still be refused; write "@{named[0]}" to mean the domain'


def kinds_that_are_settled_before(settings: Settings) -> Iterator[Problem]:
    for index, rule in enumerate(settings.rule):
        for location, when in tables(("rule", index, "when"), rule.when):
            asked = () if when.kind is None else some(when.kind, str, "")
            if asked and set(asked) <= SETTLED_KINDS:
                yield (*location, "kind"), "such mail makes no ticket whatever rules say, and they are not asked; this is never true"


def actions_without_a_ticket(settings: Settings) -> Iterator[Problem]:
    for index, rule in enumerate(settings.rule):
        end = next((key for key in ("discard", "hold", "reject") if getattr(rule.then, key)), None)
        idle = [key for key in IDLE if getattr(rule.then, key)] if end is not None else []
        if idle:
            yield ("rule", index, "then", idle[0]), f"it has no effect beside {end}, which makes no ticket"


def links_that_lead_nowhere(settings: Settings) -> Iterator[Problem]:
    if settings.web.base_url is None and listens_to_others(settings):
        yield ("web", "base_url"), f"links in letters lead to {settings.web.url}, which clients cannot open; set the address they can"


def listens_to_others(settings: Settings) -> bool:
    return not all(each.is_loopback for each in (*settings.server.listen, *settings.server.listen_tls))


WARNINGS: Final[tuple[Callable[[Settings], Iterator[Problem]], ...]] = (
    tokens_alone_beyond_this_machine,
    a_name_that_others_cannot_use,
    a_reply_address_elsewhere,
    senders_that_are_not_ours,
    gateways_that_need_smtputf8,
    a_weak_signing_key,
    a_disabled_default,
    nobody_to_tell,
    proxies_of_everybody,
    peers_that_are_our_own,
    relays_without_a_name,
    a_relay_in_the_clear,
    mail_servers_that_do_not_listen,
    a_short_secret,
    rules_that_come_too_late,
    rules_about_no_gateway,
    expressions_that_see_little,
    names_where_only_addresses_are_known,
    kinds_that_are_settled_before,
    actions_without_a_ticket,
    links_that_lead_nowhere,
    *WEB_WARNINGS,
)


def misgivings(settings: Settings) -> Iterator[Problem]:
    for warning in WARNINGS:
        yield from warning(settings)
