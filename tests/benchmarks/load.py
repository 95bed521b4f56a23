"""Loads a running page over HTTP, on this machine alone, and prints how it holds.

    python -m tests.benchmarks.load [draw] [churn] [fuzz] [class] [--url URL] [--quick]
    python -m tests.benchmarks.load draw [--visitors N] [--with-weights]
    python -m tests.benchmarks.load class [--ray local]

- draw: 50 visitors draw at 5 predictions a second each for 20 s, then again with two trainings.
  With `--visitors N`, ever more of them up to N, for the most that it serves well: 95 of 100 answers
  within 120 ms.
  With `--with-weights`, 500 visitors whose pages answer by themselves: each fetches what a browser
  fetches, ten visits begin a second, and then only says that it is there, while 5 others draw.
- churn: 500 visitors come, draw, train for a second and leave without a word, in 20 lanes.
- fuzz: 10,000 malformed requests of all kinds (`malformed.py`), beside a visitor who draws.
- class: 30 visitors press Train (`fast`) at once, with two trainings at a time: when each has its first
  weights and its end, and whether the waits that they are told are right. With `--ray local`, trainings
  are on Ray, and beside it: its starts, reports and pauses against local ones; more and more nodes with
  trainings that sleep; a node that dies with trainings on it.

Every loop is bounded in count or time. Exits with 1 where a figure misses its limit. Trainings need
MNIST: $MNIST_ROOT, else the cache folder, else a network.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import os
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.benchmarks import classroom, on_ray
from tests.benchmarks.options import address, parser_for
from tests.benchmarks.visits import Visit, two_visits
from tests.support.browser import SEVEN
from tests.support.malformed import KINDS, malformed_requests
from tests.support.server import components_in, workers_of

JSON = {"Content-Type": "application/json"}
TIMEOUT_S = 15.0
HERE_S = 10.0  # without a training, this often a page says that it is there
VISITS_PER_S = 10
WELL_MS = 120.0  # 95 of 100 answers: a drawing then still seems to be read while it is drawn
_VISITOR_STEP = 25
#: What an answer must never hold.
LEAKS = re.compile(rb"Traceback|site-packages|File \"|\.py\"|line \d+, in ")


class Connection:
    """One kept-alive HTTP/1.1 connection; reconnects where the server has closed it."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        parts = urlsplit(url)
        self.timeout_s = timeout_s
        assert parts.hostname in ("127.0.0.1", "localhost"), "this machine alone"
        self.host, self.port = parts.hostname, parts.port or 80
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._turn = asyncio.Lock()

    async def request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body; (0, b"") where the server closes the connection or stays silent."""
        async with self._turn:
            return await self._request(method, path, body, headers or {})

    async def _request(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        for fresh in (self._streams is None, True):
            try:
                async with asyncio.timeout(self.timeout_s):  # wait_for() makes a task of it
                    return await self._exchange(method, path, body, headers)
            except TimeoutError:
                self.close()
                return 0, b""
            except (ConnectionError, asyncio.IncompleteReadError):
                self.close()
                if fresh:
                    return 0, b""
        return 0, b""

    async def _exchange(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self.host, self.port)
        reader, writer = self._streams
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}"]
        if "Content-Length" not in headers:
            lines.append(f"Content-Length: {len(body)}")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        length = re.search(r"content-length: (\d+)", head)
        if method == "HEAD" or status in (204, 304):
            answer = b""
        elif length:
            answer = await reader.readexactly(int(length[1]))
        elif "transfer-encoding: chunked" in head:
            answer = await _chunks(reader)
        else:
            answer = await reader.read()
            self.close()
        if "connection: close" in head:
            self.close()
        return status, answer

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    whole = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        whole += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return whole


class Visitor:
    """One page: a connection, and the session behind its secret."""

    def __init__(self, url: str, components: dict[str, int]) -> None:
        self.connection = Connection(url)
        self.components = components
        self.token: str | None = None

    async def call(self, name: str, **payload: Any) -> dict[str, Any] | None:
        """The answer of a server function; None where there was none."""
        body = {
            "data": payload | {"token": self.token},
            "component_id": self.components[name],
            "fn_name": name,
            "session_hash": "load",
        }
        status, answer = await self.connection.request(
            "POST", "/gradio_api/component_server", json.dumps(body).encode(), JSON
        )
        return json.loads(answer) if status == 200 else None

    async def come(self) -> None:
        answer = await self.call("open_session")
        self.token = answer["token"] if answer else None

    async def predict(self, strokes: Any) -> bool:
        answer = await self.call("predict", strokes=strokes, model="yours", seq=1)
        return bool(answer and answer["ok"])

    async def predict_eight(self, points: int) -> bool:
        """`predict` of `eight(points)`, with next to no work on this side of the line."""
        body = _eight_call(points) % (self.components["predict"], (self.token or "").encode())
        status, answer = await self.connection.request(
            "POST", "/gradio_api/component_server", body, JSON
        )
        return status == 200 and b'"ok":true' in answer


@cache
def _eight_call(points: int) -> bytes:
    strokes = json.dumps(eight(points)).encode()
    return (
        b'{"component_id": %d, "fn_name": "predict", "session_hash": "load", "data": {"token": "%b", '
        b'"model": "yours", "seq": 1, "strokes": ' + strokes + b"}}"
    )


def eight(points: int) -> list[list[list[int]]]:
    """An 8 of so many points, as it is being drawn."""
    turns = [2 * math.pi * i / 120 for i in range(points)]
    return [[[round(500 - 200 * math.sin(2 * t)), round(500 - 350 * math.cos(t))] for t in turns]]


async def components_of(url: str) -> dict[str, int]:
    """Which component has which server function."""
    connection = Connection(url)
    _, answer = await connection.request("GET", "/config")
    connection.close()
    return components_in(answer)


@dataclass
class Tally:
    """Times of answers in ms, and how many requests had none or a refusal."""

    times_ms: list[float] = field(default_factory=list)
    errors: int = 0
    per_s: float = 0.0

    @property
    def p95(self) -> float:
        return sorted(self.times_ms)[int(0.95 * (len(self.times_ms) - 1))]


async def draw_for(visitor: Visitor, tally: Tally, *, per_s: float, seconds: float) -> None:
    """Predictions at that rate; one in flight, as the page does."""
    await asyncio.sleep(random.random() / per_s)
    began = time.perf_counter()
    # No two visitors draw in step: some moments of an eight take five times as long to read as others.
    count, first = 0, random.randrange(100)
    while (now := time.perf_counter()) - began < seconds:
        ok = await visitor.predict_eight(20 + (first + count) % 100)
        tally.times_ms.append(1000 * (time.perf_counter() - now))
        tally.errors += not ok
        count += 1
        await asyncio.sleep(max(0.0, began + count / per_s - time.perf_counter()))


async def follow(visitor: Visitor, until: asyncio.Event) -> None:
    """A page with a training on it: polls five times a second."""
    while not until.is_set():
        await visitor.call("lab_poll", known=None)
        await asyncio.sleep(0.2)


async def most_visitors(url: str, *, up_to: int, seconds: float, trainings: int) -> int:
    """The most visitors that are served well; tries a step more until they aren't."""
    served = 0
    for count in range(min(_VISITOR_STEP, up_to), up_to + 1, _VISITOR_STEP):
        tally = await drawn(url, visitor_count=count, seconds=seconds, trainings=trainings)
        if tally.errors or tally.p95 > WELL_MS:
            break
        served = count
    named = f"with {trainings} trainings" if trainings else "alone"
    print(f"most visitors {named}: {served}, {5 * served} predictions/s asked of it", flush=True)
    return served


async def drawing(url: str, *, visitor_count: int, seconds: float, trainings: int) -> bool:
    """Whether that many are served without errors, in time, and all that they ask for."""
    tally = await drawn(url, visitor_count=visitor_count, seconds=seconds, trainings=trainings)
    enough = tally.per_s >= 4.8 * visitor_count or trainings > 0
    return not tally.errors and tally.p95 <= (400 if trainings else 250) and enough


async def drawn(url: str, *, visitor_count: int, seconds: float, trainings: int) -> Tally:
    """The answers to visitors who draw while so many others train."""
    components = await components_of(url)
    visitors = [Visitor(url, components) for _ in range(visitor_count)]
    trainers = [Visitor(url, components) for _ in range(trainings)]
    for visitor in (*visitors, *trainers):
        await visitor.come()
    ended = asyncio.Event()
    for trainer in trainers:
        await trainer.call("lab_start", setup={"preset": "notebook", "epochs": 100})
    following = [asyncio.create_task(follow(each, ended)) for each in trainers]
    while trainers and not await _all_train(trainers):
        await asyncio.sleep(0.2)
    tally, process = Tally(), process_at(url)
    began, worked_s = time.perf_counter(), cpu_seconds(process)
    await asyncio.gather(*(draw_for(each, tally, per_s=5, seconds=seconds) for each in visitors))
    tally.per_s = len(tally.times_ms) / (time.perf_counter() - began)
    each_ms = 1000 * (cpu_seconds(process) - worked_s) / len(tally.times_ms)
    if trainers and not await _all_train(trainers):
        tally.errors += 1
        print("the trainings ended early", flush=True)
    ended.set()
    await asyncio.gather(*following)
    for trainer in trainers:
        await trainer.call("lab_order", order="stop")
    name = f"{visitor_count} visitors draw" + (f", {trainings} trainings" if trainings else "")
    for visitor in (*visitors, *trainers):
        visitor.connection.close()
    print(
        f"{name}: {tally.per_s:.0f} predictions/s, {tally.errors} errors, "
        f"median {statistics.median(tally.times_ms):.0f} ms, 95th percentile {tally.p95:.0f} ms; "
        f"the server's processor {each_ms:.2f} ms each",
        flush=True,
    )
    return tally


def cpu_seconds(process: int) -> float:
    """How long it has kept cores busy since it started."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Share:
    """How much of one core a process uses from now on."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._began = time.perf_counter()
        self._before = cpu_seconds(process)

    def __str__(self) -> str:
        seconds = time.perf_counter() - self._began
        return f"{100 * (cpu_seconds(self._process) - self._before) / seconds:.0f} % of a core"


async def hold(url: str, path: str) -> None:
    """Takes whatever comes from an address that has no end."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    with contextlib.closing(writer):
        head = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: text/event-stream\r\n\r\n"
        writer.write(head.encode())
        while await reader.read(2**16):
            pass


async def stay(
    visitor: Visitor, visit: Visit, url: str, *, arrive: Callable[[], None], until: asyncio.Event
) -> Counter[str]:
    """A visit as a browser made it, then only signs that the page is there; counts what failed."""
    errors: Counter[str] = Counter()
    for path in visit.files:
        status, _ = await visitor.connection.request(
            "GET", path, headers={"Accept-Encoding": "gzip"}
        )
        errors[f"{path}: {status}"] += status != 200
    await visitor.come()
    for _ in range(visit.calls["predict"]):
        errors["predict"] += not await visitor.predict([])
    streams = [asyncio.create_task(hold(url, path)) for path in visit.streams]
    arrive()
    while not until.is_set():
        errors["lab_poll"] += not await visitor.call("lab_poll", known=None)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(until.wait(), HERE_S)
    for stream in streams:
        stream.cancel()
    await asyncio.gather(*streams, return_exceptions=True)
    visitor.connection.close()
    return errors


async def drawing_at_home(url: str, *, visitor_count: int, seconds: float, quiet_s: float) -> bool:
    """Visitors whose pages answer by themselves, beside 5 who still ask."""
    port = urlsplit(url).port
    assert port is not None
    first, second = await two_visits(port, quiet_s=quiet_s)
    print(f"a visit: {first}; the second: {second}", flush=True)
    components = await components_of(url)
    ended = asyncio.Event()
    process = process_at(url)
    coming, began = Share(process), time.perf_counter()
    arrived = 0

    def arrive() -> None:
        nonlocal arrived
        arrived += 1

    staying = []
    for count in range(visitor_count):
        await asyncio.sleep(max(0.0, began + count / VISITS_PER_S - time.perf_counter()))
        visitor = Visitor(url, components)
        stays = stay(
            visitor,
            first,
            url,
            arrive=arrive,
            until=ended,
        )
        staying.append(asyncio.create_task(stays))
    while arrived < visitor_count:
        await asyncio.sleep(0.1)
    took_s = time.perf_counter() - began
    print(f"{visitor_count} visitors come within {took_s:.0f} s: server at {coming}", flush=True)
    artists = [Visitor(url, components) for _ in range(5)]
    for artist in artists:
        await artist.come()
    there, tally = Share(process), Tally()
    await asyncio.gather(*(draw_for(each, tally, per_s=5, seconds=seconds) for each in artists))
    share = str(there)
    ended.set()
    failed = sum(await asyncio.gather(*staying), Counter())
    errors = failed.total()
    print(
        f"{visitor_count} visitors draw with their weights, 5 ask: server at {share}, "
        f"{errors + tally.errors} errors, median {statistics.median(tally.times_ms):.0f} ms, "
        f"95th percentile {tally.p95:.0f} ms (at most 250)",
        flush=True,
    )
    for what, count in failed.most_common(5):
        print(f"   failed {count} times: {what}")
    return not errors and not tally.errors and tally.p95 <= 250


async def _all_train(trainers: list[Visitor]) -> bool:
    polls = [await each.call("lab_poll", known=None) for each in trainers]
    return all(poll and poll["runs"][-1]["status"] == "running" for poll in polls)


async def churn(
    url: str, *, visitor_count: int, lanes: int, rest_s: float, setup: dict[str, Any]
) -> bool:
    pid = process_at(url)
    components = await components_of(url)
    errors = came = trained = refused = 0
    at_tenth = 0.0

    async def lane(count: int) -> None:
        nonlocal errors, came, trained, refused, at_tenth
        for _ in range(count):
            visitor = Visitor(url, components)
            status, _ = await visitor.connection.request("GET", "/")
            errors += status != 200
            await visitor.come()
            for points in (20, 60, 120):
                errors += not await visitor.predict(eight(points))
            started = await visitor.call("lab_start", setup=setup)
            errors += not (started and (started["ok"] or started["code"] == "full"))
            refused += bool(started and not started["ok"])
            # Until the training has run for a second, or patience with the queue is at its end.
            patience = time.perf_counter() + random.uniform(1.0, 4.0)
            began_at = None
            while (now := time.perf_counter()) < (began_at + 1.0 if began_at else patience):
                await asyncio.sleep(0.2)
                poll = await visitor.call("lab_poll", known=None)
                errors += not (poll and poll["ok"])
                if began_at is None and poll and poll["runs"] and poll["runs"][-1]["progress"]:
                    began_at = now
                    trained += 1
            visitor.connection.close()
            came += 1
            if came == max(1, visitor_count // 10):
                at_tenth = resident_mb(pid)

    # The server keeps the pictures that measure runs, once, from the first training on.
    first = Visitor(url, components)
    await first.come()
    await first.call("lab_start", setup={"preset": "few", "epochs": 1})
    while not (await first.call("lab_poll", known=None) or {})["runs"][-1]["test_accuracy"]:
        await asyncio.sleep(0.2)
    began = time.perf_counter()
    await asyncio.gather(*(lane(visitor_count // lanes) for _ in range(lanes)))
    took_s = time.perf_counter() - began
    at_end = resident_mb(pid)
    await asyncio.sleep(rest_s)  # the last ones' trainings end when nobody asks about them
    later = resident_mb(pid)
    workers = list(workers_of(pid).values())
    working = workers.count("R")
    print(
        f"{visitor_count} visitors in {lanes} lanes: {took_s:.0f} s, {errors} errors, "
        f"{trained} trained for a second, the others lost patience with the queue, "
        f"{refused} were told that too many wait; "
        f"resident {at_tenth:.0f} MB after a tenth, {at_end:.0f} MB after all and {later:.0f} MB "
        f"{rest_s:g} s later (at most 60 more); "
        f"{len(workers)} warm worker(s), {working} at work",
        flush=True,
    )
    return not errors and max(at_end, later) - at_tenth <= 60 and not working


async def fuzz(url: str, count: int, *, alone_s: float = 5.0) -> bool:
    components = await components_of(url)
    artist = Visitor(url, components)
    await artist.come()
    alone, beside = Tally(), Tally()
    await draw_for(artist, alone, per_s=20, seconds=alone_s)
    ended = asyncio.Event()

    async def draw_on() -> None:
        while not ended.is_set():
            await draw_for(artist, beside, per_s=20, seconds=1)

    drawing_on = asyncio.create_task(draw_on())
    requests = malformed_requests(count, components=components, token=artist.token)
    statuses: dict[int, int] = {}
    kinds: set[str] = set()
    leaks: list[str] = []
    silent: dict[str, int] = {}

    async def send_some() -> None:
        connection = Connection(url, timeout_s=4.0)
        for request in requests:
            status, answer = await connection.request(
                request.method, request.path, request.body, request.headers
            )
            statuses[status] = statuses.get(status, 0) + 1
            kinds.add(request.kind)
            if status == 0:
                silent[request.kind] = silent.get(request.kind, 0) + 1
            if LEAKS.search(answer):
                leaks.append(f"{request.kind}: {answer[:300]!r}")
        connection.close()

    await asyncio.gather(*(send_some() for _ in range(4)))
    ended.set()
    await drawing_on
    answer = await artist.call("predict", strokes=SEVEN, model="ready", seq=1)
    artist.connection.close()
    await asyncio.sleep(0.1)  # until they have closed
    alive = bool(answer and answer["ok"] and answer["digit"] == 7)
    median = [statistics.median(each.times_ms) for each in (alone, beside)]
    print(
        f"{count:,} malformed requests of {len(kinds)} kinds: statuses {dict(sorted(statuses.items()))}, "
        f"{len(leaks)} stack traces; the session beside them {'lives' if alive else 'is dead'}, "
        f"{beside.errors} errors, median {median[0]:.0f} ms alone, {median[1]:.0f} ms beside",
        flush=True,
    )
    if silent:
        print("   no answer to:", silent)
    for leak in leaks[:5]:
        print("  ", leak)
    return not leaks and alive and not beside.errors and kinds == set(KINDS)


async def classes(url: str, *, visitor_count: int, setup: dict[str, Any]) -> bool:
    components = await components_of(url)
    share = Share(process_at(url))
    visitors = [Visitor(url, components) for _ in range(visitor_count)]
    waited = await classroom.lesson(list(visitors), setup)
    return classroom.report(waited, busy=str(share))


def beside_ray(*, quick: bool) -> bool:
    """What Ray does, without a page."""
    root = os.environ.get("MNIST_ROOT")
    data = None if root is None else Path(root)
    well = [part(data, quick=quick) for part in (on_ray.compare, on_ray.scale, on_ray.lose_a_node)]
    return all(well)


def resident_mb(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def process_at(url: str) -> int:
    """The process id of the application that serves this address."""
    port = f"--port\0{urlsplit(url).port}\0".encode()
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has just ended
            if port in command.read_bytes():
                return int(command.parent.name)
    raise ProcessLookupError(f"{url}: no application on this machine was started with this port")


async def run(part: str, url: str, options: argparse.Namespace) -> bool:
    quick: bool = options.quick
    setup: dict[str, Any] = {"preset": "fast"} | (
        {"epochs": 1, "train_size": 2000} if quick else {}
    )
    if part == "draw" and options.with_weights:
        return await drawing_at_home(
            url,
            visitor_count=2 if quick else options.visitors or 500,
            seconds=0.6 if quick else 20.0,
            quiet_s=0.5 if quick else 4.0,
        )
    if part == "draw" and options.visitors:
        for trainings in (0, 2):
            await most_visitors(
                url, up_to=options.visitors, seconds=1.0 if quick else 10.0, trainings=trainings
            )
        return True
    if part == "draw":
        visitor_count, seconds = (5, 0.6) if quick else (50, 20.0)
        calm, busy = [
            await drawing(url, visitor_count=visitor_count, seconds=seconds, trainings=trainings)
            for trainings in (0, 2)
        ]
        return calm and busy
    if part == "churn":
        visitor_count, lanes, rest_s = (2, 2, 0.1) if quick else (500, 20, 20.0)
        return await churn(
            url, visitor_count=visitor_count, lanes=lanes, rest_s=rest_s, setup=setup
        )
    if part == "class":
        return await classes(url, visitor_count=3 if quick else 30, setup=setup)
    count, alone_s = (len(KINDS), 0.2) if quick else (options.requests, 5.0)
    return await fuzz(url, count, alone_s=alone_s)


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", default=["draw", "churn", "fuzz", "class"]
    )
    parser.add_argument("--requests", type=int, default=10_000, help="of fuzz")
    parser.add_argument(
        "--with-weights",
        action="store_true",
        help="draw: visitors whose pages answer by themselves",
    )
    parser.add_argument("--visitors", type=int, help="draw: at most so many")
    parser.add_argument("--ray", choices=["local"], help="class: with trainings on Ray")
    options = parser.parse_args()
    if unknown := set(options.parts) - {"draw", "churn", "fuzz", "class"}:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    well = True
    for part in options.parts:
        on_ray = part == "class" and options.ray
        given = ("--ray", options.ray) if on_ray else ()
        if part == "draw":
            given = ("--max-api-requests-per-s", "1000")  # all come from one address, at once
        with address(options.url, *given) as url:
            well = asyncio.run(run(part, url, options)) and well
        if on_ray:
            well = beside_ray(quick=options.quick) and well
    raise SystemExit(0 if well else 1)


if __name__ == "__main__":
    main()
