"""No request without a visitor's secret reads, stops or trains what is theirs: each way in, tried."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.browser import SEVEN
from tests.support.malformed import SERVER_FUNCTIONS
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("mnist")

# What each server function needs beside the secret, so that it reaches for a training.
PAYLOADS: dict[str, dict[str, Any]] = {
    "lab_order": {"order": "stop"},
    "lab_set": {"values": {"learning_rate": 1e-5}},
    "lab_show": {"run": 1, "moment": 0},
    "lab_start": {"setup": {"preset": "few", "epochs": 1}, "paused": True},
    "lab_views": {"run": 1},
    "lab_mistakes": {"run": 1, "truth": 1, "guess": 7},
    "lab_gallery": {"run": 1},
    "lab_pictures": {"held": "validation", "at": [0]},
    "lab_beside": {"run": 1, "other": 2},
    "lab_both_say": {"run": 1, "other": 2, "strokes": SEVEN},
    "lab_inside": {"strokes": SEVEN, "model": "yours", "known": None},
    "lab_upload": {"begin": True, "data": "AAAA", "end": True},
    "predict": {"strokes": SEVEN, "model": "yours", "seq": 1},
    "hood_unit": {"strokes": SEVEN, "model": "yours", "layer": 0, "unit": 0},
}
# These hold nothing of a visitor's: whoever asks gets a session, or an answer for their drawing.
OPEN_TO_ALL = {"open_session"}


def poll(server: Server) -> dict[str, Any]:
    answer: dict[str, Any] = server.ask("lab_poll", known=None, all=True)
    return answer


def at_rest(server: Server) -> bool:
    """Whether a paused training has sent all there is: reports of moments come after the pause's.

    They come in the order of their steps, and the weights of the pause last.
    """
    (run,) = poll(server)["runs"]
    shown = server.ask("lab_views", run=run["id"]).get("step")
    return bool(run["status"] == "paused" and shown == run["progress"]["step"])


@pytest.fixture(scope="module")
def owner(app_url: str) -> Iterator[Server]:
    """A visitor whose training is under way, paused so that any change shows."""
    server = Server(app_url)
    server.ask("lab_start", setup={"preset": "few", "epochs": 100, "train_size": 5000})
    until = time.monotonic() + 60
    while not (runs := poll(server)["runs"]) or not runs[-1]["moments"]:
        assert time.monotonic() < until, "the training did not begin"
        time.sleep(0.1)
    server.ask("lab_order", order="pause")
    while not at_rest(server):
        assert time.monotonic() < until, "the training did not pause"
        time.sleep(0.1)
    yield server
    server.ask("lab_order", order="stop")


@pytest.fixture
def other(app_url: str) -> Server:
    return Server(app_url)


def state(server: Server) -> str:
    (run,) = poll(server)["runs"]
    kept = ("id", "setup", "status", "moments", "milestones")
    return json.dumps({name: run[name] for name in kept} | {"step": run["progress"]["step"]})


def test_every_server_function_is_among_those_tried(owner: Server) -> None:
    assert set(owner.components) == set(SERVER_FUNCTIONS)


@pytest.mark.parametrize("name", sorted(set(SERVER_FUNCTIONS) - OPEN_TO_ALL))
def test_another_session_reaches_nothing(owner: Server, other: Server, name: str) -> None:
    before = state(owner)
    answer = other.ask(name, **PAYLOADS.get(name, {}))
    if name in (
        "lab_show",
        "lab_views",
        "lab_mistakes",
        "lab_gallery",
        "lab_beside",
        "lab_both_say",
    ):
        assert answer["ok"] is False
    assert state(owner) == before
    if name == "predict":
        assert (answer["model"], answer["weights"]) == ("ready", None)
    elif name == "lab_inside":
        assert answer["sizes"][0] == 1280  # the ready-made network's
    else:
        assert "weights" not in answer
    other.ask("lab_order", order="stop")


@pytest.mark.parametrize("token", [None, "", "guess", 0, ["x"], {"x": 1}], ids=repr)
@pytest.mark.parametrize("name", sorted(set(SERVER_FUNCTIONS) - OPEN_TO_ALL))
def test_without_the_secret_nothing_is_answered(owner: Server, name: str, token: Any) -> None:
    before = state(owner)
    answer = owner.call(name, {"strokes": SEVEN, "model": "yours", "seq": 1, "open": [],
                               "settings": None} | PAYLOADS.get(name, {}) | {"token": token})  # fmt: skip
    assert answer["ok"] is False
    assert answer["code"] in ("session", "payload")
    assert state(owner) == before


@pytest.mark.parametrize(
    "path",
    [
        "",
        "config",
        "gradio_api/info",
        "gradio_api/openapi.json",
        "gradio_api/queue/data?session_hash=test",
        "gradio_api/upload_progress?upload_id=x",
        "gradio_api/startup-events",
        "gradio_api/app_id",
        "gradio_api/user",
        "gradio_api/heartbeat/test",
        "gradio_api/file=assets/mnist.safetensors",
        "gradio_api/file=README.md",
        "monitoring",
        "gradio_api/run-history/records",
        "health",
    ],
)
def test_no_route_gives_away_a_secret_or_a_training(owner: Server, path: str) -> None:
    assert owner.token
    before = state(owner)
    stream = any(name in path for name in ("queue/data", "upload_progress", "heartbeat", "startup"))
    try:
        with urllib.request.urlopen(owner.url + path, timeout=2 if stream else 60) as answer:
            text = answer.read(10**7).decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        with error:
            text = error.read().decode("utf-8", "replace")
    except TimeoutError:
        assert stream  # one that has nothing to say
        text = ""
    assert owner.token not in text
    assert "Traceback" not in text
    if path.startswith("gradio_api/file"):
        assert "There is nothing here" in text
    assert state(owner) == before


def test_the_api_answers_with_the_ready_made_model_alone(owner: Server) -> None:
    request = urllib.request.Request(
        f"{owner.url}gradio_api/run/predict",
        data=json.dumps({"data": [SEVEN], "session_hash": "test"}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        (prediction,) = json.load(answer)["data"]
    assert prediction["digit"] == 7


def test_a_secret_can_not_be_guessed(app_url: str) -> None:
    tokens = {str(Server(app_url).token) for _ in range(20)}
    assert len(tokens) == 20
    assert all(re.fullmatch(r"[\w-]{43}", each) for each in tokens)
