"""A proxy that puts a distance between a browser and a server: each byte arrives later, in order."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

_PIECE = 2**16
_PIECES_UNDERWAY = 1024  # of one direction of one connection: 64 MiB are on the line at most


@dataclass(kw_only=True)
class Link:
    """An open link: where it is, and what has set out on it so far."""

    port: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    #: All that each connection sent to the server.
    requests: list[bytearray] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def asked(self, name: str) -> int:
        """How many requests for that server function the page has sent."""
        call = f'"fn_name":"{name}"'.encode()
        return sum(sent.count(call) for sent in self.requests)

    def addresses(self) -> list[str]:
        """The paths of all GET requests, in each connection's order."""
        line = re.compile(rb"GET (/\S*) HTTP/1\.1\r\n")
        return [path.decode() for sent in self.requests for path in line.findall(bytes(sent))]


async def _carry(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    *,
    delay_s: float,
    note: Callable[[bytes], None],
) -> None:
    """Copies a stream to its end, each piece `delay_s` after it came, and as many at once as come.

    A writer that is slower than the reader holds the reader up, as a full line does.
    """
    clock = asyncio.get_running_loop().time
    line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_PIECES_UNDERWAY)

    async def take() -> None:
        while piece := await reader.read(_PIECE):
            note(piece)
            await line.put((clock() + delay_s, piece))
        await line.put((clock() + delay_s, b""))

    async def hand_on() -> None:
        while True:
            due, piece = await line.get()
            while (wait_s := due - clock()) > 0:
                await asyncio.sleep(wait_s)
            if not piece:
                if writer.can_write_eof():
                    writer.write_eof()
                return
            writer.write(piece)
            await writer.drain()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(take())
        tasks.create_task(hand_on())


@contextlib.asynccontextmanager
async def link(port: int, *, delay_ms: float = 0) -> AsyncIterator[Link]:
    """A port of its own that leads to `port` on this machine, `delay_ms` away there and back.

    Half of it lies on each way. There is no limit to how much a second goes through. A connection
    itself opens at once, where a real one takes the way there and back first.
    """
    opened = Link()
    connections: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        sent = bytearray()
        opened.requests.append(sent)

        def note_up(piece: bytes) -> None:
            opened.bytes_up += len(piece)
            sent.extend(piece)

        def note_down(piece: bytes) -> None:
            opened.bytes_down += len(piece)

        ends = [writer]
        try:
            there, back = await asyncio.open_connection("127.0.0.1", port)
            ends.append(back)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(_carry(reader, back, delay_s=delay_ms / 2000, note=note_up))
                ways.create_task(_carry(there, writer, delay_s=delay_ms / 2000, note=note_down))
        except* OSError:
            pass  # one side is gone; the other is told below
        except* asyncio.CancelledError:
            pass  # the link is closed
        finally:
            for end in ends:
                end.close()
            connections.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    opened.port = server.sockets[0].getsockname()[1]
    try:
        yield opened
    finally:
        server.close()
        for connection in list(connections):
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await server.wait_closed()
