"""Tickets with everything that hangs on one: articles, attachments, participants, tags and events."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from gateway.domain.states import ArticleKind, EventKind, Priority, Role, Status
from storage.models.base import Moment, metadata, one_of

tickets = Table(
    "tickets",
    metadata,
    Column("number", BigInteger, Identity(always=False, cache=1), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("status", Text, nullable=False, server_default=Status.NEW),
    Column("category", Text),
    Column("priority", Text, nullable=False, server_default=Priority.NORMAL),
    # A key of the configuration: a removed department's tickets show under the default one.
    Column("department", Text, nullable=False),
    Column("gateway", Text),
    # The outside address that the client wrote to, where that mail was forwarded to the gateway.
    Column("written_to", Text),
    Column("language", Text, nullable=False),
    Column("client_id", BigInteger, ForeignKey("clients.id", ondelete="RESTRICT"), nullable=False),
    # The address of an agent of the configuration.
    Column("assignee", Text),
    Column("related", BigInteger, ForeignKey("tickets.number", ondelete="SET NULL")),
    Column("merged_into", BigInteger, ForeignKey("tickets.number", ondelete="SET NULL")),
    Column("rating_score", Integer),
    Column("rating_level", Text),
    Column("rating_comment", Text),
    Column("rated_at", Moment),
    Column("created_at", Moment, nullable=False, server_default=text("now()")),
    Column("updated_at", Moment, nullable=False, server_default=text("now()")),
    Column("closed_at", Moment),
    # Since when what the client wrote waits for an answer; NULL while it is not our turn.
    Column("client_waiting_since", Moment),
    # When all that anybody wrote here was removed; number, dates, status and what was counted stay.
    Column("erased_at", Moment),
    one_of("status", Status),
    one_of("priority", Priority),
    Index("ix_tickets_client_id", "client_id"),
    Index("ix_tickets_status", "status", "number"),
    Index("ix_tickets_updated_at_number", "updated_at", "number"),
    Index("ix_tickets_assignee", "assignee", postgresql_where=text("assignee IS NOT NULL")),
    Index("ix_tickets_related", "related", postgresql_where=text("related IS NOT NULL")),
    Index("ix_tickets_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
    Index("ix_tickets_closed_at", "closed_at", postgresql_where=text("closed_at IS NOT NULL AND erased_at IS NULL")),
    Index("ix_tickets_client_waiting_since", "client_waiting_since", postgresql_where=text("client_waiting_since IS NOT NULL")),
)

ticket_participants = Table(
    "ticket_participants",
    metadata,
    Column("ticket", BigInteger, ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    # `cc` gets the letters; `named` stood in To or Cc of a mail whose author proved nothing, `stranger` had an id of the ticket and
    # proved nothing: both get and change nothing.
    Column("part", Text, nullable=False),
    Column("joined_at", Moment, nullable=False, server_default=text("now()")),
    CheckConstraint("part IN ('requester', 'cc', 'named', 'stranger')", name="part_known"),
    Index("ix_ticket_participants_key", "key"),
)

ticket_tags = Table(
    "ticket_tags",
    metadata,
    Column("ticket", BigInteger, ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True),
    # Compared without case; the first spelling stays.
    Column("key", Text, primary_key=True),
    Column("tag", Text, nullable=False),
    Index("ix_ticket_tags_key_ticket", "key", "ticket"),
)

articles = Table(
    "articles",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("ticket", BigInteger, ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("author_role", Text, nullable=False),
    Column("author_name", Text, nullable=False, server_default=""),
    Column("author_address", Text),
    Column("message_id", Text),
    Column("text", Text, nullable=False),
    Column("quoted_text", Text, nullable=False, server_default=""),
    Column("signature", Text, nullable=False, server_default=""),
    Column("html", Text),
    Column("private", Boolean, nullable=False, server_default="false"),
    # False: whoever wrote it had an id of the ticket and no other proof.
    Column("verified", Boolean, nullable=False, server_default="true"),
    Column("to", JSONB, nullable=False, server_default="[]"),
    Column("cc", JSONB, nullable=False, server_default="[]"),
    Column("inbound_id", BigInteger),
    Column("created_at", Moment, nullable=False, server_default=text("now()")),
    one_of("kind", ArticleKind),
    one_of("author_role", Role),
    CheckConstraint("kind <> 'note' OR private", name="note_is_private"),
    Index("ix_articles_ticket", "ticket", "id"),
)

# `refs` counts the attachments and outbox messages that name the blob; at zero it may go.
blobs = Table(
    "blobs",
    metadata,
    Column("sha256", BYTEA, primary_key=True),
    Column("content", BYTEA, nullable=False),
    Column("size", Integer, nullable=False),
    Column("refs", Integer, nullable=False, server_default="0"),
    CheckConstraint("refs >= 0", name="refs_not_negative"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("article_id", BigInteger, ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("filename", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("inline", Boolean, nullable=False, server_default="false"),
    Column("content_id", Text),
    Column("size", Integer, nullable=False),
    Column("sha256", BYTEA, ForeignKey("blobs.sha256", ondelete="RESTRICT"), nullable=False),
    Index("ix_attachments_article_id", "article_id"),
    Index("ix_attachments_sha256", "sha256"),
)

ticket_events = Table(
    "ticket_events",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("ticket", BigInteger, ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor_role", Text, nullable=False),
    Column("actor", Text),
    Column("data", JSONB, nullable=False, server_default="{}"),
    Column("inbound_id", BigInteger),
    Column("at", Moment, nullable=False, server_default=text("now()")),
    one_of("kind", EventKind),
    one_of("actor_role", Role),
    Index("ix_ticket_events_ticket", "ticket", "id"),
)

# Rules on unanswered tickets that had their effect: each once for every time that a client is kept waiting.
unanswered_rules = Table(
    "unanswered_rules",
    metadata,
    Column("ticket", BigInteger, ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True),
    Column("rule", Text, primary_key=True),
    # The ticket's `client_waiting_since` of that time.
    Column("waiting_since", Moment, primary_key=True),
    Column("at", Moment, nullable=False, server_default=text("now()")),
)
