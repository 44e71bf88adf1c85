"""`deskgate migrate`."""

import argparse

from gateway.app.engine import engine_of
from gateway.app.schema import bring_up
from gateway.cli.work import configured
from migrations import run as migrations
from storage.embedded import EmbeddedServer


async def migrate(options: argparse.Namespace) -> None:
    """Of several at once, on several nodes, one migrates and the others wait."""
    settings = configured(options)
    if settings.database.is_embedded:
        with EmbeddedServer.start(settings.database.data_dir) as server:
            await bring(server.url)
    else:
        await bring(settings.database.url.get_secret_value())
    print(f"the schema is {migrations.head()}")


async def bring(url: str) -> None:
    async with engine_of(url) as engine:
        await bring_up(engine, url)
