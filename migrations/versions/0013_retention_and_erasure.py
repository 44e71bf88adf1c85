"""What is removed after its time leaves a mark; who was erased, and what is on legal hold.

Nothing is taken away: the release before this one runs on this schema as well. It knows no holds, but it removes nothing either.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0013"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Columns without a default that needs writing: no table is gone through.
    for table, column in COLUMNS:
        op.add_column(table, column, if_not_exists=True)
    op.add_column("clients", sa.Column("nobody", sa.Boolean(), server_default="false", nullable=False), if_not_exists=True)
    # Built beside the intakes that go on. Outside a transaction nothing is undone: one that was interrupted leaves an index that is not
    # valid, and what comes before it is there already.
    with op.get_context().autocommit_block():
        for name, indexed, key, where in INDEXES:
            op.drop_index(name, table_name=indexed, if_exists=True, postgresql_concurrently=True)
            op.create_index(
                name, indexed, [key], unique=indexed == "clients", postgresql_where=sa.text(where), postgresql_concurrently=True
            )
    op.create_table(
        "erasures",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("keys", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("began_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("ticket", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.Column("lifted_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("(address IS NULL) <> (ticket IS NULL)", name=op.f("ck_legal_holds_holds_one_thing")),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_legal_holds_lifted_by_somebody")),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name=op.f("fk_legal_holds_ticket"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_holds")),
    )
    for held in ("address", "ticket"):
        in_force = sa.text(f"{held} IS NOT NULL AND lifted_at IS NULL")
        op.create_index(f"uq_legal_holds_{held}", "legal_holds", [held], unique=True, postgresql_where=in_force)


def downgrade() -> None:
    op.drop_table("legal_holds")
    op.drop_table("erasures")
    for name, indexed, _, _ in INDEXES:
        op.drop_index(name, table_name=indexed)
    op.drop_column("clients", "nobody")
    for table, column in COLUMNS:
        op.drop_column(table, column.name)


COLUMNS = (
    ("inbound_messages", sa.Column("raw_removed_at", postgresql.TIMESTAMP(timezone=True), nullable=True)),
    ("inbound_messages", sa.Column("raw_removed_why", sa.Text(), nullable=True)),
    ("outbox_messages", sa.Column("body_removed_at", postgresql.TIMESTAMP(timezone=True), nullable=True)),
    ("tickets", sa.Column("erased_at", postgresql.TIMESTAMP(timezone=True), nullable=True)),
)
INDEXES = (
    ("ix_tickets_closed_at", "tickets", "closed_at", "closed_at IS NOT NULL AND erased_at IS NULL"),
    ("uq_clients_nobody", "clients", "nobody", "nobody"),
)
