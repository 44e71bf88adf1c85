"""Who knocked, and who came back: for peers that the desk does not know yet."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import BYTEA

from storage.models.base import Moment, metadata

greylist = Table(
    "greylist",
    metadata,
    # SHA-256 of the triplet, or of the source alone: whoever knocks chooses how long the parts are.
    Column("key", BYTEA, primary_key=True),
    # A network, or the domain that vouches for the peer. For people who look.
    Column("source", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("first_seen", Moment, nullable=False, server_default=text("now()")),
    Column("last_seen", Moment, nullable=False, server_default=text("now()")),
    # How often it came through: of a source, counted once an hour at most.
    Column("passes", Integer, nullable=False, server_default="0"),
    CheckConstraint("kind IN ('triplet', 'source')", name="kind_known"),
    Index("ix_greylist_last_seen", "last_seen"),
)
