"""Probes that prove forwarding, and the letters that tell agents of it.

Nothing is taken away: the release before this one runs on this schema as well, once no letter of the two new kinds waits. Its sender
cannot read one, and would stop at it.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# As they were and as they are: a later release's enumeration must not change what this revision did.
KINDS_BEFORE = (
    "registered", "new_ticket", "client_reply", "agent_reply", "in_progress", "resolved", "closed", "cancelled", "reopened", "assigned",
    "note", "held", "failed_delivery", "receipt", "probe", "verification", "copy", "digest",
)  # fmt: skip
KINDS = (*KINDS_BEFORE, "forwarding_failed", "forwarding_restored")
TABLES = ("outbox_messages", "digest_items")


def kinds_become(kinds: Sequence[str]) -> None:
    known = f"kind IN ({', '.join(repr(each) for each in kinds)})"
    for table in TABLES:
        op.drop_constraint(op.f(f"ck_{table}_kind_known"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_kind_known"), table, known)


def upgrade() -> None:
    op.create_table(
        "forwarding_probes",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("outbox_id", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("arrived_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("inbound_id", sa.BigInteger(), nullable=True),
        sa.Column("arrival", postgresql.JSONB(), nullable=True),
        sa.Column("works", sa.Boolean(), nullable=True),
        sa.Column("given_up_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("answered", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("alarmed", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forwarding_probes")),
    )
    op.create_index("ix_forwarding_probes_address", "forwarding_probes", ["address", sa.text("id DESC")], unique=False)
    kinds_become(KINDS)


def downgrade() -> None:
    # Letters of kinds that the schema before does not know go with it.
    op.execute("DELETE FROM outbox_messages WHERE kind IN ('forwarding_failed', 'forwarding_restored')")
    kinds_become(KINDS_BEFORE)
    op.drop_index("ix_forwarding_probes_address", table_name="forwarding_probes")
    op.drop_table("forwarding_probes")
