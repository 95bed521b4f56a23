"""A picture that a visitor sends for the pad: what comes back, who is refused, and that nothing stays."""

from __future__ import annotations

import asyncio
import base64
import io
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Message

from mnist_core.ink.ink import Ink
from mnist_core.ink.picture_file import NO_INK, read_picture
from mnist_core.models.classifier import Classifier
from mnist_core.server.application import Application
from mnist_core.server.limits import Limits
from mnist_core.ui.pad import sent_picture
from mnist_core.ui.pad.sent_picture import picture_route
from tests.support.loops import run
from tests.support.pictures import SEVEN, in_a_shadow, seven
from tests.support.synthetic import uniform_model
from tests.support.visitors import Clock, Pool


@pytest.fixture
def application() -> Application:
    return Application(
        ready=Classifier(uniform_model()),
        limits=Limits(),
        pool=Pool(),  # type: ignore[arg-type]
        clock=Clock(),
    )


@pytest.fixture
def client(application: Application) -> TestClient:
    return TestClient(Starlette(routes=[picture_route(application)]))


@pytest.fixture
def secret(application: Application) -> str:
    return application.sessions.open().token


def send(client: TestClient, file: bytes, secret: str) -> dict[str, Any]:
    response = client.post("/page/picture", content=file, headers={"X-Session": secret})
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    answer: dict[str, Any] = response.json()
    if not answer["ok"]:
        assert set(answer) == {"ok", "code", "error"}
    return answer


def opened(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text)))


def test_the_image_is_that_of_the_file_wherever_it_is_read(client: TestClient, secret: str) -> None:
    file = seven(size=(1200, 900))
    answer = send(client, file, secret)
    image = np.frombuffer(base64.b64decode(answer["image"]), np.float32).reshape(28, 28)
    assert np.array_equal(image, Ink.from_image(read_picture(file)).to_image())


def test_the_image_is_that_of_the_look_at_which_it_is_read() -> None:
    classifier = Classifier.load()
    file = in_a_shadow(SEVEN)
    answer: dict[str, Any] = sent_picture.found_in(io.BytesIO(file), classifier)
    image = np.frombuffer(base64.b64decode(answer["image"]), np.float32).reshape(28, 28)
    ink = Ink.from_image(read_picture(file))
    assert np.array_equal(image, classifier.predict(ink).image)
    assert not np.array_equal(image, ink.to_image())
    assert answer["box"][2] < 0.8  # and the shadow on the right is not shown as ink


def test_what_was_taken_for_ink_lies_where_it_is_in_the_picture(
    client: TestClient, secret: str
) -> None:
    answer = send(client, seven(size=(1200, 900)), secret)
    picture, ink = opened(answer["picture"]), opened(answer["ink"])
    assert picture.format == "JPEG"
    assert picture.size == ink.size
    assert max(ink.size) <= 400
    alpha = np.asarray(ink)[..., 1]
    dark = np.asarray(picture.convert("L")) < 100
    assert (alpha > 128)[dark].mean() > 0.9
    left, top, right, bottom = answer["box"]
    assert (left, top, right, bottom) == pytest.approx((0.39, 0.29, 0.61, 0.73), abs=0.03)


@pytest.mark.parametrize(
    "file",
    [b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", seven()[:200]],
    ids=["empty", "damaged", "svg", "cut short"],
)
def test_what_is_no_picture_is_told_in_a_sentence(
    client: TestClient, secret: str, file: bytes
) -> None:
    answer = send(client, file, secret)
    assert answer["code"] == "picture"
    assert answer["error"].endswith(".")


def test_a_picture_without_ink_is_told_in_a_sentence(client: TestClient, secret: str) -> None:
    blank = io.BytesIO()
    Image.new("L", (300, 300), 230).save(blank, "PNG")
    assert send(client, blank.getvalue(), secret)["error"] == NO_INK


@pytest.mark.parametrize("secret", ["", "x" * 43])
def test_without_a_session_nothing_is_read(
    client: TestClient, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(sent_picture, "read_picture")
    assert send(client, seven(), secret)["code"] == "session"


def test_one_visitor_sends_only_so_many(client: TestClient, secret: str) -> None:
    codes = [send(client, b"", secret)["code"] for _ in range(4)]
    assert codes == ["picture", "picture", "picture", "rate"]


def test_nothing_of_a_picture_is_left_on_the_disk(
    client: TestClient, secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    large = Image.effect_noise((2000, 1500), 90)
    ImageDraw.Draw(large).line((700, 200, 700, 1300), fill=0, width=90)
    file = io.BytesIO()
    large.save(file, "PNG")
    assert len(file.getvalue()) > 2**20  # forms of more go to the disk
    assert send(client, file.getvalue(), secret)["ok"] is True
    assert list(tmp_path.iterdir()) == []


def _request(secret: str, messages: list[Message | type[Exception]]) -> Request:
    """A request whose body arrives as `messages`, which then has nothing more to say."""

    async def receive() -> Message:
        if not messages:
            await asyncio.Event().wait()
        message = messages.pop(0)
        if isinstance(message, type):
            raise message
        return message

    headers = [(b"x-session", secret.encode())]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


def _body(data: bytes) -> Message:
    return {"type": "http.request", "body": data, "more_body": False}


def test_a_picture_that_comes_too_late_is_told_in_a_sentence(
    application: Application, secret: str
) -> None:
    response = run(picture_route(application).endpoint(_request(secret, [TimeoutError])))
    assert b'"code":"late"' in response.body


def test_a_picture_whose_visitor_has_gone_is_not_read(
    application: Application, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(sent_picture, "read_picture")
    gone: Message = {"type": "http.disconnect"}
    response = run(picture_route(application).endpoint(_request(secret, [_body(b""), gone])))
    assert b'"code":"gone"' in response.body


def test_pictures_are_read_one_at_a_time_and_only_so_many_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[io.BytesIO] = []
    go_on = threading.Event()

    def read(file: io.BytesIO, classifier: object) -> dict[str, object]:
        begun.append(file)
        go_on.wait()
        return {}

    monkeypatch.setattr(sent_picture, "found_in", read)

    async def all_at_once() -> tuple[list[object], int]:
        queue = sent_picture._Queue(lambda: Classifier(uniform_model()))
        requests = [_request("", []) for _ in range(20)]
        waiting = [asyncio.create_task(queue.read(io.BytesIO(), each)) for each in requests]
        while not begun or not waiting[-1].done():
            await asyncio.sleep(0)
        at_once = len(begun)
        go_on.set()
        return [answer.get("code") for answer in await asyncio.gather(*waiting)], at_once

    assert run(all_at_once()) == ([None] * 16 + ["busy"] * 4, 1)
    assert len(begun) == 16
