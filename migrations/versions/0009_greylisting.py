"""Greylisting, and what was found on a message before it was kept.

Nothing is taken away: the release before this one runs on this schema as well, and neither greylists nor scans.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    moment = postgresql.TIMESTAMP(timezone=True)
    op.create_table(
        "greylist",
        sa.Column("key", postgresql.BYTEA(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("first_seen", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("passes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("kind IN ('triplet', 'source')", name=op.f("ck_greylist_kind_known")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_greylist")),
    )
    op.create_index("ix_greylist_last_seen", "greylist", ["last_seen"], unique=False)
    op.add_column("inbound_messages", sa.Column("screening", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("inbound_messages", "screening")
    op.drop_index("ix_greylist_last_seen", table_name="greylist")
    op.drop_table("greylist")
