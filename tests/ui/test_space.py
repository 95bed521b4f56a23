"""The page as a Space of Hugging Face runs it: another user, no home, a frame, a proxy before it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.app import App, free_port
from tests.support.browser import PATIENCE_MS, SEVEN, SHARED, wait_until_it_answers
from tests.support.nginx import nginx

# Another user, who may read what is ours, as if it were theirs, and write nothing.
AS_USER_1000 = (
    *("setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"),
    *(f"--{kind}=-all,+dac_read_search" for kind in ("inh-caps", "ambient-caps", "bounding-set")),
)
SERVER = """
server {{
  listen 127.0.0.1:{port};
  location / {{
    proxy_pass http://127.0.0.1:{app};
    proxy_http_version 1.1;
    proxy_buffering off;
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
  }}
}}
"""
SPACE = "https://huggingface.co/spaces/ada/digits"


@pytest.mark.usefixtures("mnist")
def test_the_page_works_as_a_space(
    start_app: Callable[..., App], browser: Browser, mnist_root: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o555)
    environment = {
        "HOME": str(home),
        "SPACE_ID": "ada/digits",
        "SPACE_HOST": "ada-digits.hf.space",
        "SYSTEM": "spaces",
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "MNIST_ROOT": str(mnist_root),
    }
    prefix = AS_USER_1000 if os.getuid() == 0 and shutil.which("setpriv") else ()
    app = start_app(environment=environment, prefix=prefix)
    port = free_port()
    with nginx(SERVER.format(app=app.port, port=port), folder=tmp_path, port=port):
        context = browser.new_context(viewport={"width": 1280, "height": 1200})
        # A page on the internet may not show one of this machine's without leave.
        context.grant_permissions(["local-network-access"])
        page = context.new_page()
        errors: list[str] = []
        page.add_init_script(SHARED)
        page.on("pageerror", lambda error: errors.append(str(error)))
        frame = (
            f'<iframe src="http://127.0.0.1:{port}/#preset=few&epochs=2" width=1200 height=1100>'
        )
        page.route(SPACE, lambda route: route.fulfill(body=frame, content_type="text/html"))
        page.goto(SPACE)
        inside = page.frame_locator("iframe")
        canvas = inside.locator("#sketchpad canvas")
        wait_until_it_answers(page.frames[1])
        expect(inside.locator("#answer")).to_have_text("draw a digit")
        box = canvas.bounding_box()
        assert box is not None
        for index, (x, y) in enumerate(SEVEN[0]):
            place = (box["x"] + box["width"] * x / 1000, box["y"] + box["height"] * y / 1000)
            page.mouse.move(*place, steps=4)
            if index == 0:
                page.mouse.down()
        page.mouse.up()
        expect(inside.locator("#answer")).to_have_text("7", timeout=PATIENCE_MS)
        inside.get_by_role("button", name="Train", exact=True).click()
        expect(inside.locator("#status")).to_have_text(re.compile("^Done"), timeout=PATIENCE_MS)
        expect(inside.get_by_role("radio", name="Yours")).to_be_checked()
        context.close()
    app.end()
    assert errors == []
