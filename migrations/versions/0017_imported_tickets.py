"""Tickets of other desks are remembered by the numbers that they had there.

Nothing is taken away: the release before this one runs on this schema as well, and never asks for such keys.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # The table is one of the largest. It is read through under a lock that lets everybody read and write; the locks before and after are
    # for a moment. Outside a transaction nothing is undone, so what an interrupted one left goes first.
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE message_ids DROP CONSTRAINT IF EXISTS {WIDER}")
        op.execute(f"ALTER TABLE message_ids ADD CONSTRAINT {WIDER} CHECK (relation IN ('is', 'sent', 'refers', 'tag')) NOT VALID")
        op.execute(f"ALTER TABLE message_ids VALIDATE CONSTRAINT {WIDER}")
    op.execute(f"ALTER TABLE message_ids DROP CONSTRAINT {NAME}")
    op.execute(f"ALTER TABLE message_ids RENAME CONSTRAINT {WIDER} TO {NAME}")


def downgrade() -> None:
    op.execute("DELETE FROM message_ids WHERE relation = 'tag'")
    op.execute(f"ALTER TABLE message_ids DROP CONSTRAINT {NAME}")
    op.execute(f"ALTER TABLE message_ids ADD CONSTRAINT {NAME} CHECK (relation IN ('is', 'sent', 'refers'))")


NAME = "ck_message_ids_relation_known"
WIDER = "ck_message_ids_relation_wider"
