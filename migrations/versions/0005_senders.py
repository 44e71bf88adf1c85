"""From addresses: their verification, and what DNS says of them.

Nothing else is touched: the release before this one runs on this schema as well.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "sender_verifications",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("requested_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("verified_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("aligned", sa.Text(), nullable=True),
        sa.Column("checked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("aligned IN ('dkim', 'spf')", name=op.f("ck_sender_verifications_aligned_known")),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_sender_verifications")),
    )


def downgrade() -> None:
    op.drop_table("sender_verifications")
