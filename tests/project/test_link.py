"""The link that benchmarks put between a browser and a server."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import accumulate

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.app import free_port
from tests.support.link import link
from tests.support.loops import run

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Pieces = list[bytes]
Noted = list[tuple[float, int]]  # when, and how many bytes by then

pieces = st.lists(st.binary(min_size=1, max_size=300), max_size=5)


@contextlib.asynccontextmanager
async def served(handler: Handler) -> AsyncIterator[int]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            await handler(reader, writer)

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def send(writer: asyncio.StreamWriter, parts: Pieces) -> Noted:
    noted: Noted = []
    for part, total in zip(parts, accumulate(map(len, parts)), strict=True):
        noted.append((time.monotonic(), total))
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0)
    writer.write_eof()
    return noted


async def receive(reader: asyncio.StreamReader) -> tuple[bytes, Noted]:
    whole = b""
    noted: Noted = []
    while part := await reader.read(2**16):
        whole += part
        noted.append((time.monotonic(), len(whole)))
    return whole, noted


def least_delay(sent: Noted, came: Noted) -> float:
    """The shortest way of any byte, in seconds."""
    arrivals = [next(at for at, by_then in came if by_then >= total) for _, total in sent]
    return min((arrived - at for (at, _), arrived in zip(sent, arrivals, strict=True)), default=1.0)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(pieces, pieces), min_size=1, max_size=4), st.integers(0, 30))
def test_bytes_arrive_whole_in_order_and_later_both_ways(
    conversations: list[tuple[Pieces, Pieces]], delay_ms: int
) -> None:
    there: dict[int, tuple[bytes, Noted, Noted]] = {}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        index = (await reader.readexactly(1))[0]
        (whole, came), sent = await asyncio.gather(
            receive(reader), send(writer, conversations[index][1])
        )
        there[index] = whole, came, sent

    async def converse(port: int, index: int) -> None:
        up, down = conversations[index]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.closing(writer):
            writer.write(bytes([index]))
            (whole, came), sent = await asyncio.gather(receive(reader), send(writer, up))
        whole_there, came_there, sent_there = there[index]
        assert whole_there == b"".join(up)
        assert whole == b"".join(down)
        assert least_delay(sent, came_there) >= delay_ms / 2000
        assert least_delay(sent_there, came) >= delay_ms / 2000

    async def all_at_once() -> None:
        async with served(answer) as port, link(port, delay_ms=delay_ms) as between:
            await asyncio.gather(*(converse(between.port, i) for i in range(len(conversations))))
            sizes = [sum(map(len, way)) for pair in conversations for way in pair]
            assert between.bytes_up == sum(sizes[::2]) + len(conversations)
            assert between.bytes_down == sum(sizes[1::2])

    run(all_at_once())


def test_a_large_body_arrives_whole() -> None:
    body = bytes(range(256)) * 2**15  # 8 MiB

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await send(writer, [body])

    async def fetch() -> None:
        async with served(answer) as port, link(port, delay_ms=10) as between:
            reader, writer = await asyncio.open_connection("127.0.0.1", between.port)
            with contextlib.closing(writer):
                whole, _ = await receive(reader)
        assert whole == body

    run(fetch())


def test_much_is_underway_before_the_first_of_it_arrives() -> None:
    body = bytes(2**23)
    all_set_out = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await send(writer, [body])
        all_set_out.set()

    async def fetch() -> None:
        async with served(answer) as port, link(port, delay_ms=1_000_000) as between:
            _, writer = await asyncio.open_connection("127.0.0.1", between.port)
            with contextlib.closing(writer):
                await asyncio.wait_for(all_set_out.wait(), 60)

    run(fetch())


def test_who_leaves_in_the_middle_is_gone_on_the_other_side_too() -> None:
    left = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read()
        left.set()

    async def leave() -> None:
        async with served(answer) as port, link(port, delay_ms=10) as between:
            _, writer = await asyncio.open_connection("127.0.0.1", between.port)
            writer.write(b"half a requ")
            await writer.drain()
            writer.transport.abort()
            await asyncio.wait_for(left.wait(), 60)
            reader, writer = await asyncio.open_connection("127.0.0.1", between.port)
            with contextlib.closing(writer):  # the others go on
                writer.write_eof()
                assert await reader.read() == b""

    run(leave())


def test_a_server_that_is_not_there_closes_the_connection() -> None:
    async def knock() -> None:
        async with link(free_port()) as between:
            reader, writer = await asyncio.open_connection("127.0.0.1", between.port)
            with contextlib.closing(writer):
                assert await reader.read() == b""

    run(knock())


def test_it_tells_what_was_asked_for() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def ask() -> None:
        async with served(answer) as port, link(port) as between:
            reader, writer = await asyncio.open_connection("127.0.0.1", between.port)
            with contextlib.closing(writer):
                writer.write(b"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n")
                writer.write(b'POST /call HTTP/1.1\r\n\r\n{"fn_name":"predict"}')
                writer.write(b"GET /d HTTP/1.1\r\n\r\n")
                writer.write_eof()
                await reader.read()
            assert between.addresses() == ["/a?b=c", "/d"]
            assert between.asked("predict") == 1
            assert between.asked("lab_poll") == 0

    run(ask())
