"""Tokens of programs, and what programs did under a key of their own, so that they may ask twice."""

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from storage.models.base import Moment, metadata

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", BigInteger, Identity(always=False, cache=1), primary_key=True),
    Column("name", Text, nullable=False),
    # SHA-256 of the token, whose 256 bits are random: nothing slower is needed, and nothing here helps who reads this table.
    Column("digest", BYTEA, nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    # Keys of the configuration; NULL: all.
    Column("departments", ARRAY(Text)),
    # The address of an agent of the configuration.
    Column("agent", Text),
    Column("created_at", Moment, nullable=False, server_default=text("now()")),
    Column("created_by", Text, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
    Column("last_used_at", Moment),
    Index("uq_api_tokens_name", "name", unique=True, postgresql_where=text("revoked_at IS NULL")),
)

# What a change made is kept by its ids, never in its words: whoever asks again is shown it as it is by then.
api_answers = Table(
    "api_answers",
    metadata,
    Column("token", BigInteger, ForeignKey("api_tokens.id", ondelete="CASCADE"), primary_key=True),
    # SHA-256 of the key, in which a program may have put anything, a client's address for instance.
    Column("key", BYTEA, primary_key=True),
    # SHA-256 of method, address and body: the same key is no other wish's.
    Column("request", BYTEA, nullable=False),
    Column("status", Integer, nullable=False),
    Column("made", JSONB, nullable=False),
    Column("at", Moment, nullable=False, server_default=text("now()")),
    Index("ix_api_answers_at", "at"),
)
