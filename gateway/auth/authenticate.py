"""One message's authentication: asks DNS what has to be asked, all at once and within one deadline, and lets `verdict` conclude."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from gateway.auth import dmarc, spf
from gateway.auth.dns import Answer, Resolver
from gateway.auth.results import believed, is_relay, within
from gateway.auth.signature import MOST_SIGNATURES, Signature, key_name
from gateway.auth.verdict import Findings, author_domain, local_verdict, own_verdict, stated_verdict
from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.domain.organisation import Trust
from gateway.domain.verdict import Verdict
from gateway.mail.message import Message

VerifyDkim = Callable[[Mapping[str, bytes]], Awaitable[tuple[Signature, ...]]]
"""Verifies this message's signatures, given TXT records by key name; see `gateway.auth.dkim`."""


async def authenticate(envelope: Envelope, message: Message, resolver: Resolver, trust: Trust, verify_dkim: VerifyDkim) -> Verdict:
    """Never raises for what the message or DNS says; takes `dns.MAIL_SECONDS` and the time to verify at most.

    For mail fetched from a mailbox, `trust.authserv_id` is that mailbox's own.
    """
    if believed_locally(envelope.peer, trust):
        return local_verdict(message, envelope.peer)
    stated = believed(message, envelope.peer, trust)
    said = stated_verdict(message, stated)
    if said.aligned:
        return said
    return own_verdict(message, await _find(envelope, message, resolver, trust, verify_dkim), stated)


def believed_locally(peer: Peer, trust: Trust) -> bool:
    """`trust.local` names networks, and ways of entry such as `stdin`."""
    return peer.entry.value in trust.local or (peer.address is not None and within(peer.address, trust.local))


async def _find(envelope: Envelope, message: Message, resolver: Resolver, trust: Trust, verify_dkim: VerifyDkim) -> Findings:
    deadline = resolver.deadline()
    # The address of a relay of ours, or of a local program, says nothing about the author's domain.
    peer = envelope.peer
    address = peer.address if peer.entry is Entry.SMTP and not is_relay(peer, trust) else None
    identity = spf.identify(envelope.reverse_path, peer.helo)
    async with asyncio.TaskGroup() as together:
        policy = together.create_task(_policy(message, resolver, deadline))
        signatures = together.create_task(_signatures(message, resolver, deadline, verify_dkim))
        if address is not None:
            result = together.create_task(spf.check(address, peer.helo, envelope.reverse_path, resolver, deadline))
    if address is None:
        return Findings(signatures=signatures.result(), policy=policy.result())
    return Findings(result.result(), identity.domain if identity else None, signatures.result(), policy.result(), spf_was_possible=True)


async def _policy(message: Message, resolver: Resolver, deadline: float) -> dmarc.Published:
    domain = author_domain(message)
    return await dmarc.fetch_policy(domain, resolver, deadline) if "." in domain and not domain.startswith("[") else None


async def _signatures(message: Message, resolver: Resolver, deadline: float, verify_dkim: VerifyDkim) -> tuple[Signature, ...]:
    names = list(dict.fromkeys(key_name(each.selector, each.domain) for each in message.dkim[:MOST_SIGNATURES]))
    if not names:
        return ()
    answers = dict(zip(names, await asyncio.gather(*(resolver.ask(name, "TXT", deadline) for name in names)), strict=True))
    found = await verify_dkim({name: _key(answer) for name, answer in answers.items() if answer.status != "temperror"})
    return tuple([_settled(each, answers) for each in found])


def _settled(signature: Signature, asked: Mapping[str, Answer]) -> Signature:
    """A key that nobody asked for will not come later either: the field was written so that two readers find different names in it."""
    if signature.result == "temperror" and signature.domain and key_name(signature.selector, signature.domain) not in asked:
        return replace(signature, result="permerror", why="it does not say plainly where its key is")
    return signature


def _key(answer: Answer) -> bytes:
    """RFC 6376 §3.6.2.2 leaves several records undefined: the first that looks like a key is taken, `b""` where there is none."""
    return next((text for text in answer.texts if b"p=" in text), b"")
