"""The page: how soon it is there, what memory it takes, and how many predictions a second it answers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError

from mnist_core.bench.answers import sample_strokes
from mnist_core.bench.results import Results
from mnist_core.files import APP, ROOT

_START_TIMEOUT_S = 120
_STARTS = 3
_VISITORS = (1, 10, 50, 100, 200)
_PER_S = 5  # predictions of one visitor
_SECONDS = 5.0
# An empty Gradio page, served as ours is.
_EMPTY = """import sys
import gradio
with gradio.Blocks(analytics_enabled=False) as page:
    gradio.Markdown("# Empty")
page.launch(server_port=int(sys.argv[2]), ssr_mode=False)
"""


def measure_page(results: Results, *, quick: bool) -> None:
    """Starts of an empty Gradio page and of ours in turn; then predictions for ever more visitors."""
    empty_s: list[float] = []
    ours: list[tuple[float, float]] = []
    starts = 1 if quick else _STARTS
    while len(ours) < starts:
        with _served(["-c", _EMPTY]) as (_, start_s, _):
            empty_s.append(start_s)
        # All visitors of the load come from one address, at once.
        ours_program = [str(APP), "--max-api-requests-per-s", "1000"]
        with _served(ours_program) as (port, start_s, memory_mb):
            ours.append((start_s, memory_mb))
            if len(ours) == starts:
                _add_starts(results, *min(ours), min(empty_s))
                _measure_load(results, port, quick=quick)


def _add_starts(results: Results, start_s: float, memory_mb: float, empty_s: float) -> None:
    results.add("python app.py to the first page", start_s, "s")
    results.add("an empty Gradio page", empty_s, "s")
    results.add("  ours against it", start_s / empty_s, better="less", goal=1.2)
    results.add("memory with the first page", memory_mb, "MB", better="less", goal=300)


def _measure_load(results: Results, port: int, *, quick: bool) -> None:
    for count in _VISITORS[:2] if quick else _VISITORS:
        load = asyncio.run(_draw(port, count, seconds=0.5 if quick else _SECONDS))
        results.add(f"predictions/s of {count} visitors", load.per_s, better="more")
        results.add(f"  their 95th percentile, {count}", load.p95_ms, "ms")


@contextlib.contextmanager
def _served(program: list[str]) -> Iterator[tuple[int, float, float]]:
    """A program that serves a page: its port, seconds to the first page, and memory then in MB."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started_s = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, *program, "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while time.perf_counter() - started_s < _START_TIMEOUT_S:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
                    page.read()
                break
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        else:
            raise OSError(f"{program[0]} served no page within {_START_TIMEOUT_S} s")
        yield port, time.perf_counter() - started_s, _resident_mb(server.pid)
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()


def _resident_mb(process_id: int) -> float:
    """Resident memory as Linux tells it; NaN on other systems."""
    status = Path(f"/proc/{process_id}/status")
    if not status.exists():
        return float("nan")
    found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text())
    return int(found[1]) / 1024 if found else float("nan")


@dataclass(slots=True)
class _Load:
    seconds: float
    times_ms: list[float] = field(default_factory=list)

    @property
    def per_s(self) -> float:
        return len(self.times_ms) / self.seconds

    @property
    def p95_ms(self) -> float:
        return sorted(self.times_ms)[int(0.95 * (len(self.times_ms) - 1))]


async def _draw(port: int, count: int, *, seconds: float) -> _Load:
    """`count` visitors, each with one prediction under way and five a second at most."""
    component = await asyncio.to_thread(_component, port)
    strokes = [stroke.round().tolist() for stroke in sample_strokes()]
    load = _Load(seconds)
    lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(count)]
    tokens = []
    for line in lines:
        opened = await _call(line, component, "open_session", {})
        tokens.append(opened["token"])
    until = time.perf_counter() + seconds

    async def visitor(index: int) -> None:
        payload = {"token": tokens[index], "strokes": strokes, "model": "ready", "seq": 1}
        due = time.perf_counter() + index / count / _PER_S
        while due < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            began = time.perf_counter()
            await _call(lines[index], component, "predict", payload)
            now = time.perf_counter()
            if now < until:
                load.times_ms.append(1000 * (now - began))
            due = max(due + 1 / _PER_S, now)

    await asyncio.gather(*(visitor(index) for index in range(count)))
    for _, writer in lines:
        writer.close()
    return load


def _component(port: int) -> int:
    """The id of the page's component that predicts."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/config", timeout=30) as config:
        components = json.loads(config.read())["components"]
    return next(
        int(each["id"])
        for each in components
        if "predict" in json.dumps(each["props"].get("server_fns", ""))
    )


async def _call(
    line: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    component: int,
    name: str,
    payload: dict[str, object],
) -> dict[str, str]:
    """What the server function `name` answers; `OSError` where that is a refusal."""
    reader, writer = line
    call = {"data": payload, "component_id": component, "fn_name": name, "session_hash": "bench"}
    body = json.dumps(call).encode()
    writer.write(
        b"POST /gradio_api/component_server HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    answer = await reader.readexactly(int(length[1])) if length else b"{}"
    found: dict[str, str] = json.loads(answer)
    if not found.get("ok"):
        raise OSError(f"the page refused {name}: {answer[:200]!r}")
    return found
