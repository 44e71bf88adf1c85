"""`deskgate bench`: the figures of this machine, on a database of its own."""

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import Any

from gateway.bench import accepts, letters, pipeline
from gateway.cli.output import print_fields, print_json, say
from migrations import run as migrations
from storage import engine as storage_engine
from storage.embedded import EmbeddedServer


def bench(options: argparse.Namespace) -> None:
    """With fsync and all that a real database does."""
    with tempfile.TemporaryDirectory(prefix="deskgate-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with EmbeddedServer.start(folder) as server:
            found = measure_all(server.url, folder, quick=options.quick)
    if options.json:
        print_json(found)
        return
    for title, figures in found.items():
        print(f"\n{title}")
        print_fields(figures)


def measure_all(url: str, folder: Path, *, quick: bool) -> dict[str, Any]:
    say("accepts: durable 250s a second, and a bare aiosmtpd's beside them …")
    accepts_url = asyncio.run(database(url, "accepts"))
    messages, rounds = (500, 1) if quick else (4000, 3)
    accepted = asyncio.run(accepts.measure(accepts_url, messages=messages, rounds=rounds))
    say("pipeline: mails a second, from SMTP to the committed ticket with its letters …")
    pipeline_url = asyncio.run(database(url, "pipeline"))
    mails = 300 if quick else 3000
    went = asyncio.run(pipeline.measure(pipeline_url, folder, messages=mails, warm_up=mails // 5))
    say("letters: letters a second from the outbox to a server that takes them, and bare aiosmtplib's beside them …")
    letters_url = asyncio.run(database(url, "letters"))
    number, rounds, processes = (300, 1, (1,)) if quick else (5000, 3, (1, 2))
    left = asyncio.run(letters.measure(letters_url, letters=number, rounds=rounds, processes=processes))
    return {"accepts": accepted, "pipeline": went, "letters": left}


async def database(url: str, name: str) -> str:
    """A fresh database beside the server's own, with the schema."""
    engine = storage_engine.connect(url, pool_size=1)
    try:
        async with engine.connect() as connection:
            autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await autocommit.exec_driver_sql(f'CREATE DATABASE "{name}"')
    finally:
        await engine.dispose()
    made = storage_engine.asyncpg_url(url).set(database=name).render_as_string(hide_password=False)
    await asyncio.to_thread(migrations.upgrade, made)
    return made
