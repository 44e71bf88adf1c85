"""Tokens of programs, and what they did under idempotency keys.

Nothing is taken away: the release before this one runs on this schema as well.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    moment = postgresql.TIMESTAMP(timezone=True)
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, cache=1), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", postgresql.BYTEA(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("departments", postgresql.ARRAY(sa.Text())),
        sa.Column("agent", sa.Text()),
        sa.Column("created_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", moment),
        sa.Column("revoked_at", moment),
        sa.Column("last_used_at", moment),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_tokens_digest")),
    )
    op.create_index("uq_api_tokens_name", "api_tokens", ["name"], unique=True, postgresql_where=sa.text("revoked_at IS NULL"))
    op.create_table(
        "api_answers",
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("key", postgresql.BYTEA(), nullable=False),
        sa.Column("request", postgresql.BYTEA(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("made", postgresql.JSONB(), nullable=False),
        sa.Column("at", moment, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["token"], ["api_tokens.id"], name=op.f("fk_api_answers_token"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token", "key", name=op.f("pk_api_answers")),
    )
    op.create_index("ix_api_answers_at", "api_answers", ["at"])


def downgrade() -> None:
    op.drop_table("api_answers")
    op.drop_table("api_tokens")
