"""The page behind a proxy that shows it below a path."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.support.app import App
from tests.support.browser import SEVEN, draw, open_page
from tests.support.proxy import proxy


@pytest.mark.parametrize("strip", [True, False])
def test_the_page_works_below_a_path(
    strip: bool, browser: Browser, start_app: Callable[..., App]
) -> None:
    app = start_app(options=("--root-path", "/digits/draw"))
    with proxy(app.port, path="/digits/draw", strip=strip) as (url, strays):
        context = browser.new_context()
        page = context.new_page()
        wrong: list[str] = []
        page.on("request", lambda request: wrong.extend(outside(request.url, url)))
        open_page(page, url)
        draw(page, SEVEN)
        expect(page.locator("#answer")).to_have_text("7")
        context.close()
        app.end()
    assert strays == []
    assert wrong == []


def outside(address: str, url: str) -> list[str]:
    mine = address.startswith(("data:", "blob:", url)) or address.endswith("/favicon.ico")
    return [] if mine else [address]
