"""What is to be sent: one row and one body a notification, a row a recipient."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from gateway.domain.states import LetterKind, OutboxState, RecipientState, Status
from storage.models.base import Moment, metadata, one_of

outbox_messages = Table(
    "outbox_messages",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("state", Text, nullable=False, server_default=OutboxState.QUEUED),
    Column("kind", Text, nullable=False),
    Column("ticket", BigInteger, ForeignKey("tickets.number", ondelete="CASCADE")),
    Column("article_id", BigInteger, ForeignKey("articles.id", ondelete="SET NULL")),
    # Of an automatic letter to the client: its id among the articles of its ticket, from their sequence. NULL: it is none of them.
    Column("notice_id", BigInteger),
    # 0 an agent's reply, 1 a notification, 2 a digest: the lower goes first.
    Column("urgency", SmallInteger, nullable=False, server_default="1"),
    Column("destination", Text, nullable=False, server_default="relay"),
    Column("due_at", Moment, nullable=False, server_default=text("now()")),
    Column("expires_at", Moment, nullable=False),
    Column("lease_until", Moment),
    Column("leased_by", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("automatic", Boolean, nullable=False, server_default="true"),
    # Without VERP, the reverse-path; with it, the part that each recipient's own is made of.
    Column("reverse_path", Text, nullable=False, server_default=""),
    Column("message_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    # [[name, value], …] in the order of the wire; a value is text, or [[name, address], …] where the header holds addresses.
    Column("headers", JSONB, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text),
    # [{"sha256", "filename", "content_type", "size", "inline", "content_id"}, …]: blobs are read when the letter is assembled.
    Column("attachments", JSONB, nullable=False, server_default="[]"),
    # The agent whose act this letter is, to be told when it fails.
    Column("agent", Text),
    Column("inbound_id", BigInteger),
    Column("trace_id", Text, nullable=False, server_default=""),
    # The effect that this letter is: written twice, it exists once.
    Column("effect", BYTEA, nullable=False, unique=True),
    Column("last_error", Text),
    # Attempts that ended without the answer to the final dot: the recipient may have got the letter twice.
    Column("possible_duplicates", Integer, nullable=False, server_default="0"),
    # A person said `outbox retry`: it goes out even while sending is held.
    Column("forced", Boolean, nullable=False, server_default="false"),
    # When the ticket was told that the letter is late; it is told once.
    Column("warned_at", Moment),
    # A delayed letter is cancelled unless its ticket is still in this status when its time comes.
    Column("while_status", Text),
    # When its time came; NULL for a letter that was never to wait.
    Column("released_at", Moment),
    Column("created_at", Moment, nullable=False, server_default=text("now()")),
    Column("sent_at", Moment),
    # When retention or an erasure took its text and files away.
    Column("body_removed_at", Moment),
    one_of("state", OutboxState),
    one_of("kind", LetterKind),
    one_of("while_status", Status),
    CheckConstraint("(state = 'leased') = (lease_until IS NOT NULL)", name="lease_belongs_to_leased"),
    Index("ix_outbox_messages_due", "destination", "urgency", "due_at", "id", postgresql_where=text("state = 'queued'")),
    Index("ix_outbox_messages_forced", "destination", "id", postgresql_where=text("state = 'queued' AND forced")),
    Index("ix_outbox_messages_scheduled", "due_at", postgresql_where=text("state = 'scheduled'")),
    Index("ix_outbox_messages_scheduled_ticket", "ticket", postgresql_where=text("state = 'scheduled'")),
    Index("ix_outbox_messages_lease", "lease_until", postgresql_where=text("state = 'leased'")),
    Index("ix_outbox_messages_unsent", "state", "id", postgresql_where=text("state <> 'sent'")),
    # Letters of a moment are found by their ids, but for those that left long after they were written.
    Index("ix_outbox_messages_sent_late", "sent_at", postgresql_where=text("sent_at - created_at > interval '15 minutes'")),
    Index("ix_outbox_messages_ticket", "ticket"),
    Index("ix_outbox_messages_article_id", "article_id", postgresql_where=text("article_id IS NOT NULL")),
)

outbox_recipients = Table(
    "outbox_recipients",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("outbox_id", BigInteger, ForeignKey("outbox_messages.id", ondelete="CASCADE"), nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    # With one of these the recipient gets a copy of its own (a signed reply token is one agent's alone); the others share one.
    Column("message_id", Text),
    Column("reply_to", Text),
    # The reverse-path of this recipient, so that its bounce names it.
    Column("verp", Text),
    Column("state", Text, nullable=False, server_default=RecipientState.QUEUED),
    Column("reply", Text),
    Column("finished_at", Moment),
    # When a report said that it is late; the ticket is told once.
    Column("delayed_at", Moment),
    one_of("state", RecipientState),
    Index("ix_outbox_recipients_outbox_id", "outbox_id", "position", unique=True),
    Index("ix_outbox_recipients_verp", "verp", unique=True, postgresql_where=text("verp IS NOT NULL")),
    Index("ix_outbox_recipients_address", text("lower(address)"), "outbox_id"),
)

# What was said of a letter before what its recipients have now: each attempt that was put off, and an answer that a later report or another
# attempt took the place of. Without a recipient: the sender vanished during the attempt.
outbox_attempts = Table(
    "outbox_attempts",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("outbox_id", BigInteger, ForeignKey("outbox_messages.id", ondelete="CASCADE"), nullable=False),
    Column("recipient_id", BigInteger, ForeignKey("outbox_recipients.id", ondelete="CASCADE")),
    Column("attempt", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("reply", Text),
    Column("at", Moment, nullable=False, server_default=text("now()")),
    one_of("state", RecipientState),
    Index("ix_outbox_attempts_outbox_id", "outbox_id"),
    Index("ix_outbox_attempts_recipient_id", "recipient_id", postgresql_where=text("recipient_id IS NOT NULL")),
)

# What senders cannot reach at the moment; a row goes when a letter gets through again.
destinations_down = Table(
    "destinations_down",
    metadata,
    Column("name", Text, primary_key=True),
    Column("down_since", Moment, nullable=False, server_default=text("now()")),
    Column("last_error", Text, nullable=False),
)

# What an agent who is told by digest is still to be told. A digest takes its rows with it, in the transaction that writes the letter.
digest_items = Table(
    "digest_items",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    # The agent's normalised address.
    Column("agent", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("ticket", BigInteger, ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", JSONB, nullable=False, server_default="{}"),
    Column("at", Moment, nullable=False, server_default=text("now()")),
    # The letter that it would have been: gathered twice, it is told once.
    Column("effect", BYTEA, nullable=False, unique=True),
    one_of("kind", LetterKind),
    Index("ix_digest_items_agent", "agent", "at"),
    Index("ix_digest_items_ticket", "ticket"),
)
