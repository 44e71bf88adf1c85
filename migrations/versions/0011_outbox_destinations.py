"""Destinations that cannot be reached, and letters found by a recipient's address.

Nothing is taken away: the release before this one runs on this schema as well.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Built beside the senders and intakes that go on: the table is one of the largest, and would be closed to them for seconds a million
    # rows. It comes first, for outside a transaction nothing is undone: one that was interrupted leaves an index that is not valid.
    with op.get_context().autocommit_block():
        op.drop_index(ADDRESS, table_name="outbox_recipients", if_exists=True, postgresql_concurrently=True)
        op.create_index(ADDRESS, "outbox_recipients", [sa.text("lower(address)"), "outbox_id"], unique=False, postgresql_concurrently=True)
    op.create_table(
        "destinations_down",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("down_since", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_destinations_down")),
    )


def downgrade() -> None:
    op.drop_index(ADDRESS, table_name="outbox_recipients")
    op.drop_table("destinations_down")


ADDRESS = "ix_outbox_recipients_address"
