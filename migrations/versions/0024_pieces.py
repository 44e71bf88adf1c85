"""Raw bytes are kept in pieces of a page.

Nodes of before go on taking mail in, whole as they did. What nodes of now take in they would read in part only, so this one goes by itself:
stop the intakes of before, as for every release that says so. What was kept stays as it is, as a message's only piece.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TARGET = "toast_tuple_target"
EACH = """
    DO $$ DECLARE part regclass; BEGIN
        FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'inbound_contents'::regclass LOOP
            EXECUTE format('ALTER TABLE %s {what}', part);
        END LOOP;
    END $$
"""


def upgrade() -> None:
    op.execute("ALTER TABLE inbound_contents ADD COLUMN piece integer NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE inbound_contents DROP CONSTRAINT pk_inbound_contents")
    op.execute("ALTER TABLE inbound_contents ADD CONSTRAINT pk_inbound_contents PRIMARY KEY (inbound_id, received_at, piece)")
    op.execute(EACH.format(what=f"SET ({TARGET} = 8160)"))


def downgrade() -> None:
    # What was cut is put together, in its first piece.
    op.execute("""
        UPDATE inbound_contents c SET content = w.content
        FROM (SELECT inbound_id, received_at, string_agg(content, ''::bytea ORDER BY piece) AS content
              FROM inbound_contents GROUP BY 1, 2 HAVING count(*) > 1) w
        WHERE c.inbound_id = w.inbound_id AND c.received_at = w.received_at AND c.piece = 0
    """)
    op.execute("DELETE FROM inbound_contents WHERE piece > 0")
    op.execute("ALTER TABLE inbound_contents DROP CONSTRAINT pk_inbound_contents")
    op.execute("ALTER TABLE inbound_contents ADD CONSTRAINT pk_inbound_contents PRIMARY KEY (inbound_id, received_at)")
    op.execute("ALTER TABLE inbound_contents DROP COLUMN piece")
    op.execute(EACH.format(what=f"RESET ({TARGET})"))
