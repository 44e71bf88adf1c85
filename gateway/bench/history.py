"""What a mail costs a desk with a long history, over what it costs a young one: the same mails, by turns, on two databases of one server.

Every window has a checkpoint in it, after which each page is written whole the first time it changes: with a long history the keys of
new rows fall on more pages.
"""

import asyncio
import random
import secrets
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.bench import pipeline
from gateway.bench.load import Load
from gateway.bench.mails import SENTENCES, base64_lines
from gateway.bench.serving import descendants, processor_seconds, served
from storage import engine as storage_engine

CONNECTIONS: Final = 20
REPLIES: Final = 5
"""Every fifth mail answers one of the old tickets, whichever."""
TICKETS_OF_A_CLIENT: Final = 4
FRESH: Final = 10
"""One ticket in so many is of the last week, so that the keys of its mail are still kept."""
LETTERS: Final = 2
"""Of a ticket: to its client, and one to both agents."""

# Written as a restore writes: without looking up what each row refers to, which the statements see to by themselves. `:ids` is what
# `gateway.desk.remembered.id_key` makes of the id of the ticket's mail.
FILL: Final = (
    "SET LOCAL session_replication_role = replica",
    "SET LOCAL synchronous_commit = off",
    """INSERT INTO clients (id, name) SELECT n, 'Client ' || n FROM generate_series(1, :clients) AS n""",
    """INSERT INTO client_addresses (key, address, client_id)
       SELECT 'client' || n || '@load' || n % 5000 || '.test', 'client' || n || '@load' || n % 5000 || '.test', n
       FROM generate_series(1, :clients) AS n""",
    """INSERT INTO tickets (number, subject, status, department, gateway, language, client_id, created_at)
       SELECT n, 'Trouble ' || n, CASE WHEN n % 50 = 0 THEN 'open' ELSE 'pending' END, 'support', 'support@example.com', 'en',
              n % :clients + 1, now() - (:tickets - n) * interval '30 seconds'
       FROM generate_series(1, :tickets) AS n""",
    """INSERT INTO ticket_participants (ticket, key, address, name, part)
       SELECT n, a.key, a.address, 'Client', 'requester'
       FROM generate_series(1, :tickets) AS n JOIN client_addresses AS a ON a.client_id = n % :clients + 1""",
    """INSERT INTO articles (id, ticket, kind, author_role, author_name, author_address, message_id, text, html, inbound_id)
       SELECT n, n, 'client_message', 'client', 'Client', a.address, n || '@old.test', repeat('It does not print. ', 20),
              '<p>' || repeat('It does not print. ', 20) || '</p>', n
       FROM generate_series(1, :tickets) AS n JOIN client_addresses AS a ON a.client_id = n % :clients + 1""",
    """INSERT INTO ticket_events (ticket, kind, actor_role, data, inbound_id)
       SELECT n, 'created', 'client', '{"gateway": "support@example.com"}', n FROM generate_series(1, :tickets) AS n""",
    """INSERT INTO message_ids (key, ticket, relation)
       SELECT sha256(int8send(2) || convert_to('id', 'UTF8') || int8send(octet_length(id)) || convert_to(id, 'UTF8')), n, 'is'
       FROM generate_series(1, :tickets) AS n, LATERAL (SELECT n || '@old.test' AS id) AS named""",
    """INSERT INTO effects (key, inbound_id, ticket, expires_at)
       SELECT sha256(convert_to(way || n, 'UTF8')), n, n, now() + interval '5 days'
       FROM generate_series(1, :tickets) AS n, unnest(ARRAY['redelivery', 'twin']) AS way WHERE n > :tickets - :tickets / :fresh""",
    """INSERT INTO inbound_messages (id, state, reverse_path, recipients, entry, peer, size, redelivery_key, trace_id, finished_at, outcome,
           ticket, message_id, received_at)
       SELECT n, 'done', 'load@client.test', ARRAY['support@example.com'], 'smtp', '{}', 4096, sha256(int8send(n)), to_hex(n), now(),
              'ticket', n, n || '@old.test', now() - interval '1 hour' FROM generate_series(1, :tickets) AS n""",
    """INSERT INTO inbound_contents (inbound_id, received_at, content)
       SELECT n, now() - interval '1 hour', 'short' FROM generate_series(1, :tickets) AS n""",
    """INSERT INTO outbox_messages (id, state, kind, ticket, expires_at, message_id, subject, headers, text, html, effect, sent_at,
           inbound_id)
       SELECT 2 * n - of, 'sent', CASE of WHEN 0 THEN 'registered' ELSE 'new_ticket' END, n, now(), '<' || of || '.' || n || '@bench.test>',
              'Trouble', '[]', repeat('We have got it. ', 20), '<p>' || repeat('We have got it. ', 20) || '</p>',
              sha256(int8send(2 * n - of)), now(), n
       FROM generate_series(1, :tickets) AS n, generate_series(0, 1) AS of""",
    """INSERT INTO outbox_recipients (outbox_id, position, address, message_id, state, finished_at)
       SELECT 2 * n - of, place, CASE of WHEN 0 THEN a.address ELSE 'agent' || place || '@staff.example.com' END, NULL, 'sent', now()
       FROM generate_series(1, :tickets) AS n JOIN client_addresses AS a ON a.client_id = n % :clients + 1,
            generate_series(0, 1) AS of, generate_series(0, 1) AS place WHERE place <= of""",
)
SEQUENCES: Final = {
    "clients_id_seq": "clients",
    "tickets_number_seq": "tickets",
    "articles_id_seq": "tickets",
    "inbound_messages_id_seq": "tickets",
    "outbox_messages_id_seq": "letters",
}
SIZE: Final = text("SELECT pg_database_size(current_database())")
BACKENDS: Final = text("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")


@dataclass(frozen=True, slots=True)
class Window:
    """Seconds a mail: by the clock, of processors, and how long the checkpoint in it took."""

    seconds: float
    processor_seconds: float
    checkpoint_seconds: float


async def measure(
    young_url: str, old_url: str, folder: Path, *, young: int = 10_000, old: int = 1_000_000, mails: int = 2000, rounds: int = 3
) -> dict[str, Any]:
    """On two migrated databases of one server, which is thrown away afterwards. The numbers are of tickets."""
    filled = {}
    for url, tickets in ((young_url, young), (old_url, old)):
        began = time.perf_counter()
        await fill(url, tickets)
        filled[tickets] = time.perf_counter() - began
    found: dict[int, list[Window]] = {young: [], old: []}
    for number in range(rounds + 1):
        for url, tickets in ((young_url, young), (old_url, old)):
            window = await one_window(url, folder, tickets, mails, number)
            if number:  # the first one warms both up
                found[tickets].append(window)
    pairs = list(zip(found[old], found[young], strict=True))
    return {
        # Of neighbouring windows, for what else the machine does changes from minute to minute.
        "ratio": ratio(pairs, lambda each: each.seconds),
        "processor_ratio": ratio(pairs, lambda each: each.processor_seconds),
        "young_tickets": young,
        "old_tickets": old,
        "young_milliseconds": milliseconds(found[young], lambda each: each.seconds),
        "old_milliseconds": milliseconds(found[old], lambda each: each.seconds),
        "young_processor_milliseconds": milliseconds(found[young], lambda each: each.processor_seconds),
        "old_processor_milliseconds": milliseconds(found[old], lambda each: each.processor_seconds),
        "checkpoint_seconds": round(statistics.median(each.checkpoint_seconds for each in found[old]), 3),
        "old_megabytes": round(await size(old_url) / 1e6),
        "filling_seconds": round(filled[old], 1),
        "mails": mails,
        "rounds": rounds,
    }


def ratio(pairs: Sequence[tuple[Window, Window]], of: Callable[[Window], float]) -> float:
    return round(statistics.median(of(old) / of(young) for old, young in pairs), 3)


def milliseconds(windows: Sequence[Window], of: Callable[[Window], float]) -> float:
    return round(statistics.median(map(of, windows)) * 1000, 3)


async def fill(url: str, tickets: int) -> None:
    numbers = {"tickets": tickets, "clients": max(1, tickets // TICKETS_OF_A_CLIENT), "letters": LETTERS * tickets, "fresh": FRESH}
    engine = storage_engine.connect(url, pool_size=1)
    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            for statement in FILL:
                named = {name: value for name, value in numbers.items() if f":{name}" in statement}
                # Written into the statement: as parameters they would have no type.
                for name, value in named.items():
                    statement = statement.replace(f":{name}", str(value))
                await connection.exec_driver_sql(statement)
            for sequence, of in SEQUENCES.items():
                await connection.exec_driver_sql(f"SELECT setval('{sequence}', {numbers[of]})")
        async with engine.connect() as connection:
            autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await autocommit.exec_driver_sql("SET statement_timeout = 0")
            await autocommit.exec_driver_sql("VACUUM ANALYZE")
    finally:
        await engine.dispose()


async def one_window(url: str, folder: Path, tickets: int, mails: int, number: int) -> Window:
    config = folder / "history.toml"
    plain = url.replace("+asyncpg", "")
    config.write_text(pipeline.CONFIG.format(processes=2, url=plain, secret=secrets.token_hex(16), folder=folder), "utf-8")
    engine = storage_engine.connect(url, pool_size=2)
    try:
        async with served(config, folder / "history.log", "listener", "intake") as gateway:
            await pipeline.through(engine, gateway.port, Load(CONNECTIONS, mails // 4, contents(tickets, f"{number} warm")))
            before = await spent(engine, gateway.parent)
            checkpoint = asyncio.create_task(checkpointed(engine))
            seconds, outcome = await pipeline.through(engine, gateway.port, Load(CONNECTIONS, mails, contents(tickets, f"{number}")))
            took = await checkpoint
            after = await spent(engine, gateway.parent)
    finally:
        await engine.dispose()
    if outcome.accepted != mails:
        raise RuntimeError(f"{mails - outcome.accepted} of {mails} mails were not accepted; the log is {folder / 'history.log'}")
    used = sum(now - before.get(pid, 0.0) for pid, now in after.items())
    return Window(seconds / mails, used / mails, took)


async def checkpointed(engine: AsyncEngine) -> float:
    """As fast as it goes, at the window's beginning: every page that the window changes is written whole into the WAL."""
    began = time.perf_counter()
    async with engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.exec_driver_sql("SET statement_timeout = 0")
        await autocommit.exec_driver_sql("CHECKPOINT")
    return time.perf_counter() - began


async def spent(engine: AsyncEngine, gateway: int) -> dict[int, float]:
    """Processor seconds until now, by process: of the gateway's, and of the server's that work for it."""
    async with engine.connect() as connection:
        backends = (await connection.execute(BACKENDS)).scalars().all()
    return {pid: processor_seconds(pid) for pid in (gateway, *descendants(gateway), *backends)}


async def size(url: str) -> int:
    engine = storage_engine.connect(url, pool_size=1)
    try:
        async with engine.connect() as connection:
            octets: int = (await connection.execute(SIZE)).scalar_one()
            return octets
    finally:
        await engine.dispose()


def contents(tickets: int, name: str) -> Callable[[int], bytes]:
    """Mails of 4 KiB by clients drawn from all that there are; the same for the same name."""
    chance = random.Random(name)  # noqa: S311  nothing secret
    words = base64_lines("\n".join(chance.choices(SENTENCES, k=15)).encode())
    html = base64_lines("".join(f"<p>{each}</p>" for each in chance.choices(SENTENCES, k=13)).encode())
    encoded = b"charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    body = b"--a\r\nContent-Type: text/plain; " + encoded + words + b"--a\r\nContent-Type: text/html; " + encoded + html + b"--a--\r\n"
    run = secrets.token_hex(4)
    clients = max(1, tickets // TICKETS_OF_A_CLIENT)

    def content(number: int) -> bytes:
        old = chance.randrange(tickets) + 1
        client = old % clients + 1
        answers = f"In-Reply-To: <{old}@old.test>\r\n" if number % REPLIES == 0 else ""
        head = (
            f"From: Client {client} <client{client}@load{client % 5000}.test>\r\nTo: Support <support@example.com>\r\n"
            f"Subject: Trouble {run} {number}\r\nMessage-ID: <{run}.{number}@load.test>\r\n{answers}"
            f"Date: Sun, 01 Mar 2026 09:05:07 +0000\r\nMIME-Version: 1.0\r\n"
            f'Content-Type: multipart/alternative; boundary="a"\r\n\r\n'
        )
        return head.encode() + body

    return content
