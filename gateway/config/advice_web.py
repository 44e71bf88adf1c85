"""What works, but hardly as meant, about those who come into the console."""

from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Final

from gateway.config.checks import Problem
from gateway.config.settings import Settings

WIDEST: Final = {4: 8, 6: 32}


def passwords_in_the_clear(settings: Settings) -> Iterator[Problem]:
    table = settings.web
    with_passwords = any(each.password is not None for each in table.operator)
    over_tls = table.base_url is not None and table.base_url.startswith("https://")
    if with_passwords and not over_tls and not table.listen.is_loopback:
        yield (
            ("web", "base_url"),
            "operators' passwords and cookies cross the network in the clear; put a proxy with TLS in front and set its https address here",
        )


def a_proxy_that_is_everybody(settings: Settings) -> Iterator[Problem]:
    for index, each in enumerate(() if settings.web.proxy is None else settings.web.proxy.networks):
        network = ip_network(each)
        if network.prefixlen < WIDEST[network.version]:
            yield ("web", "proxy", "networks", index), "whoever is there can come in as any operator; name the proxy's own address"


def nobody_for_the_whole_desk(settings: Settings) -> Iterator[Problem]:
    if settings.web.operator and all(each.role != "admin" for each in settings.web.operator):
        yield ("web", "operator"), 'nobody of them has role = "admin": the audit log, sessions and holding all letters are left to commands'


WEB_WARNINGS: Final[tuple[Callable[[Settings], Iterator[Problem]], ...]] = (
    passwords_in_the_clear,
    a_proxy_that_is_everybody,
    nobody_for_the_whole_desk,
)
