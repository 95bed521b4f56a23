"""What Under the hood's server functions answer, and that nothing breaks them."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mnist_core.data.datasets import Splits
from mnist_core.ink.ink import Ink
from mnist_core.models.classifier import Classifier
from mnist_core.models.config import Activation, MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.record.pools import RecordConfig
from mnist_core.server.application import Application
from mnist_core.ui.drawings import SURE, Drawing
from mnist_core.ui.hood.settings import STEPS, Settings
from mnist_core.ui.hood.steps import STEPS_OF_A_DRAWING, layers, sgd_steps
from mnist_core.ui.hood.tab import server_functions

SEVEN = [[[280, 220], [480, 220], [700, 220], [600, 400], [500, 600], [420, 800]]]
SETTINGS: dict[str, Any] = {
    "meant": None,
    "weights_seed": 1,
    "factor": 1,
    "stages": {"crop": True, "scale": True, "centre": True, "pen": True},
    "pixel_seed": 1,
    "steps": 0,
    "learning_rate": 0.01,
}

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def model() -> MLP:
    config = MLPConfig(hidden_sizes=(20, 12), normalization="batch", rejects=True, temperature=1.5)
    return MLP(config, generator=torch.Generator().manual_seed(0)).eval()


@pytest.fixture
def application(model: MLP, tmp_path: Path) -> Iterator[Application]:
    application = Application(ready=Classifier(model), data=tmp_path)
    yield application
    application.close()


@pytest.fixture
def call(application: Application) -> Call:
    functions = {function.__name__: function for function in server_functions(application)}
    token = application.sessions.open().token

    def call(name: str, **payload: Any) -> dict[str, Any]:
        whole = {"token": token, "model": "ready", "strokes": SEVEN, "settings": SETTINGS}
        answer: dict[str, Any] = functions[name](whole | payload)
        return answer

    return call


def steps(call: Call, *names: str, **settings: Any) -> dict[str, Any]:
    answer = call("hood_steps_of", open=list(names), settings=SETTINGS | settings)
    assert answer["ok"]
    return dict(answer["steps"])


def test_every_step_answers_for_a_drawing(call: Call) -> None:
    assert set(steps(call, *STEPS_OF_A_DRAWING)) == set(STEPS_OF_A_DRAWING)


def test_only_open_steps_are_computed(call: Call) -> None:
    assert set(steps(call, "loss")) == {"loss"}


def test_the_numbers_are_those_of_the_model(call: Call, model: MLP) -> None:
    image = torch.from_numpy(Ink(SEVEN).to_image())[None]
    layers = steps(call, "layers")["layers"]
    with torch.no_grad():
        expected = model.probabilities(image)[0]
        logits = model(image)[0]
    np.testing.assert_allclose(layers["probabilities"], expected, atol=1e-4)
    np.testing.assert_allclose(layers["logits"], logits, atol=1e-3)
    assert layers["sizes"] == [784, 20, 12, 11]


def test_no_drawing_is_a_state_not_an_error(call: Call) -> None:
    for name in ("hood_steps_of", "hood_figure"):
        assert call(name, strokes=[], open=["loss"]) == {"ok": True, "blank": True}


def test_steps_of_sgd_work_on_a_copy(call: Call, model: MLP) -> None:
    before = {name: value.clone() for name, value in model.state_dict().items()}
    answer = steps(call, "sgd", meant=2, steps=STEPS)["sgd"]
    assert len(answer["losses"]) == STEPS + 1
    assert answer["losses"][-1] < answer["losses"][0]
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_large_factor_breaks_only_the_naive_softmax(call: Call) -> None:
    answer = steps(call, "scratch", factor=50)["scratch"]
    assert None in answer["naive"]
    assert sum(answer["stable"]) == pytest.approx(1, abs=1e-3)


def test_a_missing_data_set_is_said_and_the_other_steps_go_on(call: Call) -> None:
    end = time.monotonic() + 60
    while (answer := call("hood_batch", seed=1))["status"] == "loading":
        assert time.monotonic() < end
        time.sleep(0.01)
    assert answer["status"] == "missing"
    assert "Train tab" in answer["words"]
    assert set(steps(call, "data", "loss")) == {"loss"}


def test_the_data_step_has_the_numbers_of_the_model_that_answers(call: Call, model: MLP) -> None:
    reading = call("hood_batch", seed=1)["reading"]
    assert (reading["mean"], reading["std"]) == (model.config.mean, model.config.std)
    assert reading["batch_size"] == RecordConfig().batch_size
    assert call("hood_batch", seed=1, model="theirs")["code"] == "payload"


def test_what_a_sure_model_means_to_begin_with_leaves_something_to_learn() -> None:
    drawing = Drawing.of(Ink(SEVEN), Classifier.load().model, meant=None)
    settings = Settings.model_validate(SETTINGS | {"steps": 10, "learning_rate": 0.001})
    answer: Any = sgd_steps(drawing, settings)
    losses = answer["losses"]
    assert drawing.label != drawing.likeliest == 7
    assert losses[0] > 1
    assert losses[-1] < losses[0] - 0.1


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_a_unit_that_passes_something_on_counts_whatever_its_sum(activation: Activation) -> None:
    config = MLPConfig(hidden_sizes=(20,), activation=activation)
    model = MLP(config, generator=torch.Generator().manual_seed(0)).eval()
    drawing = Drawing.of(Ink(SEVEN), model, meant=None)
    answers: Any = layers(drawing, Settings.model_validate(SETTINGS))
    answer = answers["layers"][0]
    outputs = np.frombuffer(base64.b64decode(answer["outputs"]), dtype=np.int8) / 127
    passing = np.abs(outputs * answer["largest"]) >= 0.06
    assert answer["fired"] >= passing.sum() > 12


def test_before_one_chooses_the_meant_digit_is_one_with_a_loss(call: Call) -> None:
    answer = steps(call, "loss", "sgd", meant=None)
    probabilities = answer["sgd"]["before"]
    second = sorted(range(10), key=probabilities.__getitem__)[-2]
    sure = max(probabilities) > SURE
    assert answer["loss"]["meant"] == (second if sure else answer["loss"]["likeliest"])
    assert answer["loss"]["likeliest"] == probabilities.index(max(probabilities))
    assert answer["loss"]["cross_entropy"] > 0.1


def test_the_data_step_shows_a_batch_and_the_nearest(
    model: MLP, mnist: Splits, mnist_root: Path
) -> None:
    application = Application(ready=Classifier(model), data=mnist_root)
    functions = {function.__name__: function for function in server_functions(application)}
    payload = {
        "token": application.sessions.open().token,
        "model": "ready",
        "strokes": SEVEN,
        "seed": 1,
    }
    while (batch := functions["hood_batch"](payload))["status"] == "loading":
        time.sleep(0.05)
    size = RecordConfig().batch_size
    assert batch["shapes"] == [[size, 1, 28, 28], [size, 784]]
    assert len(base64.b64decode(batch["pixels"])) == 64 * 784
    wanted = payload | {"open": ["data"], "settings": SETTINGS}
    nearest = functions["hood_steps_of"](wanted)["steps"]["data"]
    assert nearest["labels"].count(7) >= 6
    application.close()


def test_a_unit_that_is_not_there_is_refused(call: Call) -> None:
    assert call("hood_unit", layer=0, unit=19)["ok"]
    assert call("hood_unit", layer=0, unit=20)["code"] == "payload"
    assert call("hood_unit", layer=9, unit=0)["code"] == "payload"


def test_the_figure_is_a_picture(call: Call) -> None:
    assert base64.b64decode(call("hood_figure")["png"]).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"token": "unknown"}, "session"),
        ({"token": None}, "session"),
        ({"model": "theirs"}, "payload"),
        ({"strokes": "7"}, "type"),
        ({"strokes": [[[float("nan"), 0]]]}, "range"),
        ({"open": None}, "payload"),
        ({"settings": []}, "payload"),
        ({"settings": SETTINGS | {"steps": STEPS + 1}}, "payload"),
        ({"settings": SETTINGS | {"steps": True}}, "payload"),
        ({"settings": SETTINGS | {"meant": 10}}, "payload"),
        ({"settings": SETTINGS | {"factor": float("inf")}}, "payload"),
        ({"settings": SETTINGS | {"learning_rate": 0}}, "payload"),
        ({"settings": SETTINGS | {"stages": {"crop": True}}}, "payload"),
    ],
)
def test_bad_requests_get_a_sentence(call: Call, changes: dict[str, Any], code: str) -> None:
    answer = call("hood_steps_of", **{"open": ["loss"]} | changes)
    assert not answer["ok"]
    assert answer["code"] == code
    assert answer["error"]


def test_a_payload_of_another_type_is_refused(application: Application) -> None:
    for function in server_functions(application):
        payloads: list[object] = [None, 3, "text", []]
        for payload in payloads:
            assert function(payload)["code"] == "payload"
