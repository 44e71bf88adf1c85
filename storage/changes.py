"""Writing what the desk decided: a ticket with its article in one statement, everything that hangs on it in another."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Boolean, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.statements import as_json

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


OPEN = """
    INSERT INTO tickets (subject, department, gateway, written_to, language, category, related, client_waiting_since, client_id)
    SELECT :subject, :department, :gateway, :written_to, :language, :category, :related, now(), {client}
    RETURNING number, client_id, created_at
"""
ARTICLE = """
    INSERT INTO articles (ticket, kind, author_role, author_name, author_address, message_id, text, quoted_text, signature, html, private,
        verified, "to", cc, inbound_id)
    {ticket}, :kind, :author_role, :author_name, CAST(:author_address AS text), CAST(:message_id AS text), :text, :quoted_text, :signature,
        CAST(:html AS text), :private, :verified, CAST(:to AS jsonb), CAST(:cc AS jsonb), CAST(:inbound_id AS bigint)
    {end} RETURNING id
"""
NEW_CLIENT = "INSERT INTO clients (name) VALUES (:client_name) RETURNING id"
NEW_ADDRESS = "INSERT INTO client_addresses (key, address, client_id) SELECT :client_key, :client_address, id FROM client"
OF_NEW_TICKET = ARTICLE.format(ticket="SELECT number", end="FROM ticket")

OPEN_FOR_NEW_CLIENT = text(
    f"WITH client AS ({NEW_CLIENT}), address AS ({NEW_ADDRESS}), ticket AS ({OPEN.format(client='id FROM client')}), "  # noqa: S608
    f"article AS ({OF_NEW_TICKET}) SELECT ticket.number, article.id, ticket.client_id, ticket.created_at FROM ticket, article"
)
OPEN_FOR_CLIENT = text(
    f"WITH ticket AS ({OPEN.format(client='CAST(:client_id AS bigint)')}), article AS ({OF_NEW_TICKET}) "  # noqa: S608
    "SELECT ticket.number, article.id, ticket.client_id, ticket.created_at FROM ticket, article"
)
ADD_ARTICLE = text(ARTICLE.format(ticket="SELECT CAST(:ticket AS bigint)", end=""))

UPDATE_TICKET = """
    UPDATE tickets SET updated_at = now(), {columns}
        client_waiting_since = CASE
            WHEN {status} IN ('resolved', 'closed', 'cancelled', 'spam', 'trash') OR :waiting IS FALSE THEN NULL
            WHEN :waiting THEN coalesce(client_waiting_since, now()) ELSE client_waiting_since END,
        closed_at = CASE WHEN {status} IN ('closed', 'cancelled', 'spam', 'trash') THEN coalesce(closed_at, now()) END
    WHERE number = :number
"""
NEARNESS = ("requester", "cc", "named", "stranger")
WAITING = bindparam("waiting", type_=Boolean)
CHANGEABLE = ("status", "category", "priority", "department", "subject", "assignee")

ATTACH = text(
    """
    WITH events AS (
        INSERT INTO ticket_events (ticket, kind, actor_role, actor, data, inbound_id)
        SELECT ticket, kind, actor_role, actor, data, inbound_id FROM jsonb_to_recordset(CAST(:events AS jsonb))
            AS x(ticket bigint, kind text, actor_role text, actor text, data jsonb, inbound_id bigint)
    ), participants AS (
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
    """
)

ADD_BLOBS = text(
    """
    INSERT INTO blobs (sha256, content, size, refs)
    SELECT DISTINCT ON (sha256) sha256, content, length(content), 0
      FROM unnest(CAST(:sha256 AS bytea[]), CAST(:content AS bytea[])) AS x(sha256, content) ORDER BY sha256
    ON CONFLICT (sha256) DO NOTHING
    """
)
ADD_ATTACHMENTS = text(
    """
    WITH added AS (
        INSERT INTO attachments (article_id, filename, content_type, inline, content_id, size, sha256)
        SELECT CAST(:article_id AS bigint), x.filename, x.content_type, x.inline, x.content_id, x.size, decode(x.sha256, 'hex')
          FROM jsonb_to_recordset(CAST(:files AS jsonb))
            AS x(filename text, content_type text, inline boolean, content_id text, size int, sha256 text)
        RETURNING sha256
    )
    UPDATE blobs SET refs = refs + n FROM (SELECT sha256, count(*) AS n FROM added GROUP BY sha256) AS counted
    WHERE blobs.sha256 = counted.sha256
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
    values = {**article_values(article), **{name: getattr(ticket, name) for name in NewTicket.__slots__}}
    statement = OPEN_FOR_NEW_CLIENT if ticket.client_id is None else OPEN_FOR_CLIENT
    if ticket.client_id is None:
        del values["client_id"]
    else:
        for name in ("client_name", "client_address", "client_key"):
            del values[name]
    return Opened(*(await session.execute(statement, values)).one())


async def add_article(session: AsyncSession, ticket: int, article: NewArticle) -> int:
    found: int = (await session.execute(ADD_ARTICLE, {**article_values(article), "ticket": ticket})).scalar_one()
    return found


def article_values(article: NewArticle) -> Row:
    values: Row = {name: getattr(article, name) for name in NewArticle.__slots__}
    return values | {"to": as_json(article.to), "cc": as_json(article.cc)}


async def update_ticket(session: AsyncSession, number: int, changes: dict[str, str | None], waiting: bool | None = None) -> None:
    """Set columns of `CHANGEABLE`; the times follow by themselves. `waiting`: whether the client has been waiting for an answer since now,
    or got one; None leaves that as it is, but in a ticket that has ended nobody waits."""
    assert all(name in CHANGEABLE for name in changes)
    columns = "".join(f"{name} = :{name}, " for name in changes)
    statement = UPDATE_TICKET.format(columns=columns, status="CAST(:status AS text)" if "status" in changes else "status")
    await session.execute(text(statement).bindparams(WAITING), {**changes, "number": number, "waiting": waiting})


async def attach(session: AsyncSession, rows: Attached) -> None:
    names = ("events", "participants", "tags", "ids", "effects", "automatic")
    if rows:
        rows.participants = each_once(rows.participants)
        await session.execute(ATTACH, {name: as_json(getattr(rows, name)) for name in names})


def each_once(participants: Sequence[Row]) -> list[Row]:
    """One statement may write a row once: of what somebody is on a ticket the nearest part counts."""
    nearest: dict[tuple[object, object], Row] = {}
    for each in sorted(participants, key=lambda each: NEARNESS.index(str(each["part"]))):
        nearest.setdefault((each["ticket"], each["key"]), each)
    return list(nearest.values())


async def add_files(session: AsyncSession, article_id: int, files: Sequence[NewFile]) -> None:
    """The bytes once, however many name them. Blobs are written in the order of their hash, so that two writers never deadlock."""
    if not files:
        return
    await session.execute(ADD_BLOBS, {"sha256": [each.sha256 for each in files], "content": [each.content for each in files]})
    rows = [
        {
            "filename": each.filename,
            "content_type": each.content_type,
            "inline": each.inline,
            "content_id": each.content_id,
            "size": len(each.content),
            "sha256": each.sha256,
        }
        for each in files
    ]
    await session.execute(ADD_ATTACHMENTS, {"article_id": article_id, "files": as_json(rows)})
