"""From addresses that are no gateways of ours: who proved to read their mail, and what DNS said of them."""

from sqlalchemy import CheckConstraint, Column, Table, Text

from storage.models.base import Moment, metadata

sender_verifications = Table(
    "sender_verifications",
    metadata,
    # As the configuration normalises it. A row outlives the address' table there: put back, it need not be verified again.
    Column("address", Text, primary_key=True),
    # When the last letter with a code was written, and when a code came back.
    Column("requested_at", Moment),
    Column("verified_at", Moment),
    # By what receivers find letters of ours in line with it; null where by nothing, and while DNS was not asked.
    Column("aligned", Text),
    Column("checked_at", Moment),
    # What DNS lacks, in words.
    Column("why", Text, nullable=False, server_default=""),
    CheckConstraint("aligned IN ('dkim', 'spf')", name="aligned_known"),
)
