from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest
import torch

from mnist_core.data.datasets import Splits
from mnist_core.models.mlp import MLP
from mnist_core.training.events import EndEvent
from mnist_core.training.loop import train
from mnist_core.training.presets import DEFAULT_PRESET, PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_trains_its_network_on_a_small_data_set(digits: Splits, name: str) -> None:
    preset = PRESETS[name]
    config = dataclasses.replace(preset.train, epochs=1, validation_size=10, train_size=20)
    model = MLP(preset.model, generator=torch.Generator().manual_seed(0))
    *_, end = train(model, digits, config=config, generator=torch.Generator().manual_seed(0))
    assert isinstance(end, EndEvent)
    assert not end.diverged


def test_the_notebook_trains_on_every_image_and_the_others_hold_some_out() -> None:
    sizes = {name: preset.train_size for name, preset in PRESETS.items()}
    assert sizes.pop("notebook") == 60_000
    assert sizes.pop("few") == 500
    assert set(sizes.values()) == {55_000}
    held_out = {name for name, preset in PRESETS.items() if preset.train.validation_size == 5_000}
    assert held_out == set(PRESETS) - {"notebook"}


def test_the_presets_differ_as_their_names_say() -> None:
    assert PRESETS["linear"].model.hidden_sizes == ()
    assert PRESETS["from scratch"].model.activation == "sigmoid"
    assert [name for name, preset in PRESETS.items() if preset.train.augment] == ["augmented"]
    quick = {name for name, preset in PRESETS.items() if preset.train.schedule == "one-cycle"}
    assert quick == {"fast", "augmented"}
    assert DEFAULT_PRESET in PRESETS


def test_the_presets_come_without_torch() -> None:
    code = "import sys, mnist_core.training.presets; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
