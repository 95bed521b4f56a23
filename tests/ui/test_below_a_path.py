"""The page behind nginx that shows it below a path: stripped or kept, by https, on a port of its own."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio_client import Client
from playwright.sync_api import Browser, expect

from mnist_core.ui.endpoint import SEVEN as STROKES
from mnist_core.ui.static import preload_links
from tests.support.app import free_port, serve
from tests.support.browser import PATIENCE_MS, SEVEN, draw, open_page
from tests.support.nginx import nginx

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("mnist")]

# A server that keeps the path in front by http, and one that strips it by https.
SERVERS = """
server {{
  listen 127.0.0.1:{kept};
  location /digits/draw/ {{ proxy_pass http://127.0.0.1:{app}; {headers} }}
}}
server {{
  listen 127.0.0.1:{stripped} ssl;
  ssl_certificate {folder}/certificate;
  ssl_certificate_key {folder}/key;
  location /digits/draw/ {{ proxy_pass http://127.0.0.1:{app}/; {headers} }}
}}
"""
HEADERS = """
  proxy_http_version 1.1;
  proxy_buffering off;
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-Proto $scheme;
"""
# Asks again for the drawing until it is the browser's own network that answers, once with each model.
ANSWERS_HERE = (
    "(model) => mnist.emit('mnist:model', { model }) && mnist.prediction.version > 0"
    " && mnist.prediction.model === model"
)


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Where the page is shown, by what the proxy does with the path."""
    folder = tmp_path_factory.mktemp("below")
    request = ("openssl", "req", "-x509", "-nodes", "-subj", "/CN=127.0.0.1", "-newkey", "rsa:2048")
    subprocess.run(
        [*request, "-keyout", folder / "key", "-out", folder / "certificate"],
        check=True,
        capture_output=True,
    )
    kept, stripped = free_port(), free_port()
    with serve(log=folder / "app.log", options=("--root-path", "/digits/draw")) as app:
        http = SERVERS.format(
            app=app.port, kept=kept, stripped=stripped, folder=folder, headers=HEADERS
        )
        with nginx(http, folder=folder, port=stripped):
            yield {
                "kept": f"http://127.0.0.1:{kept}/digits/draw/",
                "stripped": f"https://127.0.0.1:{stripped}/digits/draw/",
            }


@pytest.mark.parametrize("path", ["kept", "stripped"])
def test_the_page_works_below_a_path(
    path: str, urls: dict[str, str], browser: Browser, tmp_path: Path
) -> None:
    url = urls[path]
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    wrong: list[str] = []
    page.on("request", lambda request: wrong.extend(outside(request.url, url)))
    page.on("response", lambda response: wrong.extend(failed(response.status, response.url)))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.add_init_script("performance.setResourceTimingBufferSize(5000)")  # polls take many
    open_page(page, f"{url}#preset=few&epochs=2")
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    page.wait_for_function(ANSWERS_HERE, arg="ready")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator("#status")).to_have_text(re.compile("^Done"), timeout=PATIENCE_MS)
    page.wait_for_function(ANSWERS_HERE, arg="yours")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download model").click()
    assert Path(download.value.path()).stat().st_size > 100_000
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_function("location.hash.includes('preset=few')")
    link = page.evaluate("location.href")
    assert link.startswith(url)
    page.get_by_role("tab", name="Under the hood").click()
    expect(page.locator("#hood [data-part=model]")).to_contain_text("model answers")
    loaded = page.evaluate(
        "performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)"
    )
    context.close()
    assert wrong == []
    assert "/digits/draw/page/weights" in loaded
    linked = re.findall(r'href="([^"]+)"', preload_links())
    assert linked
    assert {f"/digits/draw/{each}" for each in linked} <= set(loaded)


@pytest.mark.parametrize("path", ["kept", "stripped"])
def test_a_program_calls_the_endpoints_below_a_path(path: str, urls: dict[str, str]) -> None:
    client = Client(urls[path], verbose=False, download_files=False, ssl_verify=False)
    assert client.predict(STROKES, api_name="/predict")["digit"] == 7


def outside(address: str, url: str) -> list[str]:
    mine = address.startswith(("data:", "blob:", url)) or address.endswith("/favicon.ico")
    return [] if mine else [address]


def failed(status: int, address: str) -> list[str]:
    return [] if status < 400 or address.endswith("/favicon.ico") else [f"{status} {address}"]
