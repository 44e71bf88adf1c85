"""Who was forgotten, by hashes alone, and what must be kept though its time is over."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from storage.models.base import Moment, metadata

# No address stands here: a key is a pseudonym under the desk's secret, so that an erasure can be repeated on a database that was restored.
erasures = Table(
    "erasures",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("keys", ARRAY(Text), nullable=False),
    Column("began_at", Moment, nullable=False, server_default=text("now()")),
    # NULL: it was interrupted, and is to be done again.
    Column("finished_at", Moment),
    # {table: {"removed": rows, "redacted": rows}}
    Column("counts", JSONB, nullable=False, server_default="{}"),
)

# A row that is lifted stays, for an auditor asks when what was held.
legal_holds = Table(
    "legal_holds",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    # The normalised address of the person: all of whoever it belongs to is held. Or one ticket.
    Column("address", Text),
    Column("ticket", BigInteger, ForeignKey("tickets.number", ondelete="RESTRICT")),
    Column("reason", Text, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", Moment, nullable=False, server_default=text("now()")),
    Column("lifted_by", Text),
    Column("lifted_at", Moment),
    CheckConstraint("(address IS NULL) <> (ticket IS NULL)", name="holds_one_thing"),
    CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted_by_somebody"),
    Index("uq_legal_holds_address", "address", unique=True, postgresql_where=text("address IS NOT NULL AND lifted_at IS NULL")),
    Index("uq_legal_holds_ticket", "ticket", unique=True, postgresql_where=text("ticket IS NOT NULL AND lifted_at IS NULL")),
)
