"""What operators did and read, and which configurations decided; a decision says by which it was made.

Nothing is taken away: the release before this one runs on this schema as well.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("access", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("about", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous", postgresql.BYTEA(), nullable=False),
        sa.Column("digest", postgresql.BYTEA(), nullable=False),
        sa.CheckConstraint("access IN ('read', 'change')", name=op.f("ck_audit_log_access_known")),
        sa.CheckConstraint("result IN ('done', 'refused', 'failed')", name=op.f("ck_audit_log_result_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"], unique=False)
    op.create_index("ix_audit_log_about", "audit_log", ["about"], unique=False, postgresql_using="gin")
    op.create_index("ix_audit_log_forgotten", "audit_log", ["id"], unique=False, postgresql_where=sa.text("action = 'audit.forget'"))
    op.create_table(
        "audit_head",
        sa.Column("one", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("digest", postgresql.BYTEA(), nullable=False),
        sa.CheckConstraint("one", name=op.f("ck_audit_head_only_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_audit_head")),
    )
    op.execute("INSERT INTO audit_head (id, digest) VALUES (0, decode(repeat('00', 32), 'hex'))")
    op.execute(APPEND_ONLY)
    for table in ("audit_log", "audit_head"):
        op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION audit_is_append_only()")
    op.execute(
        "CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()"
    )
    op.execute("CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()")
    op.create_table(
        "configurations",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("first_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("secrets", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_configurations")),
    )
    op.create_table(
        "configuration_events",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("faults", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("needs_restart", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint("kind IN ('start', 'reload', 'refused')", name=op.f("ck_configuration_events_kind_known")),
        sa.ForeignKeyConstraint(["fingerprint"], ["configurations.fingerprint"], name=op.f("fk_configuration_events_fingerprint")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configuration_events")),
        sa.UniqueConstraint("key", name=op.f("uq_configuration_events_key")),
    )
    op.create_index("ix_configuration_events_fingerprint", "configuration_events", ["fingerprint"], unique=False)
    op.add_column("inbound_messages", sa.Column("configuration", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("inbound_messages", "configuration")
    op.drop_table("configuration_events")
    op.drop_table("configurations")
    op.drop_table("audit_head")
    op.drop_table("audit_log")
    op.execute("DROP FUNCTION audit_is_append_only()")


# What retention wants gone it first says in a row of its own, up to which row and with that row's digest: the chain goes on from there.
APPEND_ONLY = """
    CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'audit_log' THEN
            IF OLD.id <= (SELECT max(CAST(details ->> 'through' AS bigint)) FROM audit_log WHERE action = 'audit.forget') THEN
                RETURN OLD;
            END IF;
        END IF;
        RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'insufficient_privilege', HINT = 'old rows leave by desk.retention alone; see docs/audit.md';
    END
    $$
"""
