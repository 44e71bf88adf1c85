"""An authoritative name server on loopback: answers from a zone written in a test, and misbehaves where told."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from dnslib import AAAA, CNAME, MX, NS, PTR, QTYPE, RCODE, RR, SOA, TLSA, TXT, A, DNSRecord

Zone = Mapping[tuple[str, str], Sequence[Any] | str]
"""Records by (name without final dot, kind); `"servfail"` or `"silent"` in their place. A `CNAME` answers for every kind."""

_MAKE = {
    "A": A,
    "AAAA": AAAA,
    "CNAME": CNAME,
    "PTR": PTR,
    "NS": NS,
    "MX": lambda record: MX(record[1], record[0]),
    "TLSA": lambda record: TLSA(*record),
    "TXT": lambda text: TXT([text[start : start + 255] for start in range(0, len(text), 255)] or [""]),
}


_MOST_ALIASES = 20


class NameServer(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone, ttl: int = 300) -> None:
        self.zone = {(name.lower(), kind): records for (name, kind), records in zone.items()}
        self.ttl = ttl
        self.asked: Counter[tuple[str, str]] = Counter()
        self.deaf = False
        self.insecure: set[str] | None = None
        """It validates DNSSEC, and these names alone cannot be; None: it validates nothing."""
        self.truncates = False
        """Answers by UDP say no more than that they are too long."""
        self.port = 0

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # what a datagram endpoint gives
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        reply = None if self.deaf else self.reply_to(DNSRecord.parse(data))
        if reply is None:
            return
        if self.truncates:
            reply.rr.clear()
            reply.header.tc = 1
        self.transport.sendto(reply.pack(), addr)

    async def serve_stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One question by TCP (RFC 1035 §4.2.2)."""
        question = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
        reply = self.reply_to(DNSRecord.parse(question))
        if reply is not None:
            packed = reply.pack()
            writer.write(len(packed).to_bytes(2, "big") + packed)
            await writer.drain()
        writer.close()

    def reply_to(self, request: DNSRecord) -> DNSRecord | None:
        name, kind = str(request.q.qname).rstrip(".").lower(), QTYPE[request.q.qtype]
        self.asked[name, kind] += 1
        reply = request.reply()
        # RFC 6840 §5.7: only who asks for it is told.
        reply.header.ad = int(bool(request.header.ad) and self.insecure is not None and name not in self.insecure)
        records = self.zone.get((name, kind), ())
        if records == "silent":
            return None
        if records == "servfail":
            reply.header.rcode = RCODE.SERVFAIL
            return reply
        while not records and len(reply.rr) < _MOST_ALIASES and (alias := self.zone.get((name, "CNAME"))):
            reply.add_answer(RR(name, QTYPE.CNAME, rdata=CNAME(alias[0]), ttl=self.ttl))
            name = str(alias[0]).lower()
            records = self.zone.get((name, kind), ())
        for record in records:
            reply.add_answer(RR(name, getattr(QTYPE, kind), rdata=_MAKE[kind](record), ttl=self.ttl))
        if not records:
            known = any(each == name or each.endswith(f".{name}") for each, _ in self.zone)
            reply.header.rcode = RCODE.NOERROR if known else RCODE.NXDOMAIN
            reply.add_auth(RR("test", QTYPE.SOA, rdata=SOA("ns.test", "admin.test", (1, 60, 60, 60, 60)), ttl=self.ttl))
        return reply


@asynccontextmanager
async def name_server(zone: Zone, ttl: int = 300) -> AsyncIterator[NameServer]:
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: NameServer(zone, ttl), local_addr=("127.0.0.1", 0)
    )
    try:
        yield server
    finally:
        transport.close()


@asynccontextmanager
async def truncating_name_server(zone: Zone) -> AsyncIterator[NameServer]:
    """Gives whole answers by TCP only, at the same port."""
    async with name_server(zone) as server:
        server.truncates = True
        async with await asyncio.start_server(server.serve_stream, "127.0.0.1", server.port):
            yield server
