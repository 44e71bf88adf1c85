"""`deskgate migrate`."""

import argparse

from gateway.app.engine import engine_of
from gateway.app.schema import bring_up
from gateway.cli.configured import configured
from gateway.cli.deed import CommandDeed
from gateway.config.convert import organisation
from gateway.config.settings import Settings
from migrations import run as migrations
from storage.embedded import EmbeddedServer
from storage.engine import sessions


async def migrate(options: argparse.Namespace) -> None:
    """Of several at once, on several nodes, one migrates and the others wait."""
    settings = configured(options)
    if settings.database.is_embedded:
        with EmbeddedServer.start(settings.database.data_dir) as server:
            await bring(server.url, options, settings)
    else:
        await bring(settings.database.url.get_secret_value(), options, settings)
    print(f"the schema is {migrations.head()}")


async def bring(url: str, options: argparse.Namespace, settings: Settings) -> None:
    async with engine_of(url) as engine:
        before = await migrations.current(engine)
        await bring_up(engine, url)
        now = await migrations.current(engine)
        if before == now:
            return
        deed = CommandDeed(options, organisation(settings))
        deed.changed("schema", before, now)
        await deed.end(sessions(engine))
