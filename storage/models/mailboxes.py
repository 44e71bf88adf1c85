"""Mailboxes that mail is fetched from, and what was fetched there already."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import BYTEA

from storage.models.base import Moment, metadata

# One of each gateway that fetches. Whoever has the lease is the only one to speak with it.
mailboxes = Table(
    "mailboxes",
    metadata,
    # The gateway's address, as the configuration normalises it: what was fetched is remembered though the mailbox moves to another server.
    Column("address", Text, primary_key=True),
    # Where it is, as a URL without secrets.
    Column("place", Text, nullable=False),
    Column("due_at", Moment, nullable=False, server_default=text("now()")),
    Column("lease_until", Moment),
    Column("leased_by", Text),
    Column("tried_at", Moment),
    Column("succeeded_at", Moment),
    # Attempts since the last one that succeeded, since when, and what the last one failed of.
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since", Moment),
    Column("error", Text),
    # RFC 9051 §2.3.1.1; null where it is no IMAP mailbox.
    Column("uidvalidity", BigInteger),
    CheckConstraint("(leased_by IS NULL) = (lease_until IS NULL)", name="lease_is_whole"),
    CheckConstraint("(failures = 0) = (failing_since IS NULL)", name="failures_have_a_beginning"),
)

# One row a message that was kept, written in the transaction that kept it, or that was left where it is.
fetched_messages = Table(
    "fetched_messages",
    metadata,
    Column("mailbox", Text, ForeignKey("mailboxes.address", ondelete="CASCADE"), primary_key=True),
    # The URL again, with the UIDVALIDITY: keys mean something within it alone.
    Column("place", Text, primary_key=True),
    # The UID, the UIDL or the file's unique name.
    Column("key", Text, primary_key=True),
    # SHA-256 of the bytes as they were fetched: a server that numbers its messages anew does not make them new. Null where they were left.
    Column("digest", BYTEA),
    Column("left_why", Text),
    Column("size", BigInteger),
    Column("at", Moment, nullable=False, server_default=text("now()")),
    # Since when the mailbox will not offer it again: it is marked, moved, deleted or gone. The row may be forgotten some time later.
    Column("settled_at", Moment),
    CheckConstraint("(digest IS NULL) = (left_why IS NOT NULL)", name="kept_or_left"),
    Index("ix_fetched_messages_digest", "mailbox", "digest", postgresql_where=text("digest IS NOT NULL")),
    Index("ix_fetched_messages_settled_at", "settled_at", postgresql_where=text("settled_at IS NOT NULL")),
    Index("ix_fetched_messages_left", "mailbox", postgresql_where=text("left_why IS NOT NULL AND settled_at IS NULL")),
)
