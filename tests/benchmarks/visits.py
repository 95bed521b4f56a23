"""What a visit takes: all that a browser asks for, and the bytes of it."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from playwright.async_api import BrowserContext, async_playwright

from tests.support.browser import ARGUMENTS, PATIENCE_MS, SHARED, chromium
from tests.support.link import Link, link

_STREAM = re.compile(r"/heartbeat/|/queue/data")  # answers without an end


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What one visit asked for until the page was quiet, and what it took."""

    addresses: Sequence[str]
    calls: Counter[str]  # of server functions
    bytes_down: int
    bytes_up: int

    @property
    def files(self) -> list[str]:
        return [each for each in self.addresses if not _STREAM.search(each)]

    @property
    def streams(self) -> list[str]:
        return [each for each in self.addresses if _STREAM.search(each)]

    def __str__(self) -> str:
        down, up = self.bytes_down / 1e6, self.bytes_up / 1e6
        requests = len(self.addresses) + self.calls.total()
        return f"{down:.2f} MB down, {up:.2f} MB up, {requests} requests"


async def two_visits(port: int, *, quiet_s: float) -> tuple[Visit, Visit]:
    """The first visit of a browser, and its second, to the application at that port.

    quiet_s: so long nothing must have come before a visit is taken to be complete.
    """
    with tempfile.TemporaryDirectory() as folder:  # a cache on the disk, as browsers have
        async with async_playwright() as playwright, link(port) as between:
            context = await playwright.chromium.launch_persistent_context(
                folder, executable_path=chromium(), args=ARGUMENTS
            )
            await context.add_init_script(SHARED)
            first = await _visit(context, between, quiet_s)
            second = await _visit(context, between, quiet_s)
            await context.close()
    return first, second


async def _visit(context: BrowserContext, between: Link, quiet_s: float) -> Visit:
    down, up, connections = between.bytes_down, between.bytes_up, len(between.requests)
    marks = [len(sent) for sent in between.requests]
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(between.url)
    await page.wait_for_function("window.mnist?.prediction")
    before = -1
    while before != between.bytes_down:
        before = between.bytes_down
        await asyncio.sleep(quiet_s)
    taken = between.bytes_down - down, between.bytes_up - up
    since = [*marks, *[0] * (len(between.requests) - connections)]
    sent = [bytes(each[mark:]) for each, mark in zip(between.requests, since, strict=True)]
    await page.close()
    text = b"\n".join(sent).decode("latin-1")
    return Visit(
        addresses=re.findall(r"GET (/\S*) HTTP/1\.1\r\n", text),
        calls=Counter(re.findall(r'"fn_name":"(\w+)"', text)),
        bytes_down=taken[0],
        bytes_up=taken[1],
    )
