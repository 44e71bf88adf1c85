"""Addresses that automatic letters do not go to."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Table, Text, text

from gateway.domain.suppressions import Cause
from storage.models.base import Moment, metadata, one_of

suppressions = Table(
    "suppressions",
    metadata,
    # Normalised. Servers repeat it in `why`: erasing somebody deletes the row.
    Column("address", Text, primary_key=True),
    Column("cause", Text, nullable=False),
    # What the server said, or the person who wrote it down.
    Column("why", Text, nullable=False),
    # What it came of; neither need be there any more.
    Column("ticket", BigInteger),
    Column("outbox_id", BigInteger),
    Column("created_at", Moment, nullable=False, server_default=text("now()")),
    # NULL: for ever.
    Column("expires_at", Moment),
    # A lifted row stays until it would have expired: what was sent before cannot bring it back.
    Column("lifted_at", Moment),
    Column("lifted_by", Text),
    one_of("cause", Cause),
    CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted_by_somebody"),
    Index("ix_suppressions_expires_at", "expires_at"),
)
