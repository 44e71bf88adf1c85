"""One message's authentication: asks DNS what has to be asked, all at once and within one deadline, and lets `verdict` conclude."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from gateway.auth import dmarc, spf
from gateway.auth.dns import Answer, Resolver
from gateway.auth.results import believed, is_relay, within
from gateway.auth.signature import Verified
from gateway.auth.verdict import Findings, author_domain, local_verdict, own_verdict, stated_verdict
from gateway.auth.written import read_written
from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.domain.organisation import Trust
from gateway.domain.verdict import Verdict
from gateway.mail.message import Message

Verify = Callable[[bytes, Mapping[str, bytes]], Awaitable[Verified]]
"""Verifies a content's signatures, given TXT records by key name; see `gateway.auth.verify`."""


async def authenticate(envelope: Envelope, message: Message, content: bytes, resolver: Resolver, trust: Trust, verify: Verify) -> Verdict:
    """Never raises for what the message or DNS says; takes `dns.MAIL_SECONDS` and the time to verify at most.

    `content` is what `message` was made of. For mail fetched from a mailbox, `trust.authserv_id` is that mailbox's own.
    """
    if believed_locally(envelope.peer, trust):
        return local_verdict(message, envelope.peer)
    stated = believed(message, envelope.peer, trust)
    said = stated_verdict(message, stated)
    if said.aligned:
        return said
    found = await _find(envelope, message, content, resolver, trust, verify)
    return own_verdict(message, found, stated, trust.arc_sealers)


def believed_locally(peer: Peer, trust: Trust) -> bool:
    """`trust.local` names networks, and ways of entry such as `stdin`."""
    return peer.entry.value in trust.local or (peer.address is not None and within(peer.address, trust.local))


async def _find(envelope: Envelope, message: Message, content: bytes, resolver: Resolver, trust: Trust, verify: Verify) -> Findings:
    deadline = resolver.deadline()
    # The address of a relay of ours, or of a local program, says nothing about the author's domain.
    peer = envelope.peer
    address = peer.address if peer.entry is Entry.SMTP and not is_relay(peer, trust) else None
    identity = spf.identify(envelope.reverse_path, peer.helo)
    async with asyncio.TaskGroup() as together:
        policy = together.create_task(_policy(message, resolver, deadline))
        verified = together.create_task(_verified(content, resolver, deadline, verify))
        if address is not None:
            result = together.create_task(spf.check(address, peer.helo, envelope.reverse_path, resolver, deadline))
    found = Findings(signatures=verified.result().signatures, chain=verified.result().chain, policy=policy.result())
    if address is None:
        return found
    return replace(found, spf=result.result(), spf_domain=identity.domain if identity else None, spf_was_possible=True)


async def _policy(message: Message, resolver: Resolver, deadline: float) -> dmarc.Published:
    domain = author_domain(message)
    return await dmarc.fetch_policy(domain, resolver, deadline) if "." in domain and not domain.startswith("[") else None


async def _verified(content: bytes, resolver: Resolver, deadline: float, verify: Verify) -> Verified:
    written = read_written(content)
    if not written.dkim and not written.arc:
        return Verified()
    names = written.key_names
    answers = await asyncio.gather(*(resolver.ask(name, "TXT", deadline) for name in names))
    return await verify(content, {name: _key(answer) for name, answer in zip(names, answers, strict=True) if answer.status != "temperror"})


def _key(answer: Answer) -> bytes:
    """RFC 6376 §3.6.2.2 leaves several records undefined: the first that looks like a key is taken, `b""` where there is none."""
    return next((text for text in answer.texts if b"p=" in text), b"")
