"""Clients and the addresses that they write from."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, text

from storage.models.base import Moment, metadata

clients = Table(
    "clients",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("created_at", Moment, nullable=False, server_default=text("now()")),
    # The one row that tickets of whoever was erased point at; it has neither name nor address.
    Column("nobody", Boolean, nullable=False, server_default="false"),
    Index("uq_clients_nobody", "nobody", unique=True, postgresql_where=text("nobody")),
)

client_addresses = Table(
    "client_addresses",
    metadata,
    # Case-folded local part and A-label domain; `address` is as its owner writes it.
    Column("key", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("client_id", BigInteger, ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Moment, nullable=False, server_default=text("now()")),
    Index("ix_client_addresses_client_id", "client_id"),
)
