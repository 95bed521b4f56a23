"""Two copies of the page behind the nginx configuration that the README shows."""

from __future__ import annotations

import contextlib
import http.client
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect

from mnist_core.files import ROOT
from tests.support.app import App, free_port, start
from tests.support.browser import ONE, PATIENCE_MS, SEVEN, draw, open_page
from tests.support.nginx import nginx, replaced

pytestmark = pytest.mark.server


@dataclass(frozen=True)
class Copies:
    """The copies by the names that the configuration gives them, and the port that leads to both."""

    port: int
    apps: dict[str, App]


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copies]:
    folder = tmp_path_factory.mktemp("copies")
    (configuration,) = re.findall(
        r"```nginx\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    options = ("--trusted-proxies", "127.0.0.1", "--max-api-requests-per-s", "1")
    apps: dict[str, App] = {}
    port = free_port()
    try:
        for name in ("copy1", "copy2"):
            apps[name] = start(log=folder / f"{name}.log", options=options)
        ports = {"7861": apps["copy1"].port, "7862": apps["copy2"].port}
        http = replaced(configuration, {"listen 80;": f"listen 0.0.0.0:{port};", **ports})
        with nginx(http, folder=folder, port=port):
            yield Copies(port, apps)
    finally:
        for app in apps.values():
            if app.process.poll() is None:
                app.kill()


def status(port: int, *, visitor: str, forwarded: str) -> int:
    """What the API answers to a request from `visitor`, an address of this machine."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=PATIENCE_MS / 1000, source_address=(visitor, 0)
    )
    with contextlib.closing(connection):
        headers = {"X-Forwarded-For": forwarded, "Content-Type": "application/json"}
        connection.request("POST", "/gradio_api/reset", b"{}", headers)
        return connection.getresponse().status


@pytest.mark.parametrize(
    ("by_proxy", "visitor", "forwarded"),
    [
        (True, "127.0.0.2", "192.0.2.{}"),  # the proxy puts the visitor's own address there
        (False, "127.0.0.3", "192.0.2.{}"),  # no proxy that was named
        (False, "127.0.0.1", "192.0.2.{}, 198.51.100.1"),  # the last alone names who came to it
    ],
)
def test_a_visitor_is_counted_by_their_address_whatever_they_say(
    copies: Copies, by_proxy: bool, visitor: str, forwarded: str
) -> None:
    port = copies.port if by_proxy else copies.apps["copy1"].port
    asked = (status(port, visitor=visitor, forwarded=forwarded.format(i)) for i in range(100))
    assert 429 in asked
    # Others who come the same way are counted by theirs.
    others = (
        {"visitor": "127.0.0.4"} if by_proxy or visitor != "127.0.0.1" else {"visitor": visitor}
    )
    assert status(port, forwarded="198.51.100.2", **others) != 429


@pytest.mark.usefixtures("mnist")
def test_a_visitor_stays_with_their_copy_and_goes_on_with_another_when_it_dies(
    copies: Copies, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    open_page(page, f"http://127.0.0.1:{copies.port}/#preset=notebook&epochs=100")
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("radio", name="Yours")).to_be_checked(timeout=PATIENCE_MS)
    (mine,) = [each["value"] for each in context.cookies() if each["name"] == "copy"]
    expect(page.locator("#status")).to_have_text(re.compile("^Training"), timeout=PATIENCE_MS)
    copies.apps[mine].kill()
    expect(page.locator("#status")).to_have_text(
        re.compile("training is gone"), timeout=PATIENCE_MS
    )
    assert page.evaluate("window.mnist.strokes.length") == 1
    draw(page, ONE)
    assert page.evaluate("window.mnist.strokes.length") == 2
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#answer")).to_have_text("7")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator("#status")).to_have_text(re.compile("^Training"), timeout=PATIENCE_MS)
    (other,) = [each["value"] for each in context.cookies() if each["name"] == "copy"]
    context.close()
    assert other != mine
    assert errors == []
    copies.apps[other].end()
