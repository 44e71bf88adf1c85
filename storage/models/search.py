"""What tickets are searched by. Triggers of migration 0019 keep both tables: whoever writes to a ticket needs to know nothing of them."""

from sqlalchemy import BigInteger, Column, Identity, Index, Table
from sqlalchemy.dialects.postgresql import TSVECTOR

from storage.models.base import metadata

# No foreign key: checking it would lock the ticket, which mail may be waiting for. A trigger sees to tickets that go.
ticket_search = Table(
    "ticket_search",
    metadata,
    Column("ticket", BigInteger, primary_key=True, autoincrement=False),
    Column("words", TSVECTOR, nullable=False),
    # Without a pending list, which every search would read through: nobody waits for what is written here.
    Index("ix_ticket_search_words", "words", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
)

# Tickets whose words are to be read anew. One may stand here twice: a key would make two mails wait for each other.
search_due = Table(
    "search_due",
    metadata,
    Column("id", BigInteger, Identity(always=False, cache=1), primary_key=True),
    Column("ticket", BigInteger, nullable=False),
)
