"""Flow control and matching, below the transaction."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from gateway.outbound.delivery import Parcel
from gateway.outbound.dialogue import Broken, Dialogue
from gateway.outbound.retry import Delivered
from gateway.outbound.session import Session
from gateway.outbound.transaction import PIECE, Transaction
from tests.waiting import until

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
A = "a@client.test"


@contextlib.asynccontextmanager
async def dialogue_with(serve: Serve) -> AsyncIterator[Dialogue]:
    async with await asyncio.start_server(serve, "127.0.0.1", limit=4096) as server:
        host, port = server.sockets[0].getsockname()
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, host, port)
        dialogue = Dialogue(transport)
        yield dialogue
        dialogue.abort()


async def test_replies_belong_to_commands_in_their_order() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(9)
        writer.write(b"250 one\r\n250-t")
        await asyncio.sleep(0.01)
        writer.write(b"wo\r\n250 two\r\n550 three\r\n")

    async with dialogue_with(serve) as dialogue:
        dialogue.write(b"A\r\nB\r\nC\r\n", replies=3)
        assert [(await dialogue.reply(20.0)).text for _ in range(3)] == ["one", "two\ntwo", "three"]
        with pytest.raises(Broken, match=r"no answer within 0\.05 s"):
            await dialogue.reply(0.05)


async def test_what_came_before_the_end_is_still_told() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"421 closing\r\n")
        writer.close()

    async with dialogue_with(serve) as dialogue:
        dialogue._awaited = 2
        await asyncio.sleep(0.05)
        assert (await dialogue.reply(20.0)).code == 421
        with pytest.raises(Broken, match="the server closed the connection"):
            await dialogue.reply(20.0)
        assert not dialogue.open


async def test_what_nobody_asked_ends_the_session() -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"250 by the way\r\n")

    async with dialogue_with(serve) as dialogue:
        await until(lambda: not dialogue.open)
        with pytest.raises(Broken) as broken:
            dialogue.write(b"NOOP\r\n", replies=1)
        assert broken.value.out_of_step


async def test_a_large_letter_is_held_once_and_blocks_nobody() -> None:
    """No more of it waits in the transport than a piece, and others have their turn meanwhile."""
    content = (b"y" * 70 + b"\r\n") * 200_000
    slowest = 0.0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = b""
        while b"DATA\r\n" not in said:
            said += await reader.read(4096)
        writer.write(b"250 a\r\n250 b\r\n354 go\r\n")
        tail = b""
        while not tail.endswith(b"\r\n.\r\n"):
            tail = (tail + await reader.read(1 << 20))[-5:]
        writer.write(b"250 taken\r\n")

    async def turns() -> None:
        nonlocal slowest
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            slowest = max(slowest, time.thread_time() - before)

    async with dialogue_with(serve) as dialogue:
        waiting: list[int] = []
        write = dialogue._transport.write

        def watched(octets: bytes) -> None:
            write(octets)
            waiting.append(dialogue._transport.get_write_buffer_size())

        dialogue._transport.write = watched  # type: ignore[method-assign,assignment]
        task = asyncio.create_task(turns())
        transaction = Transaction(Parcel("1", "", (A,), content))
        await transaction.run(Session(dialogue, {"pipelining": ""}, timeout=60.0, final_timeout=60.0))
        task.cancel()
    assert transaction.outcomes == {A: Delivered("250 taken")}
    assert len(waiting) > len(content) // PIECE
    assert max(waiting) <= 2 * PIECE
    assert slowest < 0.5, "sending 14 MB at one go takes longer than any of its pieces"
