"""The page behind a proxy that shows it below a path."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Browser, expect

from mnist_core.ui.static import preload_links
from tests.support.app import App
from tests.support.browser import SEVEN, draw, open_page
from tests.support.proxy import proxy

# Asks again for the drawing until it is the browser's own network that answers.
ANSWERS_HERE = (
    "() => mnist.emit('mnist:model', { model: 'ready' }) && mnist.prediction.version === 1"
)


def test_the_page_works_below_a_path(browser: Browser, start_app: Callable[..., App]) -> None:
    app = start_app(options=("--root-path", "/digits/draw"))
    for strip in (True, False):
        with proxy(app.port, path="/digits/draw", strip=strip) as (url, strays):
            loaded = loaded_by_a_visit(browser, url)
        assert strays == [], strip
        linked = re.findall(r'href="([^"]+)"', preload_links())
        assert linked
        assert {f"/digits/draw/{each}" for each in linked} <= loaded, strip
    app.end()


def loaded_by_a_visit(browser: Browser, url: str) -> set[str]:
    """The paths of all that a first visit loads, none of which may be outside of that address."""
    context = browser.new_context()
    page = context.new_page()
    wrong: list[str] = []
    page.on("request", lambda request: wrong.extend(outside(request.url, url)))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    open_page(page, url)
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    page.get_by_role("tab", name="Under the hood").click()
    expect(page.locator("#hood [data-part=model]")).to_have_text("The ready-made model answers.")
    page.wait_for_function(ANSWERS_HERE)
    loaded = page.evaluate(
        "performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)"
    )
    context.close()
    assert wrong == []
    return set(loaded)


def outside(address: str, url: str) -> list[str]:
    mine = address.startswith(("data:", "blob:", url)) or address.endswith("/favicon.ico")
    return [] if mine else [address]
