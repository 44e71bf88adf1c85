"""The parts of `deskgate bench`, and what each figure of theirs is to reach. Every part has a fresh database of its own."""

import asyncio
import os
import platform
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from gateway import __version__
from gateway.bench import accepts, console, crowd, disk, history, letters, pipeline, start
from gateway.bench.loops import loop_factory
from migrations import run as migrations
from storage import engine as storage_engine

Run = Callable[[str, Path, bool], Coroutine[Any, Any, dict[str, Any]]]
"""By a database, a folder and whether it shall be quick."""


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    words: str
    """What it finds out, for the progress on stderr."""
    run: Run
    when: Literal["always", "not in short", "when named"] = "always"
    """Some take so long that they are not done in the short form, or not unless they are asked for."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure of a part, by its path in the document, and what it is to reach on two cores; `reference` is what others, or a throw-away
    prototype, reached there."""

    name: str
    words: str
    path: tuple[str, ...]
    reach: float
    at_most: bool = False
    reference: str = ""

    def reached(self, value: float) -> bool:
        return value <= self.reach if self.at_most else value >= self.reach


async def of_accepts(url: str, _folder: Path, quick: bool) -> dict[str, Any]:
    messages, rounds = (500, 1) if quick else (4000, 5)
    return await accepts.measure(url, messages=messages, rounds=rounds)


async def of_large(url: str, _folder: Path, quick: bool) -> dict[str, Any]:
    messages, rounds = (40, 1) if quick else (200, 5)
    return await accepts.measure(url, messages=messages, rounds=rounds, size=accepts.LARGE)


async def of_latency(url: str, _folder: Path, quick: bool) -> dict[str, Any]:
    messages, seconds = (500, 2.0) if quick else (4000, 10.0)
    return await accepts.at_half_load(url, messages=messages, seconds=seconds)


async def of_connections(url: str, folder: Path, quick: bool) -> dict[str, Any]:
    return await crowd.measure(url, folder, connections=200 if quick else 2000)


async def of_connections_tls(url: str, folder: Path, quick: bool) -> dict[str, Any]:
    return await crowd.measure(url, folder, connections=200 if quick else 2000, tls=True)


async def of_start(url: str, folder: Path, quick: bool) -> dict[str, Any]:
    return await start.measure(url, folder, starts=1 if quick else 5)


async def of_pipeline(url: str, folder: Path, quick: bool) -> dict[str, Any]:
    mails = 300 if quick else 3000
    return await pipeline.measure(url, folder, messages=mails, warm_up=mails // 5)


async def of_history(url: str, folder: Path, quick: bool) -> dict[str, Any]:
    young, old, mails, rounds = (500, 5_000, 200, 1) if quick else (10_000, 100_000, 2000, 3)
    return await history.measure(url, await database(url, "history_old"), folder, young=young, old=old, mails=mails, rounds=rounds)


async def of_million(url: str, folder: Path, _quick: bool) -> dict[str, Any]:
    return await history.measure(url, await database(url, "million_old"), folder)


async def of_letters(url: str, _folder: Path, quick: bool) -> dict[str, Any]:
    number, rounds, processes = (300, 1, (1,)) if quick else (5000, 3, (1, 2))
    return await letters.measure(url, letters=number, rounds=rounds, processes=processes)


async def of_console(url: str, folder: Path, quick: bool) -> dict[str, Any]:
    tickets, rounds = (5_000, 5) if quick else (100_000, 15)
    return await console.measure(url, folder, tickets=tickets, rounds=rounds)


PARTS: Final = (
    Part("accepts", "durable 250s a second, and a bare aiosmtpd's beside them", of_accepts),
    Part("large", "mails of 1 MiB, and a bare aiosmtpd's beside them", of_large),
    Part("latency", "how long a 250 takes at half load", of_latency),
    Part("connections", "many connections in the clear", of_connections),
    Part("connections_tls", "many connections under TLS", of_connections_tls),
    Part("start", "from the start to the ready line", of_start),
    Part("pipeline", "mails a second, from SMTP to the committed ticket with its letters", of_pipeline),
    Part("history", "a mail with ten times as many tickets behind it", of_history, when="not in short"),
    Part("million", "a mail with 1,000,000 tickets behind it over one with 10,000", of_million, when="when named"),
    Part("console", "every page of the operators' console with 100,000 tickets behind it", of_console, when="not in short"),
    Part("letters", "letters a second from the outbox to a server that takes them, and bare aiosmtplib's beside them", of_letters),
)
NAMES: Final = tuple(part.name for part in PARTS)


def by_default(*, quick: bool) -> tuple[str, ...]:
    wanted = ("always",) if quick else ("always", "not in short")
    return tuple(part.name for part in PARTS if part.when in wanted)


AIMS: Final = (
    Aim("accepts_ratio", "durable 250s a second over bare aiosmtpd", ("accepts", "ratio"), 1.2, reference="1.28, a prototype"),
    Aim("large_ratio", "1 MiB mails over bare aiosmtpd", ("large", "ratio"), 4.0, reference="4.8, a prototype"),
    Aim("accept_p99_at_half_load", "p99 of a 250 at half load, s", ("latency", "accept_p99_seconds"), 0.05, at_most=True),
    Aim("greeting_p99", "p99 of a greeting among 2,000, s", ("connections", "greeting_p99_seconds"), 0.5, at_most=True, reference="0.33"),
    Aim("connections_rss", "memory of 2,000 connections, MB", ("connections", "rss_above_start_mb"), 60.0, at_most=True, reference="22"),
    Aim("greeting_p99_tls", "p99 of a greeting among 2,000, TLS, s", ("connections_tls", "greeting_p99_seconds"), 0.5, at_most=True),
    Aim(
        "connection_tls",
        "memory of a TLS connection, kB",
        ("connections_tls", "kilobytes_per_connection"),
        316.0,
        at_most=True,
        reference="316, asyncio's buffer",
    ),
    Aim("start", "start to ready, s", ("start", "ready_seconds"), 1.0, at_most=True, reference="imports alone 0.8 to 1.1"),
    Aim("pipeline", "mails a second to ticket and letters", ("pipeline", "mails_per_second"), 300.0, reference="49, django-helpdesk"),
    Aim("history", "a mail with ten times the tickets over one before", ("history", "ratio"), 1.15, at_most=True),
    Aim("million", "a mail with 1,000,000 tickets over one with 10,000", ("million", "ratio"), 1.15, at_most=True),
    Aim("console", "median of the slowest page of the console, s", ("console", "slowest_median_seconds"), 0.1, at_most=True),
    Aim("letters", "letters out by two senders over bare aiosmtplib", ("letters", "letters_ratio_by_2_processes"), 0.7),
    Aim("letters_signed", "the same signed, where both sign", ("letters", "letters_ratio_to_signing_by_2_processes_signed"), 0.7),
)


def measure(url: str, folder: Path, chosen: Sequence[str], *, quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Part after part, on a server that is thrown away afterwards: `machine`, a table a part, and `figures`, which sets those that have
    something to reach beside it. `folder` is on the disk that the server's data are on."""
    found: dict[str, Any] = {"machine": machine(url, folder)}
    for part in PARTS:
        if part.name in chosen:
            say(f"{part.name}: {part.words} …")
            made = asyncio.run(database(url, part.name))
            # The same loop for those who send as for those who are measured.
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                found[part.name] = runner.run(part.run(made, folder, quick))
    return found | {"figures": figures(found)}


def figures(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of the parts that were measured."""
    rows = []
    for aim in AIMS:
        value: Any = found
        for step in aim.path:
            value = value.get(step) if isinstance(value, Mapping) else None
        if isinstance(value, int | float):
            reach = f"{'≤' if aim.at_most else '≥'} {aim.reach:g}"
            told = {"name": aim.name, "figure": aim.words, "value": value, "reach": reach, "reference": aim.reference or None}
            rows.append(told | {"reached": aim.reached(value)})
    return rows


def machine(url: str, folder: Path) -> dict[str, Any]:
    """What the figures are of; they mean little without."""
    known = {"version": __version__, "processors": len(os.sched_getaffinity(0)), "python": platform.python_version()}
    return known | asyncio.run(of_database(url)) | disk.measure(folder) | {"load_average": round(os.getloadavg()[0], 2)}


async def of_database(url: str) -> dict[str, str]:
    engine = storage_engine.connect(url, pool_size=1)
    try:
        async with engine.connect() as connection:
            names = ("server_version", "fsync", "synchronous_commit")
            told = [str((await connection.exec_driver_sql(f"SHOW {name}")).scalar_one()) for name in names]
    finally:
        await engine.dispose()
    return dict(zip(("postgresql", "fsync", "synchronous_commit"), told, strict=True))


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
