"""What domains demand of whoever delivers mail to them by MX: their MTA-STS policies, kept for as long as they say (RFC 8461 §5.1)."""

from sqlalchemy import CheckConstraint, Column, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY

from storage.models.base import Moment, metadata

sts_policies = Table(
    "sts_policies",
    metadata,
    # With A-labels.
    Column("domain", Text, primary_key=True),
    # The `id` of the TXT record that announced it.
    Column("policy_id", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("mx", ARRAY(Text), nullable=False),
    Column("fetched_at", Moment, nullable=False, server_default=text("now()")),
    Column("expires_at", Moment, nullable=False),
    CheckConstraint("mode IN ('enforce', 'testing', 'none')", name="mode_known"),
    Index("ix_sts_policies_expires_at", "expires_at"),
)
