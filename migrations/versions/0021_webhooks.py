"""Other systems that hear of tickets, and what is on its way to them.

Nothing is taken away: the release before this one runs on this schema as well. What it does to tickets meanwhile is told to nobody;
`deskgate webhooks replay --since` tells it later.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    moment, now = postgresql.TIMESTAMP(timezone=True), sa.text("now()")
    op.create_table(
        "webhooks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("departments", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("paused_until", moment, server_default=now, nullable=False),
        sa.Column("failing_since", moment, nullable=True),
        sa.Column("last_success_at", moment, nullable=True),
        sa.Column("last_failure_at", moment, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("disabled_at", moment, nullable=True),
        sa.Column("disabled_why", sa.Text(), nullable=True),
        sa.Column("created_at", moment, server_default=now, nullable=False),
        sa.CheckConstraint("(disabled_at IS NULL) = (disabled_why IS NULL)", name=op.f("ck_webhooks_disabled_for_a_reason")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, cache=1), nullable=False),
        sa.Column("webhook", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("since", moment, server_default=now, nullable=False),
        sa.Column("due_at", moment, server_default=now, nullable=False),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_seconds", sa.Float(), nullable=True),
        sa.Column("created_at", moment, server_default=now, nullable=False),
        sa.Column("finished_at", moment, nullable=True),
        sa.CheckConstraint("state IN ('queued', 'leased', 'delivered', 'failed')", name=op.f("ck_webhook_deliveries_state_known")),
        sa.CheckConstraint("(state = 'leased') = (lease_until IS NOT NULL)", name=op.f("ck_webhook_deliveries_lease_belongs_to_leased")),
        sa.ForeignKeyConstraint(["event_id"], ["ticket_events.id"], name=op.f("fk_webhook_deliveries_event_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name=op.f("fk_webhook_deliveries_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
    )
    queued, leased = sa.text("state = 'queued'"), sa.text("state = 'leased'")
    unfinished, finished = sa.text("state IN ('queued', 'leased')"), sa.text("finished_at IS NOT NULL")
    table = "webhook_deliveries"
    op.create_index("ix_webhook_deliveries_webhook", table, ["webhook", "event_id"], unique=True)
    op.create_index("ix_webhook_deliveries_due", table, ["webhook", "due_at", "event_id"], postgresql_where=queued)
    op.create_index("ix_webhook_deliveries_unfinished", table, ["webhook", "ticket", "event_id"], postgresql_where=unfinished)
    op.create_index("ix_webhook_deliveries_lease", table, ["lease_until"], postgresql_where=leased)
    op.create_index("ix_webhook_deliveries_finished_at", table, ["finished_at"], postgresql_where=finished)
    op.create_index("ix_webhook_deliveries_event_id", table, ["event_id"])
    op.create_index("ix_webhook_deliveries_ticket", table, ["ticket"])


def downgrade() -> None:
    op.drop_table("webhook_deliveries")
    op.drop_table("webhooks")
