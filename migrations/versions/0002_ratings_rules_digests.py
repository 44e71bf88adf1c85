"""Ratings; what rules, delayed letters and digests need to remember.

Nothing is taken away: the release before this one runs on this schema as well.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# As they were and as they are: a later release's enumeration must not change what this revision did.
KINDS_BEFORE = (
    "registered", "new_ticket", "client_reply", "agent_reply", "in_progress", "resolved", "closed", "cancelled", "reopened", "assigned",
    "note", "held", "failed_delivery", "receipt", "probe", "verification", "copy",
)  # fmt: skip
KINDS = (*KINDS_BEFORE, "digest")
STATUSES = ("new", "open", "pending", "resolved", "closed", "cancelled", "spam", "trash")


def one_of(column: str, values: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(repr(each) for each in values)})"


def kinds_become(kinds: Sequence[str]) -> None:
    op.drop_constraint(op.f("ck_outbox_messages_kind_known"), "outbox_messages", type_="check")
    op.create_check_constraint(op.f("ck_outbox_messages_kind_known"), "outbox_messages", one_of("kind", kinds))


def upgrade() -> None:
    op.add_column("inbound_messages", sa.Column("rule", sa.Text(), nullable=True))
    op.add_column("tickets", sa.Column("client_waiting_since", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.create_index(
        "ix_tickets_client_waiting_since",
        "tickets",
        ["client_waiting_since"],
        unique=False,
        postgresql_where=sa.text("client_waiting_since IS NOT NULL"),
    )
    op.create_table(
        "unanswered_rules",
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("waiting_since", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name=op.f("fk_unanswered_rules_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ticket", "rule", "waiting_since", name=op.f("pk_unanswered_rules")),
    )
    op.create_table(
        "ratings",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("link_expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("replaced_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name=op.f("fk_ratings_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratings")),
    )
    op.create_index("ix_ratings_ticket", "ratings", ["ticket", "id"], unique=False)
    op.create_index("ix_ratings_created_at", "ratings", ["created_at"], unique=False, postgresql_where=sa.text("replaced_at IS NULL"))
    op.add_column("outbox_messages", sa.Column("while_status", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_outbox_messages_while_status_known"), "outbox_messages", one_of("while_status", STATUSES))
    kinds_become(KINDS)
    op.create_index(
        "ix_outbox_messages_scheduled_ticket", "outbox_messages", ["ticket"], unique=False, postgresql_where=sa.text("state = 'scheduled'")
    )
    op.create_table(
        "digest_items",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("effect", postgresql.BYTEA(), nullable=False),
        sa.CheckConstraint(one_of("kind", KINDS), name=op.f("ck_digest_items_kind_known")),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name=op.f("fk_digest_items_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_items")),
        sa.UniqueConstraint("effect", name=op.f("uq_digest_items_effect")),
    )
    op.create_index("ix_digest_items_agent", "digest_items", ["agent", "at"], unique=False)
    op.create_index("ix_digest_items_ticket", "digest_items", ["ticket"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_digest_items_ticket", table_name="digest_items")
    op.drop_index("ix_digest_items_agent", table_name="digest_items")
    op.drop_table("digest_items")
    op.drop_index("ix_outbox_messages_scheduled_ticket", table_name="outbox_messages", postgresql_where=sa.text("state = 'scheduled'"))
    # The release before does not know it; what was sent stays told by its events.
    op.execute("DELETE FROM outbox_messages WHERE kind = 'digest'")
    kinds_become(KINDS_BEFORE)
    op.drop_constraint(op.f("ck_outbox_messages_while_status_known"), "outbox_messages", type_="check")
    op.drop_column("outbox_messages", "while_status")
    op.drop_index("ix_ratings_created_at", table_name="ratings", postgresql_where=sa.text("replaced_at IS NULL"))
    op.drop_index("ix_ratings_ticket", table_name="ratings")
    op.drop_table("ratings")
    op.drop_table("unanswered_rules")
    op.drop_index("ix_tickets_client_waiting_since", table_name="tickets", postgresql_where=sa.text("client_waiting_since IS NOT NULL"))
    op.drop_column("tickets", "client_waiting_since")
    op.drop_column("inbound_messages", "rule")
