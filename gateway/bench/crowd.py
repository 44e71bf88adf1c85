"""What thousands of open connections cost: how long a greeting takes, and the listener's memory, in the clear and under TLS."""

import asyncio
import resource
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.bench.serving import configuration, resident_octets, served
from gateway.config.limits import Limits

NETWORKS: Final = 250
"""That the connections come from, of 127/8: one may have so many alone, and an address fewer."""
AT_ONCE: Final = 200
"""Connections that wait for their greeting at the same time."""
SETTLING_SECONDS: Final = 0.5
LIMITS_AND_CERTIFICATE: Final = """
[limits]
connections = {connections}
tls_connections = {tls}
[tls]
certificate = "bench.crt"
key = "bench.key"
"""


async def measure(database_url: str, folder: Path, *, connections: int = 2000, tls: bool = False) -> dict[str, Any]:
    """Of a listener alone. Under TLS by STARTTLS; its budget is raised to as many, and what the default one bounds is told as well."""
    allow_descriptors(connections)
    certificate(folder)
    more = LIMITS_AND_CERTIFICATE.format(connections=connections + 100, tls=connections)
    config = configuration(folder, database_url, more=more)
    async with served(config, folder / "crowd.log", "listener") as running:
        listener = running.pid_of("listener-0")
        await crowd(running.port, min(connections, 50), tls=tls)  # what the first of all leave behind is no connection's
        before = resident_octets(listener)
        held: list[Guest] = []
        try:
            seconds = await crowd(running.port, connections, tls=tls, held=held)
            await asyncio.sleep(SETTLING_SECONDS)
            above = resident_octets(listener) - before
        finally:
            for guest in held:
                guest.leave()
    seconds.sort()
    found = {
        "connections": len(held),
        "greeting_p50_seconds": round(seconds[len(seconds) // 2], 4),
        "greeting_p99_seconds": round(seconds[len(seconds) * 99 // 100], 4),
        "rss_above_start_mb": round(above / 1e6, 1),
        "kilobytes_per_connection": round(above / 1e3 / len(held), 1),
    }
    if tls:
        budget = Limits().tls_connections
        found |= {"budget_connections": budget, "budget_mb": round(above / 1e6 / len(held) * budget, 1)}
    return found


async def crowd(port: int, connections: int, *, tls: bool, held: "list[Guest] | None" = None) -> list[float]:
    """Seconds that each waited for its greeting, TLS's handshake not among them. Those not `held` leave at once."""
    room = asyncio.Semaphore(AT_ONCE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    async def one(source: str) -> float:
        async with room:
            began = time.perf_counter()
            guest = await Guest.at(port, source)
            await guest.answer("220")
            waited = time.perf_counter() - began
            await guest.ask("EHLO guest.test", "250")
            if tls:
                await guest.secure(context)
                await guest.ask("EHLO guest.test", "250")
        if held is None:
            guest.leave()
        else:
            held.append(guest)
        return waited

    return await asyncio.gather(*map(one, sources(connections)))


def sources(count: int) -> Iterator[str]:
    """Addresses of loopback, spread over networks."""
    for number in range(count):
        within, network = divmod(number, NETWORKS)
        yield f"127.1.{network}.{within + 1}"


class Guest:
    """A connection that says little and stays."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def at(cls, port: int, source: str) -> "Guest":
        return cls(*await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0), limit=8192))

    async def answer(self, expected: str) -> None:
        line = b"   -"
        while line[3:4] == b"-":
            line = await self._reader.readline()
            if not line.startswith(expected.encode()):
                raise RuntimeError(f"a connection of the benchmark was told {line.decode('utf-8', 'replace').strip() or 'nothing'}")

    async def ask(self, command: str, expected: str) -> None:
        self._writer.write(f"{command}\r\n".encode())
        await self.answer(expected)

    async def secure(self, context: ssl.SSLContext) -> None:
        await self.ask("STARTTLS", "220")
        await self._writer.start_tls(context)

    def leave(self) -> None:
        self._writer.transport.abort()


def allow_descriptors(connections: int) -> None:
    """In this process and the one that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + 500
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def certificate(folder: Path) -> None:
    """One that nobody vouches for, and its key."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bench.example.com")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .sign(key, SHA256())
    )
    (folder / "bench.crt").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "bench.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
