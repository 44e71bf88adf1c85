"""What clients thought of how they were served."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, text

from storage.models.base import Moment, metadata

# A change of mind is a row of its own: the earlier one has `replaced_at`, and counts no more. The ticket's rating_* columns are the
# latest of these.
ratings = Table(
    "ratings",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("ticket", BigInteger, ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False),
    Column("score", Integer, nullable=False),
    # The level's name in the ticket's language, as the client read it.
    Column("level", Text, nullable=False),
    Column("comment", Text, nullable=False, server_default=""),
    # Who had the ticket then: whom the rating is about.
    Column("agent", Text),
    Column("department", Text, nullable=False),
    # Until when the link counted by which it was given: all links of one letter end together, so this tells letters apart.
    Column("link_expires_at", Moment, nullable=False),
    Column("created_at", Moment, nullable=False, server_default=text("now()")),
    Column("replaced_at", Moment),
    Index("ix_ratings_ticket", "ticket", "id"),
    Index("ix_ratings_created_at", "created_at", postgresql_where=text("replaced_at IS NULL")),
)
