"""Delivery to a relay by SMTP: one transaction a parcel, an outcome a recipient, over connections that are kept and used again.

The dialogue is aiosmtplib's up to the greeting, TLS and login. The transaction is spelt out here, because what has to be known of it
`sendmail` does not tell: which recipient got which answer, and whether the final dot had gone out when the connection broke.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from gateway.outbound.connections import Connection, Connections, Relay, Unreachable
from gateway.outbound.delivery import Parcel
from gateway.outbound.headers import needs_smtputf8, wire_address
from gateway.outbound.retry import Deferred, Outcome, Refused, Stage, classify

__all__ = ["Relay", "SmtpTransport"]

WITHOUT_SMTPUTF8: Final = Refused("553 5.6.7 an address needs SMTPUTF8 (RFC 6531), which the relay does not offer")


class SmtpTransport:
    """Delivers to one relay. An attempt takes `relay.attempt` seconds at most, whatever the relay does or does not."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._connections = Connections(relay)

    async def deliver(self, parcel: Parcel) -> Mapping[str, Outcome]:
        transaction = _Transaction(parcel)
        try:
            async with asyncio.timeout(self._relay.attempt):
                await self._deliver(transaction)
        except TimeoutError:
            transaction.broke(f"the attempt took longer than {self._relay.attempt:.0f} s")
        return transaction.outcomes

    async def aclose(self) -> None:
        await self._connections.aclose()

    async def _deliver(self, transaction: "_Transaction") -> None:
        try:
            async with self._connections.use() as connection:
                again = await transaction.run(connection)
            if again:
                # The relay had closed the kept connection, or said 421 to it: that says nothing of the letter.
                async with self._connections.use(fresh=True) as connection:
                    await transaction.run(connection)
        except Unreachable as error:
            transaction.unreachable(error)


@dataclass(slots=True)
class _Transaction:
    """One MAIL–RCPT–DATA. `outcomes` is complete when `run`, `broke` or `unreachable` has returned."""

    parcel: Parcel
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    _accepted: list[str] = field(default_factory=list)
    _dotted: bool = False
    _plain: bool = False
    """The server lacks SMTPUTF8, and those who can do without get the letter without."""

    @property
    def content(self) -> bytes:
        return self.parcel.content if not self._plain or self.parcel.plain is None else self.parcel.plain

    @property
    def smtputf8(self) -> bool:
        return self.parcel.smtputf8 and not self._plain

    async def run(self, connection: Connection) -> bool:
        """True: nothing was said about the letter yet, and a fresh connection may do."""
        try:
            if not await self._mail(connection):
                return connection.used_before and self._only_the_connection_failed()
            await self._rcpt(connection)
            if self._accepted:
                await self._data(connection)
            else:
                await _reset(connection)
        except aiosmtplib.SMTPException as error:
            connection.spoil()
            if connection.used_before and not self.outcomes and not self._accepted:
                return True
            self.broke(_told(error))
        return False

    def broke(self, how: str) -> None:
        """The connection or its time ended: after the final dot the relay may have taken the letter."""
        reply = f"no answer after the final dot: {how}" if self._dotted else how
        self._settle_rest(Deferred(reply, unanswered=self._dotted))

    def unreachable(self, error: Unreachable) -> None:
        code = error.code
        outcome = Deferred(error.reply, unreachable=True) if code is None else classify(error.stage, code, error.text)
        self._settle_rest(outcome)

    async def _mail(self, connection: Connection) -> bool:
        client = connection.client
        self._do_without_smtputf8(client)
        refusal = _too_large(client, self.content)
        if refusal is not None:
            self._settle_rest(refusal)
        if len(self.outcomes) == len(self.parcel.recipients):
            return False
        reply = await client.execute_command(b"MAIL", b"FROM:" + _path(self.parcel.reverse_path), *self._options(client))
        if 200 <= reply.code <= 299:
            return True
        self._settle_rest(classify(Stage.MAIL, reply.code, reply.message))
        await _reset(connection)
        return False

    def _do_without_smtputf8(self, client: aiosmtplib.SMTP) -> None:
        """Where the server does not offer it: whoever has no address in ASCII cannot be written to; nobody can where we have none."""
        if not self.parcel.smtputf8 or client.supports_extension("smtputf8"):
            return
        self._plain = True
        for address in self.parcel.recipients:
            if self.parcel.plain is None or needs_smtputf8(address):
                self.outcomes[address] = WITHOUT_SMTPUTF8

    def _options(self, client: aiosmtplib.SMTP) -> list[bytes]:
        options = []
        if client.supports_extension("size"):
            options.append(b"SIZE=%d" % len(self.content))
        if self.smtputf8:
            options.append(b"SMTPUTF8")
        if self.smtputf8 and client.supports_extension("8bitmime"):
            options.append(b"BODY=8BITMIME")
        return options

    async def _rcpt(self, connection: Connection) -> None:
        for address in (each for each in self.parcel.recipients if each not in self.outcomes):
            reply = await connection.client.execute_command(b"RCPT", b"TO:" + _path(address))
            if 200 <= reply.code <= 299:
                self._accepted.append(address)
            else:
                self.outcomes[address] = classify(Stage.RCPT, reply.code, reply.message)
            if reply.code == 421:
                connection.spoil()
                self._accepted.clear()
                self._settle_rest(classify(Stage.RCPT, reply.code, reply.message))
                return

    async def _data(self, connection: Connection) -> None:
        reply = await connection.client.execute_command(b"DATA")
        if reply.code != 354:
            self._settle_rest(classify(Stage.DATA, reply.code, reply.message))
            await _reset(connection)
            return
        reply = await self._content(connection)
        # What came before the final dot is about the content that far, and never an acceptance.
        self._settle_rest(classify(Stage.END if self._dotted else Stage.DATA, reply.code, reply.message))
        if reply.code == 421 or not self._dotted:
            connection.spoil()

    async def _content(self, connection: Connection) -> aiosmtplib.SMTPResponse:
        """Sends the content, then the final dot once all of the content has left; returns the answer, which may come before."""
        protocol = connection.client.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("the connection was closed")
        answer = asyncio.ensure_future(protocol.read_response())
        try:
            # aiosmtplib drops what comes before somebody reads: the reader must be under way before the dot, however quick the relay.
            await asyncio.sleep(0)
            protocol.write(_stuffed(self.content))
            await _sent(protocol, answer)
            if not answer.done():
                self._dotted = True
                protocol.write(b".\r\n")
            return await asyncio.wait_for(answer, connection.relay.final_timeout)
        except TimeoutError:
            raise aiosmtplib.SMTPServerDisconnected(f"nothing for {connection.relay.final_timeout:.0f} s") from None
        finally:
            answer.cancel()

    def _settle_rest(self, outcome: Outcome) -> None:
        for address in self.parcel.recipients:
            self.outcomes.setdefault(address, outcome)

    def _only_the_connection_failed(self) -> bool:
        """A kept connection may be answered 421 at any time (RFC 5321 §3.8); the letter gets another one."""
        if all(isinstance(each, Deferred) and each.code == 421 for each in self.outcomes.values()):
            self.outcomes.clear()
            return True
        return False


def _too_large(client: aiosmtplib.SMTP, content: bytes) -> Refused | None:
    limit = client.esmtp_extensions.get("size", "").split(" ")[0]
    if limit.isdigit() and 0 < int(limit) < len(content):
        return Refused(f"552 5.3.4 the letter has {len(content)} octets, the relay takes {limit} (RFC 1870)")
    return None


def _path(address: str) -> bytes:
    return f"<{wire_address(address)}>".encode() if address else b"<>"


def _stuffed(content: bytes) -> bytes:
    """With dots doubled at the beginnings of lines (RFC 5321 §4.5.2)."""
    doubled = content.replace(b"\r\n.", b"\r\n..")
    return b"." + doubled if doubled.startswith(b".") else doubled


async def _sent(protocol: SMTPProtocol, answer: "asyncio.Future[aiosmtplib.SMTPResponse]") -> None:
    """Waits until the kernel has all that was written, or the relay has answered early."""
    while not answer.done() and _unsent(protocol):
        await asyncio.wait([answer], timeout=_POLL)


def _unsent(protocol: SMTPProtocol) -> int:
    transport = protocol.transport
    return transport.get_write_buffer_size() if isinstance(transport, asyncio.WriteTransport) else 0


async def _reset(connection: Connection) -> None:
    """A connection whose transaction was refused is fit for the next one after RSET."""
    try:
        reply = await connection.client.rset()
    except aiosmtplib.SMTPException:
        connection.spoil()
    else:
        if reply.code != 250:
            connection.spoil()


def _told(error: aiosmtplib.SMTPException) -> str:
    return f"{error.message or type(error).__name__}"


_POLL: Final = 0.01
