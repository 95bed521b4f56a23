"""The code that a step shows: of each function that ran for it, and of no other."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

import numpy as np
import pytest
import torch

from mnist_core.evaluation import charts
from mnist_core.explain import neighbours
from mnist_core.ink import picture as picture_of
from mnist_core.ink.ink import Ink
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.ui.drawings import Drawing
from mnist_core.ui.hood import steps
from mnist_core.ui.hood.code import FUNCTIONS, sources
from mnist_core.ui.hood.settings import Settings
from mnist_core.ui.hood.training_images import TrainingImages
from mnist_core.ui.lab import gallery
from mnist_core.ui.pad.why import pixels_behind
from tests.support.browser import SEVEN

SETTINGS = Settings.model_validate(
    {
        "meant": 2,
        "weights_seed": 1,
        "factor": 1,
        "stages": {"crop": True, "scale": True, "centre": True, "pen": True},
        "pixel_seed": 1,
        "steps": 3,
        "learning_rate": 0.01,
    }
)
# Where what a step explains is computed; the network's own layers are PyTorch's and `models`'.
EXPLAINING = ("mnist_core.explain.", "mnist_core.ink.raster", "mnist_core.evaluation.charts")


@pytest.fixture
def drawing() -> Drawing:
    config = MLPConfig(hidden_sizes=(20, 12), normalization="batch", rejects=True)
    model = MLP(config, generator=torch.Generator().manual_seed(0)).eval()
    return Drawing.of(Ink(SEVEN), model, meant=2)


def data() -> TrainingImages:
    pixels = torch.randint(256, (300, 28, 28), dtype=torch.uint8)
    labels = torch.zeros(300, dtype=torch.int64)
    return TrainingImages(pixels=pixels, labels=labels, shrunk=neighbours.shrink(pixels))


def with_settings(
    compute: Callable[[Drawing, Settings], object],
) -> Callable[[Drawing], object]:
    return lambda drawing: compute(drawing, SETTINGS)


#: What computes each step, with all that the page asks for in it.
STEPS: dict[str, tuple[Callable[[Drawing], object], ...]] = {
    name: (with_settings(compute),) for name, compute in steps.STEPS_OF_A_DRAWING.items()
}
STEPS["layers"] += (lambda drawing: steps.unit(drawing, layer=0, unit=1),)
STEPS["data"] = (
    lambda drawing: steps.batch(data(), drawing.model, seed=1, batch_size=64),
    lambda drawing: steps.nearest_images(drawing, data()),
)
STEPS["why"] = (pixels_behind,)


def called(compute: Callable[[], object]) -> set[CodeType]:
    """The functions of `EXPLAINING` that run for `compute`, without those inside of others."""
    found: set[CodeType] = set()

    def follow(frame: FrameType, event: str, argument: Any) -> None:
        name = frame.f_globals.get("__name__", "")
        code = frame.f_code
        if event == "call" and name.startswith(EXPLAINING) and "<" not in code.co_qualname:
            found.add(code)

    sys.setprofile(follow)
    try:
        compute()
    finally:
        sys.setprofile(None)
    return found


@pytest.mark.parametrize("step", STEPS)
def test_the_code_shown_is_the_code_that_runs(drawing: Drawing, step: str) -> None:
    ran = called(lambda: [compute(drawing) for compute in STEPS[step]])
    shown = sources()[step]
    for code in ran:
        assert inspect.getsource(code).rstrip() in shown
    names = re.findall(r"^def (\w+)", shown, flags=re.MULTILINE)
    assert sorted(names) == sorted(code.co_name for code in ran)


def test_every_step_with_code_is_tried() -> None:
    assert set(STEPS) == set(FUNCTIONS)
    assert set(sources()) == {*FUNCTIONS, "loop", "answer", "picture", "image"}


def test_the_code_shown_for_a_picture_ran_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.EXPLAINING", ("mnist_core.ink.picture",))
    picture = np.full((60, 60), 230, np.uint8)
    picture[10:50, 28:32] = 20
    ran = called(lambda: Ink.from_image(picture))
    shown = sources()["picture"]
    assert {picture_of.find_ink.__code__, picture_of.place.__code__} <= ran
    for function in (picture_of.find_ink, picture_of.place):
        assert inspect.getsource(function).rstrip() in shown
    # And for one of MNIST's, what brought it to the page.
    assert sources()["image"] == inspect.getsource(gallery.pictures).rstrip()


def test_the_figures_code_is_that_of_the_figure(drawing: Drawing) -> None:
    ran = called(lambda: steps.figure(drawing))
    assert charts.view_classify.__code__ in ran
    assert inspect.getsource(charts.view_classify).rstrip() == sources()["answer"].rstrip()
