"""Automatic letters to the client stand among the articles of their ticket; when a delayed letter's time came.

Nothing is taken away: the release before this one runs on this schema as well; the letters that it writes are no notices.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Nullable, without a default: no row is rewritten.
    op.add_column("outbox_messages", sa.Column("notice_id", sa.BigInteger(), nullable=True))
    op.add_column("outbox_messages", sa.Column("released_at", postgresql.TIMESTAMP(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("outbox_messages", "released_at")
    op.drop_column("outbox_messages", "notice_id")
