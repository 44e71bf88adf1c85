"""Who has how many tickets, and whose the newest of a department is."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from storage.assignments import last_assigned, loads


async def test_loads_and_turns(sessions: async_sessionmaker[AsyncSession]) -> None:
    async with sessions.begin() as session:
        assert (await loads(session), await last_assigned(session)) == ({}, {})
        await session.execute(
            text("""
                WITH client AS (INSERT INTO clients (name) VALUES ('Anna') RETURNING id)
                INSERT INTO tickets (subject, department, language, client_id, status, assignee)
                SELECT 'Printer', department, 'en', client.id, status, assignee FROM client, (VALUES
                    (1, 'support', 'new', 'dana'), (2, 'support', 'open', 'dana'), (3, 'support', 'pending', 'oleg'),
                    (4, 'sales', 'open', 'oleg'), (5, 'support', 'resolved', 'zoe'), (6, 'sales', 'closed', 'zoe'),
                    (7, 'sales', 'spam', 'dana'), (8, 'support', 'new', NULL)
                ) AS x(place, department, status, assignee) ORDER BY place
            """)
        )
        assert await loads(session) == {"dana": 2, "oleg": 2}
        assert await last_assigned(session) == {"support": "zoe", "sales": "dana"}
