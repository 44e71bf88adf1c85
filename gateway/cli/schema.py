"""`deskgate migrate`."""

import argparse

from gateway.cli.work import configured
from migrations import run as migrations


def migrate(options: argparse.Namespace) -> None:
    settings = configured(options)
    if settings.database.is_embedded:
        from storage.embedded import EmbeddedServer

        with EmbeddedServer.start(settings.database.data_dir) as server:
            migrations.upgrade(server.url)
    else:
        migrations.upgrade(settings.database.url.get_secret_value())
    print(f"the schema is {migrations.head()}")
