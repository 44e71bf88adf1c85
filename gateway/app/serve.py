"""`deskgate serve`: the parent process, composed of the configuration, the sockets, the database and the table of roles."""

import asyncio
import os
import resource
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from socket import socket

import structlog

from gateway.app.handed import pack, seen_from_outside
from gateway.app.history import History
from gateway.app.roles import ALL, roles
from gateway.config.faults import ConfigurationError
from gateway.config.load import Found, Loaded, load
from gateway.config.settings import Settings
from gateway.supervisor.notify import Notifier
from gateway.supervisor.nursery import Nursery
from gateway.supervisor.parent import Database, Plan, Rejected, Reloaded, Supervisor
from gateway.supervisor.slot import Surroundings
from gateway.supervisor.sockets import bind, inherit
from gateway.telemetry import logs

log = structlog.get_logger()

READ_AT_START = (
    "server.hostname",
    "server.listen",
    "server.listen_tls",
    "server.protocol",
    "server.processes",
    "server.log",
    "database",
    "web.listen",
    "tls.required",
    "limits.commit_seconds",
    "limits.drain_seconds",
)
"""Keys, or whole tables, that a reload leaves as they were when we started."""

SPARE_DESCRIPTORS = 1000
"""Of one listener, beside its connections: content in files, the database, handshakes and lookups."""


@dataclass(frozen=True, slots=True)
class Options:
    """Of the command line."""

    roles: Collection[str] = (ALL,)
    shadow: bool = False


def serve(found: Found, options: Options, nursery: Nursery, shared: str, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; the ready line goes to `announce`. `shared` is the directory of the metrics.

    Raises ConfigurationError, ValueError for an unknown role, CannotListenError, EmbeddedError, SchemaError, and what
    `storage.engine.database_away` knows.
    """
    notifier = Notifier.of(os.environ)
    loaded = load(found)
    settings = loaded.settings
    logs.configure(settings.server.log, process="parent")
    tell(loaded)
    allow_descriptors(settings)
    chosen = roles(settings.server.processes, options.roles, shadow=options.shadow, polls=polls(settings))
    sockets = listen(settings, {name for role in chosen for name in role.sockets})
    seen = seen_from_outside(settings, sockets)
    handed_on = pack(seen, str(found.path), loaded.fingerprint)
    plan = Plan(
        chosen,
        sockets,
        handed_on,
        shadow=options.shadow,
        around=Surroundings(settings.server.log, shared),
        draining_seconds=settings.limits.drain_seconds,
    )
    site = None if settings.web.address_is_known else seen.web.url
    history = History(loaded, str(found.path))

    def ready(line: str) -> None:
        announce(line)
        history.ready()

    database = WhenNeeded(settings, site, history, in_shadow=options.shadow)
    asyncio.run(Supervisor(plan, nursery, database, lambda: reload(found, settings, sockets, history), ready, notifier).run())


class WhenNeeded:
    """The database, imported only once the listeners are on their way: SQLAlchemy and alembic are half of our start."""

    def __init__(self, settings: Settings, site: str | None, history: History, *, in_shadow: bool = False) -> None:
        """`site`: where the web pages are, for commands to know, if the configuration does not say."""
        self._settings, self._site, self._history, self._in_shadow = settings, site, history, in_shadow
        self._database: Database | None = None
        self._url: str | None = None

    async def open(self) -> str:
        from gateway.app.database import database

        self._database = database(self._settings, in_shadow=self._in_shadow)
        url = await self._database.open()
        if self._site is not None:
            from gateway.app.site import write_down

            await write_down(url, self._site)
        self._url = url
        return url

    async def watch(self) -> None:
        assert self._database is not None
        assert self._url is not None
        keeping = asyncio.ensure_future(self._history.keep(self._url))
        try:
            await self._database.watch()
        finally:
            keeping.cancel()

    async def close(self) -> None:
        if self._url is not None:
            await self._history.finish(self._url)
        if self._database is not None:
            await self._database.close()


def allow_descriptors(settings: Settings) -> None:
    """As many open files as the system lets us have: 1024, which is common, are fewer connections than `limits.connections`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.limits.connections + SPARE_DESCRIPTORS
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft < wanted:
        log.warning("few_descriptors", allowed=soft, wanted=wanted, remedy="raise the limit of open files (LimitNOFILE= of systemd)")


def tell(loaded: Loaded) -> None:
    log.info("configuration_read", fingerprint=loaded.fingerprint)
    for warning in loaded.warnings:
        log.warning("configuration_warning", warning=warning)


def listen(settings: Settings, purposes: Collection[str]) -> Mapping[str, list[socket]]:
    """Bound sockets by purpose: those that systemd handed over, else those of the configuration."""
    handed_over = inherit(os.environ, str(settings.web.listen))
    configured = {"smtp": settings.server.listen, "smtps": settings.server.listen_tls, "web": (settings.web.listen,)}
    return {
        purpose: handed_over.get(purpose) or [each for endpoint in endpoints for each in bind(str(endpoint))]
        for purpose, endpoints in configured.items()
        if purpose in purposes
    }


def reload(found: Found, started_with: Settings, sockets: Mapping[str, list[socket]], history: History) -> Reloaded:
    try:
        loaded = load(found)
        handed_on = pack(seen_from_outside(loaded.settings, sockets), str(found.path), loaded.fingerprint)
    except ConfigurationError as error:
        faults = [str(fault) for fault in error.faults]
        history.refused(faults)
        raise Rejected(faults) from error
    tell(loaded)
    changed = [key for key in READ_AT_START if value_of(started_with, key) != value_of(loaded.settings, key)]
    # Without a mailbox no poller was started.
    first_mailbox = ["gateway.fetch"] if polls(loaded.settings) and not polls(started_with) else []
    history.reloaded(loaded, (*changed, *first_mailbox))
    return Reloaded(handed_on, (*changed, *first_mailbox))


def polls(settings: Settings) -> bool:
    return any(each.fetch is not None for each in settings.gateway)


def value_of(settings: Settings, key: str) -> object:
    value: object = settings
    for name in key.split("."):
        value = getattr(value, name)
    return value
