"""What rules see of a mail that is looked at apart from its arrival: by `rules test` on files and on what is stored."""

from dataclasses import dataclass
from datetime import datetime

from gateway.desk.identify import FromAgent, FromNobody, FromOurselves, FromOutside, identify
from gateway.desk.route import Unrouted, route
from gateway.desk.rules.seen import Seen, seen_on_receipt
from gateway.domain.organisation import Organisation
from gateway.domain.verdict import Verdict
from gateway.mail.message import Message


@dataclass(frozen=True, slots=True)
class NotAsked:
    """Rules have no say in it."""

    why: str


def supposed(
    message: Message,
    recipients: tuple[str, ...],
    reverse_path: str,
    organisation: Organisation,
    *,
    now: datetime,
    size: int,
    verdict: Verdict,
    reply: bool,
    known_client: bool,
) -> Seen | NotAsked:
    """`recipients` are the envelope's, normalised. Of a ticket that it may belong to nothing is known but that there is one."""
    routed = route(message, recipients, organisation)
    if isinstance(routed, Unrouted):
        return NotAsked(routed.reason)
    if message.kind == "empty":
        return NotAsked("it is empty")
    writer = identify(message, recipients, reverse_path, organisation)
    match writer:
        case FromAgent():
            return NotAsked(f"{writer.key} is an agent of ours")
        case FromOurselves():
            return NotAsked(f"From is {writer.address}, an address of our own")
        case FromNobody():
            author = None
        case FromOutside():
            author = (writer.key, writer.person.name)
    return seen_on_receipt(
        message,
        now=now,
        gateway=routed.address,
        recipients=recipients,
        reverse_path=reverse_path,
        verdict=verdict,
        size=size,
        reply=reply,
        known_client=known_client,
        department=routed.gateway.department,
        category=routed.gateway.category,
        author=author,
    )
