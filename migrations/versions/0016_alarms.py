"""Alarms that are up, and the letter that tells of one.

Nothing is taken away: the release before this one runs on this schema as well. Its senders leave letters of the new kind to a later one's.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# As they were and as they are: a later release's enumeration must not change what this revision did.
KINDS_BEFORE = (
    "registered", "new_ticket", "client_reply", "agent_reply", "in_progress", "resolved", "closed", "cancelled", "reopened", "assigned",
    "note", "held", "failed_delivery", "receipt", "probe", "verification", "copy", "digest", "forwarding_failed", "forwarding_restored",
)  # fmt: skip
KINDS = (*KINDS_BEFORE, "alarm")
TABLES = ("outbox_messages", "digest_items")


def kinds_become(kinds: Sequence[str]) -> None:
    """Outside a transaction, for the look at all rows would else be made under the lock that closes the table to everybody. Done twice, it
    is done once: it comes first, and a migration that was interrupted begins with it again."""
    known = f"kind IN ({', '.join(repr(each) for each in kinds)})"
    with op.get_context().autocommit_block():
        for table in TABLES:
            name = f"ck_{table}_kind_known"
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}, ADD CONSTRAINT {name} CHECK ({known}) NOT VALID")
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def upgrade() -> None:
    kinds_become(KINDS)
    op.create_table(
        "alarms",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("up", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("why", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("logged_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("told_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("told", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_alarms")),
    )


def downgrade() -> None:
    # Letters of a kind that the schema before does not know go with it.
    op.execute("DELETE FROM outbox_messages WHERE kind = 'alarm'")
    kinds_become(KINDS_BEFORE)
    op.drop_table("alarms")
