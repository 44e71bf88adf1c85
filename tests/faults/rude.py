"""Peers that mean no good, in a process of their own so that they cost the test's honest ones no time: `python -m tests.faults.rude`.

`crawl HOST PORT NUMBER` holds so many sessions in the middle of their content and, between the lines `on` and `off` on its standard input,
sends an octet a second in each. `attack HOST PORT NUMBER` attacks in every way at once. Both print `ready` once they have begun; when their
standard input ends they end, and `attack` says how often each way was gone through or thrown out.
"""

import asyncio
import contextlib
import itertools
import select
import socket
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from tests.ingress.smtp_client import Client

MIB = 1 << 20
CHUNK = 64 * 1024


def source(number: int) -> str:
    """Of a network of its own, as far as there are 250 of them."""
    return f"127.1.{number % 250}.{1 + number // 250}"


def crawl(host: str, port: int, number: int) -> None:
    sessions = [socket.create_connection((host, port), source_address=(source(each), 0)) for each in range(number)]
    for said in (b"", b"EHLO client.test\r\n", b"MAIL FROM:<slow@client.test>\r\n", b"RCPT TO:<support@desk.test>\r\n", b"DATA\r\n"):
        for each in sessions:
            each.sendall(said)
        for each in sessions:
            assert each.recv(4096)[:1] in (b"2", b"3")
    print("ready", flush=True)
    going = False
    for each in itertools.cycle(sessions):
        if select.select([sys.stdin], [], [], None if not going else 0)[0]:
            line = sys.stdin.readline()
            if not line:
                return
            going = line.strip() == "on"
        if going:
            each.send(b"x")
            time.sleep(1 / number)


async def endless_line(client: Client) -> None:
    await forever(client, b"x" * CHUNK)


async def endless_line_after_mail(client: Client) -> None:
    await client.say("EHLO client.test")
    await client.say("MAIL FROM:<evil@client.test>")
    await forever(client, b"RCPT TO:<" + b"x" * CHUNK)


async def endless_line_of_content(client: Client) -> None:
    await in_content(client)
    await forever(client, b"x" * CHUNK)


async def tiny_lines(client: Client) -> None:
    await in_content(client)
    await forever(client, b"\r\n" * (CHUNK // 2))


async def tiny_writes(client: Client) -> None:
    await in_content(client)
    await forever(client, b"\r\n")


async def whole_large_bodies(client: Client) -> None:
    await in_content(client)
    lines = (b"x" * 998 + b"\r\n") * 64
    for _ in range(50 * MIB // len(lines)):
        client.send(lines)
        await client.writer.drain()
    client.send(b".\r\n")
    async with asyncio.timeout(120):
        reply = await client.reader.readline()
    assert reply[:3] in (b"250", b"451", b"452"), reply


async def never_reads(client: Client) -> None:
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await forever(client, b"EHLO client.test\r\nRSET\r\nMAIL FROM:<evil@client.test>\r\n" * 1000)


async def in_content(client: Client) -> None:
    await client.say("EHLO client.test")
    await client.envelope("evil@client.test", "support@desk.test")
    assert (await client.say("DATA")).startswith("354")


async def forever(client: Client, octets: bytes) -> None:
    while True:
        client.send(octets)
        await client.writer.drain()
        await asyncio.sleep(0)


WAYS: tuple[Callable[[Client], Awaitable[None]], ...] = (
    endless_line,
    endless_line_after_mail,
    endless_line_of_content,
    tiny_lines,
    tiny_writes,
    whole_large_bodies,
    never_reads,
)


async def attack(host: str, port: int, number: int) -> None:
    ends: Counter[str] = Counter()
    attackers = [asyncio.create_task(again(host, port, WAYS[each % len(WAYS)], source(each), ends)) for each in range(number)]
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for each in attackers:
        each.cancel()
    print(*(f"{way}={times}" for way, times in sorted(ends.items())), flush=True)


async def again(host: str, port: int, way: Callable[[Client], Awaitable[None]], address: str, ends: Counter[str]) -> None:
    """As soon as it is thrown out."""
    while True:
        with contextlib.suppress(OSError, AssertionError, TimeoutError):
            async with Client(port, host, address) as client:
                await client.reply()
                await way(client)
                ends["whole_bodies"] += 1
                continue
        ends[f"thrown_out_of_{way.__name__}"] += 1
        await asyncio.sleep(0.05)


def main() -> None:
    what, host, port, number = sys.argv[1:]
    if what == "crawl":
        crawl(host, int(port), int(number))
    else:
        asyncio.run(attack(host, int(port), int(number)))


if __name__ == "__main__":
    main()
