"""Measures the page in Chromium: from a pointer's move to moved bars, idle and while training.

Trainings are one of the visitor's own, then two of other visitors.

    python -m tests.benchmarks.latency [--moves N] [--url URL] [--quick] [--diagram]
    python -m tests.benchmarks.latency --link 0,150,300 [--yours] [--slow-cpu N] [--alone]

Each figure is the time from the timestamp of a pointer event to the moment when the bars in the
page show the answer for a drawing that contains it. Moves come at 60 a second, as from a mouse.
With `--diagram` the diagram of the network is open beside the pad all the while. Training needs MNIST:
$MNIST_ROOT, else the cache folder, else a network.

With `--link`, all bytes between browser and server take that many ms there and back, and instead of
that: the bars' updates a second during strokes, pointer to bars, and the last move to the answer with
it; for the ready-made model, and with `--yours` for one that trains, with how often a drawing at rest
shows new weights. A row says how many requests for predictions there were during its strokes: none
where the page answers by itself, which `--alone` waits for first. `--slow-cpu` slows the page's
own thread, though not its workers, by DevTools' throttling. The pen is then a mouse moved from outside,
so the times hold the wait for the page's next frame; and its points are counted in the drawing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect, sync_playwright

from tests.benchmarks import linked
from tests.benchmarks.options import address, parser_for
from tests.support.browser import PATIENCE_MS, launch, open_page
from tests.support.server import Server

#: The most that the figures may be: median and 95th percentile, in ms.
LIMITS = {"idle": (25, 60), "training": (40, 120), "two others": (60, 200)}

# Draws an 8 with synthetic pointer events, so that their rhythm is the page's own, and notes
# for each answer how long ago the newest point in it was drawn. The bars have moved by then: their
# listener was there first.
_MEASURE = """([moves, rest]) => new Promise((resolve) => {
  const canvas = document.querySelector("#sketchpad canvas");
  canvas.setPointerCapture = () => {};
  const { left, top, width } = canvas.getBoundingClientRect();
  const times = [];
  let last = 0;
  const note = ({ detail }) => {
    if (detail.cause !== "ink" || detail.drawnAt === last) return;
    last = detail.drawnAt;
    times.push(performance.now() - detail.drawnAt);
  };
  window.addEventListener("mnist:prediction", note);
  const send = (type, step) => {
    const angle = 2 * Math.PI * (step / moves);
    canvas.dispatchEvent(new PointerEvent(type, {
      pointerId: 1, pointerType: "mouse", bubbles: true, cancelable: true,
      buttons: Number(type !== "pointerup"),
      clientX: left + width * (0.5 - 0.2 * Math.sin(2 * angle)),
      clientY: top + width * (0.5 - 0.35 * Math.cos(angle)),
    }));
  };
  send("pointerdown", 0);
  let step = 0;
  const timer = setInterval(() => {
    step += 1;
    if (step <= moves) return send("pointermove", step);
    clearInterval(timer);
    send("pointerup", step);
    setTimeout(() => {
      window.removeEventListener("mnist:prediction", note);
      resolve(times);
    }, rest);
  }, 1000 / 60);
})"""


def measure(page: Page, moves: int, *, rest_ms: int = 1000) -> list[float]:
    """The times in ms, sorted, with those that come so long after the last move."""
    page.locator("#sketchpad").get_by_role("button", name="Clear").evaluate("(b) => b.click()")
    return sorted(page.evaluate(_MEASURE, [moves, rest_ms]))


def report(name: str, times: list[float]) -> bool:
    """Prints one row; whether it is within its limits."""
    median, p95 = statistics.median(times), times[int(0.95 * (len(times) - 1))]
    limits = LIMITS[name]
    print(
        f"{name:<10} {len(times):>5} answers   median {median:6.1f} ms (at most {limits[0]})   "
        f"95th percentile {p95:6.1f} ms (at most {limits[1]})",
        flush=True,
    )
    return median <= limits[0] and p95 <= limits[1]


def begin_training(page: Page) -> None:
    """Starts the `notebook` preset, for longer than the measurement takes."""
    page.get_by_label("Start from").select_option("notebook")
    page.get_by_label("Epochs").first.fill("60")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("radio", name="Yours")).to_be_checked(timeout=PATIENCE_MS)
    page.wait_for_function("window.mnist.prediction.model === 'yours'", timeout=PATIENCE_MS)


@contextlib.contextmanager
def two_trainings(url: str) -> Iterator[None]:
    """Two other visitors train meanwhile, with pages that ask five times a second."""
    others = [Server(url) for _ in range(2)]
    ended = threading.Event()

    def follow(server: Server) -> None:
        while not ended.wait(0.2):
            server.ask("lab_poll", known=None)

    for each in others:
        each.ask("lab_start", setup={"preset": "notebook", "epochs": 100})
    threads = [threading.Thread(target=follow, args=(each,)) for each in others]
    for thread in threads:
        thread.start()
    while not all(_is_running(each) for each in others):
        time.sleep(0.1)
    yield
    ended.set()
    for thread in threads:
        thread.join()
    for each in others:
        each.ask("lab_order", order="stop")


def _is_running(server: Server) -> bool:
    runs = server.ask("lab_poll", known=None)["runs"]
    return bool(runs) and runs[-1]["status"] == "running"


def delays(text: str) -> list[float]:
    """A list with commas."""
    found = [float(each) for each in text.split(",")]
    if not all(0 <= each < math.inf for each in found):
        raise ValueError(text)
    return found


def over_links(options: argparse.Namespace) -> bool:
    """Whether all figures are within their limits."""
    plan = linked.Plan(
        moves=30 if options.quick else 180,
        strokes=1 if options.quick else 4,
        slow_cpu=options.slow_cpu,
        yours=options.yours,
        alone=options.alone,
        diagram=options.diagram,
    )
    with address(options.url) as url:
        port = urlsplit(url).port
        assert port is not None, "an application on this machine"
        return asyncio.run(linked.run(port, options.link, plan))


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--moves", type=int, default=400, help="a drawing (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all times there")
    parser.add_argument("--link", type=delays, action="extend", metavar="MS", help="there and back")
    parser.add_argument("--yours", action="store_true", help="with --link: a training's model too")
    parser.add_argument(
        "--slow-cpu", type=float, default=1.0, metavar="N", help="with --link: times"
    )
    parser.add_argument("--diagram", action="store_true", help="with the network's diagram open")
    parser.add_argument(
        "--alone", action="store_true", help="with --link: once the page answers by itself"
    )
    options = parser.parse_args()
    if options.link:
        raise SystemExit(0 if over_links(options) else 1)
    moves, rest_ms = (15, 300) if options.quick else (options.moves, 1000)
    with address(options.url) as url, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        open_page(page, url)
        if options.diagram:
            page.evaluate(linked.OPEN_DIAGRAM)
        measure(page, min(moves, 60), rest_ms=rest_ms)  # warms everything up
        times = {"idle": measure(page, moves, rest_ms=rest_ms)}
        within = report("idle", times["idle"])
        begin_training(page)
        times["training"] = measure(page, moves, rest_ms=rest_ms)
        within = report("training", times["training"]) and within
        page.get_by_role("button", name="Stop", exact=True).click()
        page.get_by_role("radio", name="Ready-made").check(force=True)
        with two_trainings(url):
            times["two others"] = measure(page, moves, rest_ms=rest_ms)
            within = report("two others", times["two others"]) and within
        browser.close()
    if options.json:
        options.json.write_text(json.dumps(times))
    raise SystemExit(0 if within else 1)


if __name__ == "__main__":
    main()
