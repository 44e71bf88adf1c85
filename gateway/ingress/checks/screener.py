"""The one that sessions ask about their peers and contents, and the acceptor of fetched mail about contents alone."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from ipaddress import ip_address

import structlog

from gateway.auth.dns import Resolver
from gateway.domain.envelope import Envelope
from gateway.ingress import replies
from gateway.ingress.checks.conclude import Refused, about_content, about_peer, outcome_of
from gateway.ingress.checks.greylist import Greylist, Knocks
from gateway.ingress.checks.look import Refusals, Seen, look_at
from gateway.ingress.checks.policy import Policy
from gateway.ingress.checks.scanners.results import Result
from gateway.ingress.checks.scanners.scan import Scanners
from gateway.ingress.checks.scanners.wire import Asked
from gateway.ingress.content import Content
from gateway.ingress.recipients import POSTMASTER
from gateway.ingress.replies import Reply
from gateway.ingress.trace import stamp
from gateway.mail.address import address_key

log = structlog.get_logger()

Count = Callable[[str, str], None]
"""Called with a check and its outcome, both of few words, for metrics."""


@dataclass(slots=True)
class Screener:
    """Shared by all sessions of a process; a reload makes another one. `friends` says of a normalised address that it is an agent's or
    otherwise ours, and so never a stranger's."""

    policy: Policy
    hostname: str
    resolver: Resolver
    greylist: Greylist | None = None
    friends: Callable[[str], bool] = lambda _address: False
    count: Count = lambda _check, _outcome: None
    refusals: Refusals = field(default_factory=Refusals)
    _scanners: Scanners | None = field(init=False)

    def __post_init__(self) -> None:
        self._scanners = Scanners(self.policy.scanners, self.policy.scans_at_once) if self.policy.scanners else None

    def visit(self, address: str | None) -> "Visit | None":
        """Of a peer by SMTP, as soon as its address is known; None where nothing is to be asked about it."""
        if address is None or not self.policy.looks_at_peers or self.policy.is_exempt(ip_address(address.partition("%")[0])):
            return None
        return Visit(self, address.partition("%")[0])

    async def examine(
        self, envelope: Envelope, content: Content, seen: Seen | None = None, *, refusable: bool = True
    ) -> Refused | Envelope:
        """The envelope with what was found. Takes the scanners' time; `content` stays the caller's."""
        head = stamp(envelope, self.hostname, datetime.now(UTC))
        told = await self._scanners.scan(asked(envelope, content, head)) if self._scanners is not None else ()
        for each in told:
            self.count(each.scanner.kind, name_of(each.result))
        concluded = about_content(seen, told, self.policy, refusable=refusable)
        if isinstance(concluded, Refused):
            self.count(concluded.check, "refused" if concluded.reply.code >= 500 else "deferred")
            return concluded
        return replace(envelope, screening=concluded)


def asked(envelope: Envelope, content: Content, head: bytes) -> Asked:
    peer = envelope.peer
    return Asked(
        content.size,
        content.chunks,
        head,
        envelope.reverse_path,
        envelope.recipients,
        peer.address,
        peer.helo,
        peer.host,
        envelope.trace_id,
    )


def name_of(result: Result) -> str:
    return type(result).__name__.lower()


class Visit:
    """One peer's connection. DNS is asked about it from the beginning; the answer is waited for at the first recipient."""

    def __init__(self, screener: Screener, address: str) -> None:
        self._screener = screener
        self._address = address
        self._looking = asyncio.create_task(look_at(address, screener.policy, screener.resolver, screener.refusals), name="look at peer")
        self._told = False
        self._sources: dict[tuple[str, str], str] = {}

    def end(self) -> None:
        """Nobody needs the answer any more."""
        self._looking.cancel()

    async def seen(self) -> Seen:
        return await asyncio.shield(self._looking)

    async def recipient(self, reverse_path: str, helo: str, recipient: str) -> Reply | None:
        """The refusal of a recipient that would be taken else. Postmaster hears everybody (RFC 5321 §4.5.1): who is refused by mistake
        has to tell somebody."""
        if recipient.partition("@")[0].lower() == POSTMASTER:
            return None
        seen = await self.seen()
        refused = about_peer(seen, self._address, self._screener.policy)
        if not self._told:
            self._told = True
            self._tell(seen, refused)
        if refused is not None:
            self._screener.count(refused.check, "refused" if refused.reply.code >= 500 else "deferred")
            return refused.reply
        # A null reverse-path is that of callouts too, which look at RCPT alone; they would fail, and our own letters be refused.
        return await self._greylisted(seen, reverse_path, helo, recipient) if reverse_path else None

    async def content(self, reverse_path: str, helo: str, recipients: Sequence[str]) -> Reply | None:
        """The refusal of a content before it comes. Reports to strangers (the null reverse-path) are asked to come back here: callouts have
        their answer by now, and content that is refused anyway is spared both sides."""
        if reverse_path or not recipients:
            return None
        named = [each for each in recipients if each.partition("@")[0].lower() != POSTMASTER]
        return await self._greylisted(await self.seen(), reverse_path, helo, named[0]) if named else None

    async def _greylisted(self, seen: Seen, reverse_path: str, helo: str, recipient: str) -> Reply | None:
        greylist = self._screener.greylist
        if greylist is None or seen.accepted or (reverse_path and self._screener.friends(address_key(reverse_path))):
            return None
        asked_by = (reverse_path.rpartition("@")[2], helo)
        if asked_by not in self._sources:
            self._sources[asked_by] = await greylist.source_of(self._address, seen.host, reverse_path, helo)
        met = await greylist.weigh(Knocks(self._sources[asked_by], reverse_path, recipient))
        self._screener.count("greylist", met or "unknown")
        if met != "waits":
            return None
        log.info("greylisted", peer=self._address, source=self._sources[asked_by])
        return replies.GREYLISTED

    def _tell(self, seen: Seen, refused: Refused | None) -> None:
        self._screener.count("peer", outcome_of(seen))
        if refused is not None:
            log.warning("peer refused", peer=self._address, why=refused.why, reply=refused.reply.code)
