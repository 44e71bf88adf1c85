"""How the desk fares minute by minute, addresses that were heard of, nodes, and what DNS said.

Nothing is taken away: the release before this one runs on this schema as well.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

LATE = "ix_outbox_messages_sent_late"


def upgrade() -> None:
    # Built beside the senders that go on; it comes first, for outside a transaction nothing is undone: one that was interrupted leaves an
    # index that is not valid.
    with op.get_context().autocommit_block():
        op.drop_index(LATE, table_name="outbox_messages", if_exists=True, postgresql_concurrently=True)
        late = sa.text("sent_at - created_at > interval '15 minutes'")
        op.create_index(LATE, "outbox_messages", ["sent_at"], unique=False, postgresql_where=late, postgresql_concurrently=True)
    moment = postgresql.TIMESTAMP(timezone=True)
    op.create_table(
        "health_samples",
        sa.Column("at", moment, nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("arrived", "sent", "failed", "buried", "inbound_waiting", "outbox_waiting", "held")
        ),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("inbound_seconds", "outbox_seconds")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("inbound_id", "outbox_id")),
        sa.PrimaryKeyConstraint("at", name=op.f("pk_health_samples")),
    )
    op.create_table(
        "addresses_seen",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("mail_at", moment),
        sa.Column("letter_at", moment),
        sa.CheckConstraint("mail_at IS NOT NULL OR letter_at IS NOT NULL", name=op.f("ck_addresses_seen_seen_somehow")),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_addresses_seen")),
    )
    op.create_table(
        "nodes",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.JSONB(), nullable=False),
        sa.Column("stopping", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("seen_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_nodes")),
    )
    op.create_table(
        "dns_reports",
        sa.Column("one", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("checked_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("report", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("one", name=op.f("ck_dns_reports_only_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_dns_reports")),
    )


def downgrade() -> None:
    for table in ("dns_reports", "nodes", "addresses_seen", "health_samples"):
        op.drop_table(table)
    op.drop_index(LATE, table_name="outbox_messages")
