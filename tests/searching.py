"""A look through a whole database for words: every column of every table, and what is encoded in its bytes.

It knows nothing of how the product finds people, and reads the catalogue rather than the models.
"""

import base64
import binascii
import email
import email.policy
import json
import quopri
import re
from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = 'public' ORDER BY 1
"""
RUN = re.compile(rb"[A-Za-z0-9+/\r\n]{12,}={0,2}")


async def places(engine: AsyncEngine, *words: str) -> list[str]:
    """Where any of these stands, in whatever case: `table.column: …`."""
    found = []
    async with engine.connect() as connection:
        for table in (await connection.execute(text(TABLES))).scalars().all():
            for row in (await connection.execute(text(f'SELECT * FROM "{table}"'))).mappings():
                for column, value in row.items():
                    for view in views(value):
                        found += [f"{table}.{column}: {word}" for word in words if word.casefold() in view.casefold()]
    return sorted(set(found))


def views(value: object) -> Iterator[str]:
    match value:
        case None | bool() | int() | float() | datetime() | date():
            return
        case bytes():
            yield from of_bytes(value)
        case str():
            yield value
        case _:
            yield json.dumps(value, ensure_ascii=False, default=str)


def of_bytes(content: bytes, depth: int = 0) -> Iterator[str]:
    yield content.decode("utf-8", "replace")
    yield quopri.decodestring(content).decode("utf-8", "replace")
    if depth < 3:
        for run in RUN.findall(content):
            packed = re.sub(rb"[\r\n]", b"", run)
            for start in range(4):
                try:
                    decoded = base64.b64decode(packed[start : start + (len(packed) - start) // 4 * 4])
                except (binascii.Error, ValueError):
                    continue
                yield from of_bytes(decoded, depth + 1)
        yield from parts(content)


def parts(content: bytes) -> Iterator[str]:
    """Of what may be a mail: its fields and texts, decoded as the standard library does."""
    if b"\n\n" not in content.replace(b"\r", b"")[:100_000]:
        return
    message = email.message_from_bytes(content, policy=email.policy.default)
    for part in message.walk():
        yield from (str(each) for each in part.values())
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield payload.decode(part.get_content_charset("utf-8") or "utf-8", "replace")
