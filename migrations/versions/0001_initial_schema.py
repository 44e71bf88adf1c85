"""The first schema: what arrives, tickets and their parts, clients, what is to be sent, and the installation itself."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "automatic_letters",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("subject_key", postgresql.BYTEA(), nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_automatic_letters")),
    )
    op.create_index("ix_automatic_letters_address", "automatic_letters", ["address", "at"], unique=False)
    op.create_index("ix_automatic_letters_at", "automatic_letters", ["at"], unique=False)
    op.create_index("ix_automatic_letters_domain", "automatic_letters", ["domain", "at"], unique=False)
    op.create_index("ix_automatic_letters_network", "automatic_letters", ["network", "at"], unique=False)
    op.create_index("ix_automatic_letters_ticket", "automatic_letters", ["ticket", "at"], unique=False)
    op.create_table(
        "blobs",
        sa.Column("sha256", postgresql.BYTEA(), nullable=False),
        sa.Column("content", postgresql.BYTEA(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("refs", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("refs >= 0", name=op.f("ck_blobs_refs_not_negative")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blobs")),
    )
    op.create_table(
        "clients",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
    )
    op.create_table(
        "controls",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_controls")),
    )
    op.create_table(
        "inbound_contents",
        sa.Column("inbound_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("content", postgresql.BYTEA(), nullable=False),
        sa.PrimaryKeyConstraint("inbound_id", "received_at", name=op.f("pk_inbound_contents")),
        postgresql_partition_by="RANGE (received_at)",
    )
    op.create_table(
        "instance",
        sa.Column("one", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("system_identifier", sa.Text(), nullable=False),
        sa.Column("adopted_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("one", name=op.f("ck_instance_only_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_instance")),
    )
    op.create_table(
        "schedule",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lease_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("last_run_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("runs", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_schedule")),
    )
    op.create_table(
        "client_addresses",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_client_addresses_client_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_client_addresses")),
    )
    op.create_index("ix_client_addresses_client_id", "client_addresses", ["client_id"], unique=False)
    op.create_table(
        "tickets",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False, cache=1), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="new", nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("priority", sa.Text(), server_default="normal", nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("related", sa.BigInteger(), nullable=True),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.Column("rating_score", sa.Integer(), nullable=True),
        sa.Column("rating_level", sa.Text(), nullable=True),
        sa.Column("rating_comment", sa.Text(), nullable=True),
        sa.Column("rated_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("priority IN ('low', 'normal', 'high', 'urgent')", name=op.f("ck_tickets_priority_known")),
        sa.CheckConstraint(
            "status IN ('new', 'open', 'pending', 'resolved', 'closed', 'cancelled', 'spam', 'trash')", name=op.f("ck_tickets_status_known")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_tickets_client_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["merged_into"], ["tickets.number"], name=op.f("fk_tickets_merged_into"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["related"], ["tickets.number"], name=op.f("fk_tickets_related"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_tickets")),
    )
    op.create_index("ix_tickets_assignee", "tickets", ["assignee"], unique=False, postgresql_where=sa.text("assignee IS NOT NULL"))
    op.create_index("ix_tickets_client_id", "tickets", ["client_id"], unique=False)
    op.create_index("ix_tickets_merged_into", "tickets", ["merged_into"], unique=False, postgresql_where=sa.text("merged_into IS NOT NULL"))
    op.create_index("ix_tickets_related", "tickets", ["related"], unique=False, postgresql_where=sa.text("related IS NOT NULL"))
    op.create_index("ix_tickets_status", "tickets", ["status", "number"], unique=False)
    op.create_table(
        "articles",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("author_role", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), server_default="", nullable=False),
        sa.Column("author_address", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("quoted_text", sa.Text(), server_default="", nullable=False),
        sa.Column("signature", sa.Text(), server_default="", nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("private", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("verified", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("to", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("cc", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("inbound_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("author_role IN ('client', 'agent', 'system')", name=op.f("ck_articles_author_role_known")),
        sa.CheckConstraint("kind <> 'note' OR private", name=op.f("ck_articles_note_is_private")),
        sa.CheckConstraint("kind IN ('client_message', 'agent_reply', 'note', 'notice')", name=op.f("ck_articles_kind_known")),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name=op.f("fk_articles_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
    )
    op.create_index("ix_articles_ticket", "articles", ["ticket", "id"], unique=False)
    op.create_table(
        "effects",
        sa.Column("key", postgresql.BYTEA(), nullable=False),
        sa.Column("inbound_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name=op.f("fk_effects_ticket"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_effects")),
    )
    op.create_index("ix_effects_expires_at", "effects", ["expires_at"], unique=False, postgresql_where=sa.text("expires_at IS NOT NULL"))
    op.create_index("ix_effects_ticket", "effects", ["ticket"], unique=False, postgresql_where=sa.text("ticket IS NOT NULL"))
    op.create_table(
        "inbound_messages",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lease_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("reverse_path", sa.Text(), nullable=False),
        sa.Column("recipients", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("smtputf8", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("peer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("redelivery_key", postgresql.BYTEA(), nullable=False),
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("spf", sa.Text(), nullable=True),
        sa.Column("dkim", sa.Text(), nullable=True),
        sa.Column("dmarc", sa.Text(), nullable=True),
        sa.Column("arc", sa.Text(), nullable=True),
        sa.Column("verdict", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("ticket", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(state = 'leased') = (lease_until IS NOT NULL)", name=op.f("ck_inbound_messages_lease_belongs_to_leased")),
        sa.CheckConstraint(
            "state IN ('queued', 'leased', 'done', 'held', 'ignored', 'buried')", name=op.f("ck_inbound_messages_state_known")
        ),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name=op.f("fk_inbound_messages_ticket"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_messages")),
    )
    op.create_index(
        "ix_inbound_messages_author_held",
        "inbound_messages",
        ["author", "finished_at"],
        unique=False,
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_index(
        "ix_inbound_messages_due", "inbound_messages", ["due_at", "id"], unique=False, postgresql_where=sa.text("state = 'queued'")
    )
    op.create_index(
        "ix_inbound_messages_lease", "inbound_messages", ["lease_until"], unique=False, postgresql_where=sa.text("state = 'leased'")
    )
    op.create_index(
        "ix_inbound_messages_ticket", "inbound_messages", ["ticket"], unique=False, postgresql_where=sa.text("ticket IS NOT NULL")
    )
    op.create_index(
        "ix_inbound_messages_waiting", "inbound_messages", ["state", "id"], unique=False, postgresql_where=sa.text("state <> 'done'")
    )
    op.create_table(
        "message_ids",
        sa.Column("key", postgresql.BYTEA(), nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("relation IN ('is', 'sent', 'refers')", name=op.f("ck_message_ids_relation_known")),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name=op.f("fk_message_ids_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", "ticket", "relation", name=op.f("pk_message_ids")),
    )
    op.create_index("ix_message_ids_ticket", "message_ids", ["ticket"], unique=False)
    op.create_table(
        "ticket_events",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("inbound_id", sa.BigInteger(), nullable=True),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("actor_role IN ('client', 'agent', 'system')", name=op.f("ck_ticket_events_actor_role_known")),
        sa.CheckConstraint(
            "kind IN ('created', 'status_changed', 'assigned', 'department_changed', 'category_changed', 'priority_changed', 'subject_changed', 'tagged', 'cc_changed', 'note_added', 'replied', 'client_replied', 'merged', 'rated', 'rule_applied', 'command_ignored', 'command_refused', 'held', 'silenced', 'delivery_delayed', 'delivery_failed', 'bounced', 'complained', 'also_addressed', 'reopened', 'erased')",
            name=op.f("ck_ticket_events_kind_known"),
        ),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name=op.f("fk_ticket_events_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_events")),
    )
    op.create_index("ix_ticket_events_ticket", "ticket_events", ["ticket", "id"], unique=False)
    op.create_table(
        "ticket_participants",
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("joined_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("part IN ('requester', 'cc', 'named', 'stranger')", name=op.f("ck_ticket_participants_part_known")),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name=op.f("fk_ticket_participants_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ticket", "key", name=op.f("pk_ticket_participants")),
    )
    op.create_index("ix_ticket_participants_key", "ticket_participants", ["key"], unique=False)
    op.create_table(
        "ticket_tags",
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name=op.f("fk_ticket_tags_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ticket", "key", name=op.f("pk_ticket_tags")),
    )
    op.create_table(
        "attachments",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("inline", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("content_id", sa.Text(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", postgresql.BYTEA(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_attachments_article_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name=op.f("fk_attachments_sha256"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index("ix_attachments_article_id", "attachments", ["article_id"], unique=False)
    op.create_index("ix_attachments_sha256", "attachments", ["sha256"], unique=False)
    op.create_table(
        "outbox_messages",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=True),
        sa.Column("article_id", sa.BigInteger(), nullable=True),
        sa.Column("urgency", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("destination", sa.Text(), server_default="relay", nullable=False),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("lease_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("automatic", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("reverse_path", sa.Text(), server_default="", nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("attachments", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.Column("inbound_id", sa.BigInteger(), nullable=True),
        sa.Column("trace_id", sa.Text(), server_default="", nullable=False),
        sa.Column("effect", postgresql.BYTEA(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("possible_duplicates", sa.Integer(), server_default="0", nullable=False),
        sa.Column("forced", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("warned_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'leased') = (lease_until IS NOT NULL)", name=op.f("ck_outbox_messages_lease_belongs_to_leased")),
        sa.CheckConstraint(
            "kind IN ('registered', 'new_ticket', 'client_reply', 'agent_reply', 'in_progress', 'resolved', 'closed', 'cancelled', 'reopened', 'assigned', 'note', 'held', 'failed_delivery', 'receipt', 'probe', 'verification', 'copy')",
            name=op.f("ck_outbox_messages_kind_known"),
        ),
        sa.CheckConstraint(
            "state IN ('scheduled', 'queued', 'leased', 'sent', 'failed', 'bounced', 'cancelled')",
            name=op.f("ck_outbox_messages_state_known"),
        ),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_outbox_messages_article_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name=op.f("fk_outbox_messages_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_messages")),
        sa.UniqueConstraint("effect", name=op.f("uq_outbox_messages_effect")),
    )
    op.create_index(
        "ix_outbox_messages_article_id", "outbox_messages", ["article_id"], unique=False, postgresql_where=sa.text("article_id IS NOT NULL")
    )
    op.create_index(
        "ix_outbox_messages_due",
        "outbox_messages",
        ["destination", "urgency", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ix_outbox_messages_forced",
        "outbox_messages",
        ["destination", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued' AND forced"),
    )
    op.create_index(
        "ix_outbox_messages_lease", "outbox_messages", ["lease_until"], unique=False, postgresql_where=sa.text("state = 'leased'")
    )
    op.create_index(
        "ix_outbox_messages_scheduled", "outbox_messages", ["due_at"], unique=False, postgresql_where=sa.text("state = 'scheduled'")
    )
    op.create_index("ix_outbox_messages_ticket", "outbox_messages", ["ticket"], unique=False)
    op.create_index(
        "ix_outbox_messages_unsent", "outbox_messages", ["state", "id"], unique=False, postgresql_where=sa.text("state <> 'sent'")
    )
    op.create_table(
        "outbox_recipients",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("outbox_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("reply_to", sa.Text(), nullable=True),
        sa.Column("verp", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed', 'bounced', 'cancelled')", name=op.f("ck_outbox_recipients_state_known")),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox_messages.id"], name=op.f("fk_outbox_recipients_outbox_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_recipients")),
    )
    op.create_index("ix_outbox_recipients_outbox_id", "outbox_recipients", ["outbox_id", "position"], unique=True)
    op.create_index("ix_outbox_recipients_verp", "outbox_recipients", ["verp"], unique=True, postgresql_where=sa.text("verp IS NOT NULL"))

    # Mail compresses badly and is read whole: store it out of line as it is.
    op.execute("ALTER TABLE inbound_contents ALTER COLUMN content SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE blobs ALTER COLUMN content SET STORAGE EXTERNAL")
    # Takes what no weekly partition takes, so that a missing one never refuses mail.
    op.execute("CREATE TABLE inbound_contents_default PARTITION OF inbound_contents DEFAULT")
    op.execute("ALTER TABLE inbound_contents_default ALTER COLUMN content SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.drop_index("ix_outbox_recipients_verp", table_name="outbox_recipients", postgresql_where=sa.text("verp IS NOT NULL"))
    op.drop_index("ix_outbox_recipients_outbox_id", table_name="outbox_recipients")
    op.drop_table("outbox_recipients")
    op.drop_index("ix_outbox_messages_unsent", table_name="outbox_messages", postgresql_where=sa.text("state <> 'sent'"))
    op.drop_index("ix_outbox_messages_ticket", table_name="outbox_messages")
    op.drop_index("ix_outbox_messages_scheduled", table_name="outbox_messages", postgresql_where=sa.text("state = 'scheduled'"))
    op.drop_index("ix_outbox_messages_lease", table_name="outbox_messages", postgresql_where=sa.text("state = 'leased'"))
    op.drop_index("ix_outbox_messages_forced", table_name="outbox_messages", postgresql_where=sa.text("state = 'queued' AND forced"))
    op.drop_index("ix_outbox_messages_due", table_name="outbox_messages", postgresql_where=sa.text("state = 'queued'"))
    op.drop_index("ix_outbox_messages_article_id", table_name="outbox_messages", postgresql_where=sa.text("article_id IS NOT NULL"))
    op.drop_table("outbox_messages")
    op.drop_index("ix_attachments_sha256", table_name="attachments")
    op.drop_index("ix_attachments_article_id", table_name="attachments")
    op.drop_table("attachments")
    op.drop_table("ticket_tags")
    op.drop_index("ix_ticket_participants_key", table_name="ticket_participants")
    op.drop_table("ticket_participants")
    op.drop_index("ix_ticket_events_ticket", table_name="ticket_events")
    op.drop_table("ticket_events")
    op.drop_index("ix_message_ids_ticket", table_name="message_ids")
    op.drop_table("message_ids")
    op.drop_index("ix_inbound_messages_waiting", table_name="inbound_messages", postgresql_where=sa.text("state <> 'done'"))
    op.drop_index("ix_inbound_messages_ticket", table_name="inbound_messages", postgresql_where=sa.text("ticket IS NOT NULL"))
    op.drop_index("ix_inbound_messages_lease", table_name="inbound_messages", postgresql_where=sa.text("state = 'leased'"))
    op.drop_index("ix_inbound_messages_due", table_name="inbound_messages", postgresql_where=sa.text("state = 'queued'"))
    op.drop_index("ix_inbound_messages_author_held", table_name="inbound_messages", postgresql_where=sa.text("state = 'held'"))
    op.drop_table("inbound_messages")
    op.drop_index("ix_effects_ticket", table_name="effects", postgresql_where=sa.text("ticket IS NOT NULL"))
    op.drop_index("ix_effects_expires_at", table_name="effects", postgresql_where=sa.text("expires_at IS NOT NULL"))
    op.drop_table("effects")
    op.drop_index("ix_articles_ticket", table_name="articles")
    op.drop_table("articles")
    op.drop_index("ix_tickets_status", table_name="tickets")
    op.drop_index("ix_tickets_related", table_name="tickets", postgresql_where=sa.text("related IS NOT NULL"))
    op.drop_index("ix_tickets_merged_into", table_name="tickets", postgresql_where=sa.text("merged_into IS NOT NULL"))
    op.drop_index("ix_tickets_client_id", table_name="tickets")
    op.drop_index("ix_tickets_assignee", table_name="tickets", postgresql_where=sa.text("assignee IS NOT NULL"))
    op.drop_table("tickets")
    op.drop_index("ix_client_addresses_client_id", table_name="client_addresses")
    op.drop_table("client_addresses")
    op.drop_table("schedule")
    op.drop_table("instance")
    op.drop_table("inbound_contents")
    op.drop_table("controls")
    op.drop_table("clients")
    op.drop_table("blobs")
    op.drop_index("ix_automatic_letters_ticket", table_name="automatic_letters")
    op.drop_index("ix_automatic_letters_network", table_name="automatic_letters")
    op.drop_index("ix_automatic_letters_domain", table_name="automatic_letters")
    op.drop_index("ix_automatic_letters_at", table_name="automatic_letters")
    op.drop_index("ix_automatic_letters_address", table_name="automatic_letters")
    op.drop_table("automatic_letters")
