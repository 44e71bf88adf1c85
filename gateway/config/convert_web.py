"""`[web]` → who may come into the console, and how."""

from datetime import timedelta
from ipaddress import ip_network
from urllib.parse import urlsplit

from gateway.config import web
from gateway.config.settings import Settings
from gateway.domain.operators import Entry, Operator, Rank, TrustedProxy


def entry(settings: Settings) -> Entry:
    """The settings are checked ones, as `load` returns them."""
    table = settings.web
    return Entry(
        operators=tuple(operator(each, settings) for each in table.operator),
        idle=timedelta(minutes=table.session_idle_minutes),
        longest=timedelta(hours=table.session_hours),
        proxy=None if table.proxy is None else TrustedProxy(table.proxy.header, tuple(map(ip_network, table.proxy.networks))),
        origin=None if table.base_url is None else origin_of(table.base_url),
    )


def operator(table: web.Operator, settings: Settings) -> Operator:
    agent = next((each for each in settings.agent if table.agent in (each.address, *each.aliases)), None) if table.agent else None
    departments = table.departments
    if departments is None and agent is not None:
        departments = agent.departments
    return Operator(
        name=table.name,
        rank=Rank(table.role),
        departments=tuple(each.key for each in settings.department) if departments is None else departments,
        agent=None if agent is None else agent.address,
        agent_name="" if agent is None else agent.display_name,
        language=table.language,
        all_departments=departments is None,
        password=None if table.password is None else table.password.get_secret_value(),
    )


def origin_of(url: str) -> str:
    """As browsers write it in `Origin` (RFC 6454 §6.1)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"
