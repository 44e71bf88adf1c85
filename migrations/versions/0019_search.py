"""Full-text search over tickets, and indexes for lists of them.

Nothing is taken away: the release before this one runs on this schema as well, and the triggers see to what it writes.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Held together by whoever takes words away, until the end of the transaction, and alone by whoever reads tickets for the index: so nothing
# that was read before it went is written after. `storage.search.LOCK` is the same.
LOCK = "hashtextextended('deskgate search', 0)"

# Words that come need no haste. Words that go are gone from the index in the same transaction, whoever takes them away.
FUNCTIONS = (
    f"""
    CREATE FUNCTION search_anew(number bigint) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock_shared({LOCK});
        DELETE FROM ticket_search WHERE ticket = number;
        INSERT INTO search_due (ticket) VALUES (number);
    END $$
    """,  # noqa: S608
    """
    CREATE FUNCTION search_articles_written() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO search_due (ticket) SELECT DISTINCT ticket FROM written;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION search_tickets_written() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO search_due (ticket) SELECT number FROM written;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION search_ticket_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM search_anew(OLD.number);
        IF TG_OP = 'UPDATE' AND NEW.merged_into IS NOT NULL THEN
            PERFORM search_anew(NEW.merged_into);
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION search_article_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM search_anew(OLD.ticket);
        IF TG_OP = 'UPDATE' AND NEW.ticket <> OLD.ticket THEN
            PERFORM search_anew(NEW.ticket);
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION search_attachment_gone() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM search_anew(ticket) FROM articles WHERE id = OLD.article_id;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION search_client_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM search_anew(number) FROM tickets WHERE client_id = NEW.id;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION search_address_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO search_due (ticket) SELECT number FROM tickets WHERE client_id = NEW.client_id;
        ELSE
            PERFORM search_anew(number) FROM tickets WHERE client_id = OLD.client_id;
            IF TG_OP = 'UPDATE' AND NEW.client_id <> OLD.client_id THEN
                PERFORM search_anew(number) FROM tickets WHERE client_id = NEW.client_id;
            END IF;
        END IF;
        RETURN NULL;
    END $$
    """,
)
TRIGGERS = (
    ("articles", "search_articles_written", "AFTER INSERT ON articles REFERENCING NEW TABLE AS written FOR EACH STATEMENT"),
    ("tickets", "search_tickets_written", "AFTER INSERT ON tickets REFERENCING NEW TABLE AS written FOR EACH STATEMENT"),
    (
        "tickets",
        "search_ticket_changed",
        """AFTER UPDATE OF subject, client_id, merged_into, erased_at ON tickets FOR EACH ROW
           WHEN ((OLD.subject, OLD.client_id, OLD.merged_into, OLD.erased_at)
                 IS DISTINCT FROM (NEW.subject, NEW.client_id, NEW.merged_into, NEW.erased_at))""",
    ),
    (
        "articles",
        "search_article_changed",
        """AFTER UPDATE OF ticket, text, quoted_text, signature, author_name, author_address ON articles FOR EACH ROW
           WHEN ((OLD.ticket, OLD.text, OLD.quoted_text, OLD.signature, OLD.author_name, OLD.author_address)
                 IS DISTINCT FROM (NEW.ticket, NEW.text, NEW.quoted_text, NEW.signature, NEW.author_name, NEW.author_address))""",
    ),
    ("attachments", "search_attachment_gone", "AFTER DELETE ON attachments FOR EACH ROW"),
    ("clients", "search_client_changed", "AFTER UPDATE OF name ON clients FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name)"),
    ("client_addresses", "search_address_changed", "AFTER INSERT OR UPDATE OR DELETE ON client_addresses FOR EACH ROW"),
)
DELETIONS = (
    ("tickets", "search_ticket_gone", "search_ticket_changed", "AFTER DELETE ON tickets FOR EACH ROW"),
    ("articles", "search_article_gone", "search_article_changed", "AFTER DELETE ON articles FOR EACH ROW"),
)
NAMES = (
    "search_articles_written()", "search_tickets_written()", "search_ticket_changed()", "search_article_changed()",
    "search_attachment_gone()", "search_client_changed()", "search_address_changed()", "search_anew(bigint)",
)  # fmt: skip


def upgrade() -> None:
    # Both tables are read and written meanwhile. What an interrupted one left goes first.
    with op.get_context().autocommit_block():
        for name, on in LISTS:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {on}")
    op.create_table(
        "ticket_search",
        sa.Column("ticket", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("ticket", name=op.f("pk_ticket_search")),
    )
    op.create_index("ix_ticket_search_words", "ticket_search", ["words"], postgresql_using="gin", postgresql_with={"fastupdate": "off"})
    op.create_table(
        "search_due",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, cache=1), nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_due")),
    )
    for statement in FUNCTIONS:
        op.execute(statement)
    for _, name, when in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()")
    for _, name, function, when in DELETIONS:
        op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {function}()")
    # All that there are, the newest first to be read: the queue is worked on from its end.
    op.execute("INSERT INTO search_due (ticket) SELECT number FROM tickets ORDER BY number")


def downgrade() -> None:
    for name, _ in LISTS:
        op.execute(f"DROP INDEX {name}")
    for table, name, *_ in (*TRIGGERS, *DELETIONS):
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in NAMES:
        op.execute(f"DROP FUNCTION {name}")
    op.drop_table("search_due")
    op.drop_table("ticket_search")


LISTS = (
    ("ix_tickets_updated_at_number", "tickets (updated_at, number)"),
    ("ix_ticket_tags_key_ticket", "ticket_tags (key, ticket)"),
)
