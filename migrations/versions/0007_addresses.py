"""The outside address that a ticket was written to, and mail that a person has sorted.

Nothing is taken away: the release before this one runs on this schema as well.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("tickets", sa.Column("written_to", sa.Text(), nullable=True))
    op.add_column("inbound_messages", sa.Column("writer", sa.Text(), nullable=True))
    op.add_column("inbound_messages", sa.Column("assigned", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("inbound_messages", "assigned")
    op.drop_column("inbound_messages", "writer")
    op.drop_column("tickets", "written_to")
