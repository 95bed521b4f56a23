"""A real browser, for the tests that look at the page."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Frame,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

#: How long a right page may take where others keep the machine busy.
PATIENCE_MS = 60_000
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--process-per-site",  # pages of one profile share compiled scripts
]

#: Digits as strokes in the pad's box, 0 to 1000.
SEVEN = [[[280, 220], [480, 220], [700, 220], [600, 400], [500, 600], [420, 800]]]
ONE = [[[500, 180], [500, 400], [500, 600], [500, 820]]]

Strokes = Sequence[Sequence[Sequence[float]]]
Visit = Callable[..., Page]

expect.set_options(timeout=PATIENCE_MS / 2)


def chromium() -> str | None:
    """Chromium on the path, without windows where there is one; None for Playwright's own."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        try:
            launched = launch(playwright)
        except Error as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"no browser: {error.message.splitlines()[0]}")
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """What all visits share: the files that came once, and one process with the scripts compiled.

    That process lives as long as it shows a page, so an empty one of this machine stays open. Nothing
    glides there: the frames of a movement are most of what drawing costs.
    """
    context = browser.new_context(reduced_motion="reduce")
    empty = context.new_page()
    empty.route("**", lambda route: route.fulfill())
    empty.goto("http://127.0.0.1/")
    yield context
    context.close()


@contextlib.contextmanager
def visits(profile: BrowserContext, app_url: str) -> Iterator[Visit]:
    """Opens the page in a new tab, and so as a new visitor: what one keeps is the tab's own.

    The address is that of the shared application and may begin at its `#`; `script` runs before the
    page's own; `media` are options of `Page.emulate_media`. At the end all tabs close, nothing is held
    back on the way any more, and a fault in the page's scripts is one of the test.
    """
    pages: list[Page] = []
    errors: list[str] = []

    def visit(
        address: str = "",
        *,
        size: tuple[int, int] = (1280, 900),
        touch: bool = False,
        script: str = "",
        **media: Any,
    ) -> Page:
        page = profile.new_page()
        pages.append(page)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(**media)
        page.add_init_script(script)
        if touch:
            session = profile.new_cdp_session(page)
            session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
        open_page(page, urljoin(app_url, address))
        return page

    yield visit
    for page in pages:
        if not page.is_closed():
            # A training outlives its page for a while, and would take a core from the tests to come.
            page.evaluate("document.querySelector('[data-order=stop]:enabled')?.click()")
        page.close()
    profile.unroute_all()
    profile.set_offline(False)
    profile.clear_cookies()
    assert not errors


@pytest.fixture
def visit(profile: BrowserContext, app_url: str) -> Iterator[Visit]:
    with visits(profile, app_url) as visit:
        yield visit


@pytest.fixture(scope="module")
def opened(profile: BrowserContext, app_url: str) -> Iterator[Page]:
    with visits(profile, app_url) as visit:
        yield visit(size=(1280, 800))


@pytest.fixture
def page(opened: Page) -> Iterator[Page]:
    """The open page with an empty pad, one for all tests of a file.

    Who changes more than the drawing opens one of their own with `visit`.
    """
    resize(opened, (1280, 800))
    since = opened.evaluate("() => [performance.now(), mnist.setStrokes([])][0]")
    # Its answer, and none to what was drawn before.
    opened.wait_for_function("(since) => mnist.prediction.drawnAt >= since", arg=since)
    expect(opened.locator("#answer")).to_have_text("draw a digit")
    yield opened
    opened.unroute_all()


# What the page's components share, for the tests alone, after a reload too: nothing of the page's own
# is global. An address that was imported before gives the same module again.
SHARED = """addEventListener("DOMContentLoaded", async () => {
  const find = () => document.querySelector("link[rel=modulepreload][href$='/shared/page.js']");
  while (!find()) await new Promise((resolve) => setTimeout(resolve, 20));
  const { page, ...functions } = await import(find().href);
  window.mnist = Object.assign(Object.create(page), functions);
});"""


def open_page(page: Page, url: str) -> None:
    """Goes there, gives the tests `window.mnist`, and waits until the pad answers."""
    page.add_init_script(SHARED)
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    wait_until_it_answers(page)


def reload(page: Page) -> None:
    """Loads the page anew, and waits until the pad answers: before, it may not even listen."""
    page.reload()
    wait_until_it_answers(page)


def resize(page: Page, size: tuple[int, int]) -> None:
    """Gives the page's window another size, and waits until what goes by its size has been drawn anew."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    # The window's own numbers can be ahead of the layout, of which media queries tell.
    page.wait_for_function(
        "([width, height]) => innerWidth === width && innerHeight === height"
        " && matchMedia(`(width: ${width}px) and (height: ${height}px)`).matches",
        arg=list(size),
    )
    wait_two_frames(page)
    # Frames can be late on a busy machine: a canvas has as many pixels as its box, or none is to be seen.
    page.wait_for_function(
        """() => {
          const canvas = document.querySelector("#sketchpad canvas");
          const side = canvas?.getBoundingClientRect().width;
          return !side || canvas.width === Math.round(side * devicePixelRatio);
        }"""
    )


def wait_two_frames(page: Page) -> None:
    """After which the page has heard what of it is in sight, and how large, and has drawn that."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def follow(page: Page, link: str, *, epochs: int) -> None:
    """Follows a link to a set-up within the open page; `epochs` are those of the link."""
    page.evaluate("(link) => { location.hash = link; }", link)
    expect(page.get_by_label("Epochs")).to_have_value(str(epochs))


def wait_until_it_answers(page: Page | Frame) -> None:
    page.wait_for_function("window.mnist?.prediction", timeout=PATIENCE_MS)


def draw(page: Page, strokes: Strokes, *, lift: bool = True) -> None:
    """Draws with the mouse; without `lift` the button stays down after the last stroke."""
    canvas = page.locator("#sketchpad canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    for index, stroke in enumerate(strokes):
        places = [
            (box["x"] + box["width"] * x / 1000, box["y"] + box["height"] * y / 1000)
            for x, y in stroke
        ]
        page.mouse.move(*places[0])
        page.mouse.down()
        for x, y in places[1:]:
            page.mouse.move(x, y)  # each waits for the page's next frame
        if lift or index < len(strokes) - 1:
            page.mouse.up()


def train(page: Page, *, until: str = r"^(Done|Stopped\. What)", run: int | None = None) -> None:
    """Presses Train and waits until the line under it matches `until`.

    run: the number of the run that begins, where an earlier one's line could be taken for its own.
    """
    page.get_by_role("button", name="Train", exact=True).click()
    if run is not None:
        row = page.locator(f'.board tr[data-run="{run}"]')
        expect(row).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("#status")).to_have_text(re.compile(until), timeout=PATIENCE_MS)
