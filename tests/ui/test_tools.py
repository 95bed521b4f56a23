"""The API as its users call it: language models through MCP, programs through gradio_client."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from gradio_client import Client, handle_file
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import TextContent
from PIL import Image, ImageDraw

from mnist_core.errors import StartError
from mnist_core.files import ROOT
from mnist_core.ui import tools
from mnist_core.ui.endpoint import SEVEN
from tests.support.app import App, serve
from tests.support.loops import run

pytestmark = pytest.mark.server
NAME, PASSWORD = "ada", "open sesame"
PATIENCE_S = 60  # the first answer loads the model


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    log = tmp_path_factory.mktemp("tools") / "app.log"
    environment = {"DRAW_AUTH": f"{NAME}:{PASSWORD}"}
    with serve(log=log, options=("--mcp", "--auth"), environment=environment) as app:
        yield app


@contextlib.asynccontextmanager
async def session(app: App) -> AsyncIterator[ClientSession]:
    async with (
        httpx.AsyncClient(auth=(NAME, PASSWORD), timeout=PATIENCE_S) as client,
        streamable_http_client(f"{app.url}gradio_api/mcp/", http_client=client) as (read, write, _),
        ClientSession(read, write, read_timeout_seconds=timedelta(seconds=PATIENCE_S)) as session,
    ):
        await session.initialize()
        yield session


async def call(session: ClientSession, tool: str, **arguments: Any) -> tuple[bool, str]:
    """Whether it went well, and what was answered."""
    result = await session.call_tool(tool, arguments)
    (content,) = result.content
    assert isinstance(content, TextContent)
    return not result.isError, content.text


def picture() -> bytes:
    image = Image.new("L", (100, 140), 255)
    ImageDraw.Draw(image).line([(20, 20), (80, 20), (45, 120)], fill=0, width=9)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_a_language_model_finds_the_tools_and_reads_digits(guarded: App) -> None:
    async def visit() -> None:
        async with session(guarded) as visitor:
            found = {each.name: each for each in (await visitor.list_tools()).tools}
            assert {"predict", "predict_image"} <= found.keys()
            for each in found.values():
                assert "probabilities: ten" in (each.description or "") or "read" in each.name
                assert all(p["description"] for p in each.inputSchema["properties"].values())
            assert found["predict_image"].inputSchema["properties"]["picture"]["type"] == "string"
            went_well, text = await call(visitor, "predict", strokes=SEVEN)
            assert went_well
            assert json.loads(text)["digit"] == 7
            data = base64.b64encode(picture()).decode()
            went_well, text = await call(
                visitor, "predict_image", picture=f"data:image/png;base64,{data}"
            )
            assert went_well
            assert json.loads(text)["digit"] == 7

    run(visit())


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("predict_image", {"picture": "http://127.0.0.1:1/x.png"}, "expected a PNG"),
        ("predict_image", {"picture": "/etc/passwd"}, "expected a PNG"),
        ("predict_image", {"picture": "data:image/png;base64,AAAA"}, "Expected a picture file"),
        ("predict_image", {"picture": {"path": "/etc/passwd"}}, "not of type 'string'"),
        ("predict", {"strokes": [[[1]]]}, "Expected each point as [x, y]"),
        ("predict", {"strokes": "data:text/plain,1"}, "not of type 'array'"),
    ],
)
def test_what_a_tool_can_not_take_is_said_in_a_sentence(
    guarded: App, tool: str, arguments: dict[str, Any], said: str
) -> None:
    async def visit() -> tuple[bool, str]:
        async with session(guarded) as visitor:
            return await call(visitor, tool, **arguments)

    went_well, text = run(visit())
    assert not went_well
    assert said in text
    assert "Traceback" not in text


def test_the_tools_are_for_those_who_know_the_password(guarded: App) -> None:
    url = f"{guarded.url}gradio_api/mcp/"
    for path in ("", "schema"):
        asked = httpx.get(url + path)
        assert asked.status_code == 401
        assert asked.headers["www-authenticate"].startswith("Basic")
    assert httpx.get(url, auth=(NAME, "guess")).status_code == 401
    described = httpx.get(f"{url}schema", auth=(NAME, PASSWORD)).json()
    assert described[0]["name"] == "predict"
    assert not any(
        each["meta"]["file_data_present"] for each in described
    )  # none is to be uploaded


def test_a_program_finds_the_endpoints_described_and_calls_them(
    guarded: App, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    client = Client(guarded.url, auth=(NAME, PASSWORD), verbose=False, download_files=False)
    client.view_api()
    told = capsys.readouterr().out
    for words in (
        'predict(strokes, api_name="/predict")',
        "a list of strokes, each a list of [x, y], x right and y down, in any scale",
        "an uploaded PNG, JPEG, WebP, GIF, BMP, TIFF, HEIC or AVIF file: handle_file('photo.png')",
        "ten, for the digits 0 to 9, summing to 1",
    ):
        assert words in told
    (tmp_path / "seven.png").write_bytes(picture())
    assert client.predict(SEVEN, api_name="/predict")["digit"] == 7
    read = client.predict(handle_file(tmp_path / "seven.png"), api_name="/predict_image")
    assert read["words"] == "7"


def test_without_the_package_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "_PACKAGE", "no_such_package")
    with pytest.raises(StartError) as refused:
        tools.check_tools()
    (requirement,) = re.findall(r'pip install "(mcp==[\d.]+)"', str(refused.value))
    assert requirement in (ROOT / "tests" / "requirements.txt").read_text().splitlines()
    assert f'pip install "{requirement}"' in (ROOT / "README.md").read_text()
