"""What operators did and read, and the configurations that decided."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSON, JSONB

from gateway.domain.audit import Access, Result
from gateway.domain.configurations import Occasion
from storage.models.base import Moment, metadata, one_of

# Append-only: triggers refuse the rest. Ids have no gaps, and each row carries the digest of the one before it.
audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("access", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("why", Text),
    # Ids by kind, such as {"ticket": [5], "client": [3]}. No address of a client's stands in this table: erasing somebody needs none of it.
    Column("about", JSONB, nullable=False),
    Column("changes", JSONB, nullable=False),
    Column("details", JSONB, nullable=False),
    Column("previous", BYTEA, nullable=False),
    Column("digest", BYTEA, nullable=False),
    one_of("access", Access),
    one_of("result", Result),
    Index("ix_audit_log_at", "at"),
    Index("ix_audit_log_about", "about", postgresql_using="gin"),
    # Deletion looks here for what the log itself says is forgotten.
    Index("ix_audit_log_forgotten", "id", postgresql_where=text("action = 'audit.forget'")),
)

# One row: the last of the log, so that rows missing at its end are missed. Who appends holds it under lock.
audit_head = Table(
    "audit_head",
    metadata,
    Column("one", Boolean, primary_key=True, server_default="true"),
    Column("id", BigInteger, nullable=False),
    Column("digest", BYTEA, nullable=False),
    CheckConstraint("one", name="only_one"),
)

configurations = Table(
    "configurations",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("first_at", Moment, nullable=False, server_default=text("now()")),
    Column("version", Text, nullable=False),
    # With `********`, or the reference, in the place of every secret. JSON, because JSONB forgets the order of keys, which is the file's.
    Column("document", JSON, nullable=False),
    # By key path, a short keyed digest: it tells that a secret changed, and nothing of it.
    Column("secrets", JSONB, nullable=False),
)

configuration_events = Table(
    "configuration_events",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    # Of a refused file: the configuration that stayed.
    Column("fingerprint", Text, ForeignKey("configurations.fingerprint"), nullable=False),
    Column("node", Text, nullable=False),
    # Of this very event: written twice, it is there once.
    Column("key", Text, nullable=False, unique=True),
    Column("account", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("faults", ARRAY(Text), nullable=False, server_default="{}"),
    Column("needs_restart", ARRAY(Text), nullable=False, server_default="{}"),
    one_of("kind", Occasion),
    Index("ix_configuration_events_fingerprint", "fingerprint"),
)
