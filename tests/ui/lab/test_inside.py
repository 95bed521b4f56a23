"""The network that answers, as the server tells it: the numbers are those of the MLP itself."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
import torch

from mnist_core.explain.activations import LayerResult, run_layers
from mnist_core.models.classifier import Classifier
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.server.application import Application
from mnist_core.server.limits import Limits
from mnist_core.ui.lab.inside import InsideRequest, inside, spread
from tests.support.visitors import Pool

LIMITS = Limits()


@pytest.fixture(scope="module")
def model() -> MLP:
    config = MLPConfig(hidden_sizes=(200, 30), normalization="batch", rejects=True, std=0.5)
    generator = torch.Generator().manual_seed(0)
    model = MLP(config, generator=generator)
    for name, tensor in model.state_dict().items():
        if "norm" in name and tensor.ndim:  # as if it had learnt
            tensor.uniform_(0.5, 1.5, generator=generator)
    return model.eval()


def look(model: MLP, **values: Any) -> Any:
    application = Application(ready=Classifier(model), limits=LIMITS, pool=Pool())  # type: ignore[arg-type]
    request = InsideRequest.model_validate({"model": "ready", **values})
    return inside(application.sessions.open(), request, limits=LIMITS)


def image(seed: int) -> tuple[torch.Tensor, str]:
    pixels = torch.rand(28, 28, generator=torch.Generator().manual_seed(seed))
    return pixels, base64.b64encode(pixels.numpy().astype("<f4").tobytes()).decode()


def layers(model: MLP, pixels: torch.Tensor) -> tuple[list[LayerResult], torch.Tensor]:
    with torch.no_grad():
        return run_layers(model, pixels)


def test_the_values_are_what_the_layers_pass_on(model: MLP) -> None:
    pixels, text = image(1)
    answer = look(model, image=text)
    assert answer["sizes"] == [200, 30, 11]
    assert [len(each) for each in answer["shown"]] == [64, 30, 11]
    (first, second), logits = layers(model, pixels)
    hidden = [first.outputs[answer["shown"][0]], second.outputs]
    for values, outputs in zip(answer["values"], hidden, strict=False):
        np.testing.assert_allclose(values, outputs, atol=1e-4)
    assert sum(answer["values"][2][:10]) == pytest.approx(1, abs=1e-3)
    assert answer["values"][2][10] == pytest.approx(float(logits.softmax(0)[10]), abs=1e-4)


def test_the_weights_are_what_a_change_of_the_inputs_is_multiplied_by(model: MLP) -> None:
    answer = look(model, strokes=[])
    assert answer["values"] is None
    (one, other) = (layers(model, image(seed)[0]) for seed in (1, 2))
    differences = [
        ((image(1)[0] - image(2)[0]).flatten() / 0.5, one[0][0].sums - other[0][0].sums),
        (one[0][1].outputs - other[0][1].outputs, one[1] - other[1]),
    ]
    for layer, (inputs, sums) in zip((0, 2), differences, strict=True):
        packed = answer["weights"][layer]
        bytes_ = np.frombuffer(base64.b64decode(packed["data"]), np.int8).reshape(-1, len(inputs))
        weights = bytes_ / 127 * packed["scale"]
        shown = sums[answer["shown"][layer]]
        # A byte is off by half a step at most.
        most = float(inputs.abs().sum()) * packed["scale"] / 254 + 1e-4
        np.testing.assert_allclose(weights @ inputs.numpy(), shown, atol=most)
        assert np.corrcoef(weights @ inputs.numpy(), shown)[0, 1] > 0.99


def test_weights_that_the_page_has_do_not_travel_again(model: MLP) -> None:
    version = look(model, strokes=[])["version"]
    assert "weights" not in look(model, strokes=[], known=version)
    other = MLP(model.config, generator=torch.Generator().manual_seed(5)).eval()
    assert "weights" in look(other, strokes=[], known=version)


def test_the_units_shown_are_all_or_64_at_even_distances() -> None:
    assert spread(3).tolist() == [0, 1, 2]
    assert spread(128).tolist() == list(range(0, 128, 2))
    assert spread(100).tolist()[:4] == [0, 1, 3, 4]
    assert spread(1024).tolist()[-2:] == [992, 1008]
