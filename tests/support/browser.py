"""A real browser, for the tests that look at the page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, expect, sync_playwright

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
]

#: Digits as strokes in the pad's box, 0 to 1000.
SEVEN = [[[280, 220], [480, 220], [700, 220], [600, 400], [500, 600], [420, 800]]]
ONE = [[[500, 180], [500, 400], [500, 600], [500, 820]]]

Strokes = Sequence[Sequence[Sequence[float]]]

expect.set_options(timeout=PATIENCE_MS / 2)


def launch(playwright: Playwright) -> Browser:
    """Chromium from the path, else Playwright's own."""
    return playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        try:
            chromium = launch(playwright)
        except Error as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"no browser: {error.message.splitlines()[0]}")
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, app_url: str) -> Iterator[Page]:
    """The open page in a context of its own; fails the test if its scripts fail."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    open_page(page, app_url)
    yield page
    context.close()
    assert not errors


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
    page.wait_for_function("window.mnist?.prediction")


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
            page.mouse.move(x, y, steps=4)
        if lift or index < len(strokes) - 1:
            page.mouse.up()
