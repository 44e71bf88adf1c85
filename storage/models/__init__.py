"""The schema, a file per aggregate. Every table hangs on `metadata`, whose naming convention names every constraint."""

from storage.models.api import api_answers, api_tokens
from storage.models.audit import audit_head, audit_log, configuration_events, configurations
from storage.models.base import metadata
from storage.models.clients import client_addresses, clients
from storage.models.console import login_attempts, web_sessions
from storage.models.erasures import erasures, legal_holds
from storage.models.greylist import greylist
from storage.models.health import addresses_seen, dns_reports, health_samples, nodes
from storage.models.inbound import effects, inbound_contents, inbound_messages, message_ids
from storage.models.instance import alarms, automatic_letters, controls, instance, schedule
from storage.models.mailboxes import fetched_messages, mailboxes
from storage.models.outbox import destinations_down, digest_items, outbox_attempts, outbox_messages, outbox_recipients
from storage.models.probes import forwarding_probes
from storage.models.ratings import ratings
from storage.models.search import search_due, ticket_search
from storage.models.senders import sender_verifications
from storage.models.sts import sts_policies
from storage.models.suppressions import suppressions
from storage.models.tickets import (
    articles,
    attachments,
    blobs,
    ticket_events,
    ticket_participants,
    ticket_tags,
    tickets,
    unanswered_rules,
)
from storage.models.webhooks import webhook_deliveries, webhooks

__all__ = [
    "addresses_seen",
    "alarms",
    "api_answers",
    "api_tokens",
    "articles",
    "attachments",
    "audit_head",
    "audit_log",
    "automatic_letters",
    "blobs",
    "client_addresses",
    "clients",
    "configuration_events",
    "configurations",
    "controls",
    "destinations_down",
    "digest_items",
    "dns_reports",
    "effects",
    "erasures",
    "fetched_messages",
    "forwarding_probes",
    "greylist",
    "health_samples",
    "inbound_contents",
    "inbound_messages",
    "instance",
    "legal_holds",
    "login_attempts",
    "mailboxes",
    "message_ids",
    "metadata",
    "nodes",
    "outbox_attempts",
    "outbox_messages",
    "outbox_recipients",
    "ratings",
    "schedule",
    "search_due",
    "sender_verifications",
    "sts_policies",
    "suppressions",
    "ticket_events",
    "ticket_participants",
    "ticket_search",
    "ticket_tags",
    "tickets",
    "unanswered_rules",
    "web_sessions",
    "webhook_deliveries",
    "webhooks",
]
