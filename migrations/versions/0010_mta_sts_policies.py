"""MTA-STS policies of the domains that letters are delivered to (RFC 8461).

Nothing is taken away: the release before this one runs on this schema as well.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "sts_policies",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("mx", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("fetched_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("mode IN ('enforce', 'testing', 'none')", name=op.f("ck_sts_policies_mode_known")),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_sts_policies")),
    )
    op.create_index("ix_sts_policies_expires_at", "sts_policies", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_table("sts_policies")
