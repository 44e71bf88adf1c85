"""Mailboxes that mail is fetched from.

Nothing else is touched: the release before this one runs on this schema as well.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "mailboxes",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lease_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("tried_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("succeeded_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(leased_by IS NULL) = (lease_until IS NULL)", name=op.f("ck_mailboxes_lease_is_whole")),
        sa.CheckConstraint("(failures = 0) = (failing_since IS NULL)", name=op.f("ck_mailboxes_failures_have_a_beginning")),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_mailboxes")),
    )
    op.create_table(
        "fetched_messages",
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", postgresql.BYTEA(), nullable=True),
        sa.Column("left_why", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("settled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("(digest IS NULL) = (left_why IS NOT NULL)", name=op.f("ck_fetched_messages_kept_or_left")),
        sa.ForeignKeyConstraint(["mailbox"], ["mailboxes.address"], name=op.f("fk_fetched_messages_mailbox"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mailbox", "place", "key", name=op.f("pk_fetched_messages")),
    )
    op.create_index(
        "ix_fetched_messages_digest",
        "fetched_messages",
        ["mailbox", "digest"],
        unique=False,
        postgresql_where=sa.text("digest IS NOT NULL"),
    )
    op.create_index(
        "ix_fetched_messages_settled_at",
        "fetched_messages",
        ["settled_at"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NOT NULL"),
    )
    op.create_index(
        "ix_fetched_messages_left",
        "fetched_messages",
        ["mailbox"],
        unique=False,
        postgresql_where=sa.text("left_why IS NOT NULL AND settled_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_fetched_messages_left", table_name="fetched_messages")
    op.drop_index("ix_fetched_messages_settled_at", table_name="fetched_messages")
    op.drop_index("ix_fetched_messages_digest", table_name="fetched_messages")
    op.drop_table("fetched_messages")
    op.drop_table("mailboxes")
