"""Writing what the desk decided: tickets with their articles in one statement, everything that hangs on them in another."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.company import Turn, together
from storage.statements import as_json
from storage.webhooks.writing import EVENTS_RETURNED, QUEUED

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class NewTicket:
    """`client_id` None: the client is made, with name, address and key."""

    subject: str
    department: str
    gateway: str
    language: str
    category: str | None
    related: int | None
    client_id: int | None
    client_name: str
    client_address: str
    client_key: str
    written_to: str | None = None


@dataclass(frozen=True, slots=True)
class NewArticle:
    kind: str
    author_role: str
    author_name: str
    author_address: str | None
    message_id: str | None
    text: str
    quoted_text: str
    signature: str
    html: str | None
    private: bool
    verified: bool
    to: Sequence[Row]
    cc: Sequence[Row]
    inbound_id: int | None


@dataclass(frozen=True, slots=True)
class NewFile:
    filename: str
    content_type: str
    content: bytes
    sha256: bytes
    inline: bool
    content_id: str | None


@dataclass(frozen=True, slots=True)
class Effect:
    """A dedupe key that this message takes; `hours` None keeps it for ever."""

    key: bytes
    hours: int | None


@dataclass(slots=True)
class Attached:
    """Rows that hang on a ticket, gathered so that one statement writes them all."""

    events: list[Row] = field(default_factory=list)
    participants: list[Row] = field(default_factory=list)
    tags: list[Row] = field(default_factory=list)
    ids: list[Row] = field(default_factory=list)
    effects: list[Row] = field(default_factory=list)
    automatic: list[Row] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.events or self.participants or self.tags or self.ids or self.effects or self.automatic)


# What is written to tickets and articles, in the order of its columns, and the type of each.
OF_TICKET = {
    "subject": "text", "department": "text", "gateway": "text", "written_to": "text", "language": "text", "category": "text",
    "related": "bigint",
}  # fmt: skip
OF_CLIENT = {"client_id": "bigint", "client_name": "text", "client_address": "text", "client_key": "text"}
OF_ARTICLE = {
    "kind": "text", "author_role": "text", "author_name": "text", "author_address": "text", "message_id": "text", "text": "text",
    "quoted_text": "text", "signature": "text", "html": "text", "private": "boolean", "verified": "boolean", "to": "jsonb", "cc": "jsonb",
    "inbound_id": "bigint",
}  # fmt: skip


def columns(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def rows_of(types: Mapping[str, str]) -> str:
    """Arrays of equal length, a column each, numbered from 1 as `n`."""
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in types.items())
    return f"unnest({arrays}) WITH ORDINALITY AS row ({columns(types)}, n)"


# Ids come first, because RETURNING promises no order.
OPEN = text(
    f"""
    WITH new AS MATERIALIZED (
        SELECT nextval('tickets_number_seq') AS number, nextval('articles_id_seq') AS article_id,
            coalesce(client_id, nextval('clients_id_seq')) AS owner, row.*
        FROM {rows_of(OF_TICKET | OF_CLIENT | OF_ARTICLE)}
    ), client AS (
        INSERT INTO clients (id, name) SELECT owner, client_name FROM new WHERE client_id IS NULL
    ), address AS (
        INSERT INTO client_addresses (key, address, client_id) SELECT client_key, client_address, owner FROM new WHERE client_id IS NULL
    ), ticket AS (
        INSERT INTO tickets (number, client_waiting_since, client_id, {columns(OF_TICKET)})
        SELECT number, now(), owner, {columns(OF_TICKET)} FROM new ORDER BY n
    ), article AS (
        INSERT INTO articles (id, ticket, {columns(OF_ARTICLE)}) SELECT article_id, number, {columns(OF_ARTICLE)} FROM new ORDER BY n
    )
    SELECT number, article_id, owner, now() AS created_at FROM new ORDER BY n
    """  # noqa: S608 (names of columns, written above)
)
ADD_ARTICLES = text(
    f"""
    WITH new AS MATERIALIZED (
        SELECT nextval('articles_id_seq') AS id, row.* FROM {rows_of({"ticket": "bigint"} | OF_ARTICLE)}
    ), article AS (
        INSERT INTO articles (id, ticket, {columns(OF_ARTICLE)}) SELECT id, ticket, {columns(OF_ARTICLE)} FROM new ORDER BY n
    )
    SELECT id FROM new ORDER BY n
    """  # noqa: S608
)

# `changes` has the columns that are set, by name.
UPDATE_TICKETS = text(
    """
    UPDATE tickets SET updated_at = now(), status = after.status, priority = coalesce(changes ->> 'priority', priority),
        department = coalesce(changes ->> 'department', department), subject = coalesce(changes ->> 'subject', subject),
        category = CASE WHEN jsonb_exists(changes, 'category') THEN changes ->> 'category' ELSE category END,
        assignee = CASE WHEN jsonb_exists(changes, 'assignee') THEN changes ->> 'assignee' ELSE assignee END,
        client_waiting_since = CASE
            WHEN after.status IN ('resolved', 'closed', 'cancelled', 'spam', 'trash') OR waiting IS FALSE THEN NULL
            WHEN waiting THEN coalesce(client_waiting_since, now()) ELSE client_waiting_since END,
        closed_at = CASE WHEN after.status IN ('closed', 'cancelled', 'spam', 'trash') THEN coalesce(closed_at, now()) END
    FROM (
        SELECT before.number, coalesce(changes ->> 'status', before.status) AS status, changes, waiting
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS change (number bigint, changes jsonb, waiting boolean)
        JOIN tickets AS before ON before.number = change.number
    ) AS after
    WHERE tickets.number = after.number
    """
)
NEARNESS = ("requester", "cc", "named", "stranger")
CHANGEABLE = ("status", "category", "priority", "department", "subject", "assignee")

ATTACH = text(
    f"""
    WITH events AS (
        INSERT INTO ticket_events (ticket, kind, actor_role, actor, data, inbound_id)
        SELECT ticket, kind, actor_role, actor, data, inbound_id FROM jsonb_to_recordset(CAST(:events AS jsonb))
            AS x(ticket bigint, kind text, actor_role text, actor text, data jsonb, inbound_id bigint)
        {EVENTS_RETURNED}
    ), told AS ({QUEUED}), participants AS (
        INSERT INTO ticket_participants (ticket, key, address, name, part)
        SELECT ticket, key, address, name, part FROM jsonb_to_recordset(CAST(:participants AS jsonb))
            AS x(ticket bigint, key text, address text, name text, part text)
        ON CONFLICT (ticket, key) DO UPDATE SET part = excluded.part
            WHERE ticket_participants.part IN ('named', 'stranger') AND excluded.part = 'cc'
    ), tags AS (
        INSERT INTO ticket_tags (ticket, key, tag)
        SELECT ticket, key, tag FROM jsonb_to_recordset(CAST(:tags AS jsonb)) AS x(ticket bigint, key text, tag text)
        ON CONFLICT DO NOTHING
    ), ids AS (
        INSERT INTO message_ids (key, ticket, relation)
        SELECT decode(key, 'hex'), ticket, relation FROM jsonb_to_recordset(CAST(:ids AS jsonb))
            AS x(key text, ticket bigint, relation text)
        ON CONFLICT DO NOTHING
    ), effects AS (
        INSERT INTO effects (key, inbound_id, ticket, expires_at)
        SELECT decode(key, 'hex'), inbound_id, ticket, now() + hours * interval '1 hour' FROM jsonb_to_recordset(CAST(:effects AS jsonb))
            AS x(key text, inbound_id bigint, ticket bigint, hours int)
        ON CONFLICT (key) DO UPDATE SET inbound_id = excluded.inbound_id, ticket = excluded.ticket, expires_at = excluded.expires_at
        WHERE effects.expires_at <= now() OR effects.inbound_id = excluded.inbound_id
    )
    INSERT INTO automatic_letters (address, domain, network, subject_key, ticket)
    SELECT address, domain, network, decode(subject_key, 'hex'), ticket FROM jsonb_to_recordset(CAST(:automatic AS jsonb))
        AS x(address text, domain text, network text, subject_key text, ticket bigint)
    """  # noqa: S608 (what the delivery rows are made of)
)

REMOVE_TAGS = text("DELETE FROM ticket_tags WHERE ticket = :ticket AND key = ANY(CAST(:keys AS text[]))")
# They stay known: who was in Cc may still have letters to answer.
REMOVE_COPIES = text(
    "UPDATE ticket_participants SET part = 'named' WHERE ticket = :ticket AND part = 'cc' AND key = ANY(CAST(:keys AS text[]))"
)

# Changed in nothing, one that is there is locked: whoever lets go of it at this moment does not delete it.
ADD_BLOBS = text(
    """
    INSERT INTO blobs (sha256, content, size, refs)
    SELECT DISTINCT ON (sha256) sha256, content, length(content), 0
      FROM unnest(CAST(:sha256 AS bytea[]), CAST(:content AS bytea[])) AS x(sha256, content) ORDER BY sha256
    ON CONFLICT (sha256) DO UPDATE SET refs = blobs.refs
    """
)
ADD_ATTACHMENTS = text(
    """
    WITH added AS (
        INSERT INTO attachments (article_id, filename, content_type, inline, content_id, size, sha256)
        SELECT x.article_id, x.filename, x.content_type, x.inline, x.content_id, x.size, decode(x.sha256, 'hex')
          FROM jsonb_to_recordset(CAST(:files AS jsonb))
            AS x(article_id bigint, filename text, content_type text, inline boolean, content_id text, size int, sha256 text)
        RETURNING sha256
    ), counted AS (
        SELECT sha256, count(*) AS n FROM added GROUP BY sha256
    ), locked AS (
        SELECT sha256 FROM blobs WHERE sha256 IN (SELECT sha256 FROM counted) ORDER BY sha256 FOR NO KEY UPDATE
    )
    UPDATE blobs SET refs = refs + n FROM counted JOIN locked USING (sha256) WHERE blobs.sha256 = counted.sha256
    """
)


@dataclass(frozen=True, slots=True)
class Opened:
    number: int
    article_id: int
    client_id: int
    created_at: datetime


async def open_ticket(session: AsyncSession, ticket: NewTicket, article: NewArticle) -> Opened:
    """A ticket with its first article, and its client where there was none, in one statement."""
    values = {name: getattr(ticket, name) for name in NewTicket.__slots__} | article_values(article)
    opened: Opened = await together(session, Turn.OPENED, open_all, values)
    return opened


async def open_all(session: AsyncSession, asked: Sequence[Row]) -> list[Opened]:
    return [Opened(*row) for row in await session.execute(OPEN, by_column(asked))]


async def add_article(session: AsyncSession, ticket: int, article: NewArticle) -> int:
    found: int = await together(session, Turn.ARTICLES, add_articles, {"ticket": ticket} | article_values(article))
    return found


async def add_articles(session: AsyncSession, asked: Sequence[Row]) -> Sequence[int]:
    return (await session.execute(ADD_ARTICLES, by_column(asked))).scalars().all()


def article_values(article: NewArticle) -> Row:
    values: Row = {name: getattr(article, name) for name in NewArticle.__slots__}
    return values | {"to": as_json(article.to), "cc": as_json(article.cc)}


def by_column(rows: Sequence[Row]) -> dict[str, list[object]]:
    return {name: [each[name] for each in rows] for name in rows[0]}


async def update_ticket(session: AsyncSession, number: int, changes: dict[str, str | None], waiting: bool | None = None) -> None:
    """Set columns of `CHANGEABLE`; the times follow by themselves. `waiting`: whether the client has been waiting for an answer since now,
    or got one; None leaves that as it is, but in a ticket that has ended nobody waits."""
    assert all(name in CHANGEABLE for name in changes)
    await together(session, Turn.CHANGED, update_tickets, {"number": number, "changes": changes, "waiting": waiting})


async def update_tickets(session: AsyncSession, asked: Sequence[Row]) -> Sequence[None]:
    await session.execute(UPDATE_TICKETS, {"rows": as_json(asked)})
    return [None] * len(asked)


async def attach(session: AsyncSession, rows: Attached) -> None:
    if rows:
        await together(session, Turn.ATTACHED, attach_all, rows)


async def attach_all(session: AsyncSession, asked: Sequence[Attached]) -> Sequence[None]:
    rows = {name: [row for each in asked for row in getattr(each, name)] for name in Attached.__slots__}
    rows["participants"] = each_once(rows["participants"])
    await session.execute(ATTACH, {name: as_json(each) for name, each in rows.items()})
    return [None] * len(asked)


async def remove_tags(session: AsyncSession, ticket: int, keys: Sequence[str]) -> None:
    await session.execute(REMOVE_TAGS, {"ticket": ticket, "keys": list(keys)})


async def remove_copies(session: AsyncSession, ticket: int, keys: Sequence[str]) -> None:
    """Those in Cc get no more letters."""
    await session.execute(REMOVE_COPIES, {"ticket": ticket, "keys": list(keys)})


def each_once(participants: Sequence[Row]) -> list[Row]:
    """One statement may write a row once: of what somebody is on a ticket the nearest part counts."""
    nearest: dict[tuple[object, object], Row] = {}
    for each in sorted(participants, key=lambda each: NEARNESS.index(str(each["part"]))):
        nearest.setdefault((each["ticket"], each["key"]), each)
    return list(nearest.values())


async def add_files(session: AsyncSession, article_id: int, files: Sequence[NewFile]) -> None:
    """The bytes once, however many name them. Blobs are written in the order of their hash, so that two writers never deadlock."""
    if files:
        await together(session, Turn.FILES, add_all_files, (article_id, files))


async def add_all_files(session: AsyncSession, asked: Sequence[tuple[int, Sequence[NewFile]]]) -> Sequence[None]:
    contents = {each.sha256: each.content for _, files in asked for each in files}
    await session.execute(ADD_BLOBS, {"sha256": list(contents), "content": list(contents.values())})
    rows = [file_row(article_id, each) for article_id, files in asked for each in files]
    await session.execute(ADD_ATTACHMENTS, {"files": as_json(rows)})
    return [None] * len(asked)


def file_row(article_id: int, file: NewFile) -> Row:
    return {
        "article_id": article_id,
        "filename": file.filename,
        "content_type": file.content_type,
        "inline": file.inline,
        "content_id": file.content_id,
        "size": len(file.content),
        "sha256": file.sha256,
    }
