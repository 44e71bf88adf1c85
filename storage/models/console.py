"""Who has come into the console, and who tried to."""

from sqlalchemy import BigInteger, Column, Index, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import BYTEA

from gateway.domain.operators import Way
from storage.models.base import Moment, metadata, one_of

# A row is there as long as its session is: logging out, and whatever else ends it, takes it away.
web_sessions = Table(
    "web_sessions",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    # SHA-256 of what the cookie holds: who reads this table cannot come in by it.
    Column("token", BYTEA, nullable=False),
    Column("operator", Text, nullable=False),
    # Of the operator's table in the configuration; a session from before a change of it is over.
    Column("fingerprint", BYTEA, nullable=False),
    Column("way", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("browser", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    # To the minute.
    Column("used_at", Moment, nullable=False),
    UniqueConstraint("token"),
    one_of("way", Way),
    Index("ix_web_sessions_operator", "operator"),
    Index("ix_web_sessions_used_at", "used_at"),
)

# Passwords that were tried and not found right, of the last quarter of an hour or little more.
login_attempts = Table(
    "login_attempts",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    # A keyed digest: people type passwords where the name belongs.
    Column("name", BYTEA, nullable=False),
    Column("network", Text, nullable=False),
    Index("ix_login_attempts_at", "at"),
    Index("ix_login_attempts_name", "name", "at"),
    Index("ix_login_attempts_network", "network", "at"),
)
