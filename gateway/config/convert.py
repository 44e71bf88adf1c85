"""Settings → the values that the other rooms take. Every default that depends on another section is settled here."""

from datetime import timedelta

from gateway.config.convert_fetch import fetch_of
from gateway.config.convert_rules import notifications, owners_of, rules, satisfaction
from gateway.config.from_address import FromSmtp
from gateway.config.gateway import Gateway
from gateway.config.settings import Settings
from gateway.domain import organisation as domain
from gateway.domain.alarms import AlarmBounds
from gateway.domain.ours import Ours, ours_of
from gateway.domain.retention import Retention


def organisation(settings: Settings, *, shadow: bool = False) -> domain.Organisation:
    """The desk. The settings are checked ones, as `load` returns them."""
    return domain.Organisation(
        desk=desk(settings, shadow=shadow),
        departments=departments(settings),
        gateways=gateways(settings),
        agents=agents(settings),
        canned_replies=canned_replies(settings),
        from_addresses=from_addresses(settings),
        trust=trust(settings),
        budget=domain.Budget(**settings.budget.model_dump()),
        alarms=alarms(settings),
        rules=rules(settings),
        notifications=notifications(settings),
        satisfaction=satisfaction(settings),
        templates=None if settings.templates.directory is None else str(settings.templates.directory),
    )


def ours(settings: Settings) -> Ours:
    """What a message may name of ours, for the parser."""
    return ours_of(organisation(settings))


def desk(settings: Settings, *, shadow: bool = False) -> domain.Desk:
    table = settings.desk
    assert table.secret is not None, "load gives every desk its secret"
    return domain.Desk(
        name=table.name,
        hostname=settings.server.hostname,
        language=table.language,
        reply_address=reply_address(settings),
        secrets=tuple(each.get_secret_value().encode() for each in (table.secret, *table.old_secrets)),
        bounce_domain=settings.outbound.bounce_domain,
        route_by=table.route_by,
        show_agent_name=table.show_agent_name,
        command_languages=table.command_languages,
        command_words=tuple(table.command_words.items()),
        command_position=table.command_position,
        receipts=table.receipts,
        auto_cc=table.auto_cc,
        duplicates=table.duplicates,
        client_identity=table.client_identity,
        requester_from_forward=table.requester_from_forward,
        private_without_client=table.private_without_client,
        merge_across_clients=table.merge_across_clients,
        unknown_clients=table.unknown_clients,
        notify_recipients=table.notify_recipients,
        token_days=table.token_days,
        letter_lifetime=timedelta(hours=settings.outbound.expiry),
        suppression_days=settings.outbound.suppression_days,
        complaint_days=settings.outbound.complaint_days,
        base_url=settings.web.url if settings.web.address_is_known else None,
        file_links=settings.web.base_url is not None,
        shadow=shadow,
    )


def alarms(settings: Settings) -> AlarmBounds:
    table = settings.alarms
    return AlarmBounds(
        to=table.to,
        held=timedelta(hours=table.held_hours),
        stalled=timedelta(minutes=table.stalled_minutes),
        paused=timedelta(hours=table.paused_hours),
        down=timedelta(hours=table.down_hours),
        transaction=timedelta(minutes=table.transaction_minutes),
    )


def retention(settings: Settings) -> Retention:
    table = settings.desk.retention
    links = settings.outbound.link_days
    return Retention(
        table.raw_mail, table.ignored_mail, table.letters, table.closed_tickets, table.spam, table.audit, links, table.webhooks
    )


def departments(settings: Settings) -> tuple[domain.Department, ...]:
    return tuple(
        domain.Department(
            key=each.key,
            name=each.display_name,
            available=each.available,
            language=each.language,
            auto_cc=each.auto_cc,
            client_identity=each.client_identity,
            requester_from_forward=each.requester_from_forward,
            private_without_client=each.private_without_client,
        )
        for each in settings.department
    )


def gateways(settings: Settings) -> tuple[domain.Gateway, ...]:
    """Exact addresses before catch-alls, else in the order of the file."""
    default = default_gateway(settings)
    converted = (
        domain.Gateway(
            address=each.address,
            name=each.name or settings.desk.name,
            department=each.department or first_department(settings),
            default=each is default,
            enabled=each.enabled,
            language=each.language,
            category=each.category,
            when_disabled=each.when_disabled,
            fetch=None if each.fetch is None else fetch_of(each.fetch),
            forwarded_from=each.forwarded_from,
            verify_every=None if each.verify_hours is None else timedelta(hours=each.verify_hours),
        )
        for each in settings.gateway
    )
    return tuple(sorted(converted, key=lambda each: each.catches_all))


def agents(settings: Settings) -> tuple[domain.Agent, ...]:
    everywhere = tuple(each.key for each in settings.department)
    return tuple(
        domain.Agent(
            name=each.display_name,
            address=each.address,
            departments=everywhere if each.departments is None else each.departments,
            aliases=each.aliases,
            active=each.active,
            language=each.language,
            notify=each.notify,
            digest=None if each.digest_minutes is None else timedelta(minutes=each.digest_minutes),
        )
        for each in settings.agent
    )


def canned_replies(settings: Settings) -> tuple[domain.CannedReply, ...]:
    owners = owners_of(settings)
    return tuple(
        domain.CannedReply(
            name=each.name,
            text=each.text,
            everyone=each.everyone,
            department=each.department,
            agent=None if each.agent is None else owners[each.agent],
        )
        for each in settings.canned_reply
    )


def from_addresses(settings: Settings) -> tuple[domain.FromAddress, ...]:
    return tuple(
        domain.FromAddress(
            address=each.address,
            name=each.name or settings.desk.name,
            department=each.department,
            default=each.default,
            enabled=each.enabled,
            server=None if each.smtp is None else from_server(each.smtp),
        )
        for each in settings.from_address
    )


def from_server(table: FromSmtp) -> domain.FromServer:
    password = None if table.password is None else table.password.get_secret_value()
    return domain.FromServer(table.host, table.port, table.security, table.user, password)


def trust(settings: Settings) -> domain.Trust:
    table = settings.trust
    return domain.Trust(
        relays=table.relays,
        authserv_id=table.authserv_id,
        arc_sealers=table.arc_sealers,
        local=table.local,
        agent_authentication=table.agent_authentication,
    )


def default_gateway(settings: Settings) -> Gateway:
    """The one that says so, or the only one."""
    return next((each for each in settings.gateway if each.default), settings.gateway[0])


def first_department(settings: Settings) -> str:
    """Key of the department that gateways feed when they name none."""
    return next((each.key for each in settings.department if each.available), settings.department[0].key)


def reply_address(settings: Settings) -> str:
    return settings.desk.reply_address or f"r@{default_gateway(settings).address.rpartition('@')[2]}"
