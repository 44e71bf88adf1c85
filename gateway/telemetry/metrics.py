"""All metrics, in one table. Labels are closed sets: no address, no id, nothing that a peer chooses."""

import os

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from gateway.telemetry.sharing import VARIABLE

_LONG = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 4 * 3600.0, 24 * 3600.0)
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

# Ingress.
connections = Gauge("deskgate_connections", "Open SMTP connections.", multiprocess_mode="livesum")
connections_opened = Counter("deskgate_connections_opened_total", "SMTP connections, let in or refused at the door.", ["outcome"])
messages = Counter("deskgate_messages_total", "Messages offered, by what the peer was told.", ["outcome"])
recipients_refused = Counter("deskgate_recipients_refused_total", "Recipients refused.")
session_timeouts = Counter("deskgate_session_timeouts_total", "Sessions ended for their silence or slowness.")
accept_seconds = Histogram("deskgate_accept_seconds", "From the last byte of a message to its commit.", ["outcome"], buckets=_SECONDS)
refusals = Counter(
    "deskgate_refusals_total", "Connections, recipients and messages that were turned away, by why or by our reply.", ["what", "why"]
)
acceptance_seconds = Histogram(
    "deskgate_acceptance_seconds", "From a peer's connection, or its message before, to the 250 of a message.", buckets=_SECONDS
)
commits = Counter("deskgate_commits_total", "Commits that made messages durable; one may keep several.")
screened = Counter("deskgate_screened_total", "Checks of peers and contents, by what they came to.", ["check", "outcome"])

# Parsing and intake.
parses = Counter("deskgate_parses_total", "Requests to parse children.")
parse_failures = Counter("deskgate_parse_failures_total", "Requests that a parse child did not survive or answer.", ["why"])
intakes = Counter("deskgate_intakes_total", "Pieces of work on messages, by how they ended.", ["outcome"])
intake_seconds = Histogram("deskgate_intake_seconds", "Work on one message, from its claim to its end.", buckets=_SECONDS)
ticket_seconds = Histogram("deskgate_ticket_seconds", "From a message's arrival to its ticket, or what else was decided.", buckets=_LONG)

# Outbound.
deliveries = Counter("deskgate_deliveries_total", "Attempts to deliver, by how they ended.", ["outcome"])
delivery_seconds = Histogram("deskgate_delivery_seconds", "One attempt to deliver.", buckets=_SECONDS)
delivery_failures = Counter(
    "deskgate_delivery_failures_total", "Recipients that a server put off or refused, attempt by attempt, by why.", ["outcome", "why"]
)
letter_wait_seconds = Histogram(
    "deskgate_letter_wait_seconds", "From a letter's writing, or its time, to its first attempt.", buckets=_LONG
)

# Webhooks.
webhook_attempts = Counter("deskgate_webhook_attempts_total", "Attempts to tell a webhook of an event, by how they ended.", ["outcome"])

# The API.
api_requests = Counter("deskgate_api_requests_total", "Requests of programs, by operation and status.", ["operation", "status"])

# Queues of all nodes.
leases_expired = Counter("deskgate_leases_expired_total", "Rows that a dead or hung worker held, and others took over.", ["queue"])

# Processes.
database_pool = Gauge(
    "deskgate_database_pool",
    "Connections to the database, by role of the process, and whether they are in use.",
    ["role", "state"],
    multiprocess_mode="livesum",
)
tasks = Gauge("deskgate_tasks", "Tasks of the event loops, by the role of their process.", ["role"], multiprocess_mode="livesum")

# Web.
downloads = Counter("deskgate_downloads_total", "Downloads of files that letters had links to, by how they ended.", ["outcome"])


def exposition(*registries: CollectorRegistry) -> bytes:
    """The text format, version 0.0.4: what all children of this parent counted, and the values of the given registries."""
    return b"".join(generate_latest(registry) for registry in (_ours(), *registries))


def _ours() -> CollectorRegistry:
    shared = os.environ.get(VARIABLE)
    if shared is None:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=shared)  # type: ignore[no-untyped-call]
    return registry
