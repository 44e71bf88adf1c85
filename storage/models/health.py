"""How the desk fares, minute by minute; when each address was heard of last; the nodes; what DNS said of the addresses."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Float, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from storage.models.base import Moment, metadata

# Written once a minute by one node, kept for two weeks. Counts are of what happened since the row before; the rest is as it was then.
health_samples = Table(
    "health_samples",
    metadata,
    Column("at", Moment, primary_key=True),
    Column("arrived", Integer, nullable=False),
    Column("sent", Integer, nullable=False),
    # Letters that were given up or came back, and mail that failed every attempt.
    Column("failed", Integer, nullable=False),
    Column("buried", Integer, nullable=False),
    Column("inbound_waiting", Integer, nullable=False),
    Column("outbox_waiting", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    # Ages of the oldest that waits, 0 where none does.
    Column("inbound_seconds", Float, nullable=False),
    Column("outbox_seconds", Float, nullable=False),
    # The last ids at that time: where the next look begins.
    Column("inbound_id", BigInteger, nullable=False),
    Column("outbox_id", BigInteger, nullable=False),
)

# Normalised addresses that mail came for, and that letters bore. Those that are no gateways, or no more, do no harm.
addresses_seen = Table(
    "addresses_seen",
    metadata,
    Column("address", Text, primary_key=True),
    Column("mail_at", Moment),
    Column("letter_at", Moment),
    CheckConstraint("mail_at IS NOT NULL OR letter_at IS NOT NULL", name="seen_somehow"),
)

# One row a machine that serves, by the name that it gives itself.
nodes = Table(
    "nodes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Text, nullable=False),
    # [{"role", "wanted", "ready", "restarts"}, …]
    Column("roles", JSONB, nullable=False),
    Column("stopping", Boolean, nullable=False, server_default="false"),
    Column("seen_at", Moment, nullable=False, server_default=text("now()")),
)

# One row: what `check --dns` would say.
dns_reports = Table(
    "dns_reports",
    metadata,
    Column("one", Boolean, primary_key=True, server_default="true"),
    Column("checked_at", Moment, nullable=False, server_default=text("now()")),
    Column("report", JSONB, nullable=False),
    CheckConstraint("one", name="only_one"),
)
