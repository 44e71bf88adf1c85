"""What was said of a letter, attempt by attempt.

Nothing is taken away: the release before this one runs on this schema as well, and writes no history.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    moment = postgresql.TIMESTAMP(timezone=True)
    states = "state IN ('queued', 'sent', 'failed', 'bounced', 'cancelled')"
    letter, recipient = (f"fk_outbox_attempts_{name}" for name in ("outbox_id", "recipient_id"))
    op.create_table(
        "outbox_attempts",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("outbox_id", sa.BigInteger(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger()),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text()),
        sa.Column("at", moment, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(states, name=op.f("ck_outbox_attempts_state_known")),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox_messages.id"], name=op.f(letter), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["recipient_id"], ["outbox_recipients.id"], name=op.f(recipient), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_attempts")),
    )
    op.create_index("ix_outbox_attempts_outbox_id", "outbox_attempts", ["outbox_id"])
    known = sa.text("recipient_id IS NOT NULL")
    op.create_index("ix_outbox_attempts_recipient_id", "outbox_attempts", ["recipient_id"], postgresql_where=known)


def downgrade() -> None:
    op.drop_table("outbox_attempts")
