"""What the desk answers to the dialogue: which recipients it takes, and whether a message is kept. Here errors become replies."""

from dataclasses import dataclass
from typing import assert_never

import structlog

from gateway.desk.rules import rejects_at_smtp
from gateway.domain.envelope import Envelope
from gateway.domain.organisation import Organisation, without_subaddress
from gateway.ingress import replies
from gateway.ingress.accept import Acceptor
from gateway.ingress.checks.look import Seen
from gateway.ingress.checks.screener import Screener, Visit
from gateway.ingress.content import Content
from gateway.ingress.limits import KIB, Limits
from gateway.ingress.recipients import Recipient, Refusal, acceptable
from gateway.ingress.replies import Reply
from gateway.ingress.trace import count_received
from gateway.mail.address import address_key

log = structlog.get_logger()

# Where Received fields are looked for; nothing later reads more of a header section either.
HEADER_BLOCK = 256 * KIB


@dataclass(slots=True)
class Handler:
    """Shared by all sessions. `organisation` and `limits` are replaced at a reload, and hold from the next command on."""

    acceptor: Acceptor
    organisation: Organisation
    limits: Limits
    screener: Screener | None = None

    def visit(self, address: str | None) -> Visit | None:
        """Of a peer that has connected; None where nothing is to be asked about it."""
        return self.screener.visit(address) if self.screener is not None else None

    def recipient(self, address: str, reverse_path: str, size: int | None) -> Recipient | Reply:
        """`size` as the peer declared it (RFC 1870), None where it did not."""
        match acceptable(address, self.organisation):
            case Recipient() as recipient:
                words = self._rejected(recipient.address, reverse_path, size)
                return recipient if words is None else replies.refused_by_rule(words)
            case Refusal.UNKNOWN:
                return replies.NO_SUCH_RECIPIENT
            case Refusal.SWITCHED_OFF:
                return replies.MAILBOX_DISABLED
            case never:
                assert_never(never)

    def _rejected(self, recipient: str, reverse_path: str, size: int | None) -> str | None:
        """What a rule has to say against it, as far as the dialogue tells."""
        organisation = self.organisation
        if not organisation.rules:
            return None
        key = address_key(recipient)
        gateway = organisation.gateway(key)
        concrete = None if gateway is None else without_subaddress(key) if gateway.catches_all else gateway.address
        return rejects_at_smtp(organisation.rules, address_key(reverse_path) or reverse_path, key, concrete, size)

    async def message(self, envelope: Envelope, content: Content, seen: Seen | None = None) -> Reply:
        """The reply to the content, positive only once it is committed. Takes `content` over. `seen` is what DNS says of the peer."""
        peer = envelope.peer.address
        if count_received(content.head(HEADER_BLOCK)) >= self.limits.received_fields:
            content.close()
            log.warning("message refused", why="mail loop", trace_id=envelope.trace_id, peer=peer)
            return replies.MAIL_LOOP
        against = [self._rejected(each, envelope.reverse_path, content.size) for each in envelope.recipients]
        if against and all(each is not None for each in against):
            content.close()
            log.info("message refused", why="a rule", trace_id=envelope.trace_id, peer=peer)
            return replies.refused_by_rule(against[0] or "")
        examined = await self._examined(envelope, content, seen)
        if isinstance(examined, Reply):
            return examined
        envelope = examined
        try:
            inbound_id = await self.acceptor.accept_message(envelope, content)
        except Exception as error:  # noqa: BLE001 (promise 3: unknown failures are temporary; the log has the cause)
            log.warning("message not accepted", trace_id=envelope.trace_id, peer=peer, error=type(error).__name__)
            return replies.NOT_NOW
        seconds = envelope.peer.seconds
        log.info("message accepted", inbound=inbound_id, trace_id=envelope.trace_id, peer=peer, size=content.size, seconds=seconds)
        return replies.queued(envelope.trace_id)

    async def _examined(self, envelope: Envelope, content: Content, seen: Seen | None) -> Envelope | Reply:
        """The envelope with what was found on peer and content; `content` is closed where it is refused."""
        if self.screener is None:
            return envelope
        try:
            examined = await self.screener.examine(envelope, content, seen)
        except BaseException:
            content.close()
            raise
        if isinstance(examined, Envelope):
            return examined
        content.close()
        log.warning("message refused", why=examined.why, trace_id=envelope.trace_id, peer=envelope.peer.address, reply=examined.reply.code)
        return examined.reply
