"""Probes that prove forwarding, the latest of each address and those before it."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text, false, func, text
from sqlalchemy.dialects.postgresql import JSONB

from storage.models.base import Moment, metadata

forwarding_probes = Table(
    "forwarding_probes",
    metadata,
    # Signed in the probe's mark.
    Column("id", BigInteger, primary_key=True),
    # The outside address, and the From that the probe left with; both normalised.
    Column("address", Text, nullable=False),
    Column("author", Text, nullable=False),
    # Its letter in the outbox; null while the row is being made, and once letters of that age are gone.
    Column("outbox_id", BigInteger),
    Column("sent_at", Moment, nullable=False, server_default=func.now()),
    Column("arrived_at", Moment),
    Column("inbound_id", BigInteger),
    # How it came in, and whether that is as it should be.
    Column("arrival", JSONB),
    Column("works", Boolean),
    Column("given_up_at", Moment),
    # A program at the address answered it.
    Column("answered", Boolean, nullable=False, server_default=false()),
    # What agents were told when this probe ended: that forwarding failed (true), or works again (false).
    Column("alarmed", Boolean),
    Index("ix_forwarding_probes_address", "address", text("id DESC")),
)
