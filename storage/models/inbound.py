"""What arrived: a narrow row per message, its raw bytes apart, the ids it is remembered by and the effects it had."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from gateway.domain.states import InboundState
from storage.models.base import Moment, metadata, one_of

inbound_messages = Table(
    "inbound_messages",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("state", Text, nullable=False, server_default=InboundState.QUEUED),
    Column("due_at", Moment, nullable=False, server_default=text("now()")),
    Column("lease_until", Moment),
    Column("leased_by", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # Of the attempts, those that ended in an error; the others ended with the process that made them.
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("received_at", Moment, nullable=False, server_default=text("now()")),
    Column("finished_at", Moment),
    Column("reverse_path", Text, nullable=False),
    Column("recipients", ARRAY(Text), nullable=False),
    Column("smtputf8", Boolean, nullable=False, server_default="false"),
    Column("entry", Text, nullable=False),
    Column("peer", JSONB, nullable=False),
    # What was found on peer and content before it was kept; NULL where nothing was looked for.
    Column("screening", JSONB),
    Column("size", Integer, nullable=False),
    Column("redelivery_key", BYTEA, nullable=False),
    Column("trace_id", Text, nullable=False),
    Column("message_id", Text),
    Column("subject", Text),
    Column("author", Text),
    Column("kind", Text),
    Column("spf", Text),
    Column("dkim", Text),
    Column("dmarc", Text),
    Column("arc", Text),
    Column("verdict", JSONB),
    Column("outcome", Text),
    Column("why", Text),
    Column("decision", JSONB),
    # The rule by which it was discarded or held, as the configuration named it.
    Column("rule", Text),
    # The normalised address that its writer is known by, which need not be that of From; empty for nobody's.
    Column("writer", Text),
    # Whose a person said that it is, and which department's.
    Column("assigned", JSONB),
    # Fingerprint of the configuration that it was decided with.
    Column("configuration", Text),
    Column("error", Text),
    Column("ticket", BigInteger, ForeignKey("tickets.number", ondelete="SET NULL")),
    # When its raw bytes went, and by what: `retention` or `erased`. The row stays.
    Column("raw_removed_at", Moment),
    Column("raw_removed_why", Text),
    one_of("state", InboundState),
    CheckConstraint("(state = 'leased') = (lease_until IS NOT NULL)", name="lease_belongs_to_leased"),
    # Claims read `queued` in the order of due time; nothing else is in the index, however many rows are done.
    Index("ix_inbound_messages_due", "due_at", "id", postgresql_where=text("state = 'queued'")),
    Index("ix_inbound_messages_lease", "lease_until", postgresql_where=text("state = 'leased'")),
    Index("ix_inbound_messages_waiting", "state", "id", postgresql_where=text("state <> 'done'")),
    Index("ix_inbound_messages_ticket", "ticket", postgresql_where=text("ticket IS NOT NULL")),
    Index("ix_inbound_messages_author_held", "author", "finished_at", postgresql_where=text("state = 'held'")),
)

# Immutable raw bytes in pieces of a page, partitioned by week so that retention drops partitions. Mail is compressed badly, hence EXTERNAL.
inbound_contents = Table(
    "inbound_contents",
    metadata,
    Column("inbound_id", BigInteger, primary_key=True, autoincrement=False),
    Column("received_at", Moment, primary_key=True),
    Column("piece", Integer, primary_key=True, autoincrement=False, server_default="0"),
    Column("content", BYTEA, nullable=False),
    postgresql_partition_by="RANGE (received_at)",
)

message_ids = Table(
    "message_ids",
    metadata,
    # SHA-256 of the normalised id: a long id must not break the index.
    Column("key", BYTEA, primary_key=True),
    Column("ticket", BigInteger, ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True),
    Column("relation", Text, primary_key=True),
    Column("at", Moment, nullable=False, server_default=text("now()")),
    # `tag`: the key is not an id's, but of the number that an imported ticket had in its old desk, which subjects of its letters name.
    CheckConstraint("relation IN ('is', 'sent', 'refers', 'tag')", name="relation_known"),
    Index("ix_message_ids_ticket", "ticket"),
)

# A message has its effect once: whoever wins the key has it, every twin is recorded as its duplicate.
effects = Table(
    "effects",
    metadata,
    Column("key", BYTEA, primary_key=True),
    Column("inbound_id", BigInteger, nullable=False),
    Column("ticket", BigInteger, ForeignKey("tickets.number", ondelete="SET NULL")),
    Column("expires_at", Moment),
    Index("ix_effects_expires_at", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
    Index("ix_effects_ticket", "ticket", postgresql_where=text("ticket IS NOT NULL")),
)
