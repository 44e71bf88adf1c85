"""Other systems that hear of tickets: which there are, how they fare, and what is on its way to them."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Float, ForeignKey, Identity, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gateway.domain.webhooks import DeliveryState
from storage.models.base import Moment, metadata, one_of

# What the configuration said of them when a sender last read it: whoever changes a ticket, by whichever door, reads here whom to tell.
# Neither addresses nor secrets stand here.
webhooks = Table(
    "webhooks",
    metadata,
    Column("name", Text, primary_key=True),
    # Kinds of events; a later release may know more.
    Column("kinds", ARRAY(Text), nullable=False),
    # NULL: all.
    Column("departments", ARRAY(Text)),
    # False: the configuration has it no longer, or the desk is in shadow mode.
    Column("active", Boolean, nullable=False),
    # Attempts in a row that found it out of order, and until when it is left alone for them.
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("paused_until", Moment, nullable=False, server_default=text("now()")),
    # Since when it takes nothing; NULL: it took the last that it was given.
    Column("failing_since", Moment),
    Column("last_success_at", Moment),
    Column("last_failure_at", Moment),
    Column("last_error", Text),
    Column("disabled_at", Moment),
    Column("disabled_why", Text),
    Column("created_at", Moment, nullable=False, server_default=text("now()")),
    CheckConstraint("(disabled_at IS NULL) = (disabled_why IS NULL)", name="disabled_for_a_reason"),
)

# Written by the statement that writes the event.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", BigInteger, Identity(always=False, cache=1), primary_key=True),
    # A name of `webhooks`, where none is ever deleted. A foreign key would have every transaction lock that one row.
    Column("webhook", Text, nullable=False),
    Column("event_id", BigInteger, ForeignKey("ticket_events.id", ondelete="CASCADE"), nullable=False),
    Column("ticket", BigInteger, ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False),
    Column("state", Text, nullable=False, server_default=DeliveryState.QUEUED),
    # By which the receiver knows what it has had before: the same in every attempt, and when it is told again.
    Column("message_id", Text, nullable=False),
    # Made for the first attempt, and kept: all attempts say the same.
    Column("payload", JSONB),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # Its time begins anew when a person has it told again.
    Column("since", Moment, nullable=False, server_default=text("now()")),
    Column("due_at", Moment, nullable=False, server_default=text("now()")),
    Column("lease_until", Moment),
    Column("leased_by", Text),
    Column("last_status", Integer),
    Column("last_error", Text),
    Column("last_seconds", Float),
    Column("created_at", Moment, nullable=False, server_default=text("now()")),
    Column("finished_at", Moment),
    one_of("state", DeliveryState),
    CheckConstraint("(state = 'leased') = (lease_until IS NOT NULL)", name="lease_belongs_to_leased"),
    Index("ix_webhook_deliveries_webhook", "webhook", "event_id", unique=True),
    Index("ix_webhook_deliveries_due", "webhook", "due_at", "event_id", postgresql_where=text("state = 'queued'")),
    Index("ix_webhook_deliveries_unfinished", "webhook", "ticket", "event_id", postgresql_where=text("state IN ('queued', 'leased')")),
    Index("ix_webhook_deliveries_lease", "lease_until", postgresql_where=text("state = 'leased'")),
    Index("ix_webhook_deliveries_finished_at", "finished_at", postgresql_where=text("finished_at IS NOT NULL")),
    Index("ix_webhook_deliveries_event_id", "event_id"),
    Index("ix_webhook_deliveries_ticket", "ticket"),
)
