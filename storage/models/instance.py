"""What the installation knows of itself: whose database this is, what is paused, what is spent and what is due."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from storage.models.base import Moment, metadata

# One row. A database restored or copied elsewhere has another system identifier: then sending waits for `outbox adopt`.
instance = Table(
    "instance",
    metadata,
    Column("one", Boolean, primary_key=True, server_default="true"),
    Column("system_identifier", Text, nullable=False),
    Column("adopted_at", Moment, nullable=False, server_default=text("now()")),
    CheckConstraint("one", name="only_one"),
)

# Switches that all nodes share, e.g. `outbox` = {"held": true, "why": …}.
controls = Table(
    "controls",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", JSONB, nullable=False),
    Column("changed_at", Moment, nullable=False, server_default=text("now()")),
)

# Automatic letters to non-staff that outside mail caused, so that budgets can be counted; two days are kept.
automatic_letters = Table(
    "automatic_letters",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False, server_default=text("now()")),
    Column("address", Text, nullable=False),
    Column("domain", Text, nullable=False),
    # The peer's /24 or /48; empty where there was none.
    Column("network", Text, nullable=False),
    Column("subject_key", BYTEA, nullable=False),
    Column("ticket", BigInteger),
    Index("ix_automatic_letters_at", "at"),
    Index("ix_automatic_letters_address", "address", "at"),
    Index("ix_automatic_letters_domain", "domain", "at"),
    Index("ix_automatic_letters_network", "network", "at"),
    Index("ix_automatic_letters_ticket", "ticket", "at"),
)

# Periodic jobs: whoever gets the lease runs it.
schedule = Table(
    "schedule",
    metadata,
    Column("job", Text, primary_key=True),
    Column("due_at", Moment, nullable=False, server_default=text("now()")),
    Column("lease_until", Moment),
    Column("leased_by", Text),
    Column("last_run_at", Moment),
    Column("last_error", Text),
    Column("runs", BigInteger, nullable=False, server_default="0"),
)

# What operators are told of. A row stays when its alarm is over, so that one that comes and goes writes no more than a letter a day.
alarms = Table(
    "alarms",
    metadata,
    Column("name", Text, primary_key=True),
    # What is amiss: while it is about the same thing, it has been so `since` then.
    Column("about", Text, nullable=False),
    Column("since", Moment, nullable=False, server_default=text("now()")),
    Column("up", Boolean, nullable=False, server_default="false"),
    Column("why", Text, nullable=False, server_default=""),
    Column("logged_at", Moment),
    # When a letter said last that it is up; `told`: and none has said since that it is over.
    Column("told_at", Moment),
    Column("told", Boolean, nullable=False, server_default="false"),
)
