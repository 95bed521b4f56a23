"""The page over a link: how often the bars move, and how far behind the pen."""

from __future__ import annotations

import asyncio
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypedDict

from playwright.async_api import Browser, Page, async_playwright, expect

from tests.support.browser import ARGUMENTS, PATIENCE_MS, SHARED, chromium
from tests.support.link import Link, link

Model = Literal["ready-made", "yours"]

RATE = 60  # moves a second
REST_S = 5.0  # for new weights under a pen that holds still
PATIENCE_S = 90.0  # until the page answers by itself

# Notes moves as the page hears them, and each answer at the moment when the bars show it.
_WATCH = """() => {
  const canvas = document.querySelector("#sketchpad canvas");
  const all = document.querySelector("#probabilities");
  const bars = [...all.querySelectorAll("[data-digit]")];
  const watched = { pressedAt: 0, movedAt: [], answers: [], heard: () => {} };
  let coming = null;
  const shown = ({ blank, probabilities }) => bars.every((bar, digit) =>
    Number(bar.getAttribute("aria-valuenow")) === (blank ? 0 : Math.round(100 * probabilities[digit])));
  const look = () => {
    if (!coming || !shown(coming)) return;
    const { drawnAt, model, probabilities } = coming;
    coming = null;
    watched.answers.push({ at: performance.now(), drawnAt, model, values: probabilities.join() });
    watched.heard();
  };
  addEventListener("mnist:prediction", ({ detail }) => { coming = detail; look(); });
  new MutationObserver(look).observe(all, { subtree: true, attributes: true });
  canvas.addEventListener("pointerdown", (event) => {
    watched.pressedAt = event.timeStamp;
  }, { capture: true });
  canvas.addEventListener("pointermove", (event) => {
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) watched.movedAt.push(each.timeStamp);
  }, { capture: true });
  window.watched = watched;
}"""

# Opens the diagram of the network and keeps it in sight, whatever comes before it on the page.
OPEN_DIAGRAM = """() => {
  const diagram = document.querySelector(".diagram");
  diagram.open = true;
  const stage = diagram.querySelector(".stage");
  const show = () => stage.scrollIntoView({ block: "center" });
  new ResizeObserver(show).observe(document.querySelector("#lab"));
}"""

# A pen in the page, whose rhythm is the page's own; places in the window.
_PEN = """async ([places, rate]) => {
  const canvas = document.querySelector("#sketchpad canvas");
  canvas.setPointerCapture = () => {};
  const send = (type, [clientX, clientY], buttons) => canvas.dispatchEvent(new PointerEvent(type, {
    pointerId: 1, pointerType: "mouse", isPrimary: true, bubbles: true, cancelable: true,
    clientX, clientY, buttons,
  }));
  const began = performance.now();
  send("pointerdown", places[0], 1);
  for (let step = 1; step < places.length; step++) {
    const wait = began + (1000 * step) / rate - performance.now();
    await new Promise((resolve) => setTimeout(resolve, wait));
    send("pointermove", places[step], 1);
  }
  send("pointerup", places.at(-1), 0);
}"""

# Until the bars show an answer with the last move in it, or for ten seconds.
_UNTIL_ANSWERED = """() => new Promise((resolve) => {
  const { watched } = window;
  const last = watched.movedAt.at(-1);
  watched.heard = () => { if (watched.answers.at(-1)?.drawnAt >= last) resolve(); };
  watched.heard();
  setTimeout(resolve, 10_000);
})"""

_TAKE = """() => {
  const { pressedAt, movedAt, answers } = window.watched;
  window.watched.movedAt = [];
  window.watched.answers = [];
  const points = window.mnist.strokes.flat().length;
  return { pressedAt, movedAt, answers, points };
}"""


class Answer(TypedDict):
    """In ms of the page's clock: when the bars showed it, and when its newest point was drawn."""

    at: float
    drawnAt: float
    model: str
    values: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """One stroke, as the page heard and answered it."""

    pressed_at: float
    moved_at: Sequence[float]
    answers: Sequence[Answer]
    sent: int  # points
    drawn: int
    requests: int  # for predictions, to the server

    @property
    def seconds(self) -> float:
        return (self.moved_at[-1] - self.moved_at[0]) / 1000

    @property
    def news(self) -> list[Answer]:
        """The first answer with each new point."""
        newest = self.pressed_at - 0.5  # of an earlier drawing
        found = []
        for answer in self.answers:
            if answer["drawnAt"] > newest:
                newest = answer["drawnAt"]
                found.append(answer)
        return found

    @property
    def updates(self) -> int:
        """How many came while the pen moved."""
        return sum(answer["at"] <= self.moved_at[-1] for answer in self.news)

    @property
    def last_ms(self) -> float:
        """From the last move to the answer with it; infinite where none came."""
        last = self.moved_at[-1]
        return next((each["at"] - last for each in self.news if each["drawnAt"] >= last), math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one row prints."""

    moves_per_s: float
    updates_per_s: float
    median_ms: float
    p95_ms: float
    last_ms: float
    requests: int
    points_sent: int
    points_drawn: int
    weights_per_s: float | None

    @classmethod
    def of(cls, strokes: Sequence[Stroke], *, weights_per_s: float | None = None) -> Figures:
        times = sorted(each["at"] - each["drawnAt"] for stroke in strokes for each in stroke.news)
        seconds = sum(stroke.seconds for stroke in strokes)
        return cls(
            moves_per_s=sum(len(stroke.moved_at) - 1 for stroke in strokes) / seconds,
            updates_per_s=sum(stroke.updates for stroke in strokes) / seconds,
            median_ms=statistics.median(times) if times else math.inf,
            p95_ms=times[int(0.95 * (len(times) - 1))] if times else math.inf,
            last_ms=statistics.median(stroke.last_ms for stroke in strokes),
            requests=sum(stroke.requests for stroke in strokes),
            points_sent=sum(stroke.sent for stroke in strokes),
            points_drawn=sum(stroke.drawn for stroke in strokes),
            weights_per_s=weights_per_s,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure at each link."""

    moves: int = 180  # of a stroke
    strokes: int = 4
    slow_cpu: float = 1.0
    yours: bool = False
    alone: bool = False  # only once the page answers by itself
    diagram: bool = False  # with the network's diagram open


class Linked:
    """An open page at the other end of a link."""

    def __init__(self, page: Page, between: Link, plan: Plan) -> None:
        self.page = page
        self.between = between
        self.plan = plan

    async def figures(self, model: Model) -> Figures:
        await self.stroke(30)  # warms everything up
        strokes = [await self.stroke(self.plan.moves) for _ in range(self.plan.strokes)]
        rate = await self.weights_per_s() if model == "yours" else None
        return Figures.of(strokes, weights_per_s=rate)

    async def stroke(self, moves: int) -> Stroke:
        """Draws an 8 on the cleared pad."""
        await self.page.evaluate(
            "() => document.querySelector('#sketchpad button[data-action=clear]').click()"
        )
        await self.page.wait_for_function("window.mnist.prediction.blank", timeout=PATIENCE_MS)
        places = await self.eight(moves)
        await self.page.evaluate(_TAKE)
        before = self.between.asked("predict")
        if self.plan.slow_cpu > 1:
            await self.by_mouse(places)
        else:
            await self.page.evaluate(_PEN, [places, RATE])
        requests = self.between.asked("predict") - before
        await self.page.evaluate(_UNTIL_ANSWERED)
        taken = await self.page.evaluate(_TAKE)
        return Stroke(
            pressed_at=taken["pressedAt"],
            moved_at=taken["movedAt"],
            answers=taken["answers"],
            sent=len(places),
            drawn=taken["points"],
            requests=requests,
        )

    async def eight(self, moves: int) -> list[tuple[float, float]]:
        """Where the pen goes, in the window."""
        box = await self.page.locator("#sketchpad canvas").bounding_box()
        assert box is not None
        turns = [2 * math.pi * step / moves for step in range(moves + 1)]
        return [
            (
                box["x"] + box["width"] * (0.5 - 0.2 * math.sin(2 * turn)),
                box["y"] + box["height"] * (0.5 - 0.35 * math.cos(turn)),
            )
            for turn in turns
        ]

    async def by_mouse(self, places: Sequence[tuple[float, float]]) -> None:
        """From outside the page, which may be too busy to keep the rhythm itself."""
        session = await self.page.context.new_cdp_session(self.page)
        clock = asyncio.get_running_loop().time

        async def send(kind: str, place: tuple[float, float], buttons: int) -> None:
            x, y = place
            event = {"type": kind, "x": x, "y": y, "buttons": buttons, "clickCount": 1}
            await session.send("Input.dispatchMouseEvent", event | {"button": "left"})

        await send("mousePressed", places[0], 1)
        began = clock()
        async with asyncio.TaskGroup() as moves:
            for step, place in enumerate(places[1:], start=1):
                await asyncio.sleep(max(0.0, began + step / RATE - clock()))
                moves.create_task(send("mouseMoved", place, 1))
        await send("mouseReleased", places[-1], 0)
        await session.detach()

    async def weights_per_s(self) -> float:
        """How often the bars change for a drawing that stays as it is."""
        await self.page.evaluate(_TAKE)
        rest_s = REST_S if self.plan.strokes > 1 else 0.5
        await asyncio.sleep(rest_s)
        answers: list[Answer] = (await self.page.evaluate(_TAKE))["answers"]
        values = [answer["values"] for answer in answers if answer["model"] == "yours"]
        changes = sum(one != other for one, other in pairwise(values))
        return changes / rest_s

    async def wait_until_alone(self) -> None:
        """Until a stroke is answered without the server."""
        until = asyncio.get_running_loop().time() + PATIENCE_S
        while asyncio.get_running_loop().time() < until:
            stroke = await self.stroke(30)
            if stroke.news and not stroke.requests:
                return
        print("the page still asks the server for each answer", flush=True)

    async def train(self) -> None:
        """Starts the `notebook` preset, 784-128-64-10, for longer than the measurement takes."""
        page = self.page
        await page.get_by_label("Start from").select_option("notebook")
        await page.get_by_label("Epochs").first.fill("100")
        await page.get_by_role("button", name="Train", exact=True).click()
        await expect(page.get_by_role("radio", name="Yours")).to_be_checked(timeout=PATIENCE_MS)
        await page.wait_for_function(
            "window.mnist.prediction.model === 'yours'", timeout=PATIENCE_MS
        )

    async def stop(self) -> None:
        await self.page.get_by_role("button", name="Stop", exact=True).click()


async def _open(browser: Browser, between: Link, plan: Plan) -> Linked:
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    await page.add_init_script(SHARED)
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(between.url)
    await page.wait_for_function("window.mnist?.prediction")
    await page.evaluate(_WATCH)
    if plan.diagram:
        await page.evaluate(OPEN_DIAGRAM)
    if plan.slow_cpu > 1:
        session = await page.context.new_cdp_session(page)
        await session.send("Emulation.setCPUThrottlingRate", {"rate": plan.slow_cpu})
    return Linked(page, between, plan)


def report(delay_ms: float, model: Model, figures: Figures, *, plan: Plan) -> bool:
    """Prints one row; whether it is within its limits."""
    slow = plan.slow_cpu > 1
    least = 20 if slow else 50
    row = (
        f"{delay_ms:g} ms, {model}: {figures.updates_per_s:.1f} updates/s (at least {least}) "
        f"at {figures.moves_per_s:.0f} moves/s"
    )
    within = figures.updates_per_s >= least
    limits = (8, 20, 20) if model == "ready-made" and not slow else None
    times = (figures.median_ms, figures.p95_ms, figures.last_ms)
    names = ("pointer to bars, median", "95th percentile", "last move to last answer")
    for index, (name, time) in enumerate(zip(names, times, strict=True)):
        row += f", {name} {time:.1f} ms"
        if limits:
            row += f" (at most {limits[index]})"
            within = within and time <= limits[index]
    if figures.weights_per_s is not None:
        row += f", new weights {figures.weights_per_s:.1f}/s"
        if delay_ms <= 150:
            row += " (at least 2)"
            within = within and figures.weights_per_s >= 2
    row += f", points {figures.points_drawn} of {figures.points_sent}"
    by = f"{figures.requests} requests for predictions" if figures.requests else "the page itself"
    print(f"{row}; answered by {by}", flush=True)
    return within and figures.points_drawn == figures.points_sent


async def run(port: int, delays_ms: Sequence[float], plan: Plan) -> bool:
    """Prints a row for each link and model; whether all are within their limits."""
    models: list[Model] = ["ready-made", "yours"] if plan.yours else ["ready-made"]
    within = True
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        for delay_ms in delays_ms:
            async with link(port, delay_ms=delay_ms) as between:
                linked = await _open(browser, between, plan)
                for model in models:
                    if model == "yours":
                        await linked.train()
                    if plan.alone:
                        await linked.wait_until_alone()
                    figures = await linked.figures(model)
                    within = report(delay_ms, model, figures, plan=plan) and within
                if plan.yours:
                    await linked.stop()
                await linked.page.close()
        await browser.close()
    return within
