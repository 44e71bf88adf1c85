"""The benchmark of a desk with a long history, on a short one: what it fills in is what mail finds again."""

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.bench import history
from gateway.desk.remembered import id_key

Sessions = async_sessionmaker[AsyncSession]
TICKETS = 200


async def test_what_is_filled_in_is_complete_and_found_again(database_url: str, sessions: Sessions) -> None:
    await history.fill(database_url, TICKETS)
    async with sessions() as session:

        async def one(query: str, **values: object) -> object:
            return (await session.execute(text(query), values)).scalar_one()

        assert (
            await one("SELECT count(*) FROM tickets t JOIN articles a ON a.ticket = t.number JOIN clients c ON c.id = client_id") == TICKETS
        )
        assert await one("SELECT ticket FROM message_ids WHERE key = :key", key=id_key("17@old.test")) == 17
        # Nothing refers to what there is not, though the statements were not made to look.
        for table, column, other, key in (
            ("client_addresses", "client_id", "clients", "id"),
            ("ticket_participants", "ticket", "tickets", "number"),
            ("inbound_messages", "ticket", "tickets", "number"),
            ("outbox_recipients", "outbox_id", "outbox_messages", "id"),
        ):
            assert await one(f"SELECT count(*) FROM {table} WHERE {column} NOT IN (SELECT {key} FROM {other})") == 0
        assert await one("SELECT count(*) FROM outbox_recipients") == 3 * TICKETS
        assert await one("SELECT nextval('tickets_number_seq')") == TICKETS + 1


async def test_a_window_has_its_checkpoint_and_all_its_mails(database_url: str, sessions: Sessions, tmp_path: Path) -> None:
    await history.fill(database_url, TICKETS)
    window = await history.one_window(database_url, tmp_path, TICKETS, 40, 0)
    assert window.seconds > 0
    assert window.processor_seconds > 0
    assert window.checkpoint_seconds > 0
    async with sessions() as session:
        told = (await session.execute(text("SELECT count(*) FILTER (WHERE state = 'done'), count(*) FROM inbound_messages"))).one()
        replies = (await session.execute(text("SELECT count(*) FROM articles WHERE ticket <= :tickets"), {"tickets": TICKETS})).scalar_one()
    assert tuple(told) == (TICKETS + 50, TICKETS + 50)
    assert replies == TICKETS + 50 // history.REPLIES
