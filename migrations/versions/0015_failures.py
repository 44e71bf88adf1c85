"""How many of a message's attempts ended in an error: the others ended with the process that made them, which may be nobody's fault.

Added with a constant default, the column costs no rewriting. The release before this one leaves it as it is.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("inbound_messages", sa.Column("failures", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("inbound_messages", "failures")
